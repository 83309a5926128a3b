import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Action } from "../engine/actions.ts";
import { KERNEL_PROFILES } from "../engine/kernel/profiles.ts";
import type { KernelKnobs, QemuKnobs } from "../engine/profile.ts";
import { QEMU_PROFILES } from "../engine/qemu/profiles.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { actionText } from "../script/action-text.ts";
import { alphabetOf, type Move } from "./alphabet.ts";
import { play, wayTo } from "./counterexample.ts";
import { renamedActions } from "./freedom.ts";
import { promisesOf, questionsOf } from "./promises.ts";
import { renamingOf } from "./renaming.ts";
import { Search } from "./search.ts";
import { worldWith } from "./setups.test-helper.ts";
import { keyOf } from "./slots.ts";

/** A move as the engine itself does it; null where it is not tried or rejected. */
function played(w: World, move: Move, tell: (said: string) => void = () => {}): World | null {
  if (move.when !== undefined && !move.when(w)) return null;
  let now = w;
  for (const [i, a] of move.actions.entries()) {
    const { world, outcome } = step(now, a, { trace: false });
    if (outcome.rejected && i === 0) return null;
    if (!outcome.ok || outcome.errno !== null)
      tell(outcome.rejected ? "rejected" : (outcome.errno ?? "error"));
    now = world;
  }
  return now;
}

const inject = (a: Action): boolean => a.kind === "inject";

function searchOf(world: World, alphabet: string, symmetry = true): Search {
  const limits = { depth: 100, states: 1e6, bytes: 1e9 };
  return new Search({
    world,
    alphabet: alphabetOf(world.setup, alphabet),
    promises: promisesOf(world.setup, []),
    limits,
    symmetry,
  });
}

/** A walk of the real engine beside one of the search, which must stand at the same state after every move. */
function walk(search: Search, choices: readonly number[]): void {
  const { space, spec, freedom } = search;
  const moves = spec.alphabet.moves;
  const questions = questionsOf(spec.promises);
  const answers = (w: World): string[] =>
    questions.flatMap((q) => q.ask(w).map((cls) => `${q.id.replace(/ \d.*/, "")} ${cls}`)).sort();
  let w = spec.world;
  let spent = false;
  const ids = new Int32Array(space.width);
  const next = new Int32Array(space.width);
  for (const choice of choices) {
    const index = choice % moves.length;
    const move = moves[index] as Move;
    if (move.actions.some(inject) && spent) continue;
    const turn = space.enter(w, ids);
    // Whether the fault is spent is the search's own knowledge, not the world's.
    if (spent) space.spend(ids);
    const turned = renamedActions(move.actions, renamingOf(w.setup, freedom.symmetries[turn] as never));
    const there = moves.findIndex((m) => keyOf(m.actions) === keyOf(turned));
    const said = space.next(ids, there, next);
    const told = space.said;
    const answered: string[] = [];
    const after = played(w, move, (x) => answered.push(x));
    const words = move.actions.map((a) => a.kind).join(" ");
    if (after === null) {
      expect(said, `${words} is rejected`).toBe(-2);
      continue;
    }
    expect(told, `${words} tells`).toBe(answered[0] ?? "ok");
    if (move.actions.some(inject)) spent = true;
    const want = new Int32Array(space.width);
    space.enter(after, want);
    if (spent) space.spend(want);
    const got = said === -1 ? ids : next;
    const unlike = (): string[] =>
      space.groups.flatMap((g, i) =>
        g.slots.flatMap((slot) => {
          const [a, b] = [g.value(got[i] as number, slot), g.value(want[i] as number, slot)];
          return a === b ? [] : [`${i}.${slot.path}: ${keyOf(a)} for ${keyOf(b)}`];
        }),
      );
    expect([...got], `${words}: ${got.join() === want.join() ? "" : unlike().join("\n")}`).toEqual([...want]);
    expect(answers(space.world(got)), words).toEqual(answers(after));
    w = after;
  }
}

const WALK = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 40 });

function walks(name: string, world: World, alphabet: string, runs: number): void {
  it(`${name}, ${alphabet}: stands where the engine stands`, () => {
    const search = searchOf(world, alphabet);
    fc.assert(
      fc.property(WALK, (choices) => walk(search, choices)),
      LONG ? { numRuns: 12 * runs, seed: 424242 } : { numRuns: runs, seed: 20260727, verbose: 0 },
    );
  });
}

/** A long run walks further, on other ways. */
const LONG = process.env.CI !== undefined && process.env.CI !== "";

const kernel = (name: string): KernelKnobs => KERNEL_PROFILES[name] as KernelKnobs;
const qemu = (name: string): QemuKnobs => QEMU_PROFILES.find((p) => p.name === name) as QemuKnobs;

/** Exhausting a space takes its time on a busy machine. */
vi.setConfig({ testTimeout: 120_000 });

describe("the search's memory of the engine", () => {
  walks("(1,1)", worldWith(1, 1), "vm", 30);
  walks("(1,2)", worldWith(1, 2), "vm+ste", 30);
  walks("(2,2)", worldWith(2, 2), "vm+stores+dma", 40);
  walks("(2,2)", worldWith(2, 2), "vm+halves", 30);
  walks("(2,2)", worldWith(2, 2), "vm+ste+fault", 30);
  walks("(2,3)", worldWith(2, 3), "vm+ste", 20);
  walks("(2,2)", worldWith(2, 2), "raw", 40);
  walks("(1,2)", worldWith(1, 2), "raw+fault", 20);
  walks("old QEMU", worldWith(1, 2, { qemu: qemu("v4"), kernel: kernel("6.13") }), "vm+ste", 20);
  walks("QEMU v5", worldWith(2, 2, { qemu: qemu("v5") }), "vm+ste", 20);
  walks("VMIDs of vIOMMUs", worldWith(2, 2, { kernel: kernel("plan-2026") }), "vm+ste", 20);
  walks(
    "two physical SMMUs",
    (() => {
      const { setup } = worldWith(2, 2);
      const p = setup.psmmus[0] as (typeof setup.psmmus)[number];
      const d = setup.devices[1] as (typeof setup.devices)[number];
      return worldWith(2, 2, {
        psmmus: [p, { ...p, name: "p1" }],
        devices: [setup.devices[0] as typeof d, { ...d, psmmu: 1 }],
      });
    })(),
    "vm+ste",
    20,
  );
});

it("a leaked queue bears the same name whether its vSMMU still shows it or has another since", () => {
  walk(searchOf(worldWith(2, 2), "vm+halves"), [7799, 7579, 0, 5291, 3925, 0]);
});

/** Breadth-first over real worlds, told apart by everything in them. */
function plainly(world: World, alphabet: string, depth: number) {
  const { moves } = alphabetOf(world.setup, alphabet);
  const key = (w: World): string => keyOf({ ...w, setup: null });
  const promises = promisesOf(world.setup, []);
  const found = new Map<string, number>();
  const seen = new Set<string>();
  const levels: World[][] = [];
  const enter = (w: World, at: number): boolean => {
    if (seen.has(key(w))) return false;
    seen.add(key(w));
    for (const p of promises)
      for (const q of p.questions)
        for (const cls of q.ask(w))
          if (p.accepts(cls) && !found.has(`${p.id} ${cls}`)) found.set(`${p.id} ${cls}`, at);
    return true;
  };
  enter(world, 0);
  levels.push([world]);
  for (let d = 1; d <= depth; d++) {
    const next: World[] = [];
    for (const w of levels[d - 1] as World[])
      for (const m of moves) {
        const after = played(w, m);
        if (after !== null && after !== w && enter(after, d)) next.push(after);
      }
    levels.push(next);
  }
  return { found, levels };
}

describe("every way the search knows", () => {
  const cases: readonly (readonly [string, World, string, number])[] = [
    ["(2,2)", worldWith(2, 2), "vm+ste", 3],
    ["(2,2)", worldWith(2, 2), "vm+stores+dma", 2],
    ["(1,2)", worldWith(1, 2), "vm+halves+fault", 3],
    ["(2,2)", worldWith(2, 2), "raw", 6],
  ];
  for (const [name, world, alphabet, depth] of cases)
    it(`${name}, ${alphabet} to depth ${depth}: leads the engine to the state it is a way to`, () => {
      const search = new Search({
        world,
        alphabet: alphabetOf(world.setup, alphabet),
        promises: [],
        limits: { depth, states: 1e6, bytes: 1e9 },
      });
      while (search.advance(1000));
      const { space, store } = search;
      const stored = new Int32Array(space.width);
      const reached = new Int32Array(space.width);
      for (let state = 0; state < store.count; state++) {
        const way = wayTo(search, state);
        store.read(state, stored);
        space.enter(play(world, way), reached);
        if (way.some(inject)) space.spend(reached);
        expect([...reached], way.map((a) => actionText(world.setup, a)).join("; ")).toEqual([...stored]);
      }
    });
});

describe("reduced and unreduced", () => {
  const cases: readonly (readonly [string, World, string, number])[] = [
    ["(1,1)", worldWith(1, 1), "vm", 5],
    ["(1,2)", worldWith(1, 2), "vm", 4],
    ["(2,2)", worldWith(2, 2), "vm", 3],
    ["(1,1)", worldWith(1, 1), "vm+ste", 3],
    ["(2,2)", worldWith(2, 2), "vm+ste", 2],
    ["(1,1)", worldWith(1, 1), "raw", 6],
  ];
  for (const [name, world, alphabet, depth] of cases)
    it(`${name}, ${alphabet} to depth ${depth}: the same verdicts, and each state once a depth`, () => {
      const plain = plainly(world, alphabet, depth);
      for (const symmetry of [true, false]) {
        const search = new Search({
          world,
          alphabet: alphabetOf(world.setup, alphabet),
          promises: promisesOf(world.setup, []),
          limits: { depth, states: 1e6, bytes: 1e9 },
          symmetry,
        });
        while (search.advance(1000));
        expect(new Map(search.findings.map((f) => [`${f.promise.id} ${f.cls}`, f.depth]))).toEqual(
          plain.found,
        );
        // What the engine reached, folded as the search folds it, is what the search reached.
        const known = new Set<string>();
        const counts = plain.levels.map((level) => {
          const before = known.size;
          for (const w of level) {
            const ids = new Int32Array(search.space.width);
            search.space.enter(w, ids);
            known.add(ids.join());
          }
          return known.size - before;
        });
        expect(search.histogram).toEqual(counts);
      }
    });
});
