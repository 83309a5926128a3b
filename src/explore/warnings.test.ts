import { describe, expect, it } from "vitest";
import { alphabetOf } from "./alphabet.ts";
import { devicesInterchange, freedomOf } from "./freedom.ts";
import { promisesOf } from "./promises.ts";
import { setupWith, worldWith } from "./setups.test-helper.ts";
import { warningsOf } from "./warnings.ts";

const NO_DEPTH = 1_000_000;

const warned = (
  [vsmmus, devices]: readonly [number, number],
  text: string,
  limits: { readonly depth?: number; readonly states?: number } = {},
  interchangeable = () => false,
): readonly string[] => {
  const setup = setupWith(vsmmus, devices);
  return warningsOf(
    setup,
    alphabetOf(setup, text),
    { depth: NO_DEPTH, states: 500_000, ...limits },
    interchangeable,
  );
};

const writes = (n: number): string => Array.from({ length: n }, (_, i) => `write v0 GBPA ${i}`).join(";");

describe("limits that are said before they strike", () => {
  it("many moves: the depth up to which no limit of states can strike", () => {
    // 1 + 80 + 80² + 80³ = 518,481 states if no two ways meet.
    expect(warned([1, 1], writes(80), { states: 518_480 })).toEqual([
      expect.stringMatching(/^80 moves .* 518,480 states would strike after 2 moves\. Set a depth of 2,/),
    ]);
    expect(warned([1, 1], writes(80), { states: 518_481 })[0]).toContain("after 3 moves");
    expect(warned([1, 1], writes(80), { states: 81 })[0]).toContain("after 1 move.");
    expect(warned([1, 1], writes(80), { states: 80 })[0]).toMatch(/after 0 moves\. Allow more states/);
  });

  it("a depth that ends before is no matter, nor are few moves", () => {
    expect(warned([1, 1], writes(80), { depth: 2 })).toEqual([]);
    expect(warned([1, 1], writes(80), { depth: 3 })).toHaveLength(1);
    expect(warned([1, 1], writes(63))).toEqual([]);
    expect(warned([1, 1], writes(64))).toHaveLength(1);
    expect(warned([2, 3], "vm")).toEqual([]);
  });

  it("STEs of several devices on several vSMMUs", () => {
    expect(warned([1, 2], "vm+ste")).toEqual([]);
    expect(warned([2, 2], "vm+ste")).toEqual([expect.stringMatching(/^2 vSMMUs × 2 devices have 4 STEs/)]);
    expect(warned([2, 2], "vm+stores")).toHaveLength(1);
    expect(warned([2, 2], "vm")).toEqual([]);
    expect(warned([2, 2], "vm+ste", { depth: 3 })).toEqual([]);
  });

  it("more alike devices than change places; few are not even asked about", () => {
    expect(warned([1, 6], "reset", {}, () => true)).toEqual([
      expect.stringMatching(/^Only the first 5 devices/),
    ]);
    expect(warned([1, 6], "reset", {}, () => false)).toEqual([]);
    const asked = (): boolean => {
      throw new Error("asked");
    };
    expect(warned([1, 5], "reset", {}, asked)).toEqual([]);
  });
});

describe("whether devices are interchangeable", () => {
  it("is known without finding every order, and is what a search would find", () => {
    const cases = [
      ["vm", []],
      ["raw", []],
      ["plug d0 v0; unplug d0", []],
      ["reset", []],
      ["vm", ["never d0 dma=abort", "never d1 dma=abort"]],
      ["vm", ["never d0 dma=abort"]],
    ] as const;
    const sizes: readonly (readonly [number, number])[] = [
      [1, 1],
      [2, 1],
      [1, 2],
      [2, 3],
    ];
    for (const size of sizes)
      for (const [text, formulas] of cases) {
        const world = worldWith(...size);
        const named = formulas.filter((f) => size[1] > 1 || !f.includes("d1"));
        const [alphabet, promises] = [alphabetOf(world.setup, text), promisesOf(world.setup, named)];
        const all = freedomOf(world, alphabet, promises, true).symmetries;
        expect(devicesInterchange(world, alphabet, promises), `${size} ${text} ${formulas}`).toBe(
          all.some((s) => s.devices.some((to, from) => to !== from)),
        );
      }
  });
});
