/** What the last line of a counterexample did: the rules that decided in it, and the facts it changed. */
import type { Action } from "../engine/actions.ts";
import { ruleOf } from "../engine/all-rules.ts";
import type { Outcome } from "../engine/outcome.ts";
import { step } from "../engine/step.ts";
import type { TraceNode } from "../engine/tracer.ts";
import type { World } from "../engine/world.ts";
import { play } from "./counterexample.ts";
import type { JobRule } from "./job-data.ts";
import { shortFacts } from "./short-facts.ts";

function rulesIn(outcome: Outcome): JobRule[] {
  const out = new Map<string, JobRule>();
  const walk = (nodes: readonly TraceNode[], within: string): void => {
    for (const n of nodes) {
      if (n.kind === "rule") {
        const known = ruleOf(n.id);
        if (!out.has(n.id))
          out.set(n.id, { id: n.id, text: known?.text ?? "", source: known?.source ?? "", within });
      } else if (n.kind === "call") walk(n.children, n.fn);
      else if (n.kind === "host") walk(n.children, n.call);
    }
  };
  walk(outcome.trace, "");
  for (const part of outcome.parts) walk(part.outcome.trace, part.text);
  return [...out.values()];
}

export interface LastStep {
  readonly rules: readonly JobRule[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Of no actions at all: the world as it is. */
export function lastStep(world: World, actions: readonly Action[]): LastStep {
  const last = actions.at(-1);
  if (last === undefined) return { rules: [], before: [], after: shortFacts(world) };
  const before = play(world, actions.slice(0, -1));
  const { world: after, outcome } = step(before, last);
  const was = shortFacts(before);
  const is = shortFacts(after);
  return {
    rules: rulesIn(outcome),
    before: was.filter((l) => !is.includes(l)),
    after: is.filter((l) => !was.includes(l)),
  };
}
