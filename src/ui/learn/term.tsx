/** A term of the glossary in a text: its definition on a press, and the smallest scene that shows it on another. */
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Pop } from "../widgets/pop.tsx";
import { Prose } from "../widgets/prose.tsx";
import "./term.css";

const SceneDialog = lazy(() => import("./scene-dialog.tsx"));

/** In a definition other terms are words: one card at a time. */
const plainLink = (_: string, words: ReactNode): ReactNode => <span>{words}</span>;

export function Definition({ entry, onShow }: { readonly entry: GlossaryEntry; onShow(): void }) {
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

interface TermScene {
  readonly dialog: ReactNode;
  show(): void;
}

/** What opens when somebody wants to see a term; `dialog` belongs beside whatever asks. */
export function useTermScene(entry: GlossaryEntry): TermScene {
  const [shown, setShown] = useState(false);
  const dialog = shown ? (
    <Suspense fallback={null}>
      <SceneDialog entry={entry} onClose={() => setShown(false)} />
    </Suspense>
  ) : null;
  return { dialog, show: () => setShown(true) };
}

export function TermLink({
  entry,
  children,
}: {
  readonly entry: GlossaryEntry;
  readonly children: ReactNode;
}) {
  const { show, dialog } = useTermScene(entry);
  return (
    <>
      <Pop
        label={entry.term}
        className="term-pop"
        trigger={
          <button type="button" className="term-link">
            {children}
          </button>
        }
        content={(close) => (
          <Definition
            entry={entry}
            onShow={() => {
              close();
              show();
            }}
          />
        )}
      />
      {dialog}
    </>
  );
}
