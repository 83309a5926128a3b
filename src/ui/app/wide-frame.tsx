/** Three panes over the timeline, with borders that can be moved; sizes survive a reload. */
import { Controls } from "../controls/controls.tsx";
import { Inspector } from "../inspector/inspector.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { SplitPane } from "../widgets/split-pane.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { GraphPlace } from "./graph-place.tsx";

export function WideFrame() {
  return (
    <main className="frame">
      <div className="frame-panes">
        <SplitPane
          id="controls-pane"
          label="Width of the controls"
          side="left"
          initial={292}
          min={220}
          most={0.4}
        >
          <ErrorBoundary place="The controls">
            <Controls />
          </ErrorBoundary>
        </SplitPane>
        <div className="frame-graph">
          <ErrorBoundary place="The graph">
            <GraphPlace />
          </ErrorBoundary>
        </div>
        <SplitPane
          id="inspector-pane"
          label="Width of the inspector"
          side="right"
          initial={324}
          min={240}
          most={0.45}
        >
          <ErrorBoundary place="The inspector">
            <Inspector />
          </ErrorBoundary>
        </SplitPane>
      </div>
      <SplitPane
        id="timeline-pane"
        label="Height of the timeline"
        side="bottom"
        initial={236}
        min={92}
        most={0.75}
      >
        <ErrorBoundary place="The timeline">
          <Timeline />
        </ErrorBoundary>
      </SplitPane>
    </main>
  );
}
