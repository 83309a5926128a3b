/** The histogram of depths as bars. States are gone on from in the order of their discovery, so what is left lies at the end. */
export interface DepthBar {
  readonly depth: number;
  readonly states: number;
  /** States that the search has gone on from. */
  readonly done: number;
  /** 0 to 1 of the tallest. */
  readonly height: number;
}

export function depthBars(histogram: readonly number[], frontier: number): readonly DepthBar[] {
  const most = Math.max(1, ...histogram);
  let left = histogram.reduce((sum, n) => sum + n, 0) - frontier;
  return histogram.map((states, depth) => {
    const done = Math.max(0, Math.min(states, left));
    left -= done;
    // One state among a million is still to be seen.
    return { depth, states, done, height: states === 0 ? 0 : Math.max(0.02, states / most) };
  });
}
