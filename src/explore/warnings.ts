/** Limits that are likely to strike, said before they do. */
import type { World } from "../engine/world.ts";
import type { Alphabet } from "./alphabet.ts";
import type { Freedom } from "./freedom.ts";
import { MOST_PERMUTED } from "./renaming.ts";
import type { Limits } from "./search.ts";

/** Moves a state from which on even a few moves are more than a table holds. */
const MANY_MOVES = 64;

const million = (n: number): string =>
  n >= 1e6
    ? `${(n / 1e6).toLocaleString("en-GB", { maximumFractionDigits: 1 })} million`
    : n.toLocaleString("en-GB");

/** Depth at which so many moves a state are more than the states allowed, if no two ways met. */
function reach(moves: number, states: number): number {
  return moves <= 1 ? Number.POSITIVE_INFINITY : Math.floor(Math.log(states) / Math.log(moves));
}

export function warningsOf(world: World, alphabet: Alphabet, limits: Limits, freedom: Freedom): string[] {
  const out: string[] = [];
  const n = alphabet.moves.length;
  const safe = reach(n, limits.states);
  if (n >= MANY_MOVES && safe < limits.depth)
    out.push(
      `${n} moves in every state: if no two ways met, the limit of ${million(limits.states)} states would strike ` +
        `after ${safe} moves. Set a depth, or try fewer moves.`,
    );
  const devices = world.setup.devices.length;
  const vsmmus = world.setup.vsmmus.length;
  if (alphabet.stes && devices * vsmmus > 2)
    out.push(
      `${vsmmus} vSMMUs × ${devices} devices have ${devices * vsmmus} STEs with a history each: the states are too many ` +
        "to see all of them. The answer will be about a depth.",
    );
  if (freedom.symmetries.length > 1 && devices > MOST_PERMUTED)
    out.push(
      `Only the first ${MOST_PERMUTED} devices count as interchangeable: all orders of more cost too much.`,
    );
  return out;
}
