import { describe, expect, test } from "vitest";
import { encodeCd, makeCd } from "./cd.ts";
import { oracle, oracleInput } from "./oracle.ts";
import type { Answer, TableRange, Txn } from "./oracle-types.ts";
import { encodeSte, makeSte } from "./ste.ts";
import { CDT, GPA, Guest, IDR20, IOVA, idrWith, TTB, txn } from "./testkit.test-helper.ts";

const ask = (g: Guest, p: Partial<Txn> = {}): Answer => oracle(oracleInput(g.s, g.read, g.lookup), txn(p));

describe("ATS (section 3.4)", () => {
  const ATS = 1 << 10;
  const idr = idrWith({ set0: ATS });
  const on = (q: readonly bigint[], cr0 = 0x1d, useIdr = idr): Guest => {
    const g = new Guest(useIdr).tables();
    g.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    g.map(TTB, IOVA, GPA);
    g.storeAll(g.ste(), q);
    g.write("CR0", cr0);
    return g;
  };
  const req = (g: Guest, p: Partial<Txn> = {}): Answer => ask(g, { ats: "request", ...p });
  const tt = (g: Guest, p: Partial<Txn> = {}): Answer => ask(g, { ats: "translated", ...p });
  const full = makeSte("translate", { cdptr: CDT, eats: 1 });
  const part = (a: Answer): readonly unknown[] => [a.cls, a.event?.name ?? null, a.rule];

  test("A-ATS-NONE: a vSMMU without ATS refuses both", () => {
    const g = on(full, 0xd, IDR20);
    expect(part(req(g))).toEqual(["ats-ur", "F_BAD_ATS_TREQ", "A-ATS-NONE"]);
    expect(part(tt(g))).toEqual(["abort", "F_TRANSL_FORBIDDEN", "A-ATS-NONE"]);
  });

  test("A-ATS-REQ-OFF, A-ATS-TT-OFF: SMMUEN=0, whatever GBPA says", () => {
    const g = on(full, 0xc);
    expect(part(req(g))).toEqual(["ats-ur", "F_BAD_ATS_TREQ", "A-ATS-REQ-OFF"]);
    expect(part(tt(g))).toEqual(["abort", "F_TRANSL_FORBIDDEN", "A-ATS-TT-OFF"]);
  });

  test("A-ATS-TT-MAY: at SMMUEN=0 recording is permitted, not required", () => {
    const g = on(full, 0xc);
    expect(g.shows({ ats: "translated" })).toEqual(["abort", "abort+F_TRANSL_FORBIDDEN"]);
  });

  test("A-ATS-REQ-SID, A-ATS-TT-CONFIG: no STE to be had", () => {
    const g = on(full);
    expect(part(req(g, { sid: 0x1_0000 }))).toEqual(["ats-failed", null, "A-ATS-REQ-SID"]);
    expect(part(tt(g, { sid: 0x1_0000 }))).toEqual(["abort", null, "A-ATS-TT-CONFIG"]);
    g.limit = 0x1000n;
    expect(part(req(g))).toEqual(["ats-failed", null, "A-ATS-REQ-SID"]);
    expect(part(tt(g))).toEqual(["abort", null, "A-ATS-TT-CONFIG"]);
  });

  test("A-ATS-REQ-STE, A-ATS-TT-CONFIG: an invalid STE", () => {
    const g = on([0n]);
    expect(part(req(g))).toEqual(["ats-ca", null, "A-ATS-REQ-STE"]);
    expect(part(tt(g))).toEqual(["abort", null, "A-ATS-TT-CONFIG"]);
  });

  test("A-ATS-TT-RECERR: recorded with ATSRECERR=1 and REC_CFG_ATS=1", () => {
    const rec = idrWith({ set0: ATS | (1 << 23) });
    const make = (q: readonly bigint[]): Guest => {
      const g = on(q, 0xc, rec);
      g.write("CR2", 0xa);
      g.write("CR0", 0x1d);
      return g;
    };
    expect(part(tt(make([0n])))).toEqual(["abort", "C_BAD_STE", "A-ATS-TT-RECERR"]);
    expect(part(tt(make(full), { sid: 0x1_0000 }))).toEqual(["abort", "C_BAD_STREAMID", "A-ATS-TT-RECERR"]);
    const g = make(full);
    g.limit = 0x1000n;
    expect(part(tt(g))).toEqual(["abort", "F_STE_FETCH", "A-ATS-TT-RECERR"]);
  });

  test("A-ATS-REQ-ABORT, A-ATS-TT-ABORT: Config 0xx", () => {
    const g = on([1n]);
    expect(part(req(g))).toEqual(["ats-ur", null, "A-ATS-REQ-ABORT"]);
    expect(part(tt(g))).toEqual(["abort", null, "A-ATS-TT-ABORT"]);
  });

  test("A-ATS-REQ-BYPASS, A-ATS-TT-BYPASS: Config 100, EATS acts as 0", () => {
    const g = on([9n, 1n << 28n]);
    expect(part(req(g))).toEqual(["ats-ur", "F_BAD_ATS_TREQ", "A-ATS-REQ-BYPASS"]);
    expect(part(tt(g))).toEqual(["abort", "F_TRANSL_FORBIDDEN", "A-ATS-TT-BYPASS"]);
  });

  test("A-ATS-REQ-EATS, A-ATS-TT-EATS: EATS=0, and EATS=3 without DPT", () => {
    for (const eats of [0, 3]) {
      const g = on(makeSte("translate", { cdptr: CDT, eats }));
      expect(part(req(g))).toEqual(["ats-ur", "F_BAD_ATS_TREQ", "A-ATS-REQ-EATS"]);
      expect(part(tt(g))).toEqual(["abort", "F_TRANSL_FORBIDDEN", "A-ATS-TT-EATS"]);
    }
    const dpt = on(
      makeSte("translate", { cdptr: CDT, eats: 3 }),
      0x1d,
      idrWith({ set0: ATS, set3: 1 << 15 }),
    );
    expect(req(dpt).rule).toBe("A-ATS-REQ-SERVED");
  });

  test("A-ATS-REQ-SERVED, A-ATS-TT-PASS: EATS=1", () => {
    const g = on(full);
    expect(req(g)).toMatchObject({ cls: "ats-served", output: GPA, event: null, rule: "A-ATS-REQ-SERVED" });
    expect(tt(g, { addr: GPA })).toMatchObject({ cls: "ats-pass", output: GPA, rule: "A-ATS-TT-PASS" });
  });

  test("A-ATS-REQ-FAULT: a translation fault is a reply without permission", () => {
    expect(part(req(on(full), { addr: 0x9000n }))).toEqual(["ats-noperm", null, "A-ATS-REQ-FAULT"]);
    const silent = on(full);
    silent.storeAll(CDT, encodeCd({ R: 0n }, makeCd({ asid: 1, ttb: TTB })));
    expect(part(req(silent, { addr: 0x9000n }))).toEqual(["ats-noperm", null, "A-ATS-REQ-FAULT"]);
    const dss = on(makeSte("translate", { cdptr: CDT, eats: 1, cdmax: 4, s1dss: 1 }));
    expect(part(req(dss, { addr: 1n << 45n }))).toEqual(["ats-noperm", null, "A-ATS-REQ-FAULT"]);
    expect(req(dss)).toMatchObject({ cls: "ats-served", output: IOVA });
  });

  test("A-ATS-REQ-DSS: what F_STREAM_DISABLED would stop", () => {
    const none = on(makeSte("translate", { cdptr: CDT, eats: 1, cdmax: 4, s1dss: 0 }));
    expect(part(req(none))).toEqual(["ats-ca", null, "A-ATS-REQ-DSS"]);
    const zero = on(makeSte("translate", { cdptr: CDT, eats: 1, cdmax: 4, s1dss: 2 }));
    expect(part(req(zero, { ssid: 0 }))).toEqual(["ats-ca", null, "A-ATS-REQ-DSS"]);
  });

  test("A-ATS-REQ-CONFIG: bad SSID, bad CD, unbacked table", () => {
    expect(part(req(on(full), { ssid: 3 }))).toEqual(["ats-ca", null, "A-ATS-REQ-CONFIG"]);
    const cd = on(full);
    cd.store(CDT, 0n);
    expect(part(req(cd))).toEqual(["ats-ca", null, "A-ATS-REQ-CONFIG"]);
    const walk = on(full);
    walk.store(CDT + 8n, 1n << 41n);
    expect(part(req(walk))).toEqual(["ats-ca", null, "A-ATS-REQ-CONFIG"]);
  });

  test("A-ATS-TT-UNCHECKED: ATSCHK=0 lets Translated traffic pass whatever the STE says", () => {
    for (const q of [full, [0n], [1n], [9n]] as const) {
      expect(part(tt(on(q, 0xd)))).toEqual(["ats-pass", null, "A-ATS-TT-UNCHECKED"]);
    }
  });

  test("EATS=2 acts as 0 without ATSCHK", () => {
    const nested = idrWith({ set0: ATS | 1 });
    const q = encodeSte({
      V: 1n,
      Config: 7n,
      EATS: 2n,
      S1ContextPtr: CDT,
      S2T0SZ: 24n,
      S2SL0: 2n,
      S2PS: 4n,
      S2AA64: 1n,
      S2TTB: 0x70_0000n,
    });
    const served = (cr0: number): string => {
      const g = on(q, cr0, nested);
      const lookup2 = (_: bigint, ipa: bigint): TableRange => ({
        iova: 0n,
        gpa: 0n,
        size: ipa + 1n,
        read: true,
        write: true,
        af: true,
      });
      return oracle({ ...oracleInput(g.s, g.read, g.lookup), lookup2 }, txn({ ats: "request" })).rule;
    };
    expect(served(0xd)).toBe("A-ATS-REQ-EATS");
    expect(served(0x1d)).toBe("A-ATS-REQ-SERVED");
  });

  test("a request through the vSMMU's own stage 2 that faults there has no permission", () => {
    const g = on(
      encodeSte({
        V: 1n,
        Config: 7n,
        EATS: 1n,
        S1ContextPtr: CDT,
        S2T0SZ: 24n,
        S2SL0: 2n,
        S2PS: 4n,
        S2AA64: 1n,
      }),
      0x1d,
      idrWith({ set0: ATS | 1 }),
    );
    expect(req(g).rule).toBe("A-ATS-REQ-FAULT");
  });
});
