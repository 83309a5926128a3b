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
  { setup: [1, 1], alphabet: "vm", reduced: [1, 4, 12, 25, 38, 38, 19, 1], raw: null, transitions: 1104 },
  {
    setup: [1, 1],
    alphabet: "vm+ste",
    reduced: [1, 7, 32, 114, 318, 664, 1032, 1147, 864, 392, 126, 19],
    raw: null,
    transitions: 51_876,
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
    reduced: [1, 15, 57, 164, 351, 562, 565, 287, 32],
    raw: null,
    transitions: 17790,
  },
  {
    setup: [1, 2],
    alphabet: "vm",
    reduced: [1, 4, 13, 36, 71, 98, 86, 42, 9, 2],
    raw: [1, 5, 21, 63, 124, 166, 140, 63, 11, 2],
    transitions: 3258,
  },
  { setup: [1, 2], alphabet: "vm+ste", reduced: [1, 7, 45, 241], raw: [1, 11, 83, 465] },
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
    reduced: [1, 15, 58, 187, 527, 1111, 1659, 1603, 961, 355, 89],
    raw: [1, 16, 77, 310, 975, 2128, 3215, 3144, 1910, 710, 178],
    transitions: 63_076,
  },
  { setup: [2, 2], alphabet: "vm", reduced: [1, 4, 23, 90, 302], raw: [1, 10, 65, 307, 1068] },
  { setup: [2, 2], alphabet: "vm+ste", reduced: [1, 7, 82, 714], raw: [1, 22, 285] },
  { setup: [2, 2], alphabet: "raw", reduced: [1, 3, 3, 2, 5, 20, 71], raw: null },
  { setup: [2, 2], alphabet: "vm+fault", reduced: [1, 15, 68, 358], raw: [1, 21, 178] },
  { setup: [2, 3], alphabet: "vm", reduced: [1, 4, 23, 92], raw: [1, 12, 97, 571] },
  { setup: [2, 3], alphabet: "vm+ste", reduced: [1, 7, 82], raw: [1, 30, 520] },
  { setup: [2, 3], alphabet: "raw", reduced: [1, 4, 6, 5, 7, 26, 100], raw: null },
  { setup: [2, 3], alphabet: "vm+fault", reduced: [1, 15, 68], raw: [1, 23, 236] },
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
    reduced: [
      1, 7, 45, 241, 1087, 3975, 11_551, 26_674, 48_602, 68_884, 74_366, 59_645, 34_121, 13_517, 3273, 441,
      68, 12,
    ],
    rawStates: 691_680,
    transitions: 5_197_650,
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
    reduced: [
      1, 4, 23, 90, 302, 785, 1676, 2997, 4700, 6506, 7836, 7937, 6644, 4587, 2623, 1239, 472, 121, 12,
    ],
    rawStates: 177_576,
    transitions: 740_493,
  },
  {
    setup: [2, 3],
    alphabet: "vm",
    reduced: [
      1, 4, 23, 92, 337, 1010, 2533, 5288, 9458, 14_744, 20_140, 23_640, 23_275, 18_888, 12_568, 6829, 2938,
      964, 227, 35, 3,
    ],
    rawStates: 1_250_868,
    transitions: 2_351_639,
  },
  {
    setup: [2, 2],
    alphabet: "vm+fault",
    reduced: [
      1, 15, 68, 358, 1499, 5331, 15_174, 34_956, 66_272, 107_271, 153_580, 198_747, 233_637, 248_281,
      236_675, 198_434, 143_041, 89_422, 50_277, 26_071, 12_124, 4721, 1466, 341, 50, 3,
    ],
    rawStates: 7_288_436,
    transitions: 28_372_018,
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
