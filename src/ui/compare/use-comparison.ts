/** Plays a comparison in slices of a frame, so that a long one leaves the page responsive. */
import { useEffect, useState } from "react";
import { type Comparison, comparing } from "../../review/compare.ts";
import type { Side } from "../../review/sides.ts";
import { parse } from "../../script/parse.ts";
import { formatProblem } from "../../script/problem.ts";

export type Compared =
  | { readonly state: "playing"; readonly done: number }
  | { readonly state: "done"; readonly value: Comparison }
  | { readonly state: "failed"; readonly problems: readonly string[] };

const SLICE_MS = 12;

export function useComparison(script: string, sides: readonly Side[] | null): Compared {
  const [compared, setCompared] = useState<Compared>({ state: "playing", done: 0 });
  useEffect(() => {
    if (sides === null) return;
    const parsed = parse(script);
    if (!parsed.ok) {
      setCompared({ state: "failed", problems: parsed.problems.map(formatProblem) });
      return;
    }
    const run = comparing(parsed.value, sides);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slice = (): void => {
      const end = performance.now() + SLICE_MS;
      let done = 0;
      while (performance.now() < end) {
        const next = run.next();
        if (next.done === true) {
          const { value } = next;
          setCompared(
            value.ok ? { state: "done", value: value.value } : { state: "failed", problems: value.problems },
          );
          return;
        }
        done = next.value;
      }
      setCompared({ state: "playing", done });
      timer = setTimeout(slice, 0);
    };
    slice();
    return () => clearTimeout(timer);
  }, [script, sides]);
  return compared;
}
