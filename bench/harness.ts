// What every benchmark shares: repeated timing with medians, and one table for all results.

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "µs" | "/s" | "×" | "kB" | "B";
  /** What the median or ratio must reach, in the same unit. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** Anything a reader needs to judge the number: sizes, sample counts, spread. */
  readonly note?: string;
}

export interface Bench {
  readonly title: string;
  run(): Promise<readonly Measure[]>;
}

export interface Sample {
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export function summarise(values: readonly number[]): Sample {
  if (values.length === 0) throw new Error("no samples");
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), min: at(0), max: at(1), count: sorted.length };
}

/** Times `body` in milliseconds, `samples` times after `warmup` untimed runs. */
export async function time(
  body: () => unknown,
  { samples = 30, warmup = 5 }: { readonly samples?: number; readonly warmup?: number } = {},
): Promise<Sample> {
  const values: number[] = [];
  for (let round = -warmup; round < samples; round++) {
    const from = performance.now();
    await body();
    const took = performance.now() - from;
    if (round >= 0) values.push(took);
  }
  return summarise(values);
}

const met = ({ value, goal }: Measure): boolean | undefined => {
  if (goal === undefined) return undefined;
  return "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;
};

export const missesGoal = (measure: Measure): boolean => met(measure) === false;

const amount = (value: number) =>
  value.toLocaleString("en-GB", { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 3 });

/** The measures as lines of aligned columns: name, value, unit, goal, verdict, note. */
export function table(measures: readonly Measure[]): string {
  const rows = measures.map((measure) => {
    const { name, value, unit, goal, note } = measure;
    const wanted =
      goal === undefined ? "" : "atMost" in goal ? `≤ ${amount(goal.atMost)}` : `≥ ${amount(goal.atLeast)}`;
    const verdict = met(measure);
    return [
      name,
      amount(value),
      unit,
      wanted,
      verdict === undefined ? "" : verdict ? "ok" : "MISSED",
      note ?? "",
    ];
  });
  const all = [["measure", "value", "", "goal", "", "note"], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  const widths = [0, 1, 2, 3, 4, 5].map(width);
  const rightAligned = new Set([1, 3]);
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          rightAligned.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
