import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { depthBars } from "./bars.ts";

describe("states by depth", () => {
  it("marks what was gone on from: the nearest states first", () => {
    expect(depthBars([1, 6, 22], 19).map(({ done }) => done)).toEqual([1, 6, 3]);
    expect(depthBars([1, 6, 22], 0).map(({ done }) => done)).toEqual([1, 6, 22]);
    expect(depthBars([1], 1).map(({ done }) => done)).toEqual([0]);
    expect(depthBars([], 0)).toEqual([]);
  });

  it("shows every depth that has a state, the widest at full height", () => {
    expect(depthBars([1, 1_000_000], 0).map(({ height }) => height)).toEqual([0.02, 1]);
  });

  it("never marks more than there is, and all but the frontier in total", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (h, part) => {
          const total = h.reduce((sum, n) => sum + n, 0);
          const frontier = Math.floor(total * part);
          const bars = depthBars(h, frontier);
          expect(bars.reduce((sum, { done }) => sum + done, 0)).toBe(total - frontier);
          for (const { states, done, height } of bars) {
            expect(done).toBeGreaterThanOrEqual(0);
            expect(done).toBeLessThanOrEqual(states);
            expect(height).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
