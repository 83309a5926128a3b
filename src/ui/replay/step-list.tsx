/** The steps of the replay: what each did, in order, runs of one kind folded. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { StepData } from "../../replay/transfer.ts";
import { Glyph } from "../widgets/glyphs.tsx";
import { rowByKey } from "./list-keys.ts";
import type { ScrollTogether } from "./scroll-together.ts";
import { type ListRow, listRows, rowBefore, rowOf, stepAtLine } from "./step-rows.ts";

interface StepListProps {
  readonly steps: readonly StepData[];
  /** Indices of the steps that the filter leaves. */
  readonly shown: readonly number[];
  readonly differs: ReadonlySet<number>;
  /** The step on the table, -1 for none. */
  readonly current: number;
  readonly together: ScrollTogether;
  onGo(step: number): void;
}

const ROW = 22;
const NONE: ReadonlySet<number> = new Set();

interface RowProps {
  readonly row: ListRow;
  readonly at: number;
  readonly count: number;
  readonly top: number;
  readonly step: StepData | undefined;
  readonly current: boolean;
  readonly active: boolean;
  readonly differs: boolean;
}

function Row({ row, at, count, top, step, current, active, differs }: RowProps) {
  const inferred = step?.inferred.some((why) => why !== null) ?? false;
  return (
    <div
      id={`log-step-${at}`}
      className="log-row"
      role="option"
      aria-selected={current}
      aria-setsize={count}
      aria-posinset={at + 1}
      tabIndex={-1}
      data-row={at}
      data-kind-of={row.kind}
      data-current={current || undefined}
      data-active={active || undefined}
      data-inside={(row.kind === "step" && row.folded) || undefined}
      data-differs={differs || undefined}
      title={row.kind === "step" ? step?.script.join("\n") : undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      {row.kind === "fold" ? (
        <>
          <Glyph name={row.open ? "down" : "right"} className="log-fold" />
          <span className="log-row-text">
            {row.count.toLocaleString("en")} × {row.name}
          </span>
        </>
      ) : (
        <>
          <span className="log-number">{row.step + 1}</span>
          <span className="log-row-text">{step?.title}</span>
          {inferred ? <span className="log-inferred">inferred</span> : null}
          {differs ? <span className="log-mark">differs</span> : null}
        </>
      )}
    </div>
  );
}

export function StepList({ steps, shown, differs, current, together, onGo }: StepListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(NONE);
  const [active, setActive] = useState<number | null>(null);
  const rows = useMemo(() => listRows(steps, shown, open, differs), [steps, shown, open, differs]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const at = rowOf(rows, current);

  useEffect(() => {
    if (at < 0) return;
    setActive(at);
    virtual.scrollToIndex(at, { align: "auto" });
  }, [virtual, at]);

  useEffect(
    () =>
      together.join("steps", (line) =>
        virtual.scrollToIndex(rowBefore(rows, stepAtLine(steps, line)), { align: "start" }),
      ),
    [together, virtual, rows, steps],
  );
  const onScroll = (): void => {
    const row = rows[Math.floor((scroller.current?.scrollTop ?? 0) / ROW)];
    const first = row === undefined ? undefined : steps[row.step]?.first;
    if (first !== undefined) together.scrolled("steps", first);
  };

  const toggle = (row: ListRow): void => {
    const next = new Set(open);
    if (!next.delete(row.step)) next.add(row.step);
    setOpen(next);
  };
  const enter = (index: number): void => {
    const row = rows[index];
    if (row === undefined) return;
    setActive(index);
    if (row.kind === "fold") toggle(row);
    else onGo(row.step);
  };

  const onClick = (event: MouseEvent): void => {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (row !== null) enter(Number(row.dataset.row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    together.letGo();
    const here = active ?? Math.max(0, at);
    const to = rowByKey(event, here, rows.length);
    if (to !== null) {
      setActive(to);
      virtual.scrollToIndex(to, { align: "auto" });
      const row = rows[to];
      if (row?.kind === "step") onGo(row.step);
      return;
    }
    const row = rows[here];
    const turns = row?.kind === "fold" && (event.key === "ArrowRight") !== row.open;
    if (event.key === "Enter" || event.key === " ") enter(here);
    else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && turns && row !== undefined)
      toggle(row);
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      className="log-pane log-steps"
      role="listbox"
      aria-label="Steps of the replay"
      aria-activedescendant={active === null ? undefined : `log-step-${active}`}
      tabIndex={0}
      data-testid="log-steps"
      onClick={onClick}
      onKeyDown={onKeyDown}
      onScroll={onScroll}
      onWheel={() => together.take("steps")}
      onPointerDown={() => together.take("steps")}
    >
      <div className="log-length" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <Row
              key={index}
              row={row}
              at={index}
              count={rows.length}
              top={start}
              step={steps[row.step]}
              current={index === at}
              active={index === active}
              differs={row.kind === "step" && differs.has(row.step)}
            />
          );
        })}
      </div>
    </div>
  );
}
