/** Two searches of one question under two setups: which classes one has and the other has not, and how sure that is. */
import type { Run } from "./explore-store.ts";

export interface AgainstRow {
  readonly cls: string;
  readonly title: string;
  /** A promise that it breaks, on each side. */
  readonly promises: readonly [string | null, string | null];
  /** Moves on the shortest way; null: not met. */
  readonly depths: readonly [number | null, number | null];
  readonly state: "kept" | "removed" | "brought" | "nearer" | "farther";
}

type Searched = Pick<Run, "progress" | "report">;

/** Moves within which everything was seen: no end for a complete search. */
export function seen({ progress }: Searched): number {
  if (progress === null) return -1;
  return progress.ending === "complete" ? Number.POSITIVE_INFINITY : progress.depth;
}

/** Moves within which the two can be compared. */
export const common = (a: Searched, b: Searched): number => Math.min(seen(a), seen(b));

function stateOf(a: number | null, b: number | null): AgainstRow["state"] {
  if (b === null) return "removed";
  if (a === null) return "brought";
  return a === b ? "kept" : b < a ? "nearer" : "farther";
}

/** Classes of either side within the depth both have seen, nearest first; what lies beyond waits for the other side. */
export function againstRows(a: Searched, b: Searched): readonly AgainstRow[] {
  const within = common(a, b);
  const [as, bs] = [a.report?.classes ?? [], b.report?.classes ?? []];
  const all = [...new Set([...as, ...bs].map(({ cls }) => cls))];
  return all
    .flatMap((cls): readonly AgainstRow[] => {
      const [x, y] = [as, bs].map((list) => list.find((one) => one.cls === cls));
      const nearest = Math.min(x?.depth ?? Number.POSITIVE_INFINITY, y?.depth ?? Number.POSITIVE_INFINITY);
      if (nearest > within) return [];
      const depths = [x?.depth ?? null, y?.depth ?? null] as const;
      return [
        {
          cls,
          title: x?.title ?? y?.title ?? "",
          promises: [x?.promises[0] ?? null, y?.promises[0] ?? null],
          depths,
          state: stateOf(...depths),
        },
      ];
    })
    .toSorted(
      (one, two) =>
        Math.min(...numbers(one)) - Math.min(...numbers(two)) ||
        one.cls.localeCompare(two.cls, "en", { numeric: true }),
    );
}

const numbers = ({ depths }: AgainstRow): number[] => depths.filter((n): n is number => n !== null);

const listed = (rows: readonly AgainstRow[]): string =>
  rows.map(({ cls }) => (cls === "?" ? "a divergence without a name" : cls)).join(", ");

/** The answer in a sentence: what the other setup removes, brings and keeps, and within how many moves that was seen. */
export function againstSentence(a: Searched, b: Searched): string {
  const within = common(a, b);
  if (within < 0) return "Nothing can be said yet.";
  const rows = againstRows(a, b);
  const of = (...states: readonly AgainstRow["state"][]): readonly AgainstRow[] =>
    rows.filter(({ state }) => states.includes(state));
  const [removed, brought, kept] = [of("removed"), of("brought"), of("kept", "nearer", "farther")];
  const parts = [
    removed.length === 0 ? "removes nothing" : `removes ${listed(removed)}`,
    brought.length === 0 ? "brings nothing new" : `brings ${listed(brought)}`,
    ...(kept.length === 0 ? [] : [`keeps ${listed(kept)}`]),
  ];
  const scope = Number.isFinite(within)
    ? `Within ${within} ${within === 1 ? "move" : "moves"}`
    : "In every reachable state";
  return `${scope} B ${parts.join(", ")}.`;
}
