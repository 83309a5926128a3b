/** Every step that was ever played, and four ways to look at the one on the table. */
import { Tabs } from "radix-ui";
import { lazy, type ReactNode, Suspense } from "react";
import { ErrorBoundary } from "../app/error-boundary.tsx";
import { type TimelineTab, usePrefs } from "../state/prefs-store.ts";
import { CallsTab } from "./calls/calls-tab.tsx";
import { DiffTab } from "./diff/diff-tab.tsx";
import { IoctlsTab } from "./ioctls/ioctls-tab.tsx";
import { Strip } from "./strip/strip.tsx";
import { Transport } from "./strip/transport.tsx";
import "./timeline.css";

const ScriptTab = lazy(() => import("./script/script-tab.tsx"));

const TABS: readonly { readonly id: TimelineTab; readonly name: string; body(): ReactNode }[] = [
  { id: "calls", name: "Calls", body: () => <CallsTab /> },
  { id: "ioctls", name: "Ioctls", body: () => <IoctlsTab /> },
  { id: "diff", name: "Diff", body: () => <DiffTab /> },
  {
    id: "script",
    name: "Script",
    body: () => (
      <Suspense fallback={<p className="timeline-wait">Opening the editor…</p>}>
        <ScriptTab />
      </Suspense>
    ),
  },
];

export function Timeline() {
  const tab = usePrefs((prefs) => prefs.tab);
  return (
    <Tabs.Root
      className="timeline pane"
      data-testid="timeline"
      value={tab}
      onValueChange={(next) => usePrefs.getState().change({ tab: next as TimelineTab })}
    >
      <div className="timeline-head">
        <h2 className="timeline-title">Timeline</h2>
        <Transport />
        <Tabs.List className="tabs" aria-label="Views of the step">
          {TABS.map(({ id, name }) => (
            <Tabs.Trigger key={id} value={id} className="tab">
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </div>
      <Strip />
      {TABS.map(({ id, name, body }) => (
        <Tabs.Content key={id} value={id} className="timeline-body" tabIndex={-1} data-testid={`tab-${id}`}>
          <ErrorBoundary place={`The ${name} tab`}>{body()}</ErrorBoundary>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
