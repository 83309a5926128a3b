/** The graph arrives by itself right behind the frame: drawing it takes a library of its own. */
import { lazy, Suspense, useCallback, useState } from "react";
import { usePrefs } from "../state/prefs-store.ts";
import type { Subject } from "../state/selection-store.ts";

const pane = import("../graph/graph-pane.tsx");
const GraphPane = lazy(() => pane.then((module) => ({ default: module.GraphPane })));
const SubjectMenu = lazy(() => import("../inspector/subject-menu.tsx"));

interface Asked {
  readonly subject: Subject;
  readonly x: number;
  readonly y: number;
}

export function GraphPlace() {
  const [asked, setAsked] = useState<Asked | null>(null);
  const onMenu = useCallback(
    (subject: Subject, { x, y }: { readonly x: number; readonly y: number }) => setAsked({ subject, x, y }),
    [],
  );
  const onInspect = useCallback(() => {
    usePrefs.getState().change({ place: "inspector" });
    document.querySelector<HTMLElement>("[data-testid=inspector] h2")?.focus();
  }, []);
  return (
    <Suspense fallback={<div className="graph-wait">Drawing…</div>}>
      <GraphPane onInspect={onInspect} onMenu={onMenu} />
      {asked === null ? null : (
        <Suspense fallback={null}>
          <SubjectMenu
            key={`${asked.x} ${asked.y}`}
            subject={asked.subject}
            x={asked.x}
            y={asked.y}
            onClose={() => setAsked(null)}
          />
        </Suspense>
      )}
    </Suspense>
  );
}
