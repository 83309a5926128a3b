/** Limits that a search is bound to run into, told while its question is still being written. */
import type { Setup } from "../../engine/setup.ts";
import type { World } from "../../engine/world.ts";
import { alphabetOf } from "../../explore/alphabet.ts";
import { devicesInterchange } from "../../explore/freedom.ts";
import { promisesOf } from "../../explore/promises.ts";
import { reach, warningsOf } from "../../explore/warnings.ts";
import type { Scope } from "../../script/scope.ts";
import { alphabetText, type Checked, limitsOf, promiseTexts, type Question } from "./question.ts";
import { moves as countedMoves } from "./words.ts";

interface Beginning {
  readonly setup: Setup;
  readonly scope: Scope;
  /** Asked only where a warning depends on it. */
  world(): World;
}

/** How far the limit of states is sure not to strike, whatever ways meet; null while that cannot be read. */
export function reachText(question: Question, { moves, depth, states }: Checked): string | null {
  if (moves === null || depth !== null || states !== null) return null;
  const limits = limitsOf(question);
  const safe = reach(moves, limits.states);
  if (safe >= limits.depth) return "the depth ends it before this limit can strike";
  return `cannot strike within ${countedMoves(safe)}; beyond, it depends on how many ways meet`;
}

/** The same words as the search's own head has; none while what they are about cannot be read. */
export function foreseen(
  question: Question,
  checked: Checked,
  { setup, scope, world }: Beginning,
): readonly string[] {
  if (checked.moves === null || checked.depth !== null || checked.states !== null) return [];
  const alphabet = alphabetOf(setup, alphabetText(question), scope);
  const readable = { ...question, own: question.own.filter((_, at) => checked.own[at] === null) };
  return warningsOf(
    setup,
    alphabet,
    limitsOf(question),
    () =>
      question.symmetry &&
      devicesInterchange(world(), alphabet, promisesOf(setup, promiseTexts(readable), scope)),
  );
}
