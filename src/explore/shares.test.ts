import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Load, Shares } from "./shares.ts";

const even = (n: number, weight = 1): Load[] => Array.from({ length: n }, (_, i) => ({ family: i, weight }));

/** Slices in which thread `t` takes `ms[t]`, until the sharing changes or so many have passed. */
function noted(
  shares: Shares,
  ms: (moves: readonly (readonly number[])[]) => number[],
  slices: number,
): boolean {
  for (let i = 0; i < slices; i++) if (shares.note(shares.moves, ms(shares.moves))) return true;
  return false;
}

describe("shares of a search", () => {
  it("every move and every question is exactly one thread's, whatever the loads", () => {
    const load = fc.record({ family: fc.nat({ max: 6 }), weight: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(
        fc.array(load, { minLength: 1, maxLength: 40 }),
        fc.array(load, { maxLength: 9 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat({ max: 50 }), { minLength: 6, maxLength: 6 }),
        (moves, questions, threads, ms) => {
          const shares = new Shares(moves, questions, threads);
          const all = (of: readonly (readonly number[])[]): number[] => of.flat().sort((a, b) => a - b);
          const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
          expect(all(shares.questions)).toEqual(upTo(questions.length));
          for (let round = 0; round < 4; round++) {
            expect(shares.moves).toHaveLength(threads);
            expect(all(shares.moves)).toEqual(upTo(moves.length));
            for (const list of shares.moves) expect([...list].sort((a, b) => a - b)).toEqual(list);
            noted(shares, () => ms.slice(0, threads), 200);
          }
        },
      ),
      { numRuns: 200, seed: 20261130 },
    );
  });

  it("families stay together while no thread would have more than its share", () => {
    const moves = [0, 1, 0, 1, 0, 1].map((family) => ({ family, weight: 1 }));
    expect(new Shares(moves, [], 2).moves.map((m) => m.join())).toEqual(["0,2,4", "1,3,5"]);
  });

  it("a family that is more than a fair share is cut", () => {
    const moves = Array.from({ length: 8 }, () => ({ family: 0, weight: 1 }));
    expect(new Shares(moves, [], 4).moves.map((m) => m.length)).toEqual([2, 2, 2, 2]);
  });

  it("questions count as work", () => {
    const { moves, questions } = new Shares(even(4), [{ family: 0, weight: 4 }], 2);
    const asked = questions.findIndex((q) => q.length === 1);
    expect(moves[asked]).toEqual([]);
    expect(moves[1 - asked]).toEqual([0, 1, 2, 3]);
  });

  it("takes from the thread that takes longest, and is patient in judging it", () => {
    const shares = new Shares(even(8), [], 2);
    const [slow = []] = shares.moves;
    // Moves of the first thread turn out to take three times as long.
    const ms = (moves: readonly (readonly number[])[]): number[] =>
      moves.map((list) => list.reduce((n, m) => n + (slow.includes(m) ? 3 : 1), 0));
    expect(noted(shares, ms, 15)).toBe(false);
    expect(noted(shares, ms, 1)).toBe(true);
    expect(noted(shares, ms, 31)).toBe(false);
    while (noted(shares, ms, 200));
    const [a = 0, b = 0] = ms(shares.moves);
    expect(Math.max(a, b) / Math.min(a, b)).toBeLessThan(1.5);
  });

  it("leaves well alone: a small difference moves nothing", () => {
    const shares = new Shares(even(8), [], 2);
    expect(noted(shares, () => [110, 100], 500)).toBe(false);
  });

  it("is not judged by slices that were shared out before", () => {
    const shares = new Shares(even(8), [], 2);
    const before = shares.moves;
    expect(noted(shares, () => [300, 100], 16)).toBe(true);
    for (let i = 0; i < 100; i++) expect(shares.note(before, [300, 100])).toBe(false);
  });
});
