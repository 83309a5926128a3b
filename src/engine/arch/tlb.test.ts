/** Which translations stay legal after a change in tables or CDs, and until when (sections 3.6 and 4.1). */
import { describe, expect, test } from "vitest";
import { COLD, WARM } from "./caches.ts";
import { encodeCd, makeCd } from "./cd.ts";
import { encodeCommand, READY } from "./commands.ts";
import { makeSte } from "./ste.ts";
import { CDT, GPA, Guest, IOVA, idrWith, SID, TTB, TTB2 } from "./testkit.test-helper.ts";

const S1 = `s1:0x${GPA.toString(16)}`;
const BYPASS = `bypass:0x${IOVA.toString(16)}`;
const OTHER = 0x9_9000n;
const UNMAPPED = "abort+F_TRANSLATION";
const S1B = `s1:0x${OTHER.toString(16)}`;
const { syncSev: SYNC, cfgiAll: CFGI_ALL, tlbiNsnhAll: TLBI_ALL } = READY;
const CFGI = READY.cfgiSte(SID);

const s1 = (p: Parameters<Guest["translate"]>[0] = {}): Guest => new Guest().tables().translate(p).enable();
const range = (name: string, va: bigint, x: Record<string, bigint> = {}) =>
  encodeCommand(name, { va: (va >> 12n) << 12n, ...x });

describe("translations", () => {
  const remap = (g: Guest): void => {
    g.unmap(TTB, IOVA);
    g.map(TTB, IOVA, OTHER);
  };

  test("A-SET-TLB: a removed mapping stays legal until TLBI and SYNC; a new one needs nothing", () => {
    const g = s1();
    g.map(TTB, 0x7000n, OTHER);
    expect(g.shows({ addr: 0x7000n })).toEqual([S1B]);
    g.unmap(TTB, IOVA);
    expect(g.shows()).toEqual([UNMAPPED, S1].sort());
    g.cmd(CFGI_ALL, SYNC);
    expect(g.shows(), "CFGI empties no TLB").toHaveLength(2);
    g.cmd(READY.tlbiNhAsid(1));
    expect(g.shows(), "no SYNC yet").toHaveLength(2);
    g.cmd(SYNC);
    expect(g.shows()).toEqual([UNMAPPED]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-TLB: a replaced mapping: old or new, with the old permissions", () => {
    const g = s1();
    remap(g);
    expect(g.shows()).toEqual([S1, S1B]);
    g.cmd(TLBI_ALL, SYNC);
    expect(g.shows()).toEqual([S1B]);
    const ro = s1();
    ro.map(TTB, 0x7000n, OTHER, { write: false });
    ro.unmap(TTB, 0x7000n);
    ro.map(TTB, 0x7000n, OTHER);
    expect(ro.shows({ addr: 0x7000n, rnw: false })).toEqual(["abort+F_PERMISSION", S1B]);
  });

  test("A-SET-TLB: a mapping without access flag, an empty table or a cold TLB leaves nothing", () => {
    const g = s1();
    g.map(TTB, 0x7000n, OTHER, { af: false });
    g.unmap(TTB, 0x7000n);
    g.map(TTB2, IOVA, OTHER);
    g.unmap(TTB2, IOVA);
    expect(g.s.caches).toBe(WARM);
    const off = new Guest().tables().translate();
    off.unmap(TTB, IOVA);
    expect(off.s.caches).toBe(COLD);
  });

  test("A-SET-TLBI: another ASID's TLBI changes nothing", () => {
    const g = s1();
    remap(g);
    g.cmd(READY.tlbiNhAsid(2), SYNC);
    expect(g.shows()).toEqual([S1, S1B]);
    g.cmd(range("tlbi-nh-va", IOVA, { asid: 2n }), SYNC);
    expect(g.shows()).toEqual([S1, S1B]);
    g.cmd(encodeCommand("tlbi-nh-all"), SYNC);
    expect(g.shows()).toEqual([S1B]);
  });

  test("A-SET-TLBI: by address, one page or a range; the rest of the old mapping stays", () => {
    const make = (): Guest => {
      const g = s1();
      g.map(TTB, 0x10_0000n, 0x80_0000n, { size: 0x8000n });
      g.unmap(TTB, 0x10_0000n);
      return g;
    };
    const stale = (g: Guest): string =>
      [0, 1, 2, 3, 4, 5, 6, 7]
        .map((i) => (g.shows({ addr: 0x10_0000n + BigInt(0x1000 * i) }).length === 2 ? "x" : "."))
        .join("");
    const g = make();
    expect(stale(g)).toBe("xxxxxxxx");
    g.cmd(range("tlbi-nh-va", 0x10_3000n, { asid: 1n }), SYNC);
    expect(stale(g)).toBe("xxx.xxxx");
    g.cmd(range("tlbi-nh-vaa", 0x10_0000n), SYNC);
    expect(stale(g)).toBe(".xx.xxxx");
    // (NUM+1)·2^SCALE pages of 4K: 2·2.
    g.cmd(range("tlbi-nh-va", 0x10_4000n, { asid: 1n, num: 1n, scale: 1n, tg: 1n }), SYNC);
    expect(stale(g)).toBe(".xx.....");
    g.cmd(range("tlbi-nh-vaa", 0x10_0000n, { num: 0n, scale: 0n, tg: 3n }), SYNC);
    expect(stale(g)).toBe("........");
    expect(g.s.caches).toEqual(WARM);
    const still = make();
    expect(still.answers({ addr: 0x10_5010n })[1]).toMatchObject({ output: 0x80_5010n, rule: "A-S1-TLB" });
  });

  test("A-SET-TLBI: without RIL the range fields mean nothing", () => {
    const idr = idrWith({});
    const g = new Guest({ ...idr, ril: false }).tables().translate().enable();
    g.map(TTB, 0x10_0000n, 0x80_0000n, { size: 0x2000n });
    g.unmap(TTB, 0x10_0000n);
    g.cmd(range("tlbi-nh-va", 0x10_0000n, { asid: 1n, num: 3n, tg: 1n }), SYNC);
    expect([0x10_0000n, 0x10_1000n].map((addr) => g.shows({ addr }).length)).toEqual([1, 2]);
  });

  test("A-SET-TLB: a CD that changes its table under the same ASID: old translations until TLBI", () => {
    const g = s1();
    g.map(TTB2, IOVA, OTHER);
    g.store(CDT + 8n, TTB2);
    expect(g.shows()).toEqual([S1, S1B]);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    expect(g.shows(), "CFGI alone").toEqual([S1, S1B]);
    expect(g.s.caches.streams).toEqual([]);
    g.cmd(READY.tlbiNhAsid(1), SYNC);
    expect(g.shows()).toEqual([S1B]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-TLB: with a new ASID no TLBI is needed for the new answer", () => {
    const g = s1();
    g.map(TTB2, IOVA, OTHER);
    // Breaking update, as the Linux driver does it.
    g.store(CDT, 0n);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    g.store(CDT + 8n, TTB2);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    g.store(CDT, makeCd({ asid: 2, ttb: TTB2 })[0]);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    expect(g.shows()).toEqual([S1B]);
    // The old ASID's translations are still about; its TLBI ends them.
    expect(g.s.caches.roots.map((r) => [r.asid, r.ttb])).toEqual([[1, TTB]]);
    g.cmd(READY.tlbiNhAsid(1), SYNC);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-TLB: changing Config alone needs no TLBI, and coming back leaves no trace", () => {
    const g = s1();
    const [q0] = makeSte("translate", { cdptr: CDT });
    g.store(g.ste(), 9n);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([BYPASS]);
    g.store(g.ste(), q0);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([S1]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-TLB: a CD rewritten while its STE was off: old translations under the same ASID", () => {
    const g = s1();
    const [q0] = makeSte("translate", { cdptr: CDT });
    g.map(TTB2, IOVA, OTHER);
    g.store(g.ste(), 1n);
    g.cmd(CFGI, SYNC);
    g.store(CDT + 8n, TTB2);
    g.store(g.ste(), q0);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([S1, S1B]);
    g.cmd(range("tlbi-nh-va", IOVA, { asid: 1n }));
    expect(g.shows(), "no SYNC yet").toEqual([S1, S1B]);
    g.cmd(SYNC);
    expect(g.shows()).toEqual([S1B]);
    g.map(TTB, 0x7000n, GPA);
    expect(g.shows({ addr: 0x7000n }), "other pages of the old table").toEqual([UNMAPPED, S1].sort());
    g.cmd(READY.tlbiNhAsid(1), SYNC);
    expect(g.shows({ addr: 0x7000n })).toEqual([UNMAPPED]);
  });

  test("A-SET-REFILL: a TLBI before the CFGI's SYNC does not help", () => {
    for (const order of ["tlbi first", "one sync"]) {
      const g = s1();
      g.map(TTB2, IOVA, OTHER);
      g.store(CDT + 8n, TTB2);
      if (order === "tlbi first") g.cmd(READY.tlbiNhAsid(1), SYNC, READY.cfgiCd(SID, 0), SYNC);
      else g.cmd(READY.cfgiCd(SID, 0), READY.tlbiNhAsid(1), SYNC);
      expect(g.shows(), order).toEqual([S1, S1B]);
      g.cmd(READY.tlbiNhAsid(1), SYNC);
      expect(g.shows(), order).toEqual([S1B]);
    }
  });

  test("A-SET-TLB: a mapping removed from a table that only the TLB still knows", () => {
    const g = s1();
    const [q0] = makeSte("translate", { cdptr: CDT });
    g.store(g.ste(), 1n);
    g.cmd(CFGI, SYNC);
    g.unmap(TTB, IOVA);
    g.store(g.ste(), q0);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([UNMAPPED, S1].sort());
  });

  test("A-SET-TLB: CFGI_ALL at SMMUEN=0 leaves the TLB; TLBI there empties it", () => {
    const again = (tlbi: boolean): Guest => {
      const g = s1();
      g.map(TTB2, IOVA, OTHER);
      g.write("CR0", 0xc);
      g.cmd(CFGI_ALL, SYNC);
      if (tlbi) g.cmd(TLBI_ALL, SYNC);
      g.store(CDT + 8n, TTB2);
      return g.enable();
    };
    expect(again(false).shows()).toEqual([S1, S1B]);
    expect(again(true).shows()).toEqual([S1B]);
    expect(again(true).s.caches).toEqual(WARM);
    const mid = s1();
    mid.write("CR0", 0xc);
    mid.cmd(TLBI_ALL);
    mid.unmap(TTB, IOVA);
    mid.cmd(SYNC);
    expect(mid.s.caches).toMatchObject({ tlb: "cold", maps: [], roots: [] });
  });

  test("A-SET-ALIAS: two streams with one ASID and two tables may get each other's translation", () => {
    const g = new Guest().tables().translate();
    g.storeAll(CDT + 0x1000n, makeCd({ asid: 1, ttb: TTB2 }));
    g.storeAll(g.ste(0x101), makeSte("translate", { cdptr: CDT + 0x1000n }));
    g.map(TTB2, IOVA, OTHER);
    g.enable();
    expect(g.shows()).toEqual([S1, S1B]);
    expect(g.shows({ sid: 0x101 })).toEqual([S1, S1B]);
    g.storeAll(CDT + 0x1000n, makeCd({ asid: 2, ttb: TTB2 }));
    g.cmd(CFGI_ALL, SYNC, TLBI_ALL, SYNC);
    expect(g.shows()).toEqual([S1]);
    expect(g.shows({ sid: 0x101 })).toEqual([S1B]);
  });

  test("A-SET-ALIAS: substreams and the upper half count too", () => {
    const g = new Guest().tables().translate({ cdmax: 2 });
    g.storeAll(
      CDT + 64n,
      encodeCd({ EPD1: 0n, TG1: 2n, T1SZ: 16n, TTB1: 0x42_0000n }, makeCd({ asid: 1, ttb: TTB2 })),
    );
    g.map(TTB2, IOVA, OTHER);
    g.map(0x42_0000n, 0x7000n, OTHER);
    g.enable();
    expect(g.shows()).toEqual([S1, S1B]);
    expect(g.shows({ addr: 0x7000n })).toEqual([UNMAPPED, S1B]);
  });
});
