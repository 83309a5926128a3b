/** The conformance vectors of section 8, by number. */
import { describe, expect, test } from "vitest";
import { makeCd } from "./cd.ts";
import { READY } from "./commands.ts";
import { archRecordEvent, eventqState } from "./eventq.ts";
import { accelIdr } from "./idr.ts";
import { makeL1std } from "./l1std.ts";
import { makeSte } from "./ste.ts";
import { CDT, GPA, Guest, IOVA, idrWith, L1, SID, TTB } from "./testkit.test-helper.ts";

const S1 = `s1:0x${GPA.toString(16)}`;
const BYPASS = `bypass:0x${IOVA.toString(16)}`;
const ready = (): Guest => new Guest().tables();
/** One STE with word 0 (and 1) as given, SMMU enabled. */
const withSte = (q0: bigint, q1 = 0n): Guest => {
  const g = ready();
  g.storeAll(g.ste(), [q0, q1]);
  return g.enable();
};
const s1 = (p: Parameters<Guest["translate"]>[0] = {}): Guest => ready().translate(p).enable();

describe("conformance vectors", () => {
  test("vector 1: after reset with GBPA 0x1000 everything bypasses (A-GBPA-BYPASS)", () => {
    const g = new Guest();
    expect(g.s.gbpa).toBe(0x1000);
    expect(g.shows()).toEqual([BYPASS]);
    expect(g.shows({ ssid: 5, sid: 0x1_0000 })).toEqual([BYPASS]);
  });

  test("vector 2: SMMUEN=0 with GBPA.ABORT=1 aborts (A-GBPA-ABORT)", () => {
    const g = new Guest();
    g.write("GBPA", 0x8010_0000);
    expect(g.shows()).toEqual(["abort"]);
    expect(g.answers()[0]?.rule).toBe("A-GBPA-ABORT");
  });

  test("vector 3: a GBPA write without Update is ignored (A-GBPA-NOUPDATE)", () => {
    const g = new Guest();
    expect(g.write("GBPA", 0x0010_0000)).toEqual(["A-GBPA-NOUPDATE"]);
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("vector 4: with SMMUEN=0 a valid STE in memory is irrelevant", () => {
    const g = ready().translate();
    expect(g.shows()).toEqual([BYPASS]);
    g.write("GBPA", 0x8010_0000);
    expect(g.shows()).toEqual(["abort"]);
  });

  test("vector 5: a GBPA write at SMMUEN=1 changes no transaction", () => {
    const g = s1();
    g.write("GBPA", 0x8010_0000);
    expect(g.shows()).toEqual([S1]);
  });

  test("vector 6: it decides once CR0 is 0 and acknowledged", () => {
    const g = s1();
    g.write("GBPA", 0x8010_0000);
    g.write("CR0", 0);
    expect(g.shows()).toEqual(["abort"]);
  });

  test("vector 7: CR0=1 written and not acknowledged allows old or new (A-CR0-ACK)", () => {
    const g = ready().translate();
    g.write("CR0", 0xd, { wait: false });
    expect(g.shows()).toEqual([BYPASS, S1]);
  });

  test("vector 8: a StreamID beyond the table is C_BAD_STREAMID (A-SID-RANGE)", () => {
    expect(s1().shows({ sid: 0x1_0000 })).toEqual(["abort+C_BAD_STREAMID"]);
  });

  test("vector 9: with RECINVSID=0 it is silent (A-RECINVSID)", () => {
    const g = ready();
    g.write("CR2", 0);
    g.enable();
    expect(g.shows({ sid: 0x1_0000 })).toEqual(["abort"]);
    expect(g.answers({ sid: 0x1_0000 })[0]?.silencedBy).toBe("A-RECINVSID");
  });

  test("vector 10: L1STD Span=0 is C_BAD_STREAMID (A-L1STD-SPAN0)", () => {
    const g = ready().enable();
    expect(g.shows({ sid: 0x300 })).toEqual(["abort+C_BAD_STREAMID"]);
    expect(g.answers({ sid: 0x300 })[0]?.rule).toBe("A-L1STD-SPAN0");
  });

  test("vector 11: Span=3 has four STEs, index 4 is C_BAD_STREAMID (A-L1STD-INDEX)", () => {
    const g = ready();
    g.store(L1 + 8n, makeL1std(3, 0x21_0000n));
    g.store(0x21_0000n + 64n * 3n, 9n);
    g.enable();
    expect(g.shows({ sid: 0x103 })).toEqual([BYPASS]);
    expect(g.shows({ sid: 0x104 })).toEqual(["abort+C_BAD_STREAMID"]);
    expect(g.answers({ sid: 0x104 })[0]?.rule).toBe("A-L1STD-INDEX");
  });

  test("vector 12: Span=10 with SPLIT=8 is C_BAD_STREAMID (A-L1STD-SPAN)", () => {
    const g = ready();
    g.store(L1 + 8n, makeL1std(10, 0x21_0000n));
    g.enable();
    expect(g.shows()).toEqual(["abort+C_BAD_STREAMID"]);
    expect(g.answers()[0]?.rule).toBe("A-L1STD-SPAN");
  });

  test("vector 13: an unbacked L2Ptr is F_STE_FETCH, and needs no CFGI once it is backed (A-STE-FETCH, A-SET-FAIL)", () => {
    const g = ready();
    g.limit = 0x8000_0000n;
    g.store(L1 + 8n, makeL1std(9, 0x9000_0000n));
    g.enable();
    expect(g.shows()).toEqual(["abort+F_STE_FETCH"]);
    expect(g.answers()[0]?.event?.words[3]).toBe(0x9000_0000n);
    g.words.set(0x9000_0000n, 9n);
    g.limit = 0x1_0000_0000n;
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("vector 14: STE word 0 = 0 is C_BAD_STE (A-STE-V)", () => {
    expect(withSte(0n).shows()).toEqual(["abort+C_BAD_STE"]);
  });

  test("vector 15: Config 0xx aborts silently with or without SSID (A-STE-ABORT)", () => {
    for (const q0 of [1n, 3n, 5n, 7n]) {
      const g = withSte(q0);
      expect(g.shows()).toEqual(["abort"]);
      expect(g.shows({ ssid: 5 })).toEqual(["abort"]);
      expect(g.answers()[0]?.rule).toBe("A-STE-ABORT");
    }
  });

  test("vector 16: STE 0x9 bypasses (A-STE-BYPASS)", () => {
    expect(withSte(9n).shows()).toEqual([BYPASS]);
  });

  test("vector 17: STE 0x9 with an SSID is C_BAD_SUBSTREAMID (A-SSID-BAD)", () => {
    expect(withSte(9n).shows({ ssid: 5 })).toEqual(["abort+C_BAD_SUBSTREAMID"]);
  });

  test("vector 18: stage 2 configured without S2P is C_BAD_STE (A-STE-S2P)", () => {
    expect(withSte(0xdn).shows()).toEqual(["abort+C_BAD_STE"]);
    expect(withSte(0xfn).shows()).toEqual(["abort+C_BAD_STE"]);
  });

  test("vector 19: S1CDMax=0 ignores S1DSS (A-S1)", () => {
    const g = s1({ cdmax: 0, s1dss: 0 });
    expect(g.shows()).toEqual([S1]);
  });

  test("vector 20: S1CDMax=4, S1DSS=0 without SSID is F_STREAM_DISABLED (A-DSS-TERMINATE)", () => {
    expect(s1({ cdmax: 4, s1dss: 0 }).shows()).toEqual(["abort+F_STREAM_DISABLED"]);
    expect(s1({ cdmax: 4, s1dss: 3 }).shows()).toEqual(["abort+F_STREAM_DISABLED"]);
  });

  test("vector 21: S1DSS=1 without SSID bypasses (A-DSS-BYPASS)", () => {
    expect(s1({ cdmax: 4, s1dss: 1 }).shows()).toEqual([BYPASS]);
  });

  test("vector 22: S1DSS=2 with SSID 0 is F_STREAM_DISABLED (A-DSS-SSID0)", () => {
    expect(s1({ cdmax: 4, s1dss: 2 }).shows({ ssid: 0 })).toEqual(["abort+F_STREAM_DISABLED"]);
  });

  test("vector 23: an SSID of 16 with S1CDMax=4 is C_BAD_SUBSTREAMID", () => {
    expect(s1({ cdmax: 4, s1dss: 2 }).shows({ ssid: 16 })).toEqual(["abort+C_BAD_SUBSTREAMID"]);
  });

  test("vector 24: CD[3].V=0 is C_BAD_CD (A-CD-V)", () => {
    const g = s1({ cdmax: 4, s1dss: 2 });
    expect(g.shows({ ssid: 3 })).toEqual(["abort+C_BAD_CD"]);
    expect(g.answers({ ssid: 3 })[0]?.rule).toBe("A-CD-V");
  });

  test("vector 25: S1STALLD=1 with STALL_MODEL=1 is C_BAD_STE (A-STE-STALLD)", () => {
    expect(s1({ stalld: true }).shows()).toEqual(["abort+C_BAD_STE"]);
  });

  test("vector 26: an unmapped address with R=1, A=1 is F_TRANSLATION (A-FLT-MAP)", () => {
    expect(s1().shows({ addr: 0x9000n })).toEqual(["abort+F_TRANSLATION"]);
  });

  test("vector 27: with R=0 it is silent (A-FLT-R)", () => {
    const g = ready().translate();
    g.store(CDT, makeCd({ asid: 1, ttb: TTB })[0] & ~(1n << 45n));
    g.enable();
    expect(g.shows({ addr: 0x9000n })).toEqual(["abort"]);
    expect(g.answers({ addr: 0x9000n })[0]?.silencedBy).toBe("A-FLT-R");
  });

  test("vector 28: an upper-half address with EPD1=1 is F_TRANSLATION (A-FLT-EPD)", () => {
    const g = s1();
    expect(g.shows({ addr: 0xffff_8000_0000_0000n })).toEqual(["abort+F_TRANSLATION"]);
    expect(g.answers({ addr: 0xffff_8000_0000_0000n })[0]?.rule).toBe("A-FLT-EPD");
  });

  test("vector 29: an unbacked CD pointer is F_CD_FETCH (A-CD-FETCH)", () => {
    const g = s1({ cdptr: 0x200_0000_0000n });
    expect(g.shows()).toEqual(["abort+F_CD_FETCH"]);
    expect(g.answers()[0]?.event?.words[3]).toBe(0x200_0000_0000n);
  });

  test("vector 30: an unbacked TTB is F_WALK_EABT with S2=0, CLASS=TT (A-FLT-WALK)", () => {
    const g = ready().translate();
    g.store(CDT + 8n, 0x300_0000_0000n);
    g.enable();
    expect(g.shows()).toEqual(["abort+F_WALK_EABT"]);
    const [, e1, e2, e3] = g.answers()[0]?.event?.words ?? [];
    expect(e1).toBe((1n << 40n) | (1n << 35n));
    expect(e2).toBe(IOVA);
    expect(e3).toBe(0x300_0000_0000n);
  });

  test("vector 31: a stage-1 output that is not backed aborts without event (A-OUT-UNBACKED)", () => {
    const g = s1();
    g.map(TTB, 0x7000n, 0x400_0000_0000n);
    expect(g.shows({ addr: 0x7000n })).toEqual(["abort"]);
    expect(g.answers({ addr: 0x7000n })[0]?.rule).toBe("A-OUT-UNBACKED");
  });

  test("vectors 32, 33, 34: STE 0x1 to S1 needs CFGI and SYNC to be certain (A-SET-WORD, A-SET-SYNC)", () => {
    const g = ready();
    g.storeAll(g.ste(), makeSte("abort"));
    g.enable();
    expect(g.shows()).toEqual(["abort"]);
    const [q0, ...rest] = makeSte("translate", { cdptr: CDT });
    g.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    g.map(TTB, IOVA, GPA);
    g.storeAll(g.ste() + 8n, rest);
    g.cmd(READY.cfgiSte(SID), READY.syncSev);
    g.store(g.ste(), q0);
    expect(g.shows(), "vector 32").toEqual(["abort", S1]);
    g.cmd(READY.cfgiSte(SID));
    expect(g.shows(), "vector 33").toEqual(["abort", S1]);
    g.cmd(READY.syncSev);
    expect(g.shows(), "vector 34").toEqual([S1]);
    expect(g.s.caches.streams).toEqual([]);
  });

  test("vector 35: S1 to 0x0 with CFGI and SYNC is C_BAD_STE, not the old S1", () => {
    const g = s1();
    g.storeAll(g.ste(), makeSte("invalid"));
    g.cmd(READY.cfgiSte(SID), READY.syncSev);
    expect(g.shows()).toEqual(["abort+C_BAD_STE"]);
  });

  test("vector 36: CFGI_ALL at SMMUEN=0, then an STE store, then SMMUEN=1 needs no further CFGI (A-SET-SMMUEN)", () => {
    const g = ready();
    g.store(g.ste(), 1n);
    g.enable();
    g.write("CR0", 0xc);
    g.cmd(READY.cfgiAll, READY.syncSev);
    g.store(g.ste(), 9n);
    g.enable();
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("vector 37: SMMUEN 1, 0, 1 with the STE edited meanwhile and no CFGI: old or new", () => {
    const g = ready();
    g.store(g.ste(), 1n);
    g.enable();
    g.write("CR0", 0xc);
    g.store(g.ste(), 0n);
    g.store(g.ste(), 9n);
    g.enable();
    // The value in between was never visible to an enabled SMMU.
    expect(g.shows()).toEqual(["abort", BYPASS]);
  });

  test("vector 38: EVENTQEN=0 aborts and records nothing (A-EVQ-EN)", () => {
    const g = ready();
    g.write("CR0", 0x9);
    const [a] = g.answers();
    expect([a?.cls, a?.event?.name, a?.recorded]).toEqual(["abort", "C_BAD_STE", "eventqen"]);
    const words = a?.event?.words;
    expect(words && archRecordEvent(g.s, words, g.read)).toMatchObject({ written: null, reason: "eventqen" });
  });

  test("vector 39: a full queue aborts, drops and toggles OVFLG (A-EVQ-FULL)", () => {
    const g = ready().enable();
    g.s = { ...g.s, eventqProd: 16 };
    expect(eventqState(g.s)).toBe("full");
    const [a] = g.answers();
    expect([a?.cls, a?.recorded]).toEqual(["abort", "full"]);
    const words = a?.event?.words;
    if (!words) throw new Error("no event");
    const r = archRecordEvent(g.s, words, g.read);
    expect(r.smmu.eventqProd).toBe(0x8000_0010);
    expect(archRecordEvent(r.smmu, words, g.read).smmu).toBe(r.smmu);
  });

  test("vector 40: Translated traffic under Config 100 with ATSCHK=1 is F_TRANSL_FORBIDDEN (A-ATS-TT-BYPASS)", () => {
    const g = new Guest(accelIdr({ oas: 44, ats: true, ril: true, ssidsize: 20 })).tables();
    g.storeAll(g.ste(), [9n, 1n << 28n]);
    g.write("CR0", 0x1d);
    expect(g.shows({ ats: "translated" })).toEqual(["abort+F_TRANSL_FORBIDDEN"]);
  });

  test("vector 41: a Translation Request under V=0 gets CA without event (A-ATS-REQ-STE)", () => {
    const g = new Guest(idrWith({ set0: 1 << 10 })).tables();
    g.write("CR0", 0x1d);
    expect(g.shows({ ats: "request" })).toEqual(["ats-ca"]);
  });

  test("vector 42: after shutdown with ABORT=0 DMA to an IOVA bypasses to that IPA", () => {
    const g = s1();
    g.write("CR0", 0);
    expect(g.shows()).toEqual([BYPASS]);
  });
});
