/** Limits that are likely to strike, said before they do. */
import type { Setup } from "../engine/setup.ts";
import type { Alphabet } from "./alphabet.ts";
import { MOST_PERMUTED } from "./renaming.ts";
import type { Limits } from "./search.ts";

/** Moves a state from which on even a few moves are more than a table holds. */
const MANY_MOVES = 64;

const million = (n: number): string =>
  n >= 1e6
    ? `${(n / 1e6).toLocaleString("en-GB", { maximumFractionDigits: 1 })} million`
    : n.toLocaleString("en-GB");

/** Moves from the first state within which the limit cannot strike, even if no two ways met. */
export function reach(moves: number, states: number): number {
  if (moves < 1) return Number.POSITIVE_INFINITY;
  if (moves === 1) return states - 1;
  let depth = 0;
  for (let [all, widest] = [1, moves]; all + widest <= states; widest *= moves) {
    all += widest;
    depth++;
  }
  return depth;
}

const counted = (n: number): string => `${n} ${n === 1 ? "move" : "moves"}`;

/** `interchangeable`: whether devices count as one; asked only where it matters, because it takes time. */
export function warningsOf(
  setup: Setup,
  alphabet: Alphabet,
  limits: Pick<Limits, "depth" | "states">,
  interchangeable: () => boolean,
): string[] {
  const out: string[] = [];
  const n = alphabet.moves.length;
  const safe = reach(n, limits.states);
  const within = safe >= limits.depth;
  if (n >= MANY_MOVES && !within)
    out.push(
      `${n} moves in every state: if no two ways met, the limit of ${million(limits.states)} states would strike ` +
        `after ${counted(safe)}. ${safe === 0 ? "Allow more states" : `Set a depth of ${safe}`}, or try fewer moves.`,
    );
  const devices = setup.devices.length;
  const vsmmus = setup.vsmmus.length;
  if (alphabet.stes && devices * vsmmus > 2 && !within)
    out.push(
      `${vsmmus} vSMMUs × ${devices} devices have ${devices * vsmmus} STEs with a history each: the states are too many ` +
        "to see all of them. The answer will be about a depth.",
    );
  if (devices > MOST_PERMUTED && interchangeable())
    out.push(
      `Only the first ${MOST_PERMUTED} devices count as interchangeable: all orders of more cost too much.`,
    );
  return out;
}
