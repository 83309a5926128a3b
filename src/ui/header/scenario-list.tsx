import { useState } from "react";
import { firstSession, keepPrevious, previousSession } from "../state/boot.ts";
import { useNotices } from "../state/notices-store.ts";
import { SCENARIO_GROUPS, type Scenario } from "../state/scenario-library.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";

const holds = (scenario: Scenario, words: readonly string[]): boolean => {
  const text = `${scenario.title} ${scenario.about} ${scenario.id}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

export function openScenario(scenario: Scenario): void {
  const loaded = useSession.getState().load(scenario.text);
  if (loaded.ok) return;
  useNotices.getState().tell({
    id: "scenario",
    tone: "warning",
    text: `The scenario “${scenario.title}” does not parse; nothing was played.`,
    details: loaded.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`),
  });
}

/** A new session; the old one can be had back until the next time. */
export function startFresh(): void {
  const { session, replace } = useSession.getState();
  keepPrevious(session);
  replace(firstSession());
  useNotices.getState().tell({
    id: "fresh",
    tone: "info",
    text: "A fresh session. The one before is kept.",
    action: {
      label: "Go back to it",
      run() {
        void previousSession().then((before) => {
          if (before !== null) useSession.getState().replace(before);
        });
      },
    },
  });
}

export default function ScenarioList({ onChosen }: { onChosen(): void }) {
  const [query, setQuery] = useState("");
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = SCENARIO_GROUPS.map((group) => ({
    ...group,
    scenarios: group.scenarios.filter((scenario) => holds(scenario, words)),
  })).filter(({ scenarios }) => scenarios.length > 0);
  return (
    <>
      <input
        className="input scenarios-search"
        type="search"
        aria-label="Search scenarios"
        placeholder="Search scenarios"
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <div className="scenarios-list">
        {groups.length === 0 ? <p className="scenarios-wait">No scenario has these words.</p> : null}
        {groups.map((group) => (
          <section key={group.id} aria-label={group.title}>
            <h3 className="menu-title scenarios-group">{group.title}</h3>
            {group.scenarios.map((scenario) => (
              <button
                key={scenario.id}
                type="button"
                className="scenario"
                data-testid={`scenario-${scenario.id}`}
                onClick={() => {
                  openScenario(scenario);
                  onChosen();
                }}
              >
                <span className="scenario-title">{scenario.title}</span>
                {scenario.about === "" ? null : <span className="menu-note">{scenario.about}</span>}
              </button>
            ))}
          </section>
        ))}
      </div>
      <div className="scenarios-foot">
        <span className="menu-note">
          Opening one keeps what you have played, as another line of the timeline.
        </span>
        <Button
          onClick={() => {
            startFresh();
            onChosen();
          }}
        >
          Start fresh
        </Button>
      </div>
    </>
  );
}
