// One search of (2,2), vm+ste in a fresh process, bundled as `lab explore` is: from nothing learnt, then again with
// everything learnt, and a packed search over the same states. Prints what it measured as JSON.
import { alphabetOf } from "../src/explore/alphabet.ts";
import { promisesOf } from "../src/explore/promises.ts";
import { Search } from "../src/explore/search.ts";
import { worldWith } from "../src/explore/setups.test-helper.ts";
import { StateStore } from "../src/explore/store.ts";

export interface Searched {
  readonly states: number;
  readonly transitions: number;
  readonly engineRuns: number;
  /** From nothing learnt, with everything learnt. */
  readonly coldMs: number;
  readonly hotMs: number;
  /** Transitions a second of the packed search. */
  readonly packed: number;
  readonly bytesPerState: number;
  readonly groupBytes: number;
}

const [alphabet = "", states = ""] = process.argv.slice(2);
const world = worldWith(2, 2);
const spec = {
  world,
  alphabet: alphabetOf(world.setup, alphabet),
  promises: promisesOf(world.setup, []),
  limits: { depth: 1000, states: Number(states), bytes: 6e9 },
};

function finished(search: Search): number {
  const from = performance.now();
  while (search.advance(1000));
  return performance.now() - from;
}

/**
 * Breadth-first search over the same states, packed into a few words each, by a table of their transitions: what is left
 * is to write a successor down, hash it and look it up. Transitions a second.
 */
function packedRate(search: Search): number {
  const { width, plansCount: moves } = search.space;
  const count = search.expanded;
  const successors = new Int32Array(count * moves).fill(-1);
  const ids = new Int32Array(width);
  const to = new Int32Array(width);
  for (let s = 0; s < count; s++) {
    search.store.read(s, ids);
    for (let m = 0; m < moves; m++) {
      const turn = search.space.next(ids, m, to);
      if (turn !== -2)
        successors[s * moves + m] = turn < 0 ? s : search.store.find(to, search.space.hash(to));
    }
  }
  const packed = new Int32Array(search.store.count * width);
  for (let s = 0; s < search.store.count; s++) packed.set(search.store.read(s, ids), s * width);
  const hash = (x: Int32Array): number => {
    let h = 0;
    for (let i = 0; i < width; i++) h = Math.imul(h ^ (x[i] as number), 0x9e3779b1) ^ (h >>> 13);
    return h ^ (h >>> 16);
  };
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const store = new StateStore(width);
    let transitions = 0;
    const from = performance.now();
    to.set(packed.subarray(0, width));
    store.add(to, hash(to), -1, 0);
    for (let s = 0; s < count; s++)
      for (let m = 0; m < moves; m++) {
        const next = successors[s * moves + m] as number;
        if (next < 0) continue;
        transitions++;
        for (let i = 0; i < width; i++) to[i] = packed[next * width + i] as number;
        if (store.full) store.rehash(hash);
        store.add(to, hash(to), s, m);
      }
    best = Math.max(best, (transitions * 1000) / (performance.now() - from));
  }
  return best;
}

const cold = new Search(spec);
const coldMs = finished(cold);
let hotMs = Number.POSITIVE_INFINITY;
for (let round = 0; round < 2; round++) hotMs = Math.min(hotMs, finished(new Search(spec, cold)));
const { counts, space, store } = cold;
const searched: Searched = {
  states: counts.states,
  transitions: counts.transitions,
  engineRuns: space.engineRuns,
  coldMs,
  hotMs,
  packed: packedRate(cold),
  bytesPerState: store.bytes / store.count,
  groupBytes: space.groups.reduce((n, g) => n + g.bytes, 0),
};
console.log(JSON.stringify(searched));
