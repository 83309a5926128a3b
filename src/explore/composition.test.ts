import { describe, expect, it } from "vitest";
import type { World } from "../engine/world.ts";
import { alphabetOf } from "./alphabet.ts";
import { Composition } from "./composition.ts";
import { composed, inverse } from "./freedom.ts";
import { normalGuest } from "./guest-normal.ts";
import { normalHost } from "./host-normal.ts";
import { renamingOf, type Symmetry, symmetriesOf } from "./renaming.ts";
import { Search } from "./search.ts";
import { setupWith, worldWith } from "./setups.test-helper.ts";
import { keyOf } from "./slots.ts";

describe("symmetries composed", () => {
  for (const [vsmmus, devices] of [
    [1, 1],
    [2, 2],
    [2, 3],
    [3, 4],
  ] as const)
    it(`(${vsmmus},${devices}): products, ways back and factors are what the permutations say`, () => {
      const all = symmetriesOf(setupWith(vsmmus, devices));
      const composition = new Composition(all);
      const at = (i: number): Symmetry => all[i] as Symmetry;
      let generators = 0;
      for (let a = 0; a < all.length; a++) {
        expect(at(composition.inverse(a))).toEqual(inverse(at(a)));
        for (let b = 0; b < all.length; b++)
          expect(at(composition.both(a, b))).toEqual(composed(at(a), at(b)));
        const factors = composition.factors(a);
        if (factors === null) {
          generators += a === 0 ? 0 : 1;
          continue;
        }
        const [first, second] = factors;
        expect(composition.both(first, second)).toBe(a);
        expect(composition.factors(second)).toBeNull();
      }
      // Neighbours that change places are enough; more would be computed for nothing.
      expect(generators).toBeLessThanOrEqual(vsmmus + devices - 2);
    });

  it("refuses symmetries that are no group", () => {
    const all = symmetriesOf(setupWith(1, 3));
    expect(() => new Composition(all.slice(0, 4))).toThrow("no group");
  });
});

describe("renamed one way after the other", () => {
  const cases: readonly (readonly [string, World, string, number])[] = [
    ["(2,2)", worldWith(2, 2), "vm+ste", 4],
    ["(2,2)", worldWith(2, 2), "vm+stores+dma", 3],
    ["(2,3)", worldWith(2, 3), "vm+halves", 3],
    ["(2,2)", worldWith(2, 2), "vm+fault", 3],
  ];
  for (const [name, world, alphabet, depth] of cases)
    it(`${name}, ${alphabet}: is renamed by both at once`, () => {
      const search = new Search({
        world,
        alphabet: alphabetOf(world.setup, alphabet),
        promises: [],
        limits: { depth, states: 400, bytes: 1e9 },
      });
      while (search.advance(100));
      const { freedom, store, space } = search;
      const turn = (w: World, s: Symmetry): World => {
        const r = renamingOf(world.setup, s);
        return normalGuest(normalHost(w, r, freedom), r, freedom);
      };
      const key = (w: World): string => keyOf({ ...w, setup: null });
      const ids = new Int32Array(space.width);
      for (let state = 0; state < store.count; state += 3) {
        const w = space.world(store.read(state, ids));
        for (const a of freedom.symmetries.slice(1, 4)) {
          const turned = turn(w, a);
          expect(key(turn(turned, inverse(a)))).toBe(key(w));
          for (const b of freedom.symmetries.slice(1, 4))
            expect(key(turn(turned, b))).toBe(key(turn(w, composed(a, b))));
        }
      }
    });
});
