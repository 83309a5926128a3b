/** The lines of a whole step: its call tree, or, for a guest sequence, its parts, each of which can be folded. */
import type { Outcome, Part } from "../../../engine/outcome.ts";
import { streamName } from "../../../engine/promise.ts";
import type { Setup } from "../../../engine/setup.ts";
import type { TraceNode } from "../../../engine/tracer.ts";
import { type CallRow, callRows, partRow, type RowOptions } from "./rows.ts";

export interface StepRow {
  readonly row: CallRow;
  /** Of a part's heading: which part, and whether its lines are shown. */
  readonly part: {
    readonly index: number;
    /** Null: it called nobody, so there is nothing to unfold. */
    readonly open: boolean | null;
    readonly deltas: readonly string[];
  } | null;
}

/** So many parts are opened without being asked. */
const FEW = 4;

export function opensByItself(outcome: Outcome): boolean {
  return outcome.parts.length <= FEW;
}

const deltasOf = (part: Part, setup: Setup): string[] =>
  part.delta.map((d) => `${streamName(setup, d)}: ${d.before} → ${d.after}`);

interface PartTrace {
  readonly part: Part;
  readonly nodes: readonly TraceNode[];
}

/**
 * The step's call tree cut at its parts: a part is a call of the guest's that bears the part's text, and what follows
 * it up to the next one is its own.
 */
function traceOfParts({ trace, parts }: Outcome): readonly PartTrace[] {
  const cut: { readonly part: Part; readonly nodes: TraceNode[] }[] = [];
  for (const node of trace) {
    const next = parts[cut.length];
    if (next !== undefined && node.kind === "call" && node.layer === "guest" && node.fn === next.text) {
      cut.push({ part: next, nodes: [...node.children] });
    } else cut.at(-1)?.nodes.push(node);
  }
  return cut;
}

export function stepRows(
  outcome: Outcome,
  setup: Setup,
  options: RowOptions & { isOpen(part: number): boolean },
): readonly StepRow[] {
  if (outcome.parts.length === 0) {
    return callRows(outcome.trace, options).map((row) => ({ row, part: null }));
  }
  return traceOfParts(outcome).flatMap(({ part, nodes }, index) => {
    const empty = !nodes.some(({ kind }) => kind !== "event" || options.events);
    const open = empty ? null : options.isOpen(index);
    const head: StepRow = {
      row: partRow(part.text, part.outcome.errno),
      part: { index, open, deltas: deltasOf(part, setup) },
    };
    if (open !== true) return [head];
    return [head, ...callRows(nodes, options, 1).map((row) => ({ row, part: null }))];
  });
}
