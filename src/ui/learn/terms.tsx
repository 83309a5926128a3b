/** Finds the glossary's terms in the page's own labels and links them. */
import type { ReactNode } from "react";
import { type GlossaryEntry, spellings } from "../../learn/glossary.ts";
import { glossary } from "./glossary-data.ts";
import { TermLink } from "./term.tsx";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

let known: { readonly pattern: RegExp; readonly entries: ReadonlyMap<string, GlossaryEntry> } | null = null;

function terms() {
  if (known === null) {
    // The longest spelling first, so that "nested HWPT" is not found as "HWPT".
    const all = spellings(glossary());
    const words = all.map(([spelling]) => escaped(spelling)).join("|");
    known = { pattern: new RegExp(`(?<![\\w-])(?:${words})(?![\\w-])`, "u"), entries: new Map(all) };
  }
  return known;
}

/** A label with its first term linked: one way to the glossary is enough for one line. */
export function linkTerms(text: string): ReactNode {
  if (glossary().length === 0) return text;
  const { pattern, entries } = terms();
  const found = pattern.exec(text);
  const entry = found === null ? undefined : entries.get(found[0]);
  if (found === null || entry === undefined) return text;
  return (
    <>
      {text.slice(0, found.index)}
      <TermLink entry={entry}>{found[0]}</TermLink>
      {text.slice(found.index + found[0].length)}
    </>
  );
}
