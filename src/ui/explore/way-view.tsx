/** One way as a script, with what breaks at its last line and why; from here it goes to the lab, or out as text and link. */
import { lazy, Suspense, useMemo, useState } from "react";
import { parse } from "../../script/parse.ts";
import { runAll } from "../../script/runner.ts";
import { useCompare } from "../compare/compare-store.ts";
import { addressOf } from "../export/forms.ts";
import { copyText } from "../export/save.ts";
import { openOrAsk } from "../share/open-shared.ts";
import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { ClassTag } from "./class-tag.tsx";
import { type Run, useExplore } from "./explore-store.ts";
import { type Way, wayHead, wayOfDifference, wayOfExample, wayOfState, wayScript, wayShare } from "./way.ts";
import { moves } from "./words.ts";
import "../widgets/table.css";

const StepGraph = lazy(() => import("../present/step-graph.tsx"));

function CopyButton({ make, children }: { make(): string; readonly children: string }) {
  const [said, setSaid] = useState<string | null>(null);
  return (
    <Button onClick={() => void copyText(make()).then((ok) => setSaid(ok ? "Copied" : "Not allowed here"))}>
      <Glyph name="copy" />
      <span aria-live="polite">{said ?? children}</span>
    </Button>
  );
}

function Picture({ run, way }: { readonly run: Run; readonly way: Way }) {
  const world = useMemo(() => {
    const parsed = parse([run.spec.script.trimEnd(), ...way.lines, ""].join("\n"));
    return parsed.ok ? runAll(parsed.value, { trace: false }).world : null;
  }, [run.spec.script, way]);
  const select = way.after.find((fact) => fact.includes("diverges="))?.split(" ")[0];
  const view = useMemo(() => (select === undefined ? {} : { select }), [select]);
  if (world === null) return null;
  return (
    <div className="explore-picture">
      <Suspense fallback={<div className="graph-wait">Drawing…</div>}>
        <StepGraph world={world} view={view} />
      </Suspense>
    </div>
  );
}

function Parted({ way }: { readonly way: Way }) {
  if (way.differing.length === 0) return null;
  return (
    <table className="table explore-parted" data-testid="explore-parted">
      <caption className="for-ears">What differs behind the last line</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      <tbody>
        {way.differing.map(({ whose, aspect, a, b }) => (
          <tr key={`${whose} ${aspect}`}>
            <th scope="row">
              {whose} {aspect}
            </th>
            <td>{a}</td>
            <td>{b}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Explained({ way }: { readonly way: Way }) {
  return (
    <div
      className="explore-explained"
      data-goal={way.goal || undefined}
      data-plain={(way.cls === null && !way.goal) || undefined}
    >
      {way.why === "" ? null : <p>{way.why}</p>}
      <Parted way={way} />
      {way.before.length + way.after.length === 0 ? null : (
        <ul
          className="explore-facts"
          aria-label={way.cls === null && !way.goal ? "What holds here" : "What the line changed"}
        >
          {way.before.map((fact) => (
            <li key={`- ${fact}`} data-was="">
              <span className="for-ears">was: </span>
              {fact}
            </li>
          ))}
          {way.after.map((fact) => (
            <li key={`+ ${fact}`}>
              <span className="for-ears">is: </span>
              {fact}
            </li>
          ))}
        </ul>
      )}
      {way.rules.length === 0 ? null : (
        <details className="explore-rules">
          <summary>
            {way.rules.length === 1 ? "The rule" : `The ${way.rules.length} rules`} that decided in this line
          </summary>
          <ul>
            {way.rules.map(({ id, text, source, within }) => (
              <li key={id}>
                <RuleLink id={id} /> {text}
                <span className="explore-source">
                  {within === "" ? "" : `${within}, `}
                  {source}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function compare(script: string, side: string): void {
  useCompare.getState().load(script, ["as-written", side], null);
  usePage.getState().open("compare");
}

export function WayCard({ run, way }: { readonly run: Run; readonly way: Way }) {
  const [drawn, setDrawn] = useState(false);
  const name = way.cls ?? way.title;
  const last = way.lines.length - 1;
  return (
    <section className="explore-way" aria-label={`The shortest way to ${name}`} data-testid="explore-way">
      <header className="explore-way-head">
        <h2 className="explore-way-title">
          {way.cls === null ? null : <ClassTag cls={way.cls} />} {way.title}
        </h2>
        <p className="explore-quiet">
          {way.promise === null ? "" : `${way.goal ? "Reaches" : "Breaks"} ${way.promise}; `}
          {moves(way.lines.length)} from {run.from}
          {run.side === null ? "" : `, under ${run.side}`}
        </p>
        <div className="explore-ways">
          {way.differing.length === 0 ? null : (
            <Button
              look="primary"
              data-testid="explore-compare"
              onClick={() => compare(wayScript(run, way), run.question.against ?? "as-written")}
            >
              Compare side by side
            </Button>
          )}
          <Button
            look={way.differing.length === 0 ? "primary" : "plain"}
            data-testid="explore-open"
            onClick={() => openOrAsk(wayShare(run, way), "The shortest way", `${wayHead(way, run.from)}.`)}
          >
            Open in the lab
          </Button>
          <CopyButton make={() => wayScript(run, way)}>Copy as text</CopyButton>
          <CopyButton make={() => addressOf(wayShare(run, way))}>Copy link</CopyButton>
        </div>
      </header>
      <ScrollRegion className="explore-way-body" label={`The way to ${name}, line by line`}>
        <ol className="explore-lines-list">
          {way.lines.length === 0 ? <li className="explore-line">{run.from}: no move is needed</li> : null}
          {way.lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line may come twice, and the list never moves.
            <li key={`${at} ${line}`} className="explore-line" data-last={at === last || undefined}>
              <code>{line}</code>
            </li>
          ))}
        </ol>
        <Explained way={way} />
        <Button aria-pressed={drawn} onClick={() => setDrawn(!drawn)}>
          {drawn ? "Hide the picture" : "Draw the world there"}
        </Button>
        {drawn ? <Picture run={run} way={way} /> : null}
      </ScrollRegion>
    </section>
  );
}

export function WayView({ run }: { readonly run: Run }) {
  const looked = useExplore((explore) => explore.looked);
  const apart = useExplore((explore) => explore.apart);
  const way = useMemo(
    () => (looked?.kind === "example" && run.report !== null ? wayOfExample(run.report, looked) : null),
    [looked, run.report],
  );
  const state = useMemo(
    () => (looked?.kind === "state" && run.graph !== null ? wayOfState(run.graph, looked.state) : null),
    [looked, run.graph],
  );
  const difference =
    looked?.kind === "difference" && apart?.report != null ? wayOfDifference(apart.report, looked.at) : null;
  if (looked?.kind === "difference" && difference !== null)
    return <WayCard key={`difference ${looked.at}`} run={run} way={difference} />;
  if (state !== null) return <WayCard key={state.title} run={run} way={state} />;
  if (way !== null) return <WayCard key={`${run.side} ${way.promise} ${way.cls}`} run={run} way={way} />;
  const running = run.phase === "running" || run.phase === "opening";
  const complete = run.progress?.ending === "complete";
  return (
    <Empty
      glyph={complete ? "check" : "search"}
      title={running ? "Nothing broken yet" : complete ? "Nothing breaks" : "Nothing broke so far"}
    >
      <p>
        {running
          ? "The first counterexample is shown here as soon as it is found. The search goes by distance, so the first way to anything is a shortest one."
          : complete
            ? "Every state that these moves reach was seen, and every promise holds in it."
            : "The search ended before it had seen every state. More depth or a larger limit would say more."}
      </p>
    </Empty>
  );
}
