/** Only a rule's id; the rest on hover and focus. */
import { useCallback } from "react";
import { RuleText } from "./rule-text.tsx";
import { useHint } from "./use-hint.ts";

export function RuleLink({ id }: { readonly id: string }) {
  const hint = useHint(useCallback(() => <RuleText id={id} />, [id]));
  return (
    <button type="button" className="rule-link" {...hint}>
      {id}
    </button>
  );
}
