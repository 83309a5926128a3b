import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MASK64 } from "./bits.ts";
import { CD_FIELDS, CD_LOOK, type CdWords, decodeCd, encodeCd, judgeCd, makeCd } from "./cd.ts";
import type { Idr } from "./idr.ts";
import { IDR20, idrWith } from "./testkit.test-helper.ts";

const judge = (idr: Idr, w: CdWords, stalld = false): string | null =>
  judgeCd(idr, stalld, (i) => w[i] as bigint);
const cd = (p: Record<string, bigint> = {}): CdWords => encodeCd(p, makeCd({ asid: 1, ttb: 0x40_0000n }));
const STALL_MODEL = 3 << 24;
const TERM_MODEL = 1 << 26;

describe("CD codec", () => {
  test("the driver's CD is section 2.3's example", () => {
    expect(makeCd({ asid: 1, ttb: 0x40_0000n, ips: 4 }).slice(0, 3)).toEqual([
      0x0001_e204_c000_3510n,
      0x40_0000n,
      0n,
    ]);
    expect(decodeCd(makeCd({ asid: 1, ttb: 0x40_0000n }))).toMatchObject({
      V: 1n,
      AA64: 1n,
      EPD0: 0n,
      EPD1: 1n,
      T0SZ: 16n,
      R: 1n,
      A: 1n,
      S: 0n,
      ASET: 1n,
      ASID: 1n,
      TTB0: 0x40_0000n,
    });
  });

  test("fields do not overlap, and all bits survive decoding and encoding", () => {
    let used = 0n;
    for (const f of CD_FIELDS) {
      const mask = ((1n << BigInt(f.hi - f.lo + 1)) - 1n) << BigInt(f.lo);
      expect(used & mask, f.name).toBe(0n);
      used |= mask;
    }
    const word = fc.bigInt({ min: 0n, max: MASK64 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const back = encodeCd(decodeCd(words));
        expect(decodeCd(back)).toEqual(decodeCd(words));
        expect(encodeCd(decodeCd(words), words)).toEqual(words);
        for (const [i, w] of words.entries()) {
          expect(back[i]).toBe(w & ((used >> BigInt(64 * i)) & MASK64));
        }
      }),
    );
  });

  test("bits outside CD_LOOK decide nothing", () => {
    const word = fc.bigInt({ min: 0n, max: MASK64 });
    fc.assert(
      fc.property(fc.tuple(word, word, word), fc.tuple(word, word, word), ([a0, a1, a2], noise) => {
        const a = [a0, a1, a2].map((w, i) => w & (CD_LOOK[i] as bigint));
        const b = a.map((w, i) => w | ((noise[i] as bigint) & ~(CD_LOOK[i] as bigint)));
        const run = (w: bigint[]): string | null => judgeCd(IDR20, false, (i) => w[i] as bigint);
        expect(run(b)).toBe(run(a));
      }),
    );
  });
});

describe("C_BAD_CD (section 2.3)", () => {
  test("the driver's CD is legal", () => {
    expect(judge(IDR20, cd())).toBeNull();
  });

  test("A-CD-V: V=0 comes first", () => {
    expect(judge(IDR20, cd({ V: 0n, A: 0n, S: 1n, ENDI: 1n }))).toBe("A-CD-V");
  });

  test("A-CD-STALLD: S=1 under S1STALLD=1", () => {
    const idr = idrWith({ clear0: STALL_MODEL });
    expect(judge(idr, cd({ S: 1n }), true)).toBe("A-CD-STALLD");
    expect(judge(idr, cd({ S: 1n }), false)).toBeNull();
  });

  test("A-CD-A: A=0 with TERM_MODEL=1", () => {
    expect(judge(IDR20, cd({ A: 0n }))).toBe("A-CD-A");
    expect(judge(idrWith({ clear0: TERM_MODEL }), cd({ A: 0n }))).toBeNull();
  });

  test("A-CD-S-TERMINATE: S=1 with STALL_MODEL=1", () => {
    expect(judge(IDR20, cd({ S: 1n }))).toBe("A-CD-S-TERMINATE");
  });

  test("A-CD-S-FORCED: S=0 with STALL_MODEL=2", () => {
    const idr = idrWith({ clear0: STALL_MODEL, set0: 2 << 24 });
    expect(judge(idr, cd())).toBe("A-CD-S-FORCED");
    expect(judge(idr, cd({ S: 1n }))).toBeNull();
  });

  test("A-CD-ENDI: against TTENDIAN", () => {
    expect(judge(IDR20, cd({ ENDI: 1n }))).toBe("A-CD-ENDI");
    expect(judge(idrWith({ set0: 3 << 21 }), cd())).toBe("A-CD-ENDI");
    expect(judge(idrWith({ clear0: 3 << 21 }), cd({ ENDI: 1n }))).toBeNull();
  });

  test("A-CD-AA64: against TTF", () => {
    expect(judge(IDR20, cd({ AA64: 0n }))).toBe("A-CD-AA64");
    expect(judge(idrWith({ clear0: 3 << 2, set0: 1 << 2 }), cd())).toBe("A-CD-AA64");
    expect(judge(idrWith({ set0: 3 << 2 }), cd({ AA64: 0n }))).toBeNull();
  });

  test("A-CD-HTTU: HA and HD beyond HTTU", () => {
    expect(judge(IDR20, cd({ HA: 1n }))).toBe("A-CD-HTTU");
    expect(judge(idrWith({ set0: 1 << 6 }), cd({ HA: 1n }))).toBeNull();
    expect(judge(idrWith({ set0: 1 << 6 }), cd({ HA: 1n, HD: 1n }))).toBe("A-CD-HTTU");
    expect(judge(idrWith({ set0: 2 << 6 }), cd({ HA: 1n, HD: 1n }))).toBeNull();
  });

  test("A-CD-ASID: beyond 8 bits with ASID16=0", () => {
    expect(judge(idrWith({ clear0: 1 << 12 }), cd({ ASID: 0x100n }))).toBe("A-CD-ASID");
    expect(judge(idrWith({ clear0: 1 << 12 }), cd({ ASID: 0xffn }))).toBeNull();
    expect(judge(IDR20, cd({ ASID: 0xffffn }))).toBeNull();
  });

  test("A-CD-TG: reserved or missing granule of an enabled half", () => {
    expect(judge(IDR20, cd({ TG0: 3n }))).toBe("A-CD-TG");
    expect(judge(idrWith({ idr5: 0x64 }), cd())).toBe("A-CD-TG");
    expect(judge(IDR20, cd({ EPD1: 0n, TG1: 0n, T1SZ: 16n }))).toBe("A-CD-TG");
    expect(judge(IDR20, cd({ EPD1: 0n, TG1: 2n, T1SZ: 16n }))).toBeNull();
    expect(judge(IDR20, cd({ EPD0: 1n, TG0: 3n }))).toBeNull();
  });

  test("A-CD-TTB: beyond the effective IPS of an enabled half", () => {
    expect(judge(IDR20, cd({ TTB0: 1n << 44n }))).toBe("A-CD-TTB");
    expect(judge(IDR20, cd({ IPS: 0n, TTB0: 1n << 32n }))).toBe("A-CD-TTB");
    expect(judge(IDR20, cd({ IPS: 0n, TTB0: (1n << 32n) - 4096n }))).toBeNull();
    // IPS larger than OAS acts as OAS.
    expect(judge(IDR20, cd({ IPS: 5n, TTB0: 1n << 44n }))).toBe("A-CD-TTB");
    expect(judge(IDR20, cd({ TTB1: 1n << 50n }))).toBeNull();
    expect(judge(IDR20, cd({ EPD1: 0n, TG1: 2n, T1SZ: 16n, TTB1: 1n << 44n }))).toBe("A-CD-TTB");
  });

  test("A-CD-TSZ: TxSZ out of range of an enabled half", () => {
    expect(judge(IDR20, cd({ T0SZ: 15n }))).toBe("A-CD-TSZ");
    expect(judge(IDR20, cd({ T0SZ: 39n }))).toBeNull();
    expect(judge(IDR20, cd({ T0SZ: 40n }))).toBe("A-CD-TSZ");
    expect(judge(idrWith({ set3: 1 << 9 }), cd({ T0SZ: 48n }))).toBeNull();
    expect(judge(idrWith({ set3: 1 << 9 }), cd({ T0SZ: 48n, TG0: 1n }))).toBe("A-CD-TSZ");
    expect(judge(idrWith({ set3: 1 << 9 }), cd({ T0SZ: 47n, TG0: 1n }))).toBeNull();
    expect(judge(idrWith({ idr5: 0x474 }), cd({ T0SZ: 12n, TG0: 1n }))).toBeNull();
    expect(judge(idrWith({ idr5: 0x474 }), cd({ T0SZ: 12n }))).toBe("A-CD-TSZ");
    expect(judge(IDR20, cd({ EPD1: 0n, TG1: 2n, T1SZ: 40n }))).toBe("A-CD-TSZ");
    expect(judge(IDR20, cd({ EPD0: 1n, T0SZ: 0n }))).toBeNull();
  });
});
