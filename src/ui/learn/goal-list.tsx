/** What must come true, ticked off as it does. */
import type { Attempt } from "../../learn/attempt.ts";
import { type Goal, goalText } from "../../learn/challenge.ts";
import { Glyph } from "../widgets/glyphs.tsx";

interface GoalListProps {
  readonly goal: Goal;
  readonly attempt: Attempt;
}

export function GoalList({ goal, attempt }: GoalListProps) {
  const { clauses, apart } = attempt;
  return (
    <section aria-label="Goal" data-testid="goal">
      <h2 className="challenge-part">Goal{clauses.length > 1 ? ": all at once" : ""}</h2>
      <ul className="goal">
        {clauses.map(({ text, holds }) => (
          <li key={text} className="goal-line" data-holds={holds ? "" : undefined}>
            <span className="goal-box" aria-hidden="true">
              {holds ? <Glyph name="check" /> : null}
            </span>
            <code>{goal.kind === "apart" ? goalText(goal) : text}</code>
            <span className="for-ears">{holds ? "holds" : "does not hold yet"}</span>
          </li>
        ))}
      </ul>
      {apart === null || apart.differences.length === 0 ? null : (
        <table className="goal-differences">
          <caption className="for-ears">What differs</caption>
          <tbody>
            {apart.differences.slice(0, 6).map(({ what, values }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                {values.map((value, i) => (
                  <td key={`${i === 0 ? "a" : "b"} ${value}`}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
