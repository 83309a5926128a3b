/** Why two runs of one command went apart: the first rule that decided in one of them and not in the other. */
import { ruleOf } from "../engine/all-rules.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { TraceNode } from "../engine/tracer.ts";

export interface DecidingRule {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  /** C function or host call it decided in; empty at the top. */
  readonly within: string;
  readonly detail: string;
}

interface Token {
  /** What is compared: which rule, or who was called. */
  readonly key: string;
  readonly rule: DecidingRule | null;
}

function tokensOf(outcome: Outcome): Token[] {
  const out: Token[] = [];
  const walk = (nodes: readonly TraceNode[], within: string): void => {
    for (const n of nodes) {
      if (n.kind === "rule") {
        const known = ruleOf(n.id);
        const rule = {
          id: n.id,
          text: known?.text ?? "",
          source: known?.source ?? "",
          within,
          detail: n.detail,
        };
        out.push({ key: n.id, rule });
      } else if (n.kind === "call") {
        out.push({ key: `${n.fn}()`, rule: null });
        walk(n.children, n.fn);
      } else if (n.kind === "host") {
        out.push({ key: `> ${n.call}`, rule: null });
        walk(n.children, n.call);
      }
    }
  };
  if (outcome.parts.length > 0) for (const part of outcome.parts) walk(part.outcome.trace, part.text);
  else walk(outcome.trace, "");
  return out;
}

const count = (tokens: readonly Token[]): Map<string, number> => {
  const out = new Map<string, number>();
  for (const t of tokens) out.set(t.key, (out.get(t.key) ?? 0) + 1);
  return out;
};

/** The first rule of `own` that does not stand in `other` as often. */
function firstOwn(own: readonly Token[], other: readonly Token[]): DecidingRule | null {
  const left = count(other);
  for (const { key, rule } of own) {
    const n = left.get(key) ?? 0;
    if (n > 0) left.set(key, n - 1);
    else if (rule !== null) return rule;
  }
  return null;
}

/**
 * For each outcome the rule that sets it apart from the first one (of the first: from the first other that differs);
 * null where there is none. What comes before the two go apart is left aside.
 */
export function rulesApart(outcomes: readonly Outcome[]): readonly (DecidingRule | null)[] {
  const tokens = outcomes.map(tokensOf);
  const base = tokens[0] ?? [];
  const apart = (other: readonly Token[]): readonly [DecidingRule | null, DecidingRule | null] => {
    let at = 0;
    while (at < base.length && at < other.length && base[at]?.key === other[at]?.key) at++;
    return [firstOwn(base.slice(at), other.slice(at)), firstOwn(other.slice(at), base.slice(at))];
  };
  const pairs = tokens.slice(1).map(apart);
  return [pairs.find(([mine]) => mine !== null)?.[0] ?? null, ...pairs.map(([, theirs]) => theirs)];
}
