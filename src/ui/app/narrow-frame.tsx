/** A phone's frame: one place at a time, chosen by the tabs at the bottom. */
import type { ReactNode } from "react";
import { Controls } from "../controls/controls.tsx";
import { Welcome } from "../controls/welcome.tsx";
import { Inspector } from "../inspector/inspector.tsx";
import { type Place, usePrefs } from "../state/prefs-store.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { type Tab, Tabs } from "../widgets/tabs.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { GraphPlace } from "./graph-place.tsx";

const TABS: readonly Tab<Place>[] = [
  { id: "graph", name: "Graph", mark: <Glyph name="graph" /> },
  { id: "controls", name: "Controls", mark: <Glyph name="sliders" /> },
  { id: "inspector", name: "Inspector", mark: <Glyph name="eye" /> },
  { id: "timeline", name: "Timeline", mark: <Glyph name="steps" /> },
];

const BODIES: Readonly<Record<Place, () => ReactNode>> = {
  graph: () => <GraphPlace />,
  controls: () => <Controls />,
  inspector: () => <Inspector />,
  timeline: () => <Timeline />,
};

export function NarrowFrame() {
  const place = usePrefs((prefs) => prefs.place);
  return (
    <Tabs
      label="Places"
      tabs={TABS}
      value={place}
      listClass="narrow-tabs"
      tabClass="narrow-tab"
      panelClass="narrow-place"
      onChoose={(next) => usePrefs.getState().change({ place: next })}
      panel={(id) => <ErrorBoundary place="This place">{BODIES[id]()}</ErrorBoundary>}
    >
      {(list, panel) => (
        <main className="narrow">
          <Welcome />
          {panel}
          {list}
        </main>
      )}
    </Tabs>
  );
}
