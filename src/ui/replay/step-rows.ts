/** The steps of a replay as a list: those a filter leaves, with long runs of one kind folded into one row. */
import type { StepData } from "../../replay/transfer.ts";

/** This many steps of one kind in a row are folded. */
const FOLD_FROM = 5;

export interface StepFilter {
  readonly text: string;
  readonly sid: number | null;
  readonly event: string | null;
  /** Only steps at which log and model differ. */
  readonly differing: boolean;
}

export const NO_FILTER: StepFilter = { text: "", sid: null, event: null, differing: false };

export const isFiltered = ({ text, sid, event, differing }: StepFilter): boolean =>
  text.trim() !== "" || sid !== null || event !== null || differing;

export type ListRow =
  | { readonly kind: "step"; readonly step: number; readonly folded: boolean }
  /** `count` steps from `step` on, shown or not. */
  | {
      readonly kind: "fold";
      readonly step: number;
      readonly last: number;
      readonly count: number;
      readonly name: string;
      readonly open: boolean;
    };

/** Indices of the steps that pass. `differs`: steps with a disagreement. */
export function matching(
  steps: readonly StepData[],
  filter: StepFilter,
  differs: ReadonlySet<number>,
): number[] {
  const text = filter.text.trim().toLowerCase();
  const has = (one: string): boolean => one.toLowerCase().includes(text);
  const out: number[] = [];
  for (const [at, step] of steps.entries()) {
    if (filter.differing && !differs.has(at)) continue;
    if (filter.sid !== null && !step.sids.includes(filter.sid)) continue;
    if (filter.event !== null && !step.events.includes(filter.event)) continue;
    if (text !== "" && !has(step.title) && !step.script.some(has) && !step.notes.some(has)) continue;
    out.push(at);
  }
  return out;
}

/** `open`: first steps of the folds that were opened. Steps that differ are never folded away. */
export function listRows(
  steps: readonly StepData[],
  shown: readonly number[],
  open: ReadonlySet<number>,
  differs: ReadonlySet<number>,
): ListRow[] {
  const rows: ListRow[] = [];
  const kindAt = (i: number): string | null => {
    const step = shown[i];
    return step === undefined || differs.has(step) ? null : (steps[step]?.kind ?? null);
  };
  for (let i = 0; i < shown.length; ) {
    const kind = kindAt(i);
    let end = i + 1;
    while (kind !== null && kindAt(end) === kind) end++;
    const first = shown[i] as number;
    const folds = end - i >= FOLD_FROM;
    const isOpen = open.has(first);
    if (folds)
      rows.push({
        kind: "fold",
        step: first,
        last: shown[end - 1] as number,
        count: end - i,
        name: kind ?? "",
        open: isOpen,
      });
    if (!folds || isOpen)
      for (let at = i; at < end; at++) rows.push({ kind: "step", step: shown[at] as number, folded: folds });
    i = end;
  }
  return rows;
}

/** Last row that begins at a step or before it; 0 when none does. */
export function rowBefore(rows: readonly ListRow[], step: number): number {
  let lo = 0;
  let hi = rows.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if ((rows[mid] as ListRow).step <= step) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

/** Row that shows a step, or the fold it lies in; -1 when the filter leaves it out. */
export function rowOf(rows: readonly ListRow[], step: number): number {
  const at = rowBefore(rows, step);
  const row = rows[at];
  if (row === undefined) return -1;
  const covers = row.kind === "step" ? row.step === step : row.step <= step && step <= row.last;
  return covers ? at : -1;
}

/** StreamIDs and events that occur, for the filters. */
export function occurring(steps: readonly StepData[]): {
  readonly sids: readonly number[];
  readonly events: readonly string[];
} {
  const sids = new Set<number>();
  const events = new Set<string>();
  for (const step of steps) {
    for (const sid of step.sids) sids.add(sid);
    for (const event of step.events) events.add(event);
  }
  return { sids: [...sids].sort((a, b) => a - b), events: [...events].sort() };
}

/** Step whose log lines a line belongs to; -1 for a line before the first. */
export function stepAtLine(steps: readonly StepData[], line: number): number {
  let lo = -1;
  let hi = steps.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if ((steps[mid] as StepData).first <= line) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}
