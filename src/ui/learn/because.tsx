/** Why it came out as it did: the rules that fired. */
import { RuleText } from "../widgets/rule-text.tsx";
import type { Asked } from "./question-card.tsx";

export function Because({
  asked,
  said,
}: {
  readonly asked: readonly Asked[];
  readonly said: readonly (string | null)[];
}) {
  // What was got wrong is explained first.
  const order = [...asked.keys()].sort(
    (a, b) => Number(said[a] === asked[a]?.answer) - Number(said[b] === asked[b]?.answer),
  );
  const rules = [...new Set(order.flatMap((i) => asked[i]?.rules ?? []))];
  if (rules.length === 0) return null;
  return (
    <section className="because" aria-label="Why" data-testid="because">
      <p className="because-word">Because</p>
      {rules.map((id) => (
        <RuleText key={id} id={id} />
      ))}
    </section>
  );
}
