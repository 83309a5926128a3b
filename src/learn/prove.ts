/**
 * How few allowed commands solve a challenge, proved: the explorer looks at every state nearer to the start first, so
 * that the first one that reaches the goal is at par, and none before it does.
 */

import type { Action } from "../engine/actions.ts";
import { buildWorld } from "../engine/build-world.ts";
import type { Outcome } from "../engine/outcome.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { exampleOf, wayTo } from "../explore/counterexample.ts";
import { Search } from "../explore/search.ts";
import { type Difference, differences } from "../review/differences.ts";
import { checksum } from "../review/share/crc32.ts";
import { applySide } from "../review/sides.ts";
import type { Script } from "../script/ast.ts";
import { statementText } from "../script/ast.ts";
import type { LineProblem } from "../script/marked.ts";
import { refusal } from "./allow.ts";
import { type Challenge, goalText } from "./challenge.ts";
import { type ApartGoal, promiseOf, type StateGoal } from "./goal.ts";
import type { Read } from "./reading.ts";
import { commandsAfter, type Ready } from "./start.ts";

export interface Proof {
  readonly par: number;
  /** Allowed commands that reach the goal, par of them. */
  readonly way: readonly string[];
  /** States looked at. */
  readonly states: number;
}

export interface ProveLimits {
  readonly depth: number;
  readonly states: number;
}

export const PROVE_LIMITS: ProveLimits = { depth: 24, states: 400_000 };

/** States gone on from between two signs of life. */
const PIECE = 16;

/** What a proof is about: with other text it must be proved again. */
export function proofKey(c: Challenge): string {
  return checksum([c.start.text, goalText(c.goal), ...c.allow.map((l) => l.text)].join("\n"));
}

/** In pieces, each with the number of states so far. */
export function* proving(ready: Ready, limits: ProveLimits = PROVE_LIMITS): Generator<number, Read<Proof>> {
  const { goal } = ready;
  const proof =
    goal.kind === "state"
      ? yield* provingState(ready, goal, limits)
      : yield* provingApart(ready, goal, limits);
  if (typeof proof === "string")
    return { ok: false, problems: [{ line: goalLine(ready.challenge), message: proof }] };
  return { ok: true, value: proof };
}

export function prove(ready: Ready, limits: ProveLimits = PROVE_LIMITS): Read<Proof> {
  const run = proving(ready, limits);
  for (let r = run.next(); ; r = run.next()) if (r.done === true) return r.value;
}

const goalLine = (c: Challenge): number =>
  c.goal.kind === "state" ? (c.goal.lines[0]?.line ?? 0) : c.goal.line;

const UNREACHABLE = "unsolvable: none of the states that the allowed commands reach fulfils the goal";
const tooFar = (states: number, depth: number): string =>
  `not proved: no solution within ${depth} commands and ${states} states`;
const AT_START = "the goal is reached before anything is done";

function* provingState(
  ready: Ready,
  goal: StateGoal,
  limits: ProveLimits,
): Generator<number, Proof | string> {
  if (goal.reached(ready.world)) return AT_START;
  const search = searchOf(ready, goal, limits, true);
  for (let n = 1; search.findings.length === 0 && search.advance(1); n++)
    if (n % PIECE === 0) yield search.counts.states;
  const found = search.findings[0];
  if (found === undefined)
    return search.ending === "complete" ? UNREACHABLE : tooFar(search.counts.states, search.counts.depth);
  const example = exampleOf(search.spec.world, found, wayTo(search, found.state));
  // Leaving out a command would be a shorter way than the search found.
  if (example.actions.length !== found.depth)
    throw new Error(`the search found ${found.depth} commands where ${example.actions.length} do`);
  return { par: found.depth, way: example.lines, states: search.counts.states };
}

function searchOf(ready: Ready, goal: StateGoal, limits: ProveLimits, normal: boolean): Search {
  return new Search({
    world: ready.world,
    alphabet: ready.allowed.alphabet,
    promises: [promiseOf(goal)],
    limits: { ...limits, bytes: 2 ** 30 },
    // What the goal names, counts or reads off a register is told in its `asks`, and nothing of that is taken for the same.
    normal,
  });
}

/** The text of a world, equal for equal worlds. */
const textOf = (w: World): string =>
  JSON.stringify({ ...w, setup: null, provenance: null }, (_, v: unknown) =>
    typeof v === "bigint" ? `0x${v.toString(16)}` : v instanceof Map ? [...v] : v,
  );

interface Pair {
  readonly worlds: readonly [World, World];
  readonly way: readonly string[];
}

/** The two starts of a challenge about two setups. */
export function bothStarts(ready: Ready, goal: ApartGoal): Read<readonly [Script, Script]> {
  const [a, b] = [applySide(ready.script, goal.a), applySide(ready.script, goal.b)];
  const line = goalLine(ready.challenge);
  const problems = [a, b].flatMap((s) => (s.ok ? [] : s.problems.map((message) => ({ line, message }))));
  return a.ok && b.ok ? { ok: true, value: [a.value, b.value] } : { ok: false, problems };
}

/** Plays a script on a fresh world; the last outcome too, which may already differ. */
function played(script: Script): { world: World; last: Outcome | null } {
  let world = buildWorld(script.setup);
  let last: Outcome | null = null;
  for (const item of script.items)
    if (item.kind === "command") {
      const stepped = step(world, item.action);
      world = stepped.world;
      last = stepped.outcome;
    }
  return { world, last };
}

function* provingApart(
  ready: Ready,
  goal: ApartGoal,
  limits: ProveLimits,
): Generator<number, Proof | string> {
  const scripts = bothStarts(ready, goal);
  if (!scripts.ok) return scripts.problems.map((p) => p.message).join("; ");
  const [a, b] = scripts.value.map(played);
  if (a === undefined || b === undefined) throw new Error("two sides");
  if (a.last !== null && b.last !== null) {
    const found = differences([a.world, b.world], [a.last, b.last]);
    if (goal.counts(found).length > 0) return AT_START;
  }
  const seen = new Set<string>();
  const keyOf = (w: readonly [World, World]): string => `${textOf(w[0])}\n${textOf(w[1])}`;
  let level: Pair[] = [{ worlds: [a.world, b.world], way: [] }];
  seen.add(keyOf([a.world, b.world]));
  for (let depth = 1; depth <= limits.depth && level.length > 0; depth++) {
    const next: Pair[] = [];
    for (const { worlds, way } of level) {
      for (const { text, move } of ready.allowed.moves) {
        const action = move.actions[0];
        if (action === undefined || move.when?.(worlds[0]) === false || move.when?.(worlds[1]) === false)
          continue;
        const stepped = worlds.map((w) => step(w, action));
        const [x, y] = stepped;
        if (x === undefined || y === undefined || (x.outcome.rejected && y.outcome.rejected)) continue;
        const now: readonly [World, World] = [x.world, y.world];
        const there = [...way, text];
        if (goal.counts(differences(now, [x.outcome, y.outcome])).length > 0)
          return { par: depth, way: there, states: seen.size };
        const key = keyOf(now);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ worlds: now, way: there });
      }
      if (seen.size > limits.states) return tooFar(seen.size, depth - 1);
      yield seen.size;
    }
    level = next;
  }
  return level.length === 0 ? UNREACHABLE : tooFar(seen.size, limits.depth);
}

/** True if no `n` allowed commands or fewer reach the goal, asked without taking any two states for the same. */
export function impossibleWithin(ready: Ready, n: number, limits: ProveLimits = PROVE_LIMITS): boolean {
  const bounded = { ...limits, depth: n };
  const { goal } = ready;
  if (goal.kind === "apart") {
    const proof = prove(ready, bounded);
    return (
      !proof.ok &&
      proof.problems.every((p) => p.message === UNREACHABLE || p.message.startsWith("not proved"))
    );
  }
  if (goal.reached(ready.world)) return false;
  const search = searchOf(ready, goal, bounded, false);
  while (search.findings.length === 0 && search.advance(1));
  return search.findings.length === 0 && (search.ending === "depth" || search.ending === "complete");
}

/** What is wrong with the author's solution, given par. */
export function solutionProblems(ready: Ready, par: number): LineProblem[] {
  const { solution } = ready.challenge;
  if (solution === null) return [];
  const commands = commandsAfter(ready, solution);
  if (!commands.ok) return [...commands.problems];
  const line = solution.line;
  let world = ready.world;
  for (const { item } of commands.value) {
    const no = refusal(ready.allowed, world, item);
    if (no !== null) return [{ line, message: `the solution is not allowed: ${no}` }];
    const stepped = step(world, item.action);
    if (stepped.outcome.rejected && ready.goal.kind === "state")
      return [
        {
          line,
          message: `the solution's "${statementText(item)}" cannot be done: ${stepped.outcome.messages.join("; ")}`,
        },
      ];
    world = stepped.world;
  }
  if (
    !reachedBy(
      ready,
      commands.value.map((c) => statementText(c.item)),
    )
  )
    return [{ line, message: "the solution does not reach the goal" }];
  const n = commands.value.length;
  return n > par ? [{ line, message: `the solution takes ${n} commands, par is ${par}` }] : [];
}

export const playedOn = (world: World, actions: readonly Action[]): World =>
  actions.reduce((w, a) => step(w, a, { trace: false }).world, world);

/** Plays commands behind the start under both setups: the worlds, and the differences that count after the last one. */
export function playedApart(
  ready: Ready,
  goal: ApartGoal,
  items: readonly { readonly action: Action }[],
): { readonly worlds: readonly World[]; readonly differences: readonly Difference[] } {
  const scripts = bothStarts(ready, goal);
  if (!scripts.ok) return { worlds: [], differences: [] };
  const sides = scripts.value.map(played);
  for (const { action } of items)
    for (const side of sides) {
      const stepped = step(side.world, action);
      side.world = stepped.world;
      side.last = stepped.outcome;
    }
  const worlds = sides.map((x) => x.world);
  const outcomes = sides.flatMap((x) => (x.last === null ? [] : [x.last]));
  if (outcomes.length < sides.length) return { worlds, differences: [] };
  return { worlds, differences: goal.counts(differences(worlds, outcomes)) };
}

/** Plays allowed lines from the start; true if the goal is reached behind the last of them. */
export function reachedBy(ready: Ready, way: readonly string[]): boolean {
  const commands = commandsAfter(ready, { text: way.join("\n"), line: 0 });
  if (!commands.ok) return false;
  const items = commands.value.map((c) => c.item);
  const { goal } = ready;
  if (goal.kind === "apart") return playedApart(ready, goal, items).differences.length > 0;
  return goal.reached(
    playedOn(
      ready.world,
      items.map((i) => i.action),
    ),
  );
}
