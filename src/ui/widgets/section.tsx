/** A foldable part of a pane with its heading; what is folded stays so across reloads. */
import { type ReactNode, useId } from "react";
import { usePrefs } from "../state/prefs-store.ts";
import { Glyph } from "./glyphs.tsx";
import "./section.css";

interface SectionProps {
  /** Names the section in the saved preferences. */
  readonly id: string;
  readonly title: ReactNode;
  /** At the right of the heading: a count, a small action. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ id, title, aside, children }: SectionProps) {
  const folded = usePrefs((prefs) => prefs.folded.includes(id));
  const body = useId();
  return (
    <section className="section" data-testid={`section-${id}`}>
      <header className="section-head">
        <h3 className="section-title">
          <button
            type="button"
            className="section-fold"
            aria-expanded={!folded}
            aria-controls={body}
            onClick={() => usePrefs.getState().toggleFold(id)}
          >
            <Glyph name={folded ? "right" : "down"} />
            {title}
          </button>
        </h3>
        {aside === undefined ? null : <span className="section-aside">{aside}</span>}
      </header>
      <div id={body} className="section-body" hidden={folded}>
        {folded ? null : children}
      </div>
    </section>
  );
}
