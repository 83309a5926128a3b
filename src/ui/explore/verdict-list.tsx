/** Every promise with its standing; under a broken one, each class it is broken in by its shortest way. */
import type { JobPromise, JobReport, JobVerdict } from "../../explore/job-data.ts";
import { Glyph } from "../widgets/glyphs.tsx";
import { ClassTag } from "./class-tag.tsx";
import { type Looked, lookAt, type Run, useExplore } from "./explore-store.ts";
import { moves, VERDICT_WORDS } from "./words.ts";

/** Before the first report every promise is open. */
export function verdictsOf(promises: readonly JobPromise[], report: JobReport | null): readonly JobVerdict[] {
  return report?.verdicts ?? promises.map((one) => ({ ...one, state: "open", examples: [] }));
}

function Verdict({ verdict, looked }: { readonly verdict: JobVerdict; readonly looked: Looked | null }) {
  const { id, sentence, source, state, goal, examples } = verdict;
  const { word, glyph } = VERDICT_WORDS[state];
  return (
    <li className="explore-verdict" data-state={state} data-testid={`verdict-${id}`}>
      <div className="explore-verdict-head">
        <span className="explore-verdict-word" data-state={state}>
          <Glyph name={glyph} />
          {state === "open" ? (goal ? "not reached so far" : "kept so far") : word}
        </span>
        <span className="explore-verdict-id">{id}</span>
      </div>
      <p className="explore-verdict-about">
        {sentence === id ? null : `${sentence} `}
        <span className="explore-source">{source}</span>
      </p>
      {examples.length === 0 ? null : (
        <ul className="explore-examples">
          {examples.map(({ cls, depth, why }) => {
            const here = looked?.kind === "example" && looked.promise === id && looked.cls === cls;
            return (
              <li key={cls}>
                <button
                  type="button"
                  className="explore-example"
                  data-goal={goal || undefined}
                  aria-current={here || undefined}
                  onClick={() => lookAt({ kind: "example", promise: id, cls })}
                >
                  {goal ? null : <ClassTag cls={cls} />}
                  <span className="explore-example-why">
                    {goal ? "The shortest way" : why.split(": ", 1)[0]}
                  </span>
                  <span className="explore-example-depth">{moves(depth)}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </li>
  );
}

export function VerdictList({ run }: { readonly run: Run }) {
  const looked = useExplore((explore) => explore.looked);
  return (
    <ul className="explore-verdicts" aria-label="Promises" data-testid="explore-verdicts">
      {verdictsOf(run.head?.promises ?? [], run.report).map((verdict) => (
        <Verdict key={verdict.id} verdict={verdict} looked={looked} />
      ))}
    </ul>
  );
}
