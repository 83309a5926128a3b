import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gbpaAttributes, steAttributes } from "./attributes.ts";
import { findField, MASK64 } from "./bits.ts";
import type { Idr } from "./idr.ts";
import {
  L1CD_FIELDS,
  L1STD_FIELDS,
  l1cdPtr,
  l1cdValid,
  l1stdPtr,
  l1stdSpan,
  makeL1cd,
  makeL1std,
} from "./l1std.ts";
import { decodeSte, encodeSte, judgeSte, makeSte, STE_FIELDS, type SteWords } from "./ste.ts";
import { IDR20, idrWith } from "./testkit.test-helper.ts";

const judge = (idr: Idr, w: SteWords): string | null => judgeSte(idr, (i) => w[i] as bigint);
const S2P = 1;
const ATS = 1 << 10;
const HYP = 1 << 9;
const NS1ATS = 1 << 11;
const STALL_MODEL = 3 << 24;
const VMID16 = 1 << 18;
const s1 = (p: Parameters<typeof makeSte>[1] = {}): SteWords =>
  makeSte("translate", { cdptr: 0x30_0000n, ...p });
/** A stage-2 STE that is legal with S2P=1: 4K, 44-bit IPA, start level 0. */
const S2: Record<string, bigint> = {
  V: 1n,
  Config: 6n,
  S2T0SZ: 20n,
  S2SL0: 2n,
  S2TG: 0n,
  S2PS: 4n,
  S2AA64: 1n,
  S2R: 1n,
  S2TTB: 0x70_0000n,
  S2VMID: 1n,
};
const s2 = (p: Record<string, bigint> = {}): SteWords => encodeSte({ ...S2, ...p });
const nested = (p: Record<string, bigint> = {}): SteWords => encodeSte({ ...S2, Config: 7n, ...p });
const idr2 = (set0 = 0, clear0 = 0): Idr => idrWith({ set0: S2P | set0, clear0 });

describe("STE codec", () => {
  test("fields do not overlap and stay within one 64-bit word", () => {
    let used = 0n;
    for (const f of STE_FIELDS) {
      expect(f.lo >>> 6, f.name).toBe(f.hi >>> 6);
      const mask = ((1n << BigInt(f.hi - f.lo + 1)) - 1n) << BigInt(f.lo);
      expect(used & mask, f.name).toBe(0n);
      used |= mask;
    }
  });

  test("bit numbers of section 2.2", () => {
    const at = (name: string): [number, number] | null => {
      const f = findField(STE_FIELDS, name);
      return f === null ? null : [f.lo, f.hi];
    };
    expect(at("s1contextptr")).toEqual([6, 55]);
    expect(at("S1CDMax")).toEqual([59, 63]);
    expect(at("s1dss")).toEqual([64, 65]);
    expect(at("s1stalld")).toEqual([91, 91]);
    expect(at("eats")).toEqual([92, 93]);
    expect(at("shcfg")).toEqual([108, 109]);
    expect(at("s2ttb")).toEqual([196, 247]);
    expect(at("vmsptr")).toEqual([332, 375]);
    expect(at("nonesuch")).toBeNull();
  });

  test("every defined bit survives decoding and encoding", () => {
    const word = fc.bigInt({ min: 0n, max: MASK64 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const back = encodeSte(decodeSte(words));
        for (const [i, w] of words.entries()) {
          let mask = 0n;
          for (const f of STE_FIELDS) {
            if (f.lo >>> 6 === i) mask |= ((1n << BigInt(f.hi - f.lo + 1)) - 1n) << BigInt(f.lo & 63);
          }
          expect(back[i]).toBe(w & mask);
        }
        expect(decodeSte(back)).toEqual(decodeSte(words));
        expect(encodeSte(decodeSte(words), words)).toEqual(words);
      }),
    );
  });

  test("a value that does not fit and an unknown field are refused", () => {
    expect(() => encodeSte({ Config: 8n })).toThrow("Config");
    expect(() => encodeSte({ S1ContextPtr: 0x20n })).toThrow("S1ContextPtr");
    expect(() => encodeSte({ Colour: 1n })).toThrow("Colour");
  });

  test("word 0 of the kinds a guest writes", () => {
    expect(makeSte("invalid")[0]).toBe(0n);
    expect(makeSte("abort")[0]).toBe(1n);
    expect(makeSte("bypass")[0]).toBe(9n);
    const q0 = makeSte("translate", { cdptr: 0x1234_5640n, fmt: 2, cdmax: 5 })[0];
    expect(q0).toBe(0xbn | 0x1234_5640n | (2n << 4n) | (5n << 59n));
    expect(makeSte("translate")[1]).toBe(0xd6n);
    expect(makeSte("translate", { eats: 1, stalld: true, s1dss: 1 })[1]).toBe(
      0xd5n | (1n << 28n) | (1n << 27n),
    );
  });

  test("L1STD and L1CD round trip over random bits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 11 }),
        fc.bigInt({ min: 0n, max: (1n << 50n) - 1n }),
        (span, n) => {
          const ptr = (n << 6n) & ((1n << 56n) - 1n);
          const word = makeL1std(span, ptr);
          expect(l1stdSpan(word)).toBe(span);
          // Bits Span+4:0 of the pointer are taken as 0.
          expect(l1stdPtr(word)).toBe((ptr >> BigInt(span + 5)) << BigInt(span + 5));
          const leaf = (ptr >> 12n) << 12n;
          expect(l1cdPtr(makeL1cd(true, leaf))).toBe(leaf);
          expect(l1cdValid(makeL1cd(true, leaf))).toBe(true);
          expect(l1cdValid(makeL1cd(false, leaf))).toBe(false);
        },
      ),
    );
    expect(L1STD_FIELDS.map((f) => [f.lo, f.hi])).toEqual([
      [0, 4],
      [6, 55],
    ]);
    expect(L1CD_FIELDS.map((f) => [f.lo, f.hi])).toEqual([
      [0, 0],
      [12, 55],
    ]);
  });
});

describe("ILLEGAL STEs (section 2.2)", () => {
  test("the kinds a guest writes are legal", () => {
    expect(judge(IDR20, makeSte("abort"))).toBeNull();
    expect(judge(IDR20, makeSte("bypass"))).toBeNull();
    expect(judge(IDR20, s1())).toBeNull();
    expect(judge(idr2(), s2())).toBeNull();
    expect(judge(idr2(), nested())).toBeNull();
  });

  test("A-STE-V: V=0 comes first, whatever else is wrong", () => {
    expect(judge(IDR20, encodeSte({ Config: 6n, S1STALLD: 1n }))).toBe("A-STE-V");
  });

  test("A-STE-ABORT: Config 0xx is legal and ignores every other field", () => {
    for (const Config of [0n, 1n, 2n, 3n]) {
      expect(judge(IDR20, encodeSte({ V: 1n, Config, S1STALLD: 1n, S1CDMax: 31n, EATS: 2n }))).toBeNull();
    }
  });

  test("A-STE-S1P: stage 1 configured where there is none", () => {
    expect(judge(idrWith({ clear0: 2 }), s1())).toBe("A-STE-S1P");
    expect(judge(idr2(0, 2), nested())).toBe("A-STE-S1P");
  });

  test("A-STE-S2P: stage 2 configured where there is none", () => {
    expect(judge(IDR20, s2())).toBe("A-STE-S2P");
    expect(judge(IDR20, nested())).toBe("A-STE-S2P");
  });

  test("A-STE-BYPASS: Config 100 ignores S1 and S2 fields, EATS too", () => {
    const w = encodeSte({ V: 1n, Config: 4n, EATS: 2n, S1STALLD: 1n, S1CDMax: 31n, STRW: 1n });
    expect(judge(idrWith({ set0: ATS | HYP }), w)).toBeNull();
  });

  test("A-STE-EATS-SPLIT: EATS=2 needs both stages, S2S=0 and NS1ATS=0; not looked at without ATS", () => {
    const w = s1({ eats: 2 });
    expect(judge(IDR20, w)).toBeNull();
    expect(judge(idrWith({ set0: ATS }), w)).toBe("A-STE-EATS-SPLIT");
    expect(judge(idr2(ATS), nested({ EATS: 2n }))).toBeNull();
    expect(judge(idr2(ATS | NS1ATS), nested({ EATS: 2n }))).toBe("A-STE-EATS-SPLIT");
    expect(judge(idr2(ATS, STALL_MODEL), nested({ EATS: 2n, S2S: 1n }))).toBe("A-STE-EATS-SPLIT");
  });

  test("A-STE-EATS-STALL: EATS=1 with a stalling stage 2", () => {
    expect(judge(idr2(ATS, STALL_MODEL), nested({ EATS: 1n, S2S: 1n }))).toBe("A-STE-EATS-STALL");
    expect(judge(idr2(ATS, STALL_MODEL), s2({ EATS: 1n, S2S: 1n }))).toBe("A-STE-EATS-STALL");
    expect(judge(idr2(ATS), nested({ EATS: 1n }))).toBeNull();
  });

  test("A-STE-STRW: x1 only where STRW is used", () => {
    for (const STRW of [1n, 3n]) {
      const w = encodeSte({ STRW }, s1());
      expect(judge(IDR20, w)).toBeNull();
      expect(judge(idrWith({ set0: HYP }), w)).toBe("A-STE-STRW");
      expect(judge(idr2(HYP), nested({ STRW }))).toBeNull();
    }
    expect(judge(idrWith({ set0: HYP }), encodeSte({ STRW: 2n }, s1()))).toBeNull();
  });

  test("A-STE-STALLD: S1STALLD with STALL_MODEL 1 or 2", () => {
    const w = s1({ stalld: true });
    expect(judge(IDR20, w)).toBe("A-STE-STALLD");
    expect(judge(idrWith({ clear0: 1 << 24, set0: 2 << 24 }), w)).toBe("A-STE-STALLD");
    expect(judge(idrWith({ clear0: STALL_MODEL }), w)).toBeNull();
  });

  test("A-STE-CDMAX: above SSIDSIZE, ignored without substreams", () => {
    expect(judge(IDR20, s1({ cdmax: 20 }))).toBeNull();
    expect(judge(IDR20, s1({ cdmax: 21 }))).toBe("A-STE-CDMAX");
    expect(judge(idrWith({ idr1: 0x0273_0010 }), s1({ cdmax: 31 }))).toBeNull();
  });

  test("A-STE-CD2L: a two-level CD table needs CD2L; S1Fmt is ignored for a lone CD", () => {
    for (const fmt of [1, 2]) {
      expect(judge(IDR20, s1({ fmt, cdmax: 8 }))).toBe("A-STE-CD2L");
      expect(judge(IDR20, s1({ fmt, cdmax: 0 }))).toBeNull();
      expect(judge(idrWith({ set0: 1 << 19 }), s1({ fmt, cdmax: 8 }))).toBeNull();
      expect(judge(idrWith({ idr1: 0x0273_0010 }), s1({ fmt, cdmax: 8 }))).toBeNull();
    }
    expect(judge(IDR20, s1({ fmt: 3, cdmax: 8 }))).toBeNull();
  });

  test("A-STE-PTR: S1ContextPtr beyond the output size", () => {
    expect(judge(IDR20, s1({ cdptr: (1n << 44n) - 64n }))).toBeNull();
    expect(judge(IDR20, s1({ cdptr: 1n << 44n }))).toBe("A-STE-PTR");
  });

  test("A-STE-S2S: against STALL_MODEL", () => {
    expect(judge(idr2(), s2({ S2S: 1n }))).toBe("A-STE-S2S");
    expect(judge(idr2(2 << 24, 1 << 24), s2())).toBe("A-STE-S2S");
    expect(judge(idr2(2 << 24, 1 << 24), s2({ S2S: 1n }))).toBeNull();
    expect(judge(idr2(0, STALL_MODEL), s2({ S2S: 1n }))).toBeNull();
  });

  test("A-STE-S2AA64: against TTF", () => {
    expect(judge(idr2(), s2({ S2AA64: 0n }))).toBe("A-STE-S2AA64");
    expect(judge(idr2(1 << 2), s2({ S2AA64: 0n }))).toBeNull();
    expect(judge(idr2(1 << 2, 2 << 2), s2())).toBe("A-STE-S2AA64");
  });

  test("A-STE-S2HTTU: S2HA and S2HD beyond HTTU", () => {
    expect(judge(idr2(), s2({ S2HA: 1n }))).toBe("A-STE-S2HTTU");
    expect(judge(idr2(1 << 6), s2({ S2HA: 1n }))).toBeNull();
    expect(judge(idr2(1 << 6), s2({ S2HA: 1n, S2HD: 1n }))).toBe("A-STE-S2HTTU");
    expect(judge(idr2(2 << 6), s2({ S2HA: 1n, S2HD: 1n }))).toBeNull();
  });

  test("A-STE-S2TG: reserved or missing granule", () => {
    expect(judge(idr2(), s2({ S2TG: 3n }))).toBe("A-STE-S2TG");
    expect(judge(idrWith({ set0: S2P, idr5: 0x64 }), s2())).toBe("A-STE-S2TG");
  });

  test("A-STE-S2TTB: beyond the smaller of S2PS and OAS", () => {
    expect(judge(idr2(), s2({ S2TTB: 1n << 44n }))).toBe("A-STE-S2TTB");
    expect(judge(idr2(), s2({ S2PS: 2n, S2TTB: 1n << 40n }))).toBe("A-STE-S2TTB");
    expect(judge(idr2(), s2({ S2PS: 2n, S2TTB: (1n << 40n) - 4096n }))).toBeNull();
  });

  test("A-STE-S2T0SZ: input size out of range", () => {
    expect(judge(idr2(), s2({ S2T0SZ: 19n }))).toBe("A-STE-S2T0SZ");
    expect(judge(idr2(), s2({ S2T0SZ: 40n }))).toBe("A-STE-S2T0SZ");
    expect(judge(idr2(), s2({ S2T0SZ: 24n }))).toBeNull();
  });

  test("A-STE-S2SL0: start level against size and granule", () => {
    // 4K, level 1 resolves 31 to 43 bits; level 0 from 40 bits.
    expect(judge(idr2(), s2({ S2SL0: 1n, S2T0SZ: 21n }))).toBeNull();
    expect(judge(idr2(), s2({ S2SL0: 1n, S2T0SZ: 33n }))).toBeNull();
    expect(judge(idr2(), s2({ S2SL0: 1n, S2T0SZ: 34n }))).toBe("A-STE-S2SL0");
    expect(judge(idr2(), s2({ S2SL0: 1n, S2T0SZ: 20n }))).toBe("A-STE-S2SL0");
    expect(judge(idr2(), s2({ S2SL0: 2n, S2T0SZ: 25n }))).toBe("A-STE-S2SL0");
    expect(judge(idr2(), s2({ S2TG: 1n, S2SL0: 3n }))).toBe("A-STE-S2SL0");
    expect(judge(idr2(), s2({ S2TG: 1n, S2SL0: 1n, S2T0SZ: 24n }))).toBeNull();
  });

  test("A-STE-S2ENDI: against TTENDIAN", () => {
    expect(judge(idr2(), s2({ S2ENDI: 1n }))).toBe("A-STE-S2ENDI");
    expect(judge(idr2(3 << 21), s2())).toBe("A-STE-S2ENDI");
    expect(judge(idr2(0, 3 << 21), s2({ S2ENDI: 1n }))).toBeNull();
  });

  test("A-STE-VMID: beyond 8 bits with VMID16=0, also for stage 1 alone where stage 2 exists", () => {
    expect(judge(idr2(0, VMID16), s2({ S2VMID: 0x100n }))).toBe("A-STE-VMID");
    expect(judge(idr2(0, VMID16), encodeSte({ S2VMID: 0x100n }, s1()))).toBe("A-STE-VMID");
    expect(judge(idrWith({ clear0: VMID16 }), encodeSte({ S2VMID: 0x100n }, s1()))).toBeNull();
    expect(judge(idr2(), s2({ S2VMID: 0x100n }))).toBeNull();
  });

  test("the first match in the order of section 2.2 wins", () => {
    const w = encodeSte({ S1STALLD: 1n, EATS: 2n, STRW: 1n, S1CDMax: 31n, S1ContextPtr: 1n << 50n }, s1());
    const with_ = (set0: number): string | null => judge(idrWith({ set0 }), w);
    expect(with_(ATS | HYP)).toBe("A-STE-EATS-SPLIT");
    expect(with_(HYP)).toBe("A-STE-STRW");
    expect(with_(0)).toBe("A-STE-STALLD");
    expect(judge(idrWith({ clear0: STALL_MODEL }), w)).toBe("A-STE-CDMAX");
  });
});

describe("attributes of bypassed traffic", () => {
  const sent = { memAttr: null, share: null, alloc: null, priv: null, inst: null };

  test("A-ATTR-TYPES, A-ATTR-PERMS: an accelerated vSMMU overrides nothing", () => {
    expect(gbpaAttributes(IDR20, 0x001f_3f1f)).toEqual(sent);
    expect(steAttributes(IDR20, encodeSte({ MTCFG: 1n, MemAttr: 5n, SHCFG: 3n, PRIVCFG: 3n }))).toEqual(sent);
  });

  test("A-ATTR-TYPES, A-ATTR-PERMS: with both overrides every field counts, and 'incoming' codes do not", () => {
    const idr = idrWith({ idr1: IDR20.idr1 | (3 << 26) });
    expect(gbpaAttributes(idr, 0x1000)).toEqual(sent);
    expect(gbpaAttributes(idr, 0x000f_3a1f)).toEqual({ memAttr: 15, share: 3, alloc: 2, priv: 3, inst: 3 });
    const ste = encodeSte({ MTCFG: 1n, MemAttr: 5n, ALLOCCFG: 9n, SHCFG: 2n, PRIVCFG: 2n, INSTCFG: 1n });
    expect(steAttributes(idr, ste)).toEqual({ memAttr: 5, share: 2, alloc: 1, priv: 2, inst: null });
  });
});
