/** One rule on the map: its text on hover and focus, a question about it on a press. */
import { useCallback } from "react";
import type { MapRow } from "../../learn/progress.ts";
import { RuleText } from "../widgets/rule-text.tsx";
import { useHint } from "../widgets/use-hint.ts";
import { goToSection } from "./route.ts";

export function RuleMark({ row, word }: { readonly row: MapRow; readonly word: string }) {
  const { id, mastery, right, wrong } = row;
  const hint = useHint(
    useCallback(
      () => (
        <>
          <RuleText id={id} />
          <p className="hint-note">
            {word}
            {right + wrong === 0 ? "" : ` · ${right} right, ${wrong} wrong`}
          </p>
        </>
      ),
      [id, word, right, wrong],
    ),
  );
  return (
    <button
      type="button"
      className="rule-mark"
      data-mastery={mastery}
      aria-label={`${id}, ${word}`}
      onClick={() => goToSection("practice", id)}
      {...hint}
    >
      <span className="rule-dot" aria-hidden="true" />
      {id}
    </button>
  );
}
