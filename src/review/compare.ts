/**
 * One script under up to four headers, command by command: where the runs can be told apart, since when, by which
 * rule. Every side is played through the engine's one door, like any script.
 */
import { buildWorld } from "../engine/build-world.ts";
import type { Outcome } from "../engine/outcome.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { type CommandItem, type ExpectItem, type Script, statementText } from "../script/ast.ts";
import { judge } from "../script/judge.ts";
import { type Difference, differences, sameDifference } from "./differences.ts";
import { decidingKnobs, type KnobApart } from "./knobs.ts";
import { type DecidingRule, rulesApart } from "./rules-apart.ts";
import { applySide, MAX_SIDES, type Result, type Side } from "./sides.ts";

export interface ComparedStep {
  /** Counted from 1. */
  readonly n: number;
  /** In the script as it was given. */
  readonly line: number;
  readonly text: string;
  readonly worlds: readonly World[];
  readonly outcomes: readonly Outcome[];
  /** All that differ after this command, the weightiest first. */
  readonly differences: readonly Difference[];
  /** Those that did not differ so after the command before. */
  readonly fresh: readonly Difference[];
}

export interface ComparedExpectation {
  readonly line: number;
  readonly text: string;
  /** One a side. */
  readonly held: readonly boolean[];
}

export interface FirstDifference {
  readonly step: ComparedStep;
  /** One a side: the rule that sets it apart. */
  readonly rules: readonly (DecidingRule | null)[];
  /** The command whose rules these are: where the runs went apart unseen, it is an earlier one. */
  readonly rulesFrom: ComparedStep;
  /** The knobs that make the difference, one or two; empty when it takes more. */
  readonly knobs: readonly KnobApart[];
}

export interface Comparison {
  readonly sides: readonly Side[];
  readonly scripts: readonly Script[];
  /** Before the first command. */
  readonly start: readonly World[];
  readonly steps: readonly ComparedStep[];
  readonly expectations: readonly ComparedExpectation[];
  /** The first command after which anybody could tell, or null. */
  readonly first: FirstDifference | null;
  /** The first command after which the devices' DMA differs, or null. */
  readonly firstDma: ComparedStep | null;
}

export interface CompareOptions {
  /** Find the knobs that make the first difference (default): it plays the script again for each. */
  readonly knobs?: boolean;
}

type Body = CommandItem | ExpectItem;

function bodyOf(script: Script): { readonly item: Body; readonly line: number }[] {
  return script.items.flatMap((item, i) =>
    item.kind === "command" || item.kind === "expect" ? [{ item, line: script.spans[i]?.line ?? 0 }] : [],
  );
}

/** Plays the next command on every side. */
export class Lockstep {
  readonly start: readonly World[];
  private worlds: World[];
  private before: readonly Difference[] = [];
  private n = 0;

  constructor(scripts: readonly Script[]) {
    this.start = scripts.map((s) => buildWorld(s.setup));
    this.worlds = this.start.slice();
  }

  step(items: readonly CommandItem[], line: number): ComparedStep {
    const stepped = items.map((item, i) => step(this.worlds[i] as World, item.action));
    this.worlds = stepped.map((s) => s.world);
    const outcomes = stepped.map((s) => s.outcome);
    const found = differences(this.worlds, outcomes);
    const last = new Map(this.before.map((d) => [d.what, d]));
    const fresh = found.filter((d) => {
      const old = last.get(d.what);
      return old === undefined || !sameDifference(old, d);
    });
    this.before = found;
    const text = items[0] === undefined ? "" : statementText(items[0]);
    return { n: ++this.n, line, text, worlds: this.worlds, outcomes, differences: found, fresh };
  }
}

/** The comparison in pieces: yields the number of commands played, so that a page can stay responsive. */
export function* comparing(
  script: Script,
  sides: readonly Side[],
  options: CompareOptions = {},
): Generator<number, Result<Comparison>> {
  if (sides.length < 2 || sides.length > MAX_SIDES)
    return { ok: false, problems: [`a comparison has two to ${MAX_SIDES} sides, not ${sides.length}`] };
  const scripts: Script[] = [];
  const problems: string[] = [];
  for (const side of sides) {
    const applied = applySide(script, side);
    if (applied.ok) scripts.push(applied.value);
    else problems.push(...applied.problems.map((p) => `${side.text}: ${p}`));
  }
  if (problems.length > 0) return { ok: false, problems };

  const lockstep = new Lockstep(scripts);
  const bodies = scripts.map(bodyOf);
  const steps: ComparedStep[] = [];
  const expectations: ComparedExpectation[] = [];
  for (const [i, { item, line }] of bodyOf(script).entries()) {
    const items = bodies.map((b) => b[i]?.item as Body);
    if (item.kind === "command") {
      steps.push(lockstep.step(items as CommandItem[], line));
      yield steps.length;
    } else {
      const held = items.map((one, side) => holds(one as ExpectItem, side, steps, lockstep.start));
      expectations.push({ line, text: item.words.slice(1).join(" "), held });
    }
  }
  const at = steps.find((s) => s.differences.length > 0);
  return {
    ok: true,
    value: {
      sides,
      scripts,
      start: lockstep.start,
      steps,
      expectations,
      first: at === undefined ? null : explain(scripts, steps, at, options),
      firstDma: steps.find((s) => s.differences.some((d) => d.aspect === "dma")) ?? null,
    },
  };
}

export function compare(
  script: Script,
  sides: readonly Side[],
  options: CompareOptions = {},
): Result<Comparison> {
  const run = comparing(script, sides, options);
  for (let r = run.next(); ; r = run.next()) if (r.done === true) return r.value;
}

function holds(
  item: ExpectItem,
  side: number,
  steps: readonly ComparedStep[],
  start: readonly World[],
): boolean {
  const last = steps.at(-1);
  const world = (last?.worlds ?? start)[side] as World;
  const before = last === undefined ? null : ((steps.at(-2)?.worlds ?? start)[side] ?? null);
  const moment = { world, before, outcome: last?.outcomes[side] ?? null };
  return item.expectations.every((e) => judge(moment, e).held);
}

function explain(
  scripts: readonly Script[],
  steps: readonly ComparedStep[],
  at: ComparedStep,
  options: CompareOptions,
): FirstDifference {
  const knobs: KnobApart[] = [];
  const isolated: (DecidingRule | null)[] = scripts.map(() => null);
  if (options.knobs !== false)
    for (let other = 1; other < scripts.length; other++)
      for (const { knob, outcome } of decidingKnobs(scripts, at, other)) {
        if (!knobs.some((k) => k.key === knob.key && k.layer === knob.layer)) knobs.push(knob);
        // With that knob alone changed, what else the releases do differently is no noise any more.
        const [mine, theirs] = rulesApart([at.outcomes[0] as Outcome, outcome]);
        isolated[0] ??= mine ?? null;
        isolated[other] ??= theirs ?? null;
      }
  if (isolated.some((r) => r !== null)) return { step: at, rules: isolated, rulesFrom: at, knobs };
  // Where no rule of this command differs, the latest earlier command whose rules do has laid the ground.
  let rulesFrom = at;
  let rules = rulesApart(at.outcomes);
  for (let n = at.n - 1; rules.every((r) => r === null) && n >= 1; n--) {
    const earlier = steps[n - 1] as ComparedStep;
    rules = rulesApart(earlier.outcomes);
    rulesFrom = earlier;
  }
  if (rules.every((r) => r === null)) rulesFrom = at;
  return { step: at, rules, rulesFrom, knobs };
}
