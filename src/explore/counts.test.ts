import { describe, expect, it, vi } from "vitest";
import { alphabetOf } from "./alphabet.ts";
import { promisesOf } from "./promises.ts";
import { Search } from "./search.ts";
import { worldWith } from "./setups.test-helper.ts";

vi.setConfig({ testTimeout: 300_000 });

interface Pinned {
  readonly setup: readonly [vsmmus: number, devices: number];
  readonly alphabet: string;
  /** States by depth; of a search to a depth all up to there. */
  readonly reduced: readonly number[];
  /** The same with interchangeable devices and vSMMUs counted apart; null where there are none. */
  readonly raw: readonly number[] | null;
  /** Moves tried with symmetry that were not rejected; of exhausted spaces alone. */
  readonly transitions?: number;
}

/*
 * The first depth can be checked by hand. vm: one plug for every pair of device and vSMMU; for every vSMMU GBPA.ABORT,
 * SMMUEN and EVENTQEN set (clearing them, GBPA bypass and a reset change nothing yet). vm+ste: three STEs on top for every
 * pair. raw: ioas-alloc, and one bind a device. fault: eleven injections.
 */
const PINNED: readonly Pinned[] = [
  { setup: [1, 1], alphabet: "vm", reduced: [1, 4, 11, 22, 27, 21, 7], raw: null, transitions: 744 },
  {
    setup: [1, 1],
    alphabet: "vm+ste",
    reduced: [1, 7, 28, 89, 219, 371, 413, 254, 61, 4],
    raw: null,
    transitions: 15_917,
  },
  {
    setup: [1, 1],
    alphabet: "raw",
    reduced: [1, 2, 1, 1, 3, 8, 20, 37, 45, 41, 32, 25, 13, 3],
    raw: null,
    transitions: 2658,
  },
  {
    setup: [1, 1],
    alphabet: "raw+fault",
    reduced: [1, 13, 24, 14, 15, 42, 111, 265, 472, 573, 528, 418, 320, 171, 46, 3],
    raw: null,
    transitions: 37_106,
  },
  {
    setup: [1, 1],
    alphabet: "vm+fault",
    reduced: [1, 15, 56, 150, 305, 412, 323, 104, 4],
    raw: null,
    transitions: 11_983,
  },
  {
    setup: [1, 2],
    alphabet: "vm",
    reduced: [1, 4, 12, 33, 59, 66, 44, 15, 3],
    raw: [1, 5, 20, 59, 103, 110, 70, 22, 3],
    transitions: 2133,
  },
  { setup: [1, 2], alphabet: "vm+ste", reduced: [1, 7, 41, 201], raw: [1, 11, 76, 389] },
  {
    setup: [1, 2],
    alphabet: "raw",
    reduced: [
      1, 3, 3, 2, 4, 12, 34, 82, 163, 292, 449, 543, 520, 441, 369, 316, 292, 277, 247, 215, 171, 97, 31, 4,
    ],
    raw: null,
    transitions: 80_856,
  },
  {
    setup: [1, 2],
    alphabet: "vm+fault",
    reduced: [1, 15, 57, 173, 480, 933, 1185, 916, 411, 126, 16],
    raw: [1, 16, 76, 295, 907, 1811, 2306, 1796, 822, 252, 32],
    transitions: 41_424,
  },
  { setup: [2, 2], alphabet: "vm", reduced: [1, 4, 22, 83, 265], raw: [1, 10, 63, 289, 949] },
  { setup: [2, 2], alphabet: "vm+ste", reduced: [1, 7, 78, 613], raw: [1, 22, 271] },
  { setup: [2, 2], alphabet: "raw", reduced: [1, 3, 3, 2, 5, 20, 71], raw: null },
  { setup: [2, 2], alphabet: "vm+fault", reduced: [1, 15, 67, 340], raw: [1, 21, 176] },
  { setup: [2, 3], alphabet: "vm", reduced: [1, 4, 22, 85], raw: [1, 12, 95, 549] },
  { setup: [2, 3], alphabet: "vm+ste", reduced: [1, 7, 78], raw: [1, 30, 500] },
  { setup: [2, 3], alphabet: "raw", reduced: [1, 4, 6, 5, 7, 26, 100], raw: null },
  { setup: [2, 3], alphabet: "vm+fault", reduced: [1, 15, 67], raw: [1, 23, 234] },
];

function searched({ setup, alphabet }: Pinned, depth: number, symmetry: boolean): Search {
  const world = worldWith(...setup);
  const search = new Search({
    world,
    alphabet: alphabetOf(world.setup, alphabet),
    promises: promisesOf(world.setup, []),
    limits: { depth, states: 1e7, bytes: 1e9 },
    symmetry,
  });
  while (search.advance(1000));
  return search;
}

describe("states by depth", () => {
  for (const p of PINNED) {
    const whole = p.transitions !== undefined;
    const name = `(${p.setup.join()}), ${p.alphabet}${whole ? ", exhausted" : ""}`;
    it(`${name}: as pinned`, () => {
      const search = searched(p, whole ? 1000 : p.reduced.length - 1, true);
      expect(search.histogram).toEqual(p.reduced);
      if (!whole) return;
      expect(search.ending).toBe("complete");
      expect(search.counts.transitions).toBe(p.transitions);
    });
    if (p.raw === null) continue;
    const { raw } = p;
    it(`${name}, without symmetry: as pinned, with the same verdicts`, () => {
      const apart = searched(p, whole ? 1000 : raw.length - 1, false);
      expect(apart.histogram).toEqual(raw);
      const folded = searched(p, whole ? 1000 : raw.length - 1, true);
      // What the images of each state come to is what a search without symmetry finds.
      expect(folded.counts.raw).toBe(apart.counts.states);
      expect(apart.counts.raw).toBe(apart.counts.states);
      const found = (s: Search) => s.findings.map((f) => `${f.promise.id} ${f.cls} ${f.depth}`).sort();
      expect(found(apart)).toEqual(found(folded));
    });
  }
});

interface Whole {
  readonly setup: Pinned["setup"];
  readonly alphabet: string;
  readonly reduced: readonly number[];
  /** By orbits: the search without symmetry would take too long. */
  readonly rawStates: number;
  readonly transitions: number;
  /** To this depth alone, but for a long run (CI=1): minutes for the whole. */
  readonly short?: number;
}

/** Too large to be searched without symmetry as well; their first depths are pinned both ways above. */
const WHOLE: readonly Whole[] = [
  {
    setup: [1, 2],
    alphabet: "vm+ste",
    reduced: [1, 7, 41, 201, 844, 2846, 7342, 13_955, 18_386, 15_954, 8803, 2991, 772, 180, 20],
    rawStates: 144_097,
    transitions: 1_085_145,
  },
  {
    setup: [1, 2],
    alphabet: "raw+fault",
    reduced: [
      1, 14, 37, 38, 29, 58, 170, 468, 1099, 2167, 3824, 5774, 6942, 6704, 5740, 4816, 4137, 3805, 3586, 3209,
      2783, 2193, 1269, 442, 75, 4,
    ],
    rawStates: 59_384,
    transitions: 1_101_376,
    short: 9,
  },
  {
    setup: [2, 2],
    alphabet: "vm",
    reduced: [1, 4, 22, 83, 265, 630, 1192, 1875, 2646, 3367, 3620, 3106, 2117, 1152, 469, 155, 41, 6],
    rawStates: 76_008,
    transitions: 316_545,
  },
  {
    setup: [2, 3],
    alphabet: "vm",
    reduced: [
      1, 4, 22, 85, 300, 851, 1971, 3700, 5867, 8186, 10_097, 10_435, 8520, 5386, 2536, 826, 191, 31, 4,
    ],
    rawStates: 518_280,
    transitions: 971_121,
  },
  {
    setup: [2, 2],
    alphabet: "vm+fault",
    reduced: [
      1, 15, 67, 340, 1382, 4717, 12_515, 26_089, 43_919, 63_406, 83_257, 99_852, 106_638, 98_919, 77_334,
      48_824, 24_293, 9330, 2978, 857, 185, 18,
    ],
    rawStates: 2_809_280,
    transitions: 10_977_630,
    short: 7,
  },
];

const LONG = process.env.CI !== undefined && process.env.CI !== "";

describe("whole spaces", () => {
  for (const { setup, alphabet, reduced, rawStates, transitions, short } of WHOLE) {
    const depth = short === undefined || LONG ? 1000 : short;
    it(`(${setup.join()}), ${alphabet}, ${depth === 1000 ? "exhausted" : `to depth ${depth}`}: as pinned`, () => {
      const search = searched({ setup, alphabet, reduced, raw: null }, depth, true);
      expect(search.histogram).toEqual(reduced.slice(0, depth + 1));
      if (depth < 1000) return;
      expect([search.ending, search.counts.raw, search.counts.transitions]).toEqual([
        "complete",
        rawStates,
        transitions,
      ]);
    });
  }
});
