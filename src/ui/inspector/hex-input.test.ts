import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNumber } from "./hex-input.tsx";

describe("a number typed into a field", () => {
  test("is read in the three notations of scripts", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
        for (const text of [`0x${value.toString(16)}`, `0b${value.toString(2)}`, String(value)]) {
          expect(readNumber(text, 64)).toEqual({ ok: true, value });
        }
      }),
    );
  });

  test.each([
    ["", 64, "nothing is written here"],
    ["0x", 64, "“0x” is no number: decimal, 0x… or 0b…"],
    ["0xzz", 64, "“0xzz” is no number: decimal, 0x… or 0b…"],
    ["-1", 64, "“-1” is no number: decimal, 0x… or 0b…"],
    ["8", 3, "8 needs more than 3 bits"],
    ["2", 1, "2 needs more than 1 bit"],
    ["0x1_0000_0000", 32, "0x1_0000_0000 needs more than 32 bits"],
  ])("%j for %i bits is refused with the reason", (text, bits, why) => {
    expect(readNumber(text, bits)).toEqual({ ok: false, why });
  });
});
