/** Which log lines are listed: all of them, or those of the steps that a filter leaves. */
import type { StepData } from "../../replay/transfer.ts";

export interface LineMap {
  readonly count: number;
  /** Number of the listed line at an index. */
  lineAt(index: number): number;
  /** Index of a line, or of the next one that is listed. */
  indexOf(line: number): number;
}

export const allLines = (count: number): LineMap => ({
  count,
  lineAt: (index) => index + 1,
  indexOf: (line) => Math.max(0, Math.min(count - 1, line - 1)),
});

/** Lines of some steps, in order, each once. */
export function linesOf(steps: readonly StepData[], shown: readonly number[], total: number): LineMap {
  /** First line, last line, and index of the first of every stretch. */
  const firsts: number[] = [];
  const lasts: number[] = [];
  const starts: number[] = [];
  let count = 0;
  let end = 0;
  for (const at of shown) {
    const step = steps[at];
    if (step === undefined) continue;
    const first = Math.max(step.first, end + 1);
    const last = Math.min(step.last, total);
    if (last < first) continue;
    firsts.push(first);
    lasts.push(last);
    starts.push(count);
    count += last - first + 1;
    end = last;
  }
  const below = (values: readonly number[], value: number): number => {
    let lo = 0;
    let hi = values.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((values[mid] as number) <= value) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  };
  return {
    count,
    lineAt(index) {
      const at = below(starts, index);
      return (firsts[at] ?? 1) + index - (starts[at] ?? 0);
    },
    indexOf(line) {
      const at = below(firsts, line);
      const start = starts[at] ?? 0;
      if (line <= (firsts[at] ?? 0)) return start;
      const last = lasts[at] ?? 0;
      return Math.max(0, Math.min(count - 1, start + Math.min(line, last + 1) - (firsts[at] ?? 0)));
    },
  };
}
