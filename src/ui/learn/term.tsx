/** A term of the glossary in a text: its definition on a press, and the smallest scene that shows it on another. */
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import { Pop } from "../widgets/pop.tsx";
import "./term.css";

const SceneDialog = lazy(() => import("./scene-dialog.tsx"));
const Definition = lazy(() => import("./definition.tsx"));

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
          <Suspense fallback={<p className="term-title">{entry.term}</p>}>
            <Definition
              entry={entry}
              onShow={() => {
                close();
                show();
              }}
            />
          </Suspense>
        )}
      />
      {dialog}
    </>
  );
}
