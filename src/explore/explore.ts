/** One exploration from its parts to its report, in this thread. */
import { counterexample } from "./counterexample.ts";
import { type Report, verdictOf } from "./report.ts";
import type { Ending, Search } from "./search.ts";

/** The report of a search as it stands: a search that is not over is a cancelled one. */
export function reportOf(search: Search): Report {
  const ending: Ending = search.ending ?? "cancelled";
  const examples = search.findings.map((f) => counterexample(search, f));
  return {
    alphabet: search.spec.alphabet.name,
    moves: search.spec.alphabet.moves.length,
    symmetries: search.freedom.symmetries.length,
    ending,
    counts: search.counts,
    histogram: search.histogram,
    verdicts: search.spec.promises.map((p) =>
      verdictOf(
        p,
        examples.filter((e) => e.promise === p),
        ending,
      ),
    ),
  };
}
