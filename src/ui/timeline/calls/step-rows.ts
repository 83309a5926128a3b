/** The lines of a whole step: its call tree, or, for a guest sequence, its parts, each of which can be folded. */
import type { Outcome, Part } from "../../../engine/outcome.ts";
import type { Setup } from "../../../engine/setup.ts";
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
  part.delta.map(({ dev, before, after }) => `${setup.devices[dev]?.name ?? dev}: ${before} → ${after}`);

export function stepRows(
  outcome: Outcome,
  setup: Setup,
  options: RowOptions & { isOpen(part: number): boolean },
): readonly StepRow[] {
  if (outcome.parts.length === 0) {
    return callRows(outcome.trace, options).map((row) => ({ row, part: null }));
  }
  return outcome.parts.flatMap((part, index) => {
    const empty =
      part.outcome.parts.length === 0 &&
      !part.outcome.trace.some(({ kind }) => kind !== "event" || options.events);
    const open = empty ? null : options.isOpen(index);
    const head: StepRow = {
      row: partRow(part.text, part.outcome.errno),
      part: { index, open, deltas: deltasOf(part, setup) },
    };
    if (open !== true) return [head];
    return [head, ...stepRows(part.outcome, setup, { ...options, isOpen: () => true })];
  });
}
