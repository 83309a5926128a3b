/** A rule as the page shows it everywhere: its id, its sentence, what it says about this very case, its source. */
import { useEffect } from "react";
import { useRule, useRules } from "../state/rules-store.ts";
import "./rule-text.css";

export function RuleText({ id, detail = "" }: { readonly id: string; readonly detail?: string }) {
  const rule = useRule(id);
  const known = useRules(({ table }) => table !== null);
  useEffect(() => useRules.getState().load(), []);
  return (
    <div className="rule">
      <p className="rule-text">
        <span className="rule-id">{id}</span> {rule?.text ?? (known ? "This rule has no text." : "…")}
      </p>
      {detail === "" ? null : <p className="rule-detail">{detail}</p>}
      {rule === null ? null : <p className="rule-source">{rule.source}</p>}
    </div>
  );
}
