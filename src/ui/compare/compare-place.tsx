/** The comparison: sides, their graphs in step, the steps with marks, and why the sides part. */
import { useEffect, useMemo, useState } from "react";
import type { Comparison } from "../../review/compare.ts";
import { comparisonText } from "../../review/compare-text.ts";
import { MAX_SIDES, parseSide, type Side } from "../../review/sides.ts";
import { copyText } from "../export/save.ts";
import { subjectOf } from "../share/view-parts.ts";
import { useReview } from "../state/review-store.ts";
import type { Subject } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import "../widgets/fields.css";
import "../widgets/table.css";
import "./compare.css";
import { ChangeTable } from "./change-table.tsx";
import { CompareGraphs } from "./compare-graphs.tsx";
import { useCompare } from "./compare-store.ts";
import { Differences, Why } from "./first-difference.tsx";
import { SideEditor } from "./side-editor.tsx";
import { useComparison } from "./use-comparison.ts";

const LETTERS = ["A", "B", "C", "D"] as const;

/** The session's line: to where it stands, and on to its end. */
function useSessionScript(): string {
  const session = useSession((one) => one.session);
  const line = useSession((one) => one.line);
  return session.script(line.at(-1)?.id ?? session.current.id);
}

interface StepsProps {
  readonly compared: Comparison;
  readonly at: number;
  onGo(n: number): void;
}

function Steps({ compared, at, onGo }: StepsProps) {
  const first = compared.first?.step.n ?? 0;
  return (
    <ol className="compare-steps" aria-label="Steps" data-testid="compare-steps">
      {[{ n: 0, text: "Start", differences: [], fresh: [] }, ...compared.steps].map((step) => (
        <li key={step.n}>
          <button
            type="button"
            className="compare-step"
            aria-current={step.n === at ? "step" : undefined}
            data-mark={step.n === first && first > 0 ? "first" : step.fresh.length > 0 ? "fresh" : undefined}
            title={
              step.n === first && first > 0
                ? `${step.text}: the first difference`
                : step.fresh.length > 0
                  ? `${step.text}: ${step.fresh.length} new differences`
                  : step.text
            }
            onClick={() => onGo(step.n)}
          >
            <span className="compare-step-n">{step.n}</span>
            {step.text}
            {step.n === first && first > 0 ? (
              <span className="compare-step-first">first difference</span>
            ) : null}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Shown({ compared }: { readonly compared: Comparison }) {
  const [at, setAt] = useState(compared.first?.step.n ?? compared.steps.length);
  const [selected, setSelected] = useState<Subject | null>(null);
  const step = compared.steps[at - 1];
  const worlds = step?.worlds ?? compared.start;
  const choose = (what: string): void => {
    const setup = compared.start[0]?.setup;
    const subject = setup === undefined ? null : subjectOf(setup, what.split(" ")[0] ?? "");
    if (subject !== null) setSelected(subject);
  };
  const differing = compared.sides.map(
    (_, side) => step?.differences.some((one) => one.values[side] !== one.values[0]) ?? false,
  );
  const last = compared.steps.length;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const by = event.key === "]" ? 1 : event.key === "[" ? -1 : 0;
      if (by === 0 || event.target instanceof HTMLInputElement) return;
      setAt((now) => Math.min(last, Math.max(0, now + by)));
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [last]);
  const torn = compared.expectations.filter((one) => one.held.some((held) => held !== one.held[0]));
  return (
    <div className="compare-shown">
      <CompareGraphs
        sides={compared.sides}
        worlds={worlds}
        differing={differing}
        selected={selected}
        onSelect={setSelected}
      />
      <div className="compare-foot">
        <Steps compared={compared} at={at} onGo={setAt} />
        <div className="compare-facts">
          <Differences found={step?.differences ?? []} sides={compared.sides.length} onChoose={choose} />
          {compared.first === null ? (
            <Empty glyph="check" title="No difference">
              <p>After each of the {compared.steps.length} commands nobody could tell the sides apart.</p>
            </Empty>
          ) : (
            <Why first={compared.first} />
          )}
        </div>
        {torn.length === 0 ? null : (
          <p className="compare-torn">
            {torn.length} expectation{torn.length === 1 ? "" : "s"} of the script hold
            {torn.length === 1 ? "s" : ""} on some sides alone.
          </p>
        )}
      </div>
    </div>
  );
}

function Copy({ compared }: { readonly compared: Comparison }) {
  const [said, setSaid] = useState("Copy as text");
  return (
    <Button
      onClick={() =>
        void copyText(comparisonText(compared, { all: true })).then((ok) =>
          setSaid(ok ? "Copied" : "Not allowed here"),
        )
      }
    >
      <Glyph name="copy" />
      <span aria-live="polite">{said}</span>
    </Button>
  );
}

export default function ComparePlace() {
  const { script, sides, row, setSide, addSide, removeSide, load } = useCompare();
  const [tab, setTab] = useState<"compare" | "changes">("compare");
  const own = useSessionScript();
  const text = script ?? own;
  const read = useMemo<readonly Side[] | null>(() => {
    const parsed = sides.map(parseSide);
    return parsed.every((one) => one.ok) ? parsed.flatMap((one) => (one.ok ? [one.value] : [])) : null;
  }, [sides]);
  const compared = useComparison(text, read);
  const close = (): void => useReview.getState().open(null);
  useEffect(() => {
    if (row !== null) setTab("compare");
  }, [row]);
  return (
    <main className="review-place compare" data-testid="compare" aria-label="Compare">
      <header className="review-head">
        <Button onClick={close}>
          <Glyph name="back" />
          Back to the lab
        </Button>
        <h1 className="review-title">Compare</h1>
        <Segmented<"compare" | "changes">
          label="What is shown"
          value={tab}
          options={[
            { value: "compare", label: "Side by side" },
            { value: "changes", label: "What changed" },
          ]}
          onChoose={setTab}
        />
        {script === null ? (
          <span className="review-about">The session's own steps, under other setups.</span>
        ) : (
          <Button look="quiet" onClick={() => load(null, sides, null)}>
            Compare my session instead
          </Button>
        )}
        {compared.state === "done" && tab === "compare" ? <Copy compared={compared.value} /> : null}
      </header>
      {tab === "changes" ? (
        <ChangeTable />
      ) : (
        <>
          <div className="compare-sides">
            {sides.map((side, at) => (
              <SideEditor
                key={LETTERS[at]}
                letter={LETTERS[at] ?? ""}
                text={side}
                onChange={(changed) => setSide(at, changed)}
                onRemove={sides.length > 2 ? () => removeSide(at) : null}
              />
            ))}
            {sides.length < MAX_SIDES ? <Button onClick={addSide}>Add a side</Button> : null}
          </div>
          {compared.state === "playing" ? (
            <p className="compare-wait" role="status">
              Playing every side… {compared.done} commands so far
            </p>
          ) : compared.state === "failed" ? (
            <Empty glyph="warn" title="This cannot be compared">
              {compared.problems.map((problem) => (
                <p key={problem}>{problem}</p>
              ))}
            </Empty>
          ) : (
            <Shown key={`${text} ${sides.join("|")}`} compared={compared.value} />
          )}
        </>
      )}
    </main>
  );
}
