/** What a term means, in the card that opens under it. */
import type { ReactNode } from "react";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Prose } from "../widgets/prose.tsx";

/** In a definition other terms are words: one card at a time. */
const plainLink = (_: string, words: ReactNode): ReactNode => <span>{words}</span>;

export default function Definition({ entry, onShow }: { readonly entry: GlossaryEntry; onShow(): void }) {
  return (
    <div className="term-card">
      <p className="term-title">{entry.term}</p>
      <Prose text={entry.definition} link={plainLink} />
      <Button onClick={onShow} data-testid="show-me">
        <Glyph name="eye" />
        Show me
      </Button>
    </div>
  );
}
