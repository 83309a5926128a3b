/** Every term, with its definition and the smallest scene that shows it. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { glossary } from "./glossary-data.ts";
import { LearnProse } from "./learn-prose.tsx";
import { useTermScene } from "./term.tsx";

function Term({ entry, meant }: { readonly entry: GlossaryEntry; readonly meant: boolean }) {
  const { show, dialog } = useTermScene(entry);
  const box = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (meant) box.current?.scrollIntoView({ block: "start" });
  }, [meant]);
  return (
    <li
      ref={box}
      className="glossary-term"
      data-meant={meant ? "" : undefined}
      data-testid={`term-${entry.id}`}
    >
      <h3>
        {entry.term}
        {entry.also.length === 0 ? null : <span className="glossary-also">{entry.also.join(", ")}</span>}
      </h3>
      <LearnProse text={entry.definition} />
      <Button onClick={show}>
        <Glyph name="eye" />
        Show me
      </Button>
      {dialog}
    </li>
  );
}

const matches = ({ term, also, definition }: GlossaryEntry, words: readonly string[]): boolean => {
  const low = `${term} ${also.join(" ")} ${definition}`.toLowerCase();
  return words.every((word) => low.includes(word));
};

export function Glossary({ target }: { readonly target: string | null }) {
  const [query, setQuery] = useState("");
  const all = glossary();
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter((entry) => matches(entry, words));
  }, [all, query]);
  return (
    <section className="learn-section" aria-label="Glossary">
      <div className="learn-bar">
        <h2>Glossary</h2>
        <input
          className="input"
          type="search"
          aria-label="Find a term"
          placeholder="Find a term"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <span className="learn-note">
          {shown.length} of {all.length} terms
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty glyph="search" title="No term is like this">
          <Button onClick={() => setQuery("")}>All terms</Button>
        </Empty>
      ) : (
        <ul className="glossary-terms">
          {shown.map((entry) => (
            <Term key={entry.id} entry={entry} meant={entry.id === target} />
          ))}
        </ul>
      )}
    </section>
  );
}
