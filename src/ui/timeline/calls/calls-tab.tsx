/** Who called whom: the step as a sequence diagram, every line of which can be asked why. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { NodeId, TimelineNode } from "../../../script/session.ts";
import { useSession } from "../../state/session-store.ts";
import { Empty } from "../../widgets/empty.tsx";
import { CallLine } from "./call-line.tsx";
import { RowExplanation } from "./row-explanation.tsx";
import { LANES, namesOf } from "./rows.ts";
import { opensByItself, type StepRow, stepRows } from "./step-rows.ts";
import "./calls.css";

export function CallsTab() {
  const command = useSession((session) => session.command);
  if (command === null) {
    return (
      <Empty glyph="steps" title="Nothing has been called yet">
        The first step shows here who called whom, from the guest down to the hardware.
      </Empty>
    );
  }
  return <StepCalls command={command} />;
}

interface CallsView {
  /** The step it is about. */
  readonly of: NodeId;
  /** The chosen line. */
  readonly active: number | null;
  /** Parts folded or unfolded against what they do by themselves. */
  readonly turned: ReadonlySet<number>;
}

const viewOf = (of: NodeId): CallsView => ({ of, active: null, turned: new Set() });

const HEIGHT = { call: 32, return: 28, note: 32, rule: 22, event: 22, message: 22, part: 28 } as const;

function StepCalls({ command }: { readonly command: TimelineNode }) {
  const session = useSession((state) => state.session);
  const outcome = session.outcome(command.id);
  const [events, setEvents] = useState(false);
  const [{ of, active, turned }, setView] = useState<CallsView>(viewOf(command.id));
  // Another step begins with nothing chosen; the list itself stays, which is cheaper than a new one.
  if (of !== command.id) setView(viewOf(command.id));
  const setActive = (at: number | null): void => setView((view) => ({ ...view, active: at }));
  const scroller = useRef<HTMLDivElement>(null);

  const rows: readonly StepRow[] = useMemo(() => {
    if (outcome === null) return [];
    const open = opensByItself(outcome);
    return stepRows(outcome, command.setup, {
      events,
      nameOf: namesOf(command.setup),
      isOpen: (part) => turned.has(part) !== open,
    });
  }, [outcome, command, events, turned]);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => HEIGHT[rows[at]?.row.kind ?? "call"],
    overscan: 12,
    paddingEnd: 12,
  });

  useEffect(() => {
    // Other lines have other heights at the same places.
    if (rows.length > 0) virtual.measure();
  }, [virtual, rows]);
  useEffect(() => {
    if (of === command.id) scroller.current?.scrollTo({ top: 0 });
  }, [of, command]);

  const turn = (at: number): void => {
    const part = rows[at]?.part;
    if (part == null) return;
    const next = new Set(turned);
    if (!next.delete(part.index)) next.add(part.index);
    setView((view) => ({ ...view, turned: next }));
  };

  const onClick = (event: MouseEvent) => {
    const line = (event.target as Element).closest<HTMLElement>("[data-index]");
    if (line === null) return;
    const at = Number(line.dataset.index);
    setActive(at);
    turn(at);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const here = active ?? -1;
    const last = rows.length - 1;
    const to = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + 10,
      PageUp: here - 10,
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined) {
      const next = Math.max(0, Math.min(last, to));
      setActive(next);
      virtual.scrollToIndex(next, { align: "auto" });
    } else if (event.key === "Enter" || event.key === " ") turn(here);
    else if (event.key === "Escape") setActive(null);
    else return;
    event.preventDefault();
  };

  if (outcome === null || rows.length === 0) {
    return (
      <Empty glyph="steps" title="This step called nobody">
        {outcome?.messages[0] ?? "It changed the lab itself, not the machine."}
      </Empty>
    );
  }

  const chosen = active === null ? undefined : rows[active];
  return (
    <div className="calls">
      <div className="calls-chart">
        <div className="calls-lanes" aria-hidden="true">
          {LANES.map(({ id, name }) => (
            <span key={id} className="calls-lane">
              {name}
            </span>
          ))}
        </div>
        <div
          ref={scroller}
          className="calls-scroll"
          role="listbox"
          aria-label={`Calls of step ${command.step}, ${command.text}`}
          aria-activedescendant={active === null ? undefined : `call-${active}`}
          tabIndex={0}
          onKeyDown={onKeyDown}
          onClick={onClick}
          data-testid="calls"
        >
          <div className="calls-length" role="presentation" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start, size }) => {
              const one = rows[index];
              return one === undefined ? null : (
                <CallLine
                  key={index}
                  id={`call-${index}`}
                  step={one}
                  top={start}
                  height={size}
                  active={index === active}
                  index={index}
                  count={rows.length}
                />
              );
            })}
          </div>
        </div>
      </div>
      <aside className="calls-why" aria-label="Explanation" data-testid="calls-why">
        {chosen === undefined ? (
          <p className="calls-ask">
            Press a line to see why it is there: its arguments, its result, and the rule that decided.
          </p>
        ) : (
          <RowExplanation step={chosen} />
        )}
        <label className="calls-option">
          <input
            type="checkbox"
            checked={events}
            onChange={(event) => setEvents(event.currentTarget.checked)}
          />
          QEMU's trace events
        </label>
      </aside>
    </div>
  );
}
