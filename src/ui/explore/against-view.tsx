/** What another setup removes, brings and keeps: a row a class, a way on each side. */
import { Glyph } from "../widgets/glyphs.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { type AgainstRow, againstRows, againstSentence, seen } from "./against.ts";
import type { Apart } from "./apart.ts";
import { ClassTag } from "./class-tag.tsx";
import { isBusy, lookAt, type Run, useExplore } from "./explore-store.ts";
import { LostPart, SearchAgain } from "./lost.tsx";
import { differingText } from "./way.ts";
import { ENDING_WORDS, moves } from "./words.ts";
import "../widgets/table.css";

const WORDS: Readonly<Record<AgainstRow["state"], string>> = {
  kept: "kept",
  removed: "removed",
  brought: "new",
  nearer: "nearer",
  farther: "farther",
};

interface CellProps {
  readonly row: AgainstRow;
  readonly side: 0 | 1;
  readonly other: Run;
}

function Cell({ row, side, other }: CellProps) {
  const looked = useExplore((explore) => explore.looked);
  const [depth, promise] = [row.depths[side], row.promises[side]];
  const letter = side === 0 ? "A" : "B";
  if (depth === null || promise === null) {
    const within = seen(side === 0 ? (useExplore.getState().run ?? other) : other);
    return (
      <td className="explore-quiet">{Number.isFinite(within) ? `not within ${moves(within)}` : "never"}</td>
    );
  }
  const here =
    looked?.kind === "example" && looked.cls === row.cls && (looked.other === true) === (side === 1);
  return (
    <td>
      <button
        type="button"
        className="link"
        aria-label={`${row.cls} on side ${letter}: ${moves(depth)}`}
        aria-current={here || undefined}
        onClick={() => lookAt({ kind: "example", promise, cls: row.cls, other: side === 1 })}
      >
        {moves(depth)}
      </button>
    </td>
  );
}

const MOST = 40;

/** The nearest ways after which the two can be told apart, one for each kind of difference. */
function Differences({ apart }: { readonly apart: Apart }) {
  const looked = useExplore((explore) => explore.looked);
  const { phase, report, problems, failure, pairs, depth } = apart;
  const found = report?.differences ?? [];
  const state =
    phase === "failed"
      ? report === null
        ? `This could not be searched: ${[failure, ...problems.map(({ message }) => message)].filter(Boolean).join("; ")}`
        : `Partial: the search ended early. ${failure ?? ""} ${pairs.toLocaleString("en-GB")} pairs of states.`
      : phase === "running"
        ? `Both step by step: ${pairs.toLocaleString("en-GB")} pairs of states, at depth ${depth}…`
        : found.length === 0
          ? `Nobody could tell the two apart. ${ENDING_WORDS[report?.ending ?? "cancelled"]}`
          : `${ENDING_WORDS[report?.ending ?? "cancelled"]} ${pairs.toLocaleString("en-GB")} pairs of states.`;
  return (
    <section aria-label="Where the two part" data-testid="explore-apart">
      <h2 className="explore-apart-title">Where the two part</h2>
      <p className="explore-note explore-apart-state" role="status">
        {state}
      </p>
      <ol className="explore-examples explore-apart-list">
        {found.slice(0, MOST).map(({ lines, depth: at, differing }, index) => (
          <li key={`${lines.join(";")} ${differing.map(differingText).join()}`}>
            <button
              type="button"
              className="explore-example"
              data-goal=""
              aria-current={(looked?.kind === "difference" && looked.at === index) || undefined}
              onClick={() => lookAt({ kind: "difference", at: index })}
            >
              <span className="explore-example-why">
                {differing.slice(0, 2).map(differingText).join("; ")}
                {differing.length > 2 ? ` and ${differing.length - 2} more` : ""}
              </span>
              <span className="explore-example-depth">{moves(at)}</span>
            </button>
          </li>
        ))}
      </ol>
      {found.length > MOST ? <p className="explore-note">and {found.length - MOST} more</p> : null}
    </section>
  );
}

export function AgainstView({ run, other }: { readonly run: Run; readonly other: Run }) {
  const rows = againstRows(run, other);
  const busy = isBusy(run) || isBusy(other);
  const apart = useExplore((explore) => explore.apart);
  const lost = useExplore((explore) => explore.lost.includes("apart"));
  return (
    <ScrollRegion className="explore-classes" label="Both setups">
      <p className="explore-against" role="status" data-testid="explore-against">
        <Glyph name={busy ? "more" : other.phase === "failed" ? "warn" : "compare"} />
        <span>
          {other.phase === "failed" && other.progress === null
            ? `B could not be searched: ${[other.failure, ...other.problems.map(({ message }) => message)].filter(Boolean).join("; ")}`
            : againstSentence(run, other)}
          {other.phase === "failed" && other.progress !== null
            ? ` Partial: the search of B ended early. ${other.failure ?? ""}`
            : ""}
        </span>
      </p>
      <p className="explore-note">
        A: {run.setup}. B, {other.side}: {other.setup}
        {other.progress === null
          ? "."
          : `; ${other.progress.states.toLocaleString("en-GB")} states, ${other.progress.transitions.toLocaleString("en-GB")} transitions, depth ${other.progress.depth}.`}
      </p>
      {rows.length === 0 ? null : (
        <table className="table" data-testid="explore-both">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">In B</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.cls}>
                <th scope="row" className="explore-class-title">
                  <ClassTag cls={row.cls} /> {row.cls === "?" ? "A divergence without a name" : row.title}
                </th>
                <Cell row={row} side={0} other={other} />
                <Cell row={row} side={1} other={other} />
                <td className="explore-change" data-change={row.state}>
                  {WORDS[row.state]}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {apart === null ? null : <Differences apart={apart} />}
      {lost ? (
        <LostPart run={run}>Where the two part was too much to be kept with the tab.</LostPart>
      ) : run.phase !== "failed" && (other.phase === "failed" || apart?.phase === "failed") ? (
        <div className="explore-lost">
          <SearchAgain run={run} />
        </div>
      ) : null}
    </ScrollRegion>
  );
}
