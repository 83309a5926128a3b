/** How the search stands: its end or its progress, the counts, the limits, and the states by depth. */
import type { JobReport } from "../../explore/job-data.ts";
import { NARROW, useMedia } from "../app/use-media.ts";
import { Glyph } from "../widgets/glyphs.tsx";
import { DepthBars } from "./depth-bars.tsx";
import { type Run, useExplore } from "./explore-store.ts";
import { SearchAgain } from "./lost.tsx";
import { useAsked } from "./use-asked.ts";
import { bytesText, ENDING_WORDS, moves, short, timeText } from "./words.ts";

const reachedAll = (report: JobReport | null): boolean =>
  report?.verdicts.every(({ state }) => state === "reached") ?? false;

function statusOf({ phase, progress, cancelling, failure, report }: Run): string {
  if (phase === "opening") return "Opening: the script is played, the first state is made.";
  if (phase === "failed")
    return progress === null
      ? "The search failed."
      : `Partial: the search ended early. ${failure ?? ""} What it had found is below.`;
  if (progress?.ending === "cancelled" && reachedAll(report)) return "Reached: the search ended there.";
  if (progress?.ending != null) return ENDING_WORDS[progress.ending];
  return cancelling ? "Cancelling…" : `Searching at depth ${progress?.depth ?? 0}…`;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  /** Share of a limit, 0 to 1. */
  readonly share?: number;
  readonly note?: string;
}

function Figure({ name, value, share, note }: FigureProps) {
  return (
    <div className="explore-figure">
      <dt>{name}</dt>
      <dd>
        {value}
        {note === undefined ? null : <span className="explore-quiet"> {note}</span>}
        {share === undefined ? null : (
          <meter
            className="explore-meter"
            aria-label={`${name}: share of the limit`}
            min={0}
            max={1}
            high={0.8}
            value={Math.min(1, share)}
          />
        )}
      </dd>
    </div>
  );
}

export function Standing({ run }: { readonly run: Run }) {
  const { progress, head, phase, ms, rate } = run;
  const changed = useExplore(({ question }) => JSON.stringify(question) !== JSON.stringify(run.question));
  const narrow = useMedia(NARROW);
  const { foreseen } = useAsked();
  // What the form beside it says already is not said twice.
  const warnings = (head?.warnings ?? []).filter((one) => narrow || !foreseen.includes(one));
  const kind =
    reachedAll(run.report) && phase === "over"
      ? "over"
      : phase === "failed" || (progress?.ending != null && progress.ending !== "complete")
        ? "partial"
        : phase;
  return (
    <section className="explore-standing" aria-label="How the search stands" data-testid="explore-standing">
      <p className="explore-status" role="status" data-testid="explore-status">
        <span className="explore-status-words">
          <Glyph
            name={kind === "over" ? "check" : kind === "partial" ? "warn" : "steps"}
            className={`explore-mark explore-mark-${kind}`}
          />
          {statusOf(run)}
        </span>
        <span className="explore-about">
          From {run.from}; {run.setup}.
          {head === null
            ? ""
            : ` ${head.alphabet === "written" ? "Own lines" : head.alphabet}, ${moves(head.moves.length)} in each state.`}
        </span>
      </p>
      {phase === "failed" ? (
        <div className="explore-standing-again">
          <SearchAgain run={run} />
        </div>
      ) : null}
      {changed ? (
        <p className="explore-quiet explore-changed">
          The question was changed since; these are the answers to the one before.
        </p>
      ) : null}
      {warnings.map((warning) => (
        <p key={warning} className="explore-warning">
          <Glyph name="warn" />
          {warning}
        </p>
      ))}
      {progress === null || head === null ? null : (
        <div className="explore-measures">
          <dl className="explore-figures" data-testid="explore-counts">
            <Figure
              name="States"
              value={progress.states.toLocaleString("en-GB")}
              share={progress.states / head.limits.states}
              note={`of ${short(head.limits.states)}`}
            />
            <Figure name="Transitions" value={progress.transitions.toLocaleString("en-GB")} />
            <Figure name="Frontier" value={progress.frontier.toLocaleString("en-GB")} />
            <Figure name="Depth" value={`${progress.depth}`} />
            <Figure name="Rate" value={`${short(rate)}/s`} />
            <Figure
              name="Memory"
              value={bytesText(progress.bytes)}
              share={progress.bytes / head.limits.bytes}
              note={`of ${short(head.limits.bytes / 2 ** 20)}`}
            />
            <Figure name="Time" value={timeText(ms)} />
            <Figure
              name="Raw states"
              value={`${head.rawExact ? "" : "≤ "}${short(progress.raw)}`}
              note={head.symmetries === 1 ? "no symmetry" : `up to ${head.symmetries} a state`}
            />
          </dl>
          <DepthBars histogram={progress.histogram} frontier={progress.frontier} />
        </div>
      )}
    </section>
  );
}
