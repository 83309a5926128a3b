/** Which rules of the model the learner has shown to know: one mark a rule, by who makes it. */
import { useMemo, useState } from "react";
import { type MapRow, ruleMap } from "../../learn/progress.ts";
import type { Mastery } from "../../learn/schedule.ts";
import { Segmented } from "../widgets/segmented.tsx";
import { taughtRules, useProgress } from "./progress-store.ts";
import { RuleMark } from "./rule-mark.tsx";
import "./rules-map.css";

const ORDER: readonly Mastery[] = ["mastered", "learning", "due", "new"];
const WORDS: Readonly<Record<Mastery, string>> = {
  mastered: "mastered",
  learning: "being learnt",
  due: "due again",
  new: "not asked yet",
};

const count = (rows: readonly MapRow[], mastery: Mastery): number =>
  rows.filter((row) => row.mastery === mastery).length;

export function RulesMap() {
  const [which, setWhich] = useState<"taught" | "all">("taught");
  const { progress } = useProgress();
  const areas = useMemo(
    () => ruleMap(progress, Date.now(), which === "taught" ? taughtRules() : undefined),
    [progress, which],
  );
  const rows = areas.flatMap((area) => area.rows);
  return (
    <section className="learn-section" aria-label="Rules">
      <div className="learn-bar">
        <h2>Rules</h2>
        <Segmented<"taught" | "all">
          label="Which rules"
          value={which}
          options={[
            { value: "taught", label: "Taught in lessons" },
            { value: "all", label: "All of the model" },
          ]}
          onChoose={setWhich}
        />
        <ul className="rules-legend" aria-label="Legend">
          {ORDER.map((mastery) => (
            <li key={mastery} data-mastery={mastery}>
              <span className="rule-dot" aria-hidden="true" />
              {count(rows, mastery)} {WORDS[mastery]}
            </li>
          ))}
        </ul>
      </div>
      <p className="learn-note">
        Every decision of the model is a rule with a source. An answer counts for the rules that decided it;
        press one to be asked about it.
      </p>
      {areas.map((area) => (
        <section key={area.title} className="rules-area" aria-label={area.title}>
          <h3>
            {area.title}
            <span className="learn-count">
              {count(area.rows, "mastered")} of {area.rows.length}
            </span>
          </h3>
          <ul className="rule-marks">
            {area.rows.map((row) => (
              <li key={row.id}>
                <RuleMark row={row} word={WORDS[row.mastery]} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}
