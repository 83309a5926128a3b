import { describe, expect, test } from "vitest";
import { encodeCd, makeCd } from "./cd.ts";
import { decodeEvent } from "./events.ts";
import type { Idr } from "./idr.ts";
import { makeL1cd } from "./l1std.ts";
import { oracle, oracleInput } from "./oracle.ts";
import type { Answer, TableRange, Txn } from "./oracle-types.ts";
import { makeSte } from "./ste.ts";
import { CDT, GPA, Guest, IDR20, IOVA, idrWith, SID, show, TTB, txn } from "./testkit.test-helper.ts";

const STALLS = idrWith({ clear0: (3 << 24) | (1 << 26) });
const cdWith = (p: Record<string, bigint>): readonly bigint[] => encodeCd(p, makeCd({ asid: 1, ttb: TTB }));
/** S1 stream with the driver's CD changed in some fields. */
const s1 = (p: Record<string, bigint> = {}, idr: Idr = IDR20): Guest => {
  const g = new Guest(idr).tables().translate();
  g.storeAll(CDT, cdWith(p));
  return g.enable();
};
const ask = (g: Guest, p: Partial<Txn> = {}): Answer => oracle(oracleInput(g.s, g.read, g.lookup), txn(p));

describe("SMMUEN=0", () => {
  test("A-GBPA-ABORT, A-GBPA-BYPASS: GBPA decides for every StreamID", () => {
    const g = new Guest();
    expect(ask(g)).toMatchObject({ cls: "bypass", output: IOVA, rule: "A-GBPA-BYPASS", event: null });
    g.write("GBPA", 0x8010_0000);
    expect(ask(g, { sid: 0xffff_ffff })).toMatchObject({ cls: "abort", rule: "A-GBPA-ABORT", event: null });
  });

  test("A-GBPA-OAS: an address beyond the output size aborts silently", () => {
    expect(ask(new Guest(), { addr: 1n << 44n })).toMatchObject({
      cls: "abort",
      rule: "A-GBPA-OAS",
      event: null,
    });
  });

  test("A-OUT-UNBACKED: a bypassed address that no memory backs is no SMMU event", () => {
    const g = new Guest();
    g.limit = 0x1_0000n;
    expect(ask(g, { addr: 0x1_0000n })).toMatchObject({ cls: "abort", rule: "A-OUT-UNBACKED", event: null });
  });
});

describe("stream table geometry (section 1.4)", () => {
  const bypassAt = (base: bigint, cfg: number, ste: bigint): Guest => {
    const g = new Guest();
    g.store(ste, 9n);
    g.write("STRTAB_BASE", base);
    g.write("STRTAB_BASE_CFG", cfg);
    return g.enable();
  };

  test("linear: STE at base + 64·SID, LOG2SIZE capped by SIDSIZE (A-SID-RANGE)", () => {
    const g = bypassAt(0x400_0000n, 63, 0x400_0000n + 64n * 0xffffn);
    expect(ask(g, { sid: 0xffff }).cls).toBe("bypass");
    expect(ask(g, { sid: 0x1_0000 }).rule).toBe("A-SID-RANGE");
    const small = bypassAt(0x400_0000n, 4, 0x400_0000n + 64n * 15n);
    expect(ask(small, { sid: 15 }).cls).toBe("bypass");
    expect(ask(small, { sid: 16 }).rule).toBe("A-SID-RANGE");
  });

  test("the base is taken as aligned to the table size", () => {
    const g = bypassAt(0x400_0fc0n, 8, 0x400_0000n + 64n * 3n);
    expect(ask(g, { sid: 3 }).cls).toBe("bypass");
  });

  test("SPLIT 8 and 10 are used, any other acts as 6; a reserved FMT acts as linear", () => {
    for (const [split, acts] of [
      [6, 6],
      [8, 8],
      [10, 10],
      [7, 6],
      [0, 6],
    ] as const) {
      const g = new Guest();
      const sid = 0x812;
      g.store(0x400_0000n + 8n * BigInt(sid >> acts), 0x500_0000n | BigInt(acts + 1));
      g.store(0x500_0000n + 64n * BigInt(sid & (2 ** acts - 1)), 9n);
      g.write("STRTAB_BASE", 0x400_0000n);
      g.write("STRTAB_BASE_CFG", 0x1_0010 | (split << 6));
      g.enable();
      expect(ask(g, { sid }).cls, `SPLIT ${split}`).toBe("bypass");
    }
    expect(ask(bypassAt(0x400_0000n, 0x2_0210, 0x400_0000n + 64n * 3n), { sid: 3 }).cls).toBe("bypass");
    const linearOnly = new Guest(idrWith({ clear0: 3 << 27 }));
    linearOnly.store(0x400_0000n + 64n * 3n, 9n);
    linearOnly.write("STRTAB_BASE", 0x400_0000n);
    linearOnly.write("STRTAB_BASE_CFG", 0x1_0210);
    expect(ask(linearOnly.enable(), { sid: 3 }).cls).toBe("bypass");
  });

  test("A-STE-FETCH: an L1STD that cannot be fetched, and one whose table lies beyond the output size", () => {
    const g = new Guest().tables().enable();
    g.limit = 0x1000n;
    expect(ask(g)).toMatchObject({ rule: "A-STE-FETCH", event: { name: "F_STE_FETCH" } });
    expect(ask(g).event?.words[3]).toBe(0x10_0008n);
    const h = new Guest();
    h.limit = 1n << 50n;
    h.write("STRTAB_BASE", 1n << 46n);
    h.write("STRTAB_BASE_CFG", 8);
    expect(ask(h.enable(), { sid: 1 }).rule).toBe("A-STE-FETCH");
  });
});

describe("streams and substreams", () => {
  test("A-STE-IAS: a bypassed stage 1 beyond the input size is F_ADDR_SIZE with S2=0, CLASS=IN", () => {
    const g = new Guest().tables();
    g.storeAll(g.ste(), makeSte("bypass"));
    g.enable();
    const a = ask(g, { addr: 1n << 44n });
    expect(a).toMatchObject({ cls: "abort", rule: "A-STE-IAS" });
    expect(decodeEvent(a.event?.words ?? [])).toMatchObject({
      name: "F_ADDR_SIZE",
      s2: false,
      cls: 2,
      rnw: true,
    });
  });

  test("A-SSID-BAD: an SSID without substreams, beyond S1CDMax, or without SSIDSIZE", () => {
    const lone = s1();
    expect(ask(lone, { ssid: 0 })).toMatchObject({
      rule: "A-SSID-BAD",
      event: { name: "C_BAD_SUBSTREAMID" },
    });
    const none = new Guest(idrWith({ idr1: 0x0273_0010 })).tables().translate({ cdmax: 4 }).enable();
    expect(ask(none, { ssid: 1 }).rule).toBe("A-SSID-BAD");
    // Without SSIDSIZE S1CDMax is ignored, and with it S1DSS.
    const zero = new Guest(idrWith({ idr1: 0x0273_0010 }))
      .tables()
      .translate({ cdmax: 4, s1dss: 0 })
      .enable();
    expect(show(ask(zero))).toBe("s1:0x84000");
  });

  test("SSID n uses CD n of a linear table; without SSID and S1DSS=2 CD 0", () => {
    const g = new Guest().tables().translate({ cdmax: 4 });
    g.storeAll(CDT + 64n * 3n, makeCd({ asid: 2, ttb: 0x41_0000n }));
    g.map(0x41_0000n, IOVA, 0x9_9000n);
    g.enable();
    expect(show(ask(g, { ssid: 3 }))).toBe("s1:0x99000");
    expect(show(ask(g))).toBe("s1:0x84000");
    expect(ask(g, { ssid: 3 }).event).toBeNull();
  });

  test("A-L1CD: two-level CD tables of 64 and of 1024 CDs", () => {
    const idr = idrWith({ set0: 1 << 19 });
    for (const [fmt, bits] of [
      [1, 6],
      [2, 10],
    ] as const) {
      const g = new Guest(idr).tables().translate({ fmt, cdmax: 12, cdptr: 0x31_0000n });
      const ssid = 2 * 2 ** bits + 5;
      expect(ask(g.enable(), { ssid })).toMatchObject({
        rule: "A-L1CD",
        event: { name: "C_BAD_SUBSTREAMID" },
      });
      g.store(0x31_0000n + 16n, makeL1cd(true, 0x32_0000n));
      g.storeAll(0x32_0000n + 64n * 5n, makeCd({ asid: 1, ttb: TTB }));
      expect(show(ask(g, { ssid }))).toBe("s1:0x84000");
      g.store(0x31_0000n + 16n, makeL1cd(true, 1n << 45n));
      expect(ask(g, { ssid }).rule).toBe("A-L1CD");
    }
  });

  test("A-CD-FETCH: an L1CD or a leaf that cannot be fetched", () => {
    const g = new Guest(idrWith({ set0: 1 << 19 }))
      .tables()
      .translate({ fmt: 1, cdmax: 12, cdptr: 1n << 41n });
    g.enable();
    expect(ask(g, { ssid: 70 })).toMatchObject({ rule: "A-CD-FETCH", event: { name: "F_CD_FETCH" } });
    expect(ask(g, { ssid: 70 }).event?.words[3]).toBe((1n << 41n) + 8n);
  });
});

describe("stage-1 faults (section 3.2)", () => {
  test("A-S1: the output is the mapping's, byte by byte", () => {
    expect(show(ask(s1(), { addr: IOVA + 0x123n }))).toBe(`s1:0x${(GPA + 0x123n).toString(16)}`);
  });

  test("A-FLT-VA: outside TxSZ", () => {
    const a = ask(s1(), { addr: 1n << 48n });
    expect(a).toMatchObject({ cls: "abort", rule: "A-FLT-VA", event: { name: "F_TRANSLATION" } });
    expect(ask(s1({ T0SZ: 32n }), { addr: 1n << 32n }).rule).toBe("A-FLT-VA");
    const upper = s1({ EPD1: 0n, TG1: 2n, T1SZ: 16n, TTB1: 0x42_0000n });
    expect(ask(upper, { addr: 0xfffe_ffff_ffff_f000n }).rule).toBe("A-FLT-VA");
  });

  test("A-FLT-EPD: either half", () => {
    expect(ask(s1({ EPD0: 1n })).rule).toBe("A-FLT-EPD");
    expect(ask(s1(), { addr: 0xffff_ffff_ffff_f000n }).rule).toBe("A-FLT-EPD");
  });

  test("the upper half goes by TTB1, and TBI ignores the top byte", () => {
    const g = s1({ EPD1: 0n, TG1: 2n, T1SZ: 16n, TTB1: 0x42_0000n, TBI0: 1n });
    g.map(0x42_0000n, 0xffff_ffff_0000_0000n, 0x7_0000n);
    expect(show(ask(g, { addr: 0xffff_ffff_0000_0010n }))).toBe("s1:0x70010");
    expect(show(ask(g, { addr: 0xab00_0000_0000_4000n }))).toBe("s1:0x84000");
    const t = s1({ EPD1: 0n, TG1: 2n, T1SZ: 16n, TTB1: 0x42_0000n, TBI1: 1n });
    t.map(0x42_0000n, 0xffff_ffff_0000_0000n, 0x7_0000n);
    expect(show(ask(t, { addr: 0x00ff_ffff_0000_0010n }))).toBe("s1:0x70010");
  });

  test("AArch32 tables have 32-bit addresses", () => {
    const g = s1({ AA64: 0n, T0SZ: 0n }, idrWith({ set0: 3 << 2 }));
    expect(show(ask(g))).toBe("s1:0x84000");
    expect(ask(g, { addr: 1n << 32n }).rule).toBe("A-FLT-VA");
    expect(ask(s1({ AA64: 0n, T0SZ: 0n, EPD0: 1n }, idrWith({ set0: 3 << 2 }))).rule).toBe("A-FLT-EPD");
  });

  test("A-FLT-WALK: the fetch address is the first descriptor's", () => {
    const g = s1({ TTB0: 1n << 41n });
    const a = ask(g, { addr: 0x0123_4567_8000n });
    expect(a).toMatchObject({ cls: "abort", rule: "A-FLT-WALK", event: { name: "F_WALK_EABT" } });
    // 48 bits, 4K: level 0 is indexed by bits 47:39.
    expect(a.event?.words[3]).toBe((1n << 41n) + 8n * 2n);
    // F_WALK_EABT ignores CD.R and CD.S.
    expect(ask(s1({ TTB0: 1n << 41n, R: 0n })).event?.name).toBe("F_WALK_EABT");
    expect(ask(s1({ TTB0: 1n << 41n, S: 1n }, STALLS)).cls).toBe("abort");
  });

  test("A-FLT-MAP: no mapping", () => {
    const a = ask(s1(), { addr: 0x9000n, rnw: false, pnu: true, ind: true });
    expect(a).toMatchObject({ cls: "abort", rule: "A-FLT-MAP", recorded: "written" });
    expect(decodeEvent(a.event?.words ?? [])).toMatchObject({
      name: "F_TRANSLATION",
      sid: SID,
      ssid: null,
      rnw: false,
      pnu: true,
      ind: true,
      s2: false,
      cls: 2,
      addr: 0x9000n,
      stall: false,
    });
  });

  test("A-FLT-SIZE: output beyond the effective IPS", () => {
    const g = s1({ IPS: 0n });
    g.map(TTB, 0x7000n, 1n << 32n);
    expect(ask(g, { addr: 0x7000n })).toMatchObject({ rule: "A-FLT-SIZE", event: { name: "F_ADDR_SIZE" } });
  });

  test("A-FLT-AF: access flag clear, unless AFFD or hardware updates it", () => {
    for (const [p, idr, rule] of [
      [{}, IDR20, "A-FLT-AF"],
      [{ AFFD: 1n }, IDR20, "A-S1"],
      [{ HA: 1n }, idrWith({ set0: 1 << 6 }), "A-S1"],
    ] as const) {
      const g = s1(p, idr);
      g.map(TTB, 0x7000n, 0x9_9000n, { af: false });
      expect(ask(g, { addr: 0x7000n }).rule).toBe(rule);
    }
  });

  test("A-FLT-PERM: reads and writes each need their permission; F_ACCESS comes first", () => {
    const g = s1();
    g.map(TTB, 0x7000n, 0x9_9000n, { write: false });
    g.map(TTB, 0x8000n, 0x9_a000n, { read: false, af: false });
    expect(ask(g, { addr: 0x7000n }).cls).toBe("s1");
    expect(ask(g, { addr: 0x7000n, rnw: false })).toMatchObject({
      rule: "A-FLT-PERM",
      event: { name: "F_PERMISSION" },
    });
    expect(ask(g, { addr: 0x8000n }).rule).toBe("A-FLT-AF");
  });

  test("A-FLT-R: R=0 silences what would be recorded", () => {
    const a = ask(s1({ R: 0n }), { addr: 0x9000n });
    expect(a).toMatchObject({
      cls: "abort",
      rule: "A-FLT-MAP",
      event: null,
      silencedBy: "A-FLT-R",
      recorded: "none",
    });
  });

  test("A-FLT-STALL: S=1 stalls and records whatever R says", () => {
    const a = ask(s1({ S: 1n, R: 0n }, STALLS), { addr: 0x9000n });
    expect(a).toMatchObject({ cls: "stall", rule: "A-FLT-STALL" });
    expect(decodeEvent(a.event?.words ?? []).stall).toBe(true);
  });

  test("A-FLT-RAZWI: A=0 with TERM_MODEL=0", () => {
    expect(ask(s1({ A: 0n }, STALLS), { addr: 0x9000n })).toMatchObject({
      cls: "razwi",
      rule: "A-FLT-RAZWI",
    });
    expect(ask(s1({ A: 0n, R: 0n }, STALLS), { addr: 0x9000n })).toMatchObject({ cls: "razwi", event: null });
  });

  test("A-OUT-UNBACKED: an output without memory", () => {
    const g = s1();
    g.map(TTB, 0x7000n, 1n << 41n);
    expect(ask(g, { addr: 0x7000n }).rule).toBe("A-OUT-UNBACKED");
  });

  test("A-S1-TLB: a TLB hit needs no walk", () => {
    const g = s1({ TTB0: 1n << 41n });
    const hit: TableRange = { iova: IOVA, gpa: 0x9_9000n, size: 0x1000n, read: true, write: false, af: true };
    const input = { ...oracleInput(g.s, g.read, g.lookup), tlbHit: () => hit };
    expect(oracle(input, txn())).toMatchObject({ cls: "s1", output: 0x9_9000n, rule: "A-S1-TLB" });
    expect(oracle(input, txn({ rnw: false })).rule).toBe("A-FLT-PERM");
  });
});

describe("the path", () => {
  test("is null unless asked for, and then names each hop in order", () => {
    const g = s1();
    expect(ask(g).path).toBeNull();
    const path = oracle(oracleInput(g.s, g.read, g.lookup), txn(), true).path ?? [];
    expect(path.map((h) => h.what)).toEqual(["CR0", "STRTAB", "L1STD", "STE", "CD", "TT", "S1", "OUT"]);
    expect(path.find((h) => h.what === "STE")?.addr).toBe(g.ste());
    expect(path.find((h) => h.what === "STE")?.words).toHaveLength(8);
    expect(path.find((h) => h.what === "CD")?.words[1]).toBe(TTB);
    const off = oracle(oracleInput(new Guest().s, g.read, g.lookup), txn(), true).path ?? [];
    expect(off.map((h) => h.what)).toEqual(["CR0", "GBPA", "OUT"]);
  });

  test("a path that ends early says where", () => {
    const end = (g: Guest, p: Partial<Txn> = {}): string | undefined =>
      oracle(oracleInput(g.s, g.read, g.lookup), txn(p), true).path?.at(-1)?.what;
    const g = s1();
    expect(end(g, { sid: 0x300 })).toBe("L1STD");
    expect(end(g, { sid: 0x101 })).toBe("STE");
    expect(end(g, { addr: 0x9000n })).toBe("TT");
    expect(end(s1({ V: 0n }))).toBe("CD");
    g.limit = 0x25_0000n;
    expect(end(g)).toBe("CD");
  });
});
