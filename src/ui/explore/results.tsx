/** The answers: how the search stands, what broke, and the way to what is looked at. */
import type { ReactNode } from "react";
import { alphabetLines } from "../../explore/alphabet.ts";
import { Empty } from "../widgets/empty.tsx";
import { type Tab, Tabs } from "../widgets/tabs.tsx";
import { AgainstView } from "./against-view.tsx";
import { ClassTable } from "./class-table.tsx";
import { type ResultsTab, type Run, useExplore } from "./explore-store.ts";
import { Placed } from "./form-field.tsx";
import { LostPart } from "./lost.tsx";
import { Standing } from "./standing.tsx";
import { Starts } from "./starts.tsx";
import { StatesView } from "./states-view.tsx";
import { VerdictList } from "./verdict-list.tsx";
import { WayView } from "./way-view.tsx";

function Refused({ run }: { readonly run: Run }) {
  return (
    <div className="explore-nothing" role="alert">
      <Empty glyph="warn" title="This cannot be explored">
        {run.failure === null ? null : <p>{run.failure}</p>}
        {run.problems.map((problem) => (
          <div key={`${problem.where} ${problem.index} ${problem.message}`}>
            <p>
              {problem.where}: {problem.message}
            </p>
            {problem.places.length === 0 || problem.where === "script" ? null : (
              <Placed
                text={
                  problem.where === "alphabet"
                    ? alphabetLines(run.spec.alphabet)
                    : (run.spec.promises[problem.index] ?? "")
                }
                problems={problem.places}
              />
            )}
          </div>
        ))}
      </Empty>
    </div>
  );
}

const BODIES: Readonly<Record<ResultsTab, (run: Run, other: Run | null) => ReactNode>> = {
  promises: (run) => <VerdictList run={run} />,
  classes: (run) => <ClassTable run={run} />,
  states: (run) => <StatesView run={run} />,
  against: (run, other) =>
    other === null ? (
      <LostPart run={run}>
        What the search under {run.question.against} had found could not be kept with the tab.
      </LostPart>
    ) : (
      <AgainstView run={run} other={other} />
    ),
};

function Answers({ run }: { readonly run: Run }) {
  const tab = useExplore((explore) => explore.tab);
  const other = useExplore((explore) => explore.other);
  const lost = useExplore((explore) => explore.lost);
  const looked = useExplore((explore) => explore.looked);
  const side = other?.side ?? (lost.includes("against") ? run.question.against : null);
  const verdicts = run.report?.verdicts ?? [];
  const broken = verdicts.filter(({ state }) => state === "broken" || state === "unreached").length;
  const classes = run.report?.classes.length ?? 0;
  const tabs: readonly Tab<ResultsTab>[] = [
    { id: "promises", name: broken === 0 ? "Promises" : `Promises, ${broken} broken` },
    { id: "classes", name: classes === 0 ? "Classes" : `Classes, ${classes}` },
    { id: "states", name: "States" },
    ...(side === null ? [] : [{ id: "against" as const, name: `Against ${side}` }]),
  ];
  return (
    <Tabs
      label="Answers"
      tabs={tabs}
      value={tab}
      listClass="tabs explore-tabs"
      tabClass="tab"
      panelClass="explore-panel"
      onChoose={(next) => useExplore.getState().show(next)}
      panel={(id) => BODIES[id](run, other)}
    >
      {(list, panel) => (
        <div className="explore-answers" data-tab={tab}>
          <div className="explore-left">
            {list}
            {panel}
          </div>
          <div className="explore-right">
            <WayView
              run={looked?.kind === "example" && looked.other === true && other !== null ? other : run}
            />
          </div>
        </div>
      )}
    </Tabs>
  );
}

export function Results() {
  const run = useExplore((explore) => explore.run);
  if (run === null) return <Starts />;
  if (run.phase === "failed" && run.progress === null) return <Refused run={run} />;
  return (
    <>
      <Standing run={run} />
      {run.phase === "opening" ? null : <Answers run={run} />}
    </>
  );
}
