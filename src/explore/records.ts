/** What follows from states, as threads tell each other. */
import type { Ints } from "./ints.ts";
import type { Space } from "./space.ts";

/**
 * Numbers of a record before those of the groups: place of the state in its slice, move and symmetry, the finder's place
 * of what followed, and how many images that has.
 */
export const RECORD = 4;

interface Tried {
  readonly space: Space;
  readonly from: Int32Array;
  readonly moves: readonly number[];
  /** Place of the state in its slice. */
  readonly at: number;
  readonly records: Ints;
  /** The finder's place of a state that it did not know, else -1. */
  readonly placeOf: (ids: Int32Array) => number;
}

/** Tries moves in a state and records what is new; how many were not rejected. */
export function tryMoves({ space, from, moves, at, records, placeOf }: Tried, to: Int32Array): number {
  let done = 0;
  for (let i = 0; i < moves.length; i++) {
    const move = moves[i] as number;
    const symmetry = space.next(from, move, to);
    if (symmetry === -2) continue;
    done++;
    if (symmetry < 0) continue;
    const { orbit } = space.fold;
    const place = placeOf(to);
    if (place < 0) continue;
    records.push(at);
    records.push(move | (symmetry << 16));
    records.push(place);
    records.push(orbit);
    for (let g = 0; g < space.width; g++) records.push(to[g] as number);
  }
  return done;
}
