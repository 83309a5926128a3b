/** Every step that was ever played, and five ways to look at the one on the table. */
import { lazy, type ReactNode, Suspense } from "react";
import { ErrorBoundary } from "../app/error-boundary.tsx";
import { type TimelineTab, usePrefs } from "../state/prefs-store.ts";
import { Tabs } from "../widgets/tabs.tsx";
import { CallsTab } from "./calls/calls-tab.tsx";
import { Strip } from "./strip/strip.tsx";
import { Transport } from "./strip/transport.tsx";
import "./timeline.css";

const IoctlsTab = lazy(() => import("./ioctls/ioctls-tab.tsx"));
const DiffTab = lazy(() => import("./diff/diff-tab.tsx"));
const LogTab = lazy(() => import("../replay/log-tab.tsx"));
const ScriptTab = lazy(() => import("./script/script-tab.tsx"));

/** All but the first are fetched when they are first looked at. */
const later = (body: ReactNode): ReactNode => (
  <Suspense fallback={<p className="timeline-wait">Opening…</p>}>{body}</Suspense>
);

const TABS: readonly { readonly id: TimelineTab; readonly name: string; body(): ReactNode }[] = [
  { id: "calls", name: "Calls", body: () => <CallsTab /> },
  { id: "ioctls", name: "Ioctls", body: () => later(<IoctlsTab />) },
  { id: "diff", name: "Diff", body: () => later(<DiffTab />) },
  { id: "script", name: "Script", body: () => later(<ScriptTab />) },
  { id: "log", name: "Log", body: () => later(<LogTab />) },
];

export function Timeline() {
  const tab = usePrefs((prefs) => prefs.tab);
  return (
    <Tabs
      label="Views of the step"
      tabs={TABS}
      value={tab}
      listClass="tabs"
      tabClass="tab"
      panelClass="timeline-body"
      onChoose={(next) => usePrefs.getState().change({ tab: next })}
      panel={(id) => {
        const shown = TABS.find((one) => one.id === id);
        return <ErrorBoundary place={`The ${shown?.name} tab`}>{shown?.body()}</ErrorBoundary>;
      }}
    >
      {(list, panel) => (
        <div className="timeline pane" data-testid="timeline">
          <div className="timeline-head">
            <h2 className="timeline-title">Timeline</h2>
            <Transport />
            {list}
          </div>
          <Strip />
          {panel}
        </div>
      )}
    </Tabs>
  );
}
