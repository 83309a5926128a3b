/**
 * From a state of a search back to a script: the shortest way there, in the names of the world the search began with,
 * played again by the engine itself. What a search found counts only if that play shows it.
 */
import type { Action } from "../engine/actions.ts";
import { DIVERGENCE_IDS, DIVERGENCES, type DivergenceId } from "../engine/divergence-table.ts";
import { deviceFacts } from "../engine/observe.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { actionText } from "../script/action-text.ts";
import type { Move } from "./alphabet.ts";
import { composed, inverse, renamedActions } from "./freedom.ts";
import { className, type Promised } from "./promises.ts";
import { renamingOf, type Symmetry } from "./renaming.ts";
import type { Finding, Search } from "./search.ts";

export interface Counterexample {
  readonly promise: Promised;
  readonly cls: string;
  /** Moves from the first state. */
  readonly depth: number;
  readonly actions: readonly Action[];
  /** Lines that go on from the world the search began with. */
  readonly lines: readonly string[];
  /** The world where it shows. */
  readonly world: World;
  /** What breaks there, in words. */
  readonly why: string;
}

/** Actions that lead from the search's first world to a state. */
export function wayTo(search: Search, state: number): readonly Action[] {
  const { store, space, spec, freedom } = search;
  const moves: { move: Move; symmetry: number }[] = [];
  for (let s = state; (store.parents[s] as number) >= 0; s = store.parents[s] as number) {
    const via = store.vias[s] as number;
    moves.push({ move: space.moves[via & 0xffff] as Move, symmetry: via >> 16 });
  }
  return unrolled(
    spec.world,
    moves.reverse(),
    freedom.symmetries,
    freedom.symmetries[space.frame] as Symmetry,
  );
}

/** Moves as the search saw them, in the names of the first world: each state was turned by a symmetry of its own. */
export function unrolled(
  world: World,
  moves: readonly { readonly move: Move; readonly symmetry: number }[],
  symmetries: readonly Symmetry[],
  first: Symmetry,
): readonly Action[] {
  let turned = first;
  const out: Action[] = [];
  for (const { move, symmetry } of moves) {
    const back = renamedActions(move.actions, renamingOf(world.setup, inverse(turned)));
    if (back === null) throw new Error("a symmetry knows no way back for an action of its alphabet");
    out.push(...back);
    turned = composed(turned, symmetries[symmetry] as Symmetry);
  }
  return out;
}

export function play(world: World, actions: readonly Action[]): World {
  let w = world;
  for (const a of actions) w = step(w, a, { trace: false }).world;
  return w;
}

/** True if the promise is broken in this class in this world. */
export function shows(promise: Promised, cls: string, w: World): boolean {
  return promise.accepts(cls) && promise.questions.some((q) => q.ask(w).includes(cls));
}

/** Leaves out every action that the finding does not need, last ones first, again and again. */
export function minimised(world: World, actions: readonly Action[], broken: (w: World) => boolean): Action[] {
  let now = [...actions];
  for (let before = -1; before !== now.length; ) {
    before = now.length;
    for (let i = now.length - 1; i >= 0; i--) {
      const without = now.filter((_, at) => at !== i);
      if (broken(play(world, without))) now = without;
    }
  }
  return now;
}

export function exampleOf(
  world: World,
  finding: Omit<Finding, "state">,
  way: readonly Action[],
): Counterexample {
  const { promise, cls, depth } = finding;
  const broken = (w: World): boolean => shows(promise, cls, w);
  if (!broken(play(world, way)))
    throw new Error(
      `the search says that "${promise.id}" is broken (${cls}), the engine does not:\n${way
        .map((a) => actionText(world.setup, a))
        .join("\n")}`,
    );
  const actions = minimised(world, way, broken);
  const end = play(world, actions);
  return {
    promise,
    cls: className(cls),
    depth,
    actions,
    lines: actions.map((a) => actionText(world.setup, a)),
    world: end,
    why: whyOf(promise, className(cls), end),
  };
}

const isDivergence = (cls: string): cls is DivergenceId =>
  (DIVERGENCE_IDS as readonly string[]).includes(cls);

/** What is said of the first divergence without a name. */
function unnamedText(w: World): string | null {
  for (const dev of w.setup.devices.keys())
    for (const d of deviceFacts(w, dev).divergences) if (d.id === null) return d.text;
  return null;
}

function whyOf(promise: Promised, cls: string, w: World): string {
  if (cls === "?") return unnamedText(w) ?? promise.sentence;
  if (isDivergence(cls)) return `${DIVERGENCES[cls].title}: ${DIVERGENCES[cls].text}`;
  return promise.goal ? "Reached." : promise.sentence;
}
