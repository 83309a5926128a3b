/**
 * The glossary: `## Term`, lines `id: slug` and `also: spelling, spelling`, a definition, a `lab` block with the smallest
 * scene that shows it, and a `view` that says where to look.
 */

import type { ShareView } from "../review/share/share.ts";
import { blocksOf, formatMismatch, readView } from "../review/walk/step-blocks.ts";
import {
  type LineProblem,
  type MarkedBlock,
  type MarkedSection,
  proseOf,
  readMarked,
  trimmedText,
} from "../script/marked.ts";
import {
  byLine,
  type LearnLink,
  linksIn,
  type Read,
  SLUG,
  tooLarge,
  tooMuchScript,
  unknownBlocks,
} from "./reading.ts";

export const GLOSSARY_FORMAT = "vsmmu-lab-glossary/1";

export interface GlossaryEntry {
  readonly id: string;
  readonly term: string;
  /** Other spellings that mean the same. */
  readonly also: readonly string[];
  /** Markdown. */
  readonly definition: string;
  /** A whole script. */
  readonly script: string;
  readonly view: ShareView;
  readonly links: readonly LearnLink[];
  /** Lines of the file: the heading, and the first line inside the lab block. */
  readonly at: { readonly title: number; readonly lab: number };
}

const KINDS = ["lab", "view"];
const isOurs = (b: MarkedBlock): boolean => KINDS.includes(b.kind);

function readEntry(section: MarkedSection, problems: LineProblem[]): GlossaryEntry {
  const blocks = blocksOf(section, ["lab"], problems);
  problems.push(...unknownBlocks(section.parts, KINDS));
  const view: Record<string, string> = {};
  for (const p of section.parts)
    if (p.kind === "block" && p.block.kind === "view") readView(p.block, view, problems);
  let id = "";
  const also: string[] = [];
  const rest: string[] = [];
  for (const line of proseOf(section.parts, isOurs).split("\n")) {
    const [, name, value = ""] = /^(id|also):\s*(.*)$/.exec(line) ?? [];
    if (name === "id") id = value.trim();
    else if (name === "also")
      also.push(
        ...value
          .split(",")
          .map((x) => x.trim())
          .filter((x) => x !== ""),
      );
    else rest.push(line);
  }
  const { line, title } = section;
  const lab = blocks.get("lab");
  const definition = trimmedText(rest);
  if (title === "") problems.push({ line, message: "a term without a name" });
  if (!SLUG.test(id))
    problems.push({ line, message: `“${title}” has no id; expected a line such as id: nest-parent` });
  if (definition === "") problems.push({ line, message: `“${title}” has no definition` });
  if (lab === undefined || trimmedText(lab.lines) === "")
    problems.push({ line: lab?.line ?? line, message: `“${title}” has no lab block that shows it` });
  if (view.select === undefined)
    problems.push({ line, message: `“${title}” has no view that says what to look at, such as select=d0` });
  return {
    id,
    term: title,
    also,
    definition,
    script: trimmedText(lab?.lines ?? null),
    view,
    links: linksIn(section.parts, problems),
    at: { title: line, lab: lab === undefined ? 0 : lab.line + 1 },
  };
}

export function parseGlossary(text: string): Read<readonly GlossaryEntry[]> {
  const large = tooLarge(text, "glossary");
  if (large !== null) return { ok: false, problems: [large] };
  const marked = readMarked(text);
  const format = marked.head.size === 0 ? null : formatMismatch(marked, GLOSSARY_FORMAT, "glossary");
  if (format !== null) return { ok: false, problems: [{ line: 1, message: format }] };
  const problems: LineProblem[] = [...marked.problems];
  const much = tooMuchScript(
    marked.sections.flatMap((s) => s.parts),
    ["lab"],
  );
  if (much !== null) return { ok: false, problems: [much] };
  const entries = marked.sections.map((s) => readEntry(s, problems));
  const seen = new Map<string, string>();
  const take = (word: string, e: GlossaryEntry): void => {
    const of = seen.get(word);
    if (of !== undefined && of !== e.term)
      problems.push({ line: e.at.title, message: `“${word}” stands for both “${of}” and “${e.term}”` });
    seen.set(word, e.term);
  };
  for (const e of entries) {
    const earlier = entries.find((x) => x.id === e.id);
    if (e.id !== "" && earlier !== e)
      problems.push({ line: e.at.title, message: `a second term with the id ${e.id}` });
    for (const word of [e.term, ...e.also]) take(word, e);
  }
  if (entries.length === 0) problems.push({ line: 0, message: "the glossary has no term" });
  return problems.length > 0 ? { ok: false, problems: byLine(problems) } : { ok: true, value: entries };
}

/** Every spelling to its entry, the longest spelling first: for whoever looks for terms in a text. */
export function spellings(entries: readonly GlossaryEntry[]): (readonly [string, GlossaryEntry])[] {
  return entries
    .flatMap((e) => [e.term, ...e.also].map((s) => [s, e] as const))
    .sort((a, b) => b[0].length - a[0].length || (a[0] < b[0] ? -1 : 1));
}
