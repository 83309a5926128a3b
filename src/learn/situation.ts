/** What a question is about: a script that leads somewhere, and commands that then run. */
import type { Action } from "../engine/actions.ts";
import { buildWorld } from "../engine/build-world.ts";
import { deviceFacts } from "../engine/observe.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { Setup } from "../engine/setup.ts";
import { step } from "../engine/step.ts";
import type { TraceNode } from "../engine/tracer.ts";
import type { World } from "../engine/world.ts";
import type { CommandItem } from "../script/ast.ts";
import { statementText } from "../script/ast.ts";
import type { After } from "./answer.ts";
import type { Ask } from "./prediction.ts";

export interface Situation {
  readonly setup: Setup;
  /** Before the question. */
  readonly lead: readonly CommandItem[];
  /** What then runs; at least one command. */
  readonly act: readonly CommandItem[];
}

export interface Moment extends After {
  /** The world before `act`. */
  readonly before: World;
}

export interface FiredRule {
  readonly id: string;
  readonly detail: string;
}

export const actionsOf = (items: readonly CommandItem[]): Action[] => items.map((i) => i.action);

export const linesOf = (items: readonly CommandItem[]): string[] => items.map(statementText);

/** Plays on from a world; null if a command makes no sense there. The outcome is the last command's. */
export function playOn(before: World, acts: readonly Action[], trace: boolean): Moment | null {
  let world = before;
  let outcome: Outcome | null = null;
  acts.forEach((a, i) => {
    if (outcome?.rejected === true) return;
    const stepped = step(world, a, { trace: trace && i === acts.length - 1 });
    world = stepped.world;
    outcome = stepped.outcome;
  });
  const last = outcome as Outcome | null;
  return last === null || last.rejected ? null : { before, world, outcome: last };
}

/** Plays commands from a setup's beginning; a rejected one is passed over. */
export function worldAfter(setup: Setup, actions: readonly Action[]): World {
  let world = buildWorld(setup);
  for (const a of actions) world = step(world, a, { trace: false }).world;
  return world;
}

/** Rules in a trace, each once, in the order they decided. */
export function firedRules(outcome: Outcome): FiredRule[] {
  const out = new Map<string, FiredRule>();
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      if (n.kind === "rule") {
        if (!out.has(n.id)) out.set(n.id, { id: n.id, detail: n.detail });
      } else if (n.kind === "call" || n.kind === "host") walk(n.children);
    }
  };
  const parts = (o: Outcome): void => {
    walk(o.trace);
    for (const p of o.parts) parts(p.outcome);
  };
  parts(outcome);
  return [...out.values()];
}

/** Rules that explain an answer: those the commands fired, and the architecture's where it is asked. */
export function explaining(ask: Ask, m: Moment): FiredRule[] {
  const fired = firedRules(m.outcome);
  if (ask.kind !== "dma" && ask.kind !== "legal") return fired;
  const dev = m.world.setup.devices.findIndex((d) => d.name === ask.dev);
  if (dev < 0) return fired;
  const legal = deviceFacts(m.world, dev).legalRules.map((id) => ({ id, detail: "" }));
  const all = ask.kind === "legal" ? [...legal, ...fired] : [...fired, ...legal];
  return all.filter((r, i) => all.findIndex((x) => x.id === r.id) === i);
}
