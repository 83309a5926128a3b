/** Which situation is on the table; opens another one beside what was played so far. */
import { lazy, Suspense } from "react";
import { useSession } from "../state/session-store.ts";
import { Glyph } from "../widgets/glyphs.tsx";
import { Pop } from "../widgets/pop.tsx";
import "./scenario-picker.css";

const ScenarioList = lazy(() => import("./scenario-list.tsx"));

export function ScenarioPicker() {
  const title = useSession((session) => session.node.setup.title);
  return (
    <Pop
      label="Scenarios"
      className="scenarios"
      trigger={
        <button
          type="button"
          className="btn picker picker-scenario"
          data-testid="scenario-picker"
          aria-label={`Scenario: ${title === "" ? "untitled" : title}`}
        >
          <span className="picker-label">Scenario</span>
          <span className="picker-value">{title === "" ? "untitled" : title}</span>
          <Glyph name="down" className="picker-arrow" />
        </button>
      }
      content={(close) => (
        <Suspense fallback={<p className="scenarios-wait">Opening the scenarios…</p>}>
          <ScenarioList onChosen={close} />
        </Suspense>
      )}
    />
  );
}
