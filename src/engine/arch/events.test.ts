import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  alwaysMergeable,
  CLASS_CD,
  CLASS_IN,
  CLASS_TT,
  decodeEvent,
  EVENTS,
  encodeEvent,
  eventName,
  eventSlug,
  findEvent,
  insideView,
  NO_FIELDS,
} from "./events.ts";

describe("event records (section 5)", () => {
  test("section 5's example: a read of 0x4000 by SID 0x10, unmapped at stage 1", () => {
    const words = encodeEvent({ code: 0x10, sid: 0x10, rnw: true, cls: CLASS_IN, addr: 0x4000n });
    expect(words).toEqual([0x0000_0010_0000_0010n, 0x0000_0208_0000_0000n, 0x4000n, 0n]);
  });

  test("names in both spellings", () => {
    expect(findEvent("C_BAD_STE")?.code).toBe(4);
    expect(findEvent("c-bad-ste")?.code).toBe(4);
    expect(findEvent(0x10)?.name).toBe("F_TRANSLATION");
    expect(findEvent("c-bad-luck")).toBeNull();
    expect(findEvent(0x7f)).toBeNull();
    expect(eventSlug(0x0a)).toBe("c-bad-cd");
    expect(eventName(0xe3)).toBe("IMPDEF");
    expect(eventName(0x7f)).toBe("EVENT_0x7f");
    for (const e of EVENTS) expect(findEvent(eventSlug(e.code))).toBe(e);
  });

  test("a type carries only its own fields, the rest is RES0", () => {
    const all = {
      sid: 0x123,
      ssid: 7,
      stag: 0xbeef,
      stall: true,
      pnu: true,
      ind: true,
      rnw: true,
      s2: true,
      cls: CLASS_TT,
      ttrnw: true,
      addr: 0x1234_5678n,
      ipa: 0x9abc_d008n,
    };
    expect(encodeEvent({ ...all, code: 0x06 })).toEqual([0x0000_0123_0000_0006n, 0n, 0n, 0n]);
    expect(encodeEvent({ ...all, code: 0x04 })).toEqual([0x0000_0123_0000_7804n, 0n, 0n, 0n]);
    // C_BAD_SUBSTREAMID: SubstreamID always valid, no SSV.
    expect(encodeEvent({ ...all, code: 0x08 })).toEqual([0x0000_0123_0000_7008n, 0n, 0n, 0n]);
    expect(encodeEvent({ ...all, code: 0x03 })[3]).toBe(0x9abc_d008n);
    expect(encodeEvent({ ...all, code: 0x07 })).toEqual([
      0x0000_0123_0000_0007n,
      1n << 35n,
      0x1234_5678n,
      0n,
    ]);
    const full = 0xbeefn | (1n << 31n) | (7n << 33n) | (1n << 39n) | (1n << 40n);
    expect(encodeEvent({ ...all, code: 0x10 })[1]).toBe(full);
    // TTRnW is F_PERMISSION's alone, PnU and InD are not F_TRANSL_FORBIDDEN's.
    expect(encodeEvent({ ...all, code: 0x13 })[1]).toBe(full | (1n << 44n));
    expect(encodeEvent({ ...all, code: 0x10 })[3]).toBe(0x9abc_d000n);
    expect(encodeEvent({ ...all, s2: false, code: 0x10 })[3]).toBe(0n);
    expect(encodeEvent({ ...all, code: 0x24 })[2]).toBe(0x1234_5000n);
  });

  test("records survive encoding and decoding", () => {
    const bool = fc.boolean();
    const record = fc.record({
      code: fc.constantFrom(...EVENTS.map((e) => e.code), 0xe0),
      sid: fc.integer({ min: 0, max: 0xffff_ffff }),
      ssid: fc.option(fc.integer({ min: 0, max: 0xfffff })),
      stag: fc.integer({ min: 0, max: 0xffff }),
      stall: bool,
      pnu: bool,
      ind: bool,
      rnw: bool,
      s2: bool,
      cls: fc.integer({ min: 0, max: 2 }),
      ttrnw: bool,
      addr: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      ipa: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    });
    fc.assert(
      fc.property(record, (r) => {
        const words = encodeEvent(r);
        const { name, ...back } = decodeEvent(words);
        expect(name).toBe(eventName(r.code));
        expect(back.code).toBe(r.code);
        expect(back.sid).toBe(r.sid);
        expect(encodeEvent(back)).toEqual(words);
        expect(Object.keys(back).sort()).toEqual(Object.keys(NO_FIELDS).sort());
      }),
    );
  });

  test("types 0x01 to 0x04 merge without MEV", () => {
    expect([0, 1, 2, 3, 4, 5].map(alwaysMergeable)).toEqual([false, true, true, true, true, false]);
  });
});

describe("what the host's stage 2 must look like from inside (section 3.3)", () => {
  const phys = (p: Parameters<typeof encodeEvent>[0]): readonly bigint[] => encodeEvent({ sid: 0x900, ...p });

  test("A-IN-S1: a stage-1 fault keeps everything but the StreamID", () => {
    const w = phys({ code: 0x10, ssid: 3, rnw: true, cls: CLASS_IN, addr: 0x4000n });
    const r = insideView(w, 0x100);
    expect(r.rule).toBe("A-IN-S1");
    expect(r.event).toEqual(
      encodeEvent({ code: 0x10, sid: 0x100, ssid: 3, rnw: true, cls: CLASS_IN, addr: 0x4000n }),
    );
  });

  test("A-IN-CD: a stage-2 fault fetching the CD is F_CD_FETCH at the IPA", () => {
    const r = insideView(
      phys({ code: 0x10, s2: true, cls: CLASS_CD, addr: 0x4000n, ipa: 0x30_0000n }),
      0x100,
    );
    expect(r).toEqual({ rule: "A-IN-CD", event: encodeEvent({ code: 0x09, sid: 0x100, ipa: 0x30_0000n }) });
  });

  test("A-IN-TT: a stage-2 fault on a walk is F_WALK_EABT with S2=0, CLASS=TT", () => {
    const r = insideView(
      phys({ code: 0x10, s2: true, cls: CLASS_TT, rnw: true, addr: 0x4000n, ipa: 0x40_0000n }),
      0x100,
    );
    expect(r.rule).toBe("A-IN-TT");
    expect(decodeEvent(r.event ?? [])).toMatchObject({
      code: 0x0b,
      s2: false,
      cls: CLASS_TT,
      sid: 0x100,
      addr: 0x4000n,
      ipa: 0x40_0000n,
    });
  });

  test("A-IN-OUT: a stage-2 fault of the output is no event", () => {
    const r = insideView(phys({ code: 0x10, s2: true, cls: CLASS_IN, addr: 0x4000n, ipa: 0x8_0000n }), 0x100);
    expect(r).toEqual({ rule: "A-IN-OUT", event: null });
  });
});
