/** What the log is, what was assumed about it, and where it and the model say something else. */
import { agrees } from "../../replay/report.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { chooseRun, showInLab } from "./open-log.ts";
import type { Checking, OpenReplay } from "./replay-store.ts";
import "../widgets/table.css";
import "../widgets/fields.css";

const MOST = 300;

const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

function Agreement({ checking }: { readonly checking: Checking }) {
  if (checking.state === "under-way")
    return (
      <p className="replay-quiet" role="status">
        Comparing with the model… {count(checking.steps, "step")}
      </p>
    );
  if (checking.state === "failed") return <p role="status">It could not be compared: {checking.why}.</p>;
  const { check } = checking;
  if (check === null) return <p role="status">Nothing in it can be compared.</p>;
  return (
    <>
      <p
        role="status"
        className="replay-verdict"
        data-testid="replay-verdict"
        data-agrees={agrees(check) || undefined}
      >
        <Glyph name={agrees(check) ? "check" : "warn"} />
        {agrees(check)
          ? `Log and model agree in ${count(
              check.tallies.reduce((sum, [, { agreed }]) => sum + agreed, 0),
              "outcome",
            )}.`
          : `The model disagrees with ${count(check.disagreed, "line")}${
              check.rejected.length === 0 ? "" : ` and refuses ${count(check.rejected.length, "script line")}`
            }.`}
      </p>
      <table className="table replay-table" data-testid="replay-agreements">
        <caption className="for-ears">Outcomes compared, by kind</caption>
        <thead>
          <tr>
            <th scope="col">compared</th>
            <th scope="col" className="num">
              agree
            </th>
            <th scope="col" className="num">
              differ
            </th>
            <th scope="col" className="num">
              outside the model
            </th>
          </tr>
        </thead>
        <tbody>
          {check.tallies
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([kind, { agreed, disagreed, outside }]) => (
              <tr key={kind} data-differs={disagreed > 0 || undefined}>
                <th scope="row">{kind}</th>
                <td className="num">{agreed}</td>
                <td className="num">{disagreed}</td>
                <td className="num">{outside}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {check.tallies.some(([, { outside }]) => outside > 0) ? (
        <p className="replay-quiet">
          Outside the model are lines about functions that QEMU emulates itself, such as root ports.
        </p>
      ) : null}
    </>
  );
}

function Differences({ checking }: { readonly checking: Checking }) {
  if (checking.state !== "done" || checking.check === null || agrees(checking.check)) return null;
  const { disagreements, disagreed, rejected } = checking.check;
  const differenceKeys = disagreements.map((one, at) => `${at} ${one.line} ${one.kind}`);
  const more = disagreed - Math.min(disagreements.length, MOST);
  return (
    <>
      <h3 className="replay-heading">Where they part</h3>
      <ol className="replay-differences" data-testid="replay-differences">
        {rejected.slice(0, MOST).map((one) => (
          <li key={`refused ${one.line} ${one.text}`}>
            <Button look="quiet" onClick={() => void showInLab(one.run, one.step)}>
              line {one.line}
            </Button>
            <span>
              the model refuses <code>{one.text}</code>: {one.why}
            </span>
          </li>
        ))}
        {disagreements.slice(0, MOST).map((one, at) => (
          <li key={differenceKeys[at]}>
            <Button look="quiet" onClick={() => void showInLab(one.run, one.step)}>
              line {one.line}
            </Button>
            <span>
              {one.kind}: the log has <code>{one.expected}</code>, the model has <code>{one.got}</code>{" "}
              {one.rule === null ? null : <RuleLink id={one.rule} />}
            </span>
          </li>
        ))}
      </ol>
      {more > 0 ? <p className="replay-quiet">and {more.toLocaleString("en")} more</p> : null}
    </>
  );
}

export function Report({ open }: { readonly open: OpenReplay }) {
  const { head, run, checking } = open;
  const { census, runs, problem, doubts } = head;
  const shown = runs[run];
  const notKnown = Object.entries(census.others).sort(([, a], [, b]) => b - a);
  return (
    <section className="replay-report" aria-label="What was found" data-testid="replay-report">
      <h2 className="replay-heading">{head.name}</h2>
      <p>
        {count(census.lines, "line")}: {census.known.toLocaleString("en")} of events the lab knows
        {census.other > 0 ? `, ${census.other.toLocaleString("en")} of other events` : ""}
        {census.foreign > 0 ? `, ${census.foreign.toLocaleString("en")} that are no events` : ""}
        {census.damaged > 0 ? `, ${count(census.damaged, "damaged one")}` : ""}
        {census.overlong > 0 ? `, ${count(census.overlong, "one")} too long` : ""}.
      </p>
      {problem === null ? null : <p className="replay-wrong">Reading ended early: {problem.message}.</p>}
      {doubts.map((doubt) => (
        <p key={doubt} className="replay-wrong">
          {doubt}.
        </p>
      ))}
      <div className="replay-ways">
        <Button look="primary" onClick={() => void showInLab(run, 0)}>
          Show it in the lab
        </Button>
        {runs.length > 1 ? (
          <label className="field">
            Run
            <select
              className="select"
              value={run}
              onChange={(event) => void chooseRun(Number(event.currentTarget.value))}
            >
              {runs.map((one, at) => (
                <option key={one.first} value={at}>
                  {at + 1}: lines {one.first} to {one.last}, {count(one.stepCount, "step")}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </div>
      <Agreement checking={checking} />
      <Differences checking={checking} />
      {shown === undefined || shown.assumptions.length === 0 ? null : (
        <details className="replay-more">
          <summary>{count(shown.assumptions.length, "thing")} the log does not say</summary>
          <ul>
            {shown.assumptions.map(({ text, line, count: times }) => (
              <li key={text}>
                {text} (line {line}
                {times > 1 ? `, ${times} times` : ""})
              </li>
            ))}
          </ul>
        </details>
      )}
      {notKnown.length + census.foreignSamples.length + census.damagedSamples.length === 0 ? null : (
        <details className="replay-more">
          <summary>Lines that were passed over</summary>
          <ul>
            {notKnown.slice(0, 40).map(([event, times]) => (
              <li key={event}>
                <span className="mono">{event}</span>, {count(times, "time")}
              </li>
            ))}
            {[...census.damagedSamples, ...census.foreignSamples].slice(0, 20).map(({ line, text }) => (
              <li key={`${line}`}>
                line {line}: <span className="mono">{text}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
