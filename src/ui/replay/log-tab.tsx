/** The log beside the timeline: its steps, its lines, and what was seen beside it; all at the step on the table. */
import { useDeferredValue, useMemo, useState } from "react";
import { usePage } from "../state/pages.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { JumpToLine } from "./jump-to-line.tsx";
import { LineList } from "./line-list.tsx";
import { allLines, linesOf } from "./line-map.ts";
import { showStep } from "./open-log.ts";
import { RemarkList } from "./remark-list.tsx";
import { type OpenReplay, useReplay } from "./replay-store.ts";
import { ScrollTogether } from "./scroll-together.ts";
import { StepList } from "./step-list.tsx";
import { isFiltered, matching, NO_FILTER, type StepFilter, stepAtLine } from "./step-rows.ts";
import "./log.css";

const openPlace = (): void => usePage.getState().open("replay");

export default function LogTab() {
  const open = useReplay((replay) => replay.open);
  const session = useSession((state) => state.session);
  if (open === null) {
    return (
      <Empty glyph="log" title="No log is open">
        <p>A QEMU trace log, dropped on the page or chosen, is shown here beside the steps it became.</p>
        <Button onClick={openPlace}>Open a log</Button>
      </Empty>
    );
  }
  if (session !== open.builder.session) {
    return (
      <Empty glyph="log" title={`“${open.head.name}” is not what is on the table`}>
        <p>Another session is open; the log's own is kept.</p>
        <Button onClick={() => showStep(0)}>Back to the log's session</Button>
      </Empty>
    );
  }
  return <Log key={`${open.head.name} ${open.run}`} open={open} />;
}

/** Steps and lines of this run at which log and model differ. */
function useDiffering({ checking, run, steps }: OpenReplay) {
  return useMemo(() => {
    const inSteps = new Set<number>();
    const inLines = new Set<number>();
    if (checking.state !== "done" || checking.check === null) return { inSteps, inLines };
    const { disagreements, rejected } = checking.check;
    for (const one of [...disagreements, ...rejected]) {
      if (one.run !== run) continue;
      inLines.add(one.line);
      inSteps.add(one.step >= 0 ? one.step : stepAtLine(steps, one.line));
    }
    return { inSteps, inLines };
  }, [checking, run, steps]);
}

function Log({ open }: { readonly open: OpenReplay }) {
  const { head, steps, builder, client } = open;
  const node = useSession((state) => state.node);
  const [filter, setFilter] = useState<StepFilter>(NO_FILTER);
  const [beside, setBeside] = useState<"lines" | "remarks">("lines");
  const [wanted, setWanted] = useState(0);
  const [together] = useState(() => new ScrollTogether());
  const asked = useDeferredValue(filter);
  const { inSteps, inLines } = useDiffering(open);
  const shown = useMemo(() => matching(steps, asked, inSteps), [steps, asked, inSteps]);
  const filtered = isFiltered(asked);
  const total = head.census.lines;
  const map = useMemo(
    () => (filtered ? linesOf(steps, shown, total) : allLines(total)),
    [filtered, steps, shown, total],
  );
  const current = builder.stepOf(node.id);
  const step = steps[current];
  const goToLine = (line: number): void => {
    together.letGo();
    showStep(Math.max(0, stepAtLine(steps, line)));
  };
  const jump = (line: number): void => {
    const to = Math.min(total, line);
    setFilter(NO_FILTER);
    setWanted(to);
    goToLine(to);
  };
  // It is shown until another step is.
  const line = wanted > 0 && Math.max(0, stepAtLine(steps, wanted)) === current ? wanted : 0;
  const nextDiffering = (): void => {
    const sorted = [...inSteps].sort((a, b) => a - b);
    const next = sorted.find((one) => one > current) ?? sorted[0];
    if (next !== undefined) showStep(next);
  };
  return (
    <div className="log" data-testid="log">
      <div className="log-bar">
        <FilterBar
          open={open}
          filter={filter}
          onChange={setFilter}
          differing={inSteps.size}
          onNextDiffering={nextDiffering}
        />
        <JumpToLine total={total} onJump={jump} />
        <span className="log-count" role="status" data-testid="log-count">
          {filtered
            ? `${shown.length.toLocaleString("en")} of ${steps.length.toLocaleString("en")} steps`
            : `${steps.length.toLocaleString("en")} steps of ${total.toLocaleString("en")} lines`}
        </span>
        {head.remarks.length === 0 ? null : (
          <Segmented<"lines" | "remarks">
            label="Beside the steps"
            value={beside}
            options={[
              { value: "lines", label: "Log" },
              { value: "remarks", label: "Console and notes" },
            ]}
            onChoose={setBeside}
          />
        )}
      </div>
      <div className="log-panes">
        <StepList
          steps={steps}
          shown={shown}
          differs={inSteps}
          current={current}
          together={together}
          onGo={showStep}
        />
        {beside === "lines" || head.remarks.length === 0 ? (
          <LineList
            client={client}
            map={map}
            first={step?.first ?? 0}
            last={step?.last ?? 0}
            asked={line}
            together={together}
            differs={inLines}
            onLine={goToLine}
          />
        ) : (
          <RemarkList
            remarks={head.remarks}
            first={step?.first ?? 0}
            last={step?.last ?? 0}
            together={together}
            onLine={goToLine}
          />
        )}
      </div>
    </div>
  );
}
