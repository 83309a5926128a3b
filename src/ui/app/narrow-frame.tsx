/** A phone's frame: one place at a time, chosen by the tabs at the bottom. */
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { Controls } from "../controls/controls.tsx";
import { Welcome } from "../controls/welcome.tsx";
import { Inspector } from "../inspector/inspector.tsx";
import { type Place, usePrefs } from "../state/prefs-store.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { Glyph, type GlyphName } from "../widgets/glyphs.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { GraphPlace } from "./graph-place.tsx";

const TABS: readonly { readonly id: Place; readonly name: string; readonly glyph: GlyphName }[] = [
  { id: "graph", name: "Graph", glyph: "graph" },
  { id: "controls", name: "Controls", glyph: "sliders" },
  { id: "inspector", name: "Inspector", glyph: "eye" },
  { id: "timeline", name: "Timeline", glyph: "steps" },
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
    <Tabs.Root
      asChild
      className="narrow"
      value={place}
      onValueChange={(next) => usePrefs.getState().change({ place: next as Place })}
    >
      <main>
        <Welcome />
        {TABS.map(({ id, name }) => (
          <Tabs.Content key={id} value={id} className="narrow-place" tabIndex={-1}>
            <ErrorBoundary place={`The ${name.toLowerCase()} place`}>{BODIES[id]()}</ErrorBoundary>
          </Tabs.Content>
        ))}
        <Tabs.List className="narrow-tabs" aria-label="Places">
          {TABS.map(({ id, name, glyph }) => (
            <Tabs.Trigger key={id} value={id} className="narrow-tab">
              <Glyph name={glyph} />
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </main>
    </Tabs.Root>
  );
}
