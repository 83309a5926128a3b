/** The line on the table, step by step, from left to right: what led here and what was played after it. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { TimelineNode } from "../../../script/session.ts";
import { useSession } from "../../state/session-store.ts";
import { BranchButton } from "./branch-button.tsx";
import { StepChip } from "./step-chip.tsx";
import { stepLabel } from "./step-label.ts";
import "./strip.css";

const CHAR = 7.25;
const MOST_CHARS = 34;
const GAP = 4;
const BRANCH = 34;
/** Below this many steps the strip itself is scrubber enough. */
const SCRUB_FROM = 24;

/** Known without measuring: the text is set in the mono font. */
function chipWidth(node: TimelineNode): number {
  if (node.kind === "expect") return 26;
  const chars = Math.min(stepLabel(node).length, MOST_CHARS);
  const number = node.kind === "command" ? String(node.step).length * CHAR + 6 : 0;
  return Math.ceil(chars * CHAR + number + (node.ok ? 0 : 14) + 23);
}

/** Comments are no steps: they stay in the script. */
function shownOf(line: readonly TimelineNode[], at: number) {
  const nodes: TimelineNode[] = [];
  let current = 0;
  for (const [index, node] of line.entries()) {
    if (node.kind === "note") continue;
    if (index <= at) current = nodes.length;
    nodes.push(node);
  }
  return { nodes, current };
}

/** A node that changes (a new branch) is a new object. */
const widths = new WeakMap<TimelineNode, number>();

function width(node: TimelineNode): number {
  let known = widths.get(node);
  if (known === undefined) {
    known = chipWidth(node) + (node.children.length > 1 ? BRANCH : 0) + GAP;
    widths.set(node, known);
  }
  return known;
}

const TARGETS: Readonly<Record<string, (current: number, last: number) => number>> = {
  ArrowLeft: (current) => current - 1,
  ArrowRight: (current) => current + 1,
  Home: () => 0,
  End: (_, last) => last,
};

export function Strip() {
  const { session, node, line, at, go } = useSession();
  const { nodes, current } = useMemo(() => shownOf(line, at), [line, at]);
  const scroller = useRef<HTMLOListElement>(null);
  /** The keyboard moved the current step: its chip takes the focus along. */
  const follow = useRef(false);

  const virtual = useVirtualizer({
    horizontal: true,
    count: nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => width(nodes[at] as TimelineNode),
    getItemKey: (at) => nodes[at]?.id ?? at,
    overscan: 6,
    paddingStart: 12,
    paddingEnd: 12,
  });

  useEffect(() => {
    if (nodes[current] === undefined) return;
    // Another line has other widths at the same places.
    virtual.measure();
    virtual.scrollToIndex(current, { align: "auto" });
    if (!follow.current) return;
    follow.current = false;
    scroller.current?.querySelector<HTMLElement>('[aria-current="step"]')?.focus({ preventScroll: true });
  }, [virtual, current, nodes]);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = TARGETS[event.key]?.(current, nodes.length - 1);
    const next = to === undefined ? undefined : nodes[to];
    if (next === undefined) return;
    event.preventDefault();
    follow.current = true;
    go(next.id);
  };

  return (
    <nav className="strip" aria-label="Steps of this line">
      {nodes.length > SCRUB_FROM ? (
        <input
          className="strip-scrub"
          type="range"
          aria-label="Scrub through the steps"
          aria-valuetext={`step ${node.step}: ${stepLabel(node)}`}
          min={0}
          max={nodes.length - 1}
          value={current}
          onChange={(event) => go(nodes[event.currentTarget.valueAsNumber]?.id ?? node.id)}
        />
      ) : null}
      <ol ref={scroller} className="strip-scroll" data-testid="strip" onKeyDown={onKeyDown}>
        <li aria-hidden="true" className="strip-length" style={{ width: virtual.getTotalSize() }} />
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const one = nodes[index];
          if (one === undefined) return null;
          const next = nodes[index + 1]?.id;
          return (
            <li
              key={key}
              className="strip-item"
              aria-setsize={nodes.length}
              aria-posinset={index + 1}
              style={{ transform: `translateX(${start}px)` }}
            >
              <StepChip
                node={one}
                width={chipWidth(one)}
                when={index === current ? "now" : index < current ? "past" : "ahead"}
                session={session}
              />
              {one.children.length > 1 ? <BranchButton session={session} node={one} next={next} /> : null}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
