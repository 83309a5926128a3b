import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memo } from "./memo.ts";
import { type Group, HOST, type Slot, Slots } from "./slots.ts";

/** Groups with a few slots each, and states with given values. */
function world(slots: number): {
  all: Slots;
  groups: readonly Group[];
  at: (values: readonly number[][]) => number[];
} {
  const all = new Slots(2);
  for (const g of all.groups) for (let i = 0; i < slots; i++) g.slot(`s${i}`);
  return {
    all,
    groups: all.groups,
    at: (values) =>
      all.groups.map((g, no) =>
        g.intern(
          new Map(
            g.slots.flatMap((s, i) => {
              const v = s.intern(values[no]?.[i]);
              return v === 0 ? [] : [[s, v] as const];
            }),
          ),
        ),
      ),
  };
}

/** A question that reads slots one after the other, each chosen by what it read before. */
function asked(
  groups: readonly Group[],
  ids: readonly number[],
  steps: number,
): { log: Slot[]; answer: string } {
  const log: Slot[] = [];
  let seen = 7;
  for (let n = 0; n < steps; n++) {
    const g = groups[seen % groups.length] as Group;
    const slot = g.slots[(seen >> 3) % g.slots.length] as Slot;
    if (!log.includes(slot)) log.push(slot);
    seen = (seen * 31 + g.get(ids[g.no] as number, slot.index) * 17 + n) % 9973;
  }
  return { log, answer: `a${seen % 5}` };
}

describe("what was learnt of a question", () => {
  it("is never another answer than the question's own, and once learnt it is known", () => {
    const value = fc.nat({ max: 3 });
    const state = fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(state, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 0, max: 9 }),
        (states, steps) => {
          const { groups, at } = world(4);
          const memo = new Memo<string>();
          for (const values of [...states, ...states]) {
            const ids = at(values);
            const { log, answer } = asked(groups, ids, steps);
            const known = memo.find(groups, ids, 0);
            if (known === undefined) memo.learn(groups, ids, 0, log, answer);
            else expect(known).toBe(answer);
            expect(memo.find(groups, ids, 0)).toBe(answer);
            expect(memo.find(groups, ids, 0)).toBe(answer);
          }
        },
      ),
      { numRuns: 300, seed: 20261130 },
    );
  });

  it("does not ask again for states that differ where it did not look", () => {
    const { groups, at } = world(2);
    const memo = new Memo<string>();
    const slot = groups[1]?.slots[0] as Slot;
    memo.learn(
      groups,
      at([
        [1, 1],
        [5, 1],
      ]),
      0,
      [slot],
      "five",
    );
    expect(memo.find(groups, at([[2, 2], [5, 3], [4]]), 0)).toBe("five");
    expect(
      memo.find(
        groups,
        at([
          [1, 1],
          [6, 1],
        ]),
        0,
      ),
    ).toBeUndefined();
  });

  it("knows what depends on nothing at once", () => {
    const { groups, at } = world(1);
    const memo = new Memo<string>();
    expect(memo.find(groups, at([]), 0)).toBeUndefined();
    memo.learn(groups, at([]), 0, [], "always");
    expect(memo.find(groups, at([[3], [4], [5]]), 0)).toBe("always");
  });

  it("finds answers whatever the host's slot that comes to matter last", () => {
    const { groups, at } = world(3);
    const memo = new Memo<string>();
    const host = groups[HOST]?.slots as Slot[];
    const guest = groups[1]?.slots as Slot[];
    memo.learn(groups, at([[1], [1]]), 0, [host[0] as Slot, guest[0] as Slot], "a");
    expect(memo.find(groups, at([[1], [1]]), 0)).toBe("a");
    memo.learn(groups, at([[2, 7], [1]]), 0, [host[0] as Slot, host[1] as Slot], "b");
    expect(memo.find(groups, at([[1, 9], [1]]), 0)).toBe("a");
    expect(memo.find(groups, at([[2, 7], [8]]), 0)).toBe("b");
    expect(memo.find(groups, at([[2, 9], [8]]), 0)).toBeUndefined();
  });

  it("forgets when what it learnt did not ask for a page that has appeared since", () => {
    const { groups, at } = world(1);
    const memo = new Memo<string>();
    memo.learn(groups, at([]), 0, [], "before");
    expect(memo.find(groups, at([]), 1)).toBeUndefined();
    memo.learn(groups, at([]), 1, [], "after");
    expect(memo.find(groups, at([]), 1)).toBe("after");
  });
});
