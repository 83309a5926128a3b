import fc from "fast-check";
import { expect, it } from "vitest";
import { hashOf, isSame } from "./same.ts";
import { keyOf } from "./slots.ts";

const leaf = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt({ min: -2n, max: 2n ** 65n }),
  fc.constantFrom("", "a", "d0", null, undefined, true, false),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "users", "type"), tie("value"), { maxKeys: 4 }),
  ),
})).value;

it("two values are the same if they are written alike, and then have one hash", () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const alike = keyOf(a) === keyOf(b);
      expect(isSame(a, b)).toBe(alike);
      if (alike) expect(hashOf(a)).toBe(hashOf(b));
    }),
    { numRuns: 5000, seed: 20261130 },
  );
});

it("the order of fields, and fields without a value, make no difference", () => {
  const a = { users: 2, type: "IOAS", hwpts: [1n, { x: null }] };
  const b = { hwpts: [1n, { y: undefined, x: null }], type: "IOAS", users: 2, vdev: undefined };
  expect(isSame(a, b)).toBe(true);
  expect(hashOf(a)).toBe(hashOf(b));
  expect(isSame(a, { ...a, users: 3 })).toBe(false);
  expect(isSame({ ...a, more: 1 }, a)).toBe(false);
  expect(isSame([1], { 0: 1 })).toBe(false);
  expect(isSame(1, 1n)).toBe(false);
});
