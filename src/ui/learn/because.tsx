/** Why it came out as it did: the rules that fired. */

import { useEffect, useRef } from "react";
import type { ExplainingRule, Question } from "../../learn/question.ts";
import { RuleText } from "../widgets/rule-text.tsx";
import { answerOf } from "./question-card.tsx";

/** More are told when somebody wants them. */
const FIRST = 3;

function Rules({ of }: { readonly of: readonly ExplainingRule[] }) {
  return of.map(({ id, detail }) => <RuleText key={id} id={id} detail={detail} />);
}

export function Because({
  asked,
  said,
}: {
  readonly asked: readonly Question[];
  readonly said: readonly (string | null)[];
}) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  // What was got wrong is explained first.
  const order = [...asked.keys()].sort(
    (a, b) =>
      Number(said[a] === answerOf(asked[a] as Question)) - Number(said[b] === answerOf(asked[b] as Question)),
  );
  const rules = new Map<string, ExplainingRule>();
  const words = new Set<string>();
  for (const i of order) {
    const { because, rules: own } = asked[i] as Question;
    if (because !== "") words.add(because);
    for (const rule of own) if (!rules.has(rule.id)) rules.set(rule.id, rule);
  }
  if (rules.size === 0 && words.size === 0) return null;
  const all = [...rules.values()];
  const more = all.slice(FIRST);
  return (
    <section ref={box} className="because" aria-label="Why" data-testid="because">
      <p className="because-word">Because</p>
      {[...words].map((one) => (
        <p key={one}>{one}</p>
      ))}
      <Rules of={all.slice(0, FIRST)} />
      {more.length === 0 ? null : (
        <details>
          <summary>
            {more.length} more rule{more.length === 1 ? "" : "s"} decided
          </summary>
          <Rules of={more} />
        </details>
      )}
    </section>
  );
}
