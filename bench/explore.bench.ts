// The explorer: exhausting a setup, transitions a second (as met, and with everything learnt), bytes a state, a second
// thread, and the distance to a packed search that knows its transitions beforehand.
import { spawnSync } from "node:child_process";
import { at } from "../scripts/lib/paths.mjs";
import { alphabetOf } from "../src/explore/alphabet.ts";
import { promisesOf } from "../src/explore/promises.ts";
import { Search } from "../src/explore/search.ts";
import { setupWith, worldWith } from "../src/explore/setups.test-helper.ts";
import { StateStore } from "../src/explore/store.ts";
import type { Bench, Measure } from "./harness.ts";

/** States of the part of (2,2), vm+ste that is measured: the whole is not exhausted by anybody. */
const PART = 15_000;

function prepared(
  vsmmus: number,
  devices: number,
  alphabet: string,
  states: number,
  learnt?: Search,
): Search {
  const world = learnt?.spec.world ?? worldWith(vsmmus, devices);
  return new Search(
    {
      world,
      alphabet: learnt?.spec.alphabet ?? alphabetOf(world.setup, alphabet),
      promises: learnt?.spec.promises ?? promisesOf(world.setup, []),
      limits: { depth: 1000, states, bytes: 6e9 },
    },
    learnt,
  );
}

/**
 * Milliseconds of the processor (collecting garbage included): on a machine that others use, too, the clock says little
 * about a search that never waits.
 */
function busy(body: () => void): number {
  const from = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** Time to the end of a search. */
const finish = (search: Search): number =>
  busy(() => {
    while (search.advance(1000));
  });

const rate = (search: Search, ms: number): number => (search.counts.transitions * 1000) / ms;

/**
 * Breadth-first search over the same states, packed into a few words each, by a table of their transitions: what is left
 * is to write a successor down, hash it and look it up.
 */
function yardstick(search: Search): number {
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
  for (let round = 0; round < 5; round++) {
    const store = new StateStore(width);
    let transitions = 0;
    const took = busy(() => {
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
    });
    best = Math.max(best, (transitions * 1000) / took);
  }
  return best;
}

/** (2,2), vm+ste to a number of states by so many threads of the command line, from nothing learnt; milliseconds. */
function threaded(threads: number): number {
  const { devices, vsmmus } = setupWith(2, 2);
  const input = [
    "psmmu p0",
    ...devices.map((d) => `device ${d.name} psmmu=p0 sid=0x${d.bdf.toString(16)}`),
    ...vsmmus.map((v) => `vsmmu ${v.name} bus=${v.bus}`),
    "",
  ].join("\n");
  const run = (states: number): number => {
    const args = ["explore", "-", "--alphabet", "vm+ste", "--json"];
    const limits = ["--max-states", String(states), "--workers", String(threads)];
    const from = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [at("bin", "vsmmu-lab.mjs"), ...args, ...limits], {
      input,
      encoding: "utf8",
    });
    if (status !== 1) throw new Error(`lab explore ended with ${status}: ${stderr}`);
    return performance.now() - from;
  };
  // What a start costs with nothing to search is no part of it.
  const start = run(100);
  return run(PART) - start;
}

export const bench: Bench = {
  title: "Explore",
  async run() {
    const out: Measure[] = [];
    const vm = prepared(2, 2, "vm", 1e7);
    const exhausted = finish(vm);
    out.push({
      name: "(2,2) vm exhausted, all promises, one thread, processor time",
      value: exhausted,
      unit: "ms",
      goal: { atMost: 15_000 },
      note: `${vm.counts.states} states, ${vm.counts.transitions} transitions, ${vm.space.engineRuns} runs of the engine`,
    });
    const first = prepared(2, 2, "vm+ste", PART);
    const cold = rate(first, finish(first));
    out.push({
      name: `(2,2) vm+ste, first ${PART} states, nothing learnt`,
      value: cold,
      unit: "/s",
      goal: { atLeast: 400_000 },
      note: `${first.counts.transitions} transitions, ${first.space.engineRuns} runs of the engine`,
    });
    let hot = 0;
    for (let round = 0; round < 5; round++) {
      const again = prepared(2, 2, "vm+ste", PART, first);
      hot = Math.max(hot, rate(again, finish(again)));
    }
    out.push({
      name: "the same, everything learnt",
      value: hot,
      unit: "/s",
    });
    const packed = yardstick(first);
    out.push({
      name: "packed search over the same states is faster by",
      value: packed / hot,
      unit: "×",
      goal: { atMost: 10 },
      note: `${Math.round(packed)} transitions/s by a table of the transitions`,
    });
    const groups = first.space.groups.reduce((n, g) => n + g.bytes, 0);
    out.push({
      name: "bytes a stored state",
      value: vm.store.bytes / vm.store.count,
      unit: "B",
      goal: { atMost: 150 },
      note: `(2,2) vm; vm+ste ${Math.round(first.store.bytes / first.store.count)}, and ${Math.round(groups / 1024)} KiB of group states`,
    });
    const one = threaded(1);
    const two = threaded(2);
    out.push({
      name: "two threads are faster than one by",
      value: one / two,
      unit: "×",
      goal: { atLeast: 1.7 },
      note: `(2,2) vm+ste to ${PART} states, nothing learnt: ${Math.round(one)} ms and ${Math.round(two)} ms`,
    });
    return out;
  },
};
