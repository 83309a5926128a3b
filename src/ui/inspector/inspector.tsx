/** What is selected, explained: what must happen and what does, its fields, its references, what would fail now. */
import { lazy, Suspense } from "react";
import { subjectKey, useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Terms } from "../widgets/terms.tsx";
import { subjectTitle } from "./subject-title.ts";
import "../widgets/table.css";
import "./inspector.css";

const SubjectView = lazy(() => import("./subject-view.tsx"));

export function Inspector() {
  const selected = useSelection((selection) => selection.selected);
  const canGoBack = useSelection((selection) => selection.trail.length > 0);
  const world = useSession((session) => session.world);
  const title = selected === null ? null : subjectTitle(world, selected);
  return (
    <div className="pane inspector" data-testid="inspector" data-hint-side="left">
      <header className="inspector-head">
        <h2 className="inspector-title" tabIndex={-1}>
          {title === null ? (
            "Inspector"
          ) : (
            <>
              {title.name}{" "}
              <span className="inspector-kind">
                <Terms text={title.kind} />
              </span>
            </>
          )}
        </h2>
        {canGoBack ? (
          <Button
            look="quiet"
            icon
            aria-label="Back to what was selected before"
            onClick={() => useSelection.getState().back()}
          >
            <Glyph name="back" />
          </Button>
        ) : null}
      </header>
      <div className="inspector-body" key={selected === null ? "none" : subjectKey(selected)}>
        {selected === null ? (
          <Empty glyph="eye" title="Nothing is selected">
            Press anything in the graph, or a device in the controls, to see what the architecture promises
            it, what the hardware does, and who holds whom.
          </Empty>
        ) : title === null ? (
          <Empty glyph="eye" title="This is not here now">
            It existed at another step. Step there, or select something else.
          </Empty>
        ) : (
          <Suspense fallback={<p className="inspector-none">Opening…</p>}>
            <SubjectView subject={selected} />
          </Suspense>
        )}
      </div>
    </div>
  );
}
