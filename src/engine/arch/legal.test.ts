/** Which answers stay legal after a change in memory or registers, and until when (sections 3.6 and 4.1). */
import { describe, expect, test } from "vitest";
import { COLD, WARM } from "./caches.ts";
import { makeCd } from "./cd.ts";
import { encodeCommand, READY } from "./commands.ts";
import { noteStore } from "./history.ts";
import { makeL1cd, makeL1std } from "./l1std.ts";
import { legalView } from "./legal.ts";
import { archReset } from "./smmu.ts";
import { makeSte, type SteWords } from "./ste.ts";
import { CDT, GPA, Guest, IOVA, idrWith, L1, L2, SID, show, TTB, TTB2, txn } from "./testkit.test-helper.ts";

const S1 = `s1:0x${GPA.toString(16)}`;
const BYPASS = `bypass:0x${IOVA.toString(16)}`;
const OTHER = 0x9_9000n;
const UNMAPPED = "abort+F_TRANSLATION";
const S1B = `s1:0x${OTHER.toString(16)}`;
const { syncSev: SYNC, cfgiAll: CFGI_ALL, tlbiNsnhAll: TLBI_ALL } = READY;
const CFGI = READY.cfgiSte(SID);
const CFGI0 = READY.cfgiSte(SID, false);

const ste = (w: SteWords): Guest => {
  const g = new Guest().tables();
  g.storeAll(g.ste(), w);
  return g.enable();
};
const s1 = (p: Parameters<Guest["translate"]>[0] = {}): Guest => new Guest().tables().translate(p).enable();

describe("words of STEs and CDs", () => {
  test("A-SET-WORD: old, new, or a mix by 64-bit word", () => {
    const g = s1({ cdmax: 4, s1dss: 2 });
    const [q0] = makeSte("translate", { cdptr: CDT, cdmax: 4 });
    const [, q1] = makeSte("translate", { cdptr: CDT, s1dss: 1 });
    g.store(g.ste(), makeSte("translate", { cdptr: CDT })[0]);
    g.store(g.ste() + 8n, q1);
    expect(q0).not.toBe(g.read(g.ste()));
    // New: one CD, S1DSS ignored. Old: CD 0. Mix of old word 0 and new word 1: S1DSS=1 bypasses.
    expect(g.shows()).toEqual([BYPASS, S1]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([S1]);
  });

  test("A-SET-WORD: V 0 to 1 needs a CFGI too, and the first answer is what memory says now", () => {
    const g = ste(makeSte("invalid"));
    g.storeAll(g.ste(), makeSte("bypass"));
    expect(g.answers().map(show)).toEqual([BYPASS, "abort+C_BAD_STE"]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("A-SET-WORD: every value since the last invalidation counts, and storing one back removes nothing else", () => {
    const g = ste(makeSte("abort"));
    g.store(g.ste(), 9n);
    g.store(g.ste(), 0n);
    expect(g.shows()).toEqual(["abort", "abort+C_BAD_STE", BYPASS]);
    g.store(g.ste(), 1n);
    expect(g.shows()).toEqual(["abort", "abort+C_BAD_STE", BYPASS]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual(["abort"]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-SYNC: a CFGI without SYNC promises nothing, a SYNC without CFGI neither", () => {
    const g = ste(makeSte("abort"));
    g.store(g.ste(), 9n);
    g.cmd(SYNC);
    expect(g.shows()).toEqual(["abort", BYPASS]);
    g.cmd(CFGI);
    expect(g.shows()).toEqual(["abort", BYPASS]);
    g.cmd(SYNC);
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("A-SET-SYNC: a store between CFGI and SYNC is covered by neither", () => {
    const g = ste(makeSte("abort"));
    g.store(g.ste(), 9n);
    g.cmd(CFGI);
    g.store(g.ste(), 0n);
    expect(g.shows()).toEqual(["abort", "abort+C_BAD_STE", BYPASS]);
    g.cmd(SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_STE", BYPASS]);
    g.cmd(SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_STE", BYPASS]);
  });

  test("A-SET-SYNC: CFGI_STE_RANGE and CFGI_ALL cover their block, no other stream", () => {
    const change = (): Guest => {
      const g = new Guest(undefined, [0x100, 0x101, 0x102, 0x200]).tables();
      for (const sid of [0x100, 0x101, 0x102, 0x200]) g.store(g.ste(sid), 1n);
      g.enable();
      for (const sid of [0x100, 0x101, 0x102, 0x200]) g.store(g.ste(sid), 9n);
      return g;
    };
    const sizes = (g: Guest): number[] => [0x100, 0x101, 0x102, 0x200].map((sid) => g.shows({ sid }).length);
    expect(sizes(change())).toEqual([2, 2, 2, 2]);
    const pair = change();
    // The low Range+1 bits of the StreamID are ignored.
    pair.cmd(encodeCommand("cfgi-ste-range", { sid: 0x101n, range: 0n }), SYNC);
    expect(sizes(pair)).toEqual([1, 1, 2, 2]);
    const block = change();
    block.cmd(encodeCommand("cfgi-ste-range", { sid: 0x1ffn, range: 7n }), SYNC);
    expect(sizes(block)).toEqual([1, 1, 1, 2]);
    const all = change();
    all.cmd(CFGI_ALL, SYNC);
    expect(sizes(all)).toEqual([1, 1, 1, 1]);
    const one = change();
    one.cmd(READY.cfgiSte(0x101), SYNC);
    expect(sizes(one)).toEqual([2, 1, 2, 2]);
  });

  test("A-SET-SYNC: CFGI_STE covers the CDs reached through the STE", () => {
    const g = s1();
    g.store(CDT, 0n);
    expect(g.shows()).toEqual(["abort+C_BAD_CD", S1]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_CD"]);
  });

  test("A-SET-SYNC: CFGI_CD covers one SSID, CFGI_CD_ALL the stream, neither the STE", () => {
    const make = (): Guest => {
      const g = s1({ cdmax: 4, s1dss: 2 });
      for (const ssid of [0, 3]) g.store(CDT + BigInt(64 * ssid), 0n);
      g.store(CDT + 64n, makeCd({ asid: 9, ttb: TTB })[0]);
      g.store(g.ste() + 8n, makeSte("translate", { s1dss: 1 })[1]);
      return g;
    };
    const g = make();
    expect(g.shows()).toEqual(["abort+C_BAD_CD", BYPASS, S1]);
    g.cmd(READY.cfgiCd(SID, 3), SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_CD", BYPASS, S1]);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_CD", BYPASS]);
    const all = make();
    all.cmd(encodeCommand("cfgi-cd-all", { sid: BigInt(SID) }), SYNC);
    expect(all.shows()).toEqual(["abort+C_BAD_CD", BYPASS]);
    expect(all.shows({ ssid: 1 })).toEqual([UNMAPPED]);
  });

  test("A-SET-STREAM: a CD shared by two streams needs a CFGI_CD for each", () => {
    const g = new Guest().tables().translate();
    g.storeAll(g.ste(0x101), makeSte("translate", { cdptr: CDT }));
    g.enable();
    g.store(CDT, 0n);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_CD"]);
    expect(g.shows({ sid: 0x101 })).toEqual(["abort+C_BAD_CD", S1]);
    g.cmd(READY.cfgiCd(0x101, 0), SYNC);
    expect(g.shows({ sid: 0x101 })).toEqual(["abort+C_BAD_CD"]);
  });

  test("an STE that names a new CD table: the old CDs or the new until CFGI_STE", () => {
    const g = s1();
    const cd2 = CDT + 0x1000n;
    g.storeAll(cd2, makeCd({ asid: 2, ttb: TTB2 }));
    g.map(TTB2, IOVA, OTHER);
    g.store(g.ste(), makeSte("translate", { cdptr: cd2 })[0]);
    expect(g.shows()).toEqual([S1, S1B].sort());
    // Still reachable through the cached STE: a store to the old CD counts.
    g.store(CDT, 0n);
    expect(g.shows()).toEqual(["abort+C_BAD_CD", S1, S1B].sort());
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([S1B]);
  });
});

describe("level-1 descriptors and tables", () => {
  test("A-SET-SPAN0: an L1STD filled in needs no CFGI", () => {
    const g = new Guest(undefined, [0x300]).tables().enable();
    expect(g.shows({ sid: 0x300 })).toEqual(["abort+C_BAD_STREAMID"]);
    g.store(L2 + 0x3_0000n, 1n);
    g.store(L1 + 24n, makeL1std(9, L2 + 0x3_0000n));
    expect(g.shows({ sid: 0x300 })).toEqual(["abort"]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-LEAF: an L1STD taken away: the old STE until CFGI with Leaf=0", () => {
    const g = ste(makeSte("bypass"));
    g.store(L1 + 8n, 0n);
    expect(g.shows()).toEqual(["abort+C_BAD_STREAMID", BYPASS]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_STREAMID", BYPASS]);
    g.cmd(CFGI0, SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_STREAMID"]);
  });

  test("A-SET-LEAF: and every other stream of the span needs its own, or CFGI_ALL", () => {
    const g = new Guest().tables();
    g.store(g.ste(), 9n);
    g.store(g.ste(0x101), 1n);
    g.enable();
    g.store(L1 + 8n, makeL1std(9, L2 + 0x3_0000n));
    g.cmd(CFGI0, SYNC);
    expect(g.shows()).toEqual(["abort+C_BAD_STE"]);
    expect(g.shows({ sid: 0x101 })).toEqual(["abort", "abort+C_BAD_STE"]);
    g.cmd(CFGI_ALL, SYNC);
    expect(g.shows({ sid: 0x101 })).toEqual(["abort+C_BAD_STE"]);
  });

  test("A-SET-LEAF: an L1CD filled in needs CFGI_CD with Leaf=0", () => {
    const g = new Guest(idrWith({ set0: 1 << 19 }))
      .tables()
      .translate({ fmt: 1, cdmax: 8, cdptr: CDT + 0x1_0000n });
    g.enable();
    const leaf = CDT + 0x2_0000n;
    g.storeAll(leaf + 64n * 6n, makeCd({ asid: 1, ttb: TTB }));
    g.store(CDT + 0x1_0008n, makeL1cd(true, leaf));
    const ask = { ssid: 70 };
    expect(g.shows(ask)).toEqual(["abort+C_BAD_SUBSTREAMID", S1]);
    g.cmd(READY.cfgiCd(SID, 70), SYNC);
    expect(g.shows(ask)).toEqual(["abort+C_BAD_SUBSTREAMID", S1]);
    g.cmd(READY.cfgiCd(SID, 70, false), SYNC);
    expect(g.shows(ask)).toEqual([S1]);
    // A CD under it changes.
    g.store(leaf + 64n * 6n, 0n);
    expect(g.shows(ask)).toEqual(["abort+C_BAD_CD", S1]);
    g.cmd(READY.cfgiCd(SID, 70), SYNC);
    expect(g.shows(ask)).toEqual(["abort+C_BAD_CD"]);
  });

  test("A-SET-TABLE: STRTAB_* rewritten at SMMUEN=0: a cached STE of the old table until CFGI_ALL", () => {
    const move = (g: Guest): void => {
      g.write("CR0", 0xc);
      g.write("STRTAB_BASE", 0x700_0000n);
      g.write("STRTAB_BASE_CFG", 0x10);
      g.store(0x700_0000n + BigInt(64 * SID), 9n);
    };
    const g = ste(makeSte("abort"));
    move(g);
    g.enable();
    expect(g.shows()).toEqual(["abort", BYPASS]);
    g.cmd(CFGI, SYNC);
    // The old table was two-level: a cached L1STD may lead there again.
    expect(g.shows()).toEqual(["abort", BYPASS]);
    g.cmd(CFGI_ALL, SYNC);
    expect(g.shows()).toEqual([BYPASS]);
    const before = ste(makeSte("abort"));
    before.write("CR0", 0xc);
    before.cmd(CFGI_ALL, SYNC);
    move(before);
    before.enable();
    expect(before.shows()).toEqual([BYPASS]);
    const after = ste(makeSte("abort"));
    move(after);
    after.cmd(CFGI_ALL, SYNC);
    after.enable();
    expect(after.shows()).toEqual([BYPASS]);
  });

  test("A-SET-TABLE: stores to the table that is not yet in force are not remembered, and going back costs nothing", () => {
    const g = ste(makeSte("abort"));
    g.write("CR0", 0xc);
    const base = g.s.strtabBase;
    g.write("STRTAB_BASE", 0x700_0000n);
    g.store(0x700_0008n, makeL1std(9, 0x701_0000n));
    g.store(0x701_0000n, 9n);
    g.store(0x701_0000n, 1n);
    g.write("STRTAB_BASE", base);
    g.enable();
    expect(g.shows()).toEqual(["abort"]);
    expect(g.s.caches).toEqual(WARM);
  });
});

describe("what can be cached at all", () => {
  test("A-SET-REACH: a CD that no STE names is not remembered", () => {
    const g = ste(makeSte("abort"));
    g.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    g.store(CDT, 0n);
    g.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    expect(g.s.caches).toBe(WARM);
  });

  test("A-SET-REACH: an STE under no L1STD is not remembered", () => {
    const g = new Guest(undefined, [0x300]).tables().enable();
    g.store(L2 + 0x3_0000n, 9n);
    g.store(L2 + 0x3_0000n, 1n);
    expect(g.s.caches).toBe(WARM);
  });

  test("A-SET-REACH: nothing is remembered before the first enable", () => {
    const g = new Guest().tables().translate();
    g.store(g.ste(), 9n);
    expect(g.s.caches).toBe(COLD);
  });

  test("A-SET-REACH: other memory, equal stores and streams not watched leave the state identical", () => {
    const g = s1();
    const before = g.s;
    expect(noteStore(g.s, 0x999_0000n, 0n, 1n, g.read)).toBe(before);
    expect(noteStore(g.s, g.ste(), 5n, 5n, g.read)).toBe(before);
    expect(noteStore(g.s, g.ste(0x105), 0n, 1n, g.read)).toBe(before);
  });

  test("A-SET-FAIL: an unbacked structure is not cached", () => {
    const g = new Guest().tables();
    g.storeAll(g.ste(), makeSte("translate", { cdptr: 0x9000_0000n }));
    g.limit = 0x8000_0000n;
    g.enable();
    expect(g.shows()).toEqual(["abort+F_CD_FETCH"]);
    g.limit = 1n << 40n;
    expect(g.shows()).toEqual(["abort+C_BAD_CD"]);
  });

  test("A-SET-SMMUEN: of the stores at SMMUEN=0 only the value before the first may be cached", () => {
    const g = ste(makeSte("abort"));
    g.write("CR0", 0xc);
    g.store(g.ste(), 0n);
    g.store(g.ste(), 0xdn);
    g.store(g.ste(), 9n);
    g.enable();
    expect(g.shows()).toEqual(["abort", BYPASS]);
  });

  test("A-SET-SMMUEN: CFGI_STE at SMMUEN=0 empties that stream for good", () => {
    const g = ste(makeSte("abort"));
    g.write("CR0", 0xc);
    g.store(g.ste(), 0n);
    g.cmd(CFGI0, SYNC);
    g.store(g.ste(), 9n);
    g.enable();
    expect(g.shows()).toEqual([BYPASS]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("A-SET-SMMUEN: with Leaf=1 a two-level table's L1STD stays cached, the STE not", () => {
    const g = ste(makeSte("abort"));
    g.write("CR0", 0xc);
    g.cmd(CFGI, SYNC);
    g.store(L1 + 8n, 0n);
    g.enable();
    expect(g.shows()).toEqual(["abort", "abort+C_BAD_STREAMID"]);
  });

  test("A-SET-SMMUEN: a store between CFGI_ALL and its SYNC at SMMUEN=0", () => {
    const g = ste(makeSte("abort"));
    g.write("CR0", 0xc);
    g.cmd(CFGI_ALL);
    g.store(g.ste(), 9n);
    g.cmd(SYNC);
    expect(g.s.caches.cfg).toBe("cold");
    g.enable();
    expect(g.shows()).toEqual([BYPASS]);
    const early = ste(makeSte("abort"));
    early.write("CR0", 0xc);
    early.cmd(CFGI_ALL);
    early.store(early.ste(), 9n);
    early.enable();
    expect(early.shows()).toEqual(["abort", BYPASS]);
    early.cmd(SYNC);
    expect(early.shows()).toEqual([BYPASS]);
  });

  test("A-SET-RESET: a reset empties no cache for certain; CFGI_ALL does", () => {
    const g = ste(makeSte("abort"));
    g.s = archReset(g.s);
    g.store(g.ste(), 9n);
    g.enable();
    expect(g.shows()).toEqual(["abort", BYPASS]);
    const h = ste(makeSte("abort"));
    h.s = archReset(h.s);
    h.write("CR0", 8);
    h.cmd(CFGI_ALL, SYNC);
    h.store(h.ste(), 9n);
    h.enable();
    expect(h.shows()).toEqual([BYPASS]);
  });

  test("handshakes: SMMUEN and GBPA each have old and new, seen as one value by a transaction", () => {
    const g = s1();
    g.write("CR0", 0xc, { wait: false });
    expect(g.shows()).toEqual([BYPASS, S1]);
    g.write("GBPA", 0x8010_0000, { wait: false });
    expect(g.shows()).toEqual(["abort", BYPASS, S1]);
  });

  test("A-SET-ATSCHK: a changed ATSCHK holds for a stream after its CFGI", () => {
    const g = new Guest(idrWith({ set0: 1 << 10 })).tables();
    g.store(g.ste(), 1n);
    g.write("CR0", 0xd);
    const ask = { ats: "translated" } as const;
    expect(g.shows(ask)).toEqual(["ats-pass:0x4000"]);
    g.write("CR0", 0x1d);
    expect(g.shows(ask)).toEqual(["abort", "ats-pass:0x4000"]);
    g.cmd(CFGI);
    expect(g.shows(ask)).toEqual(["abort", "ats-pass:0x4000"]);
    g.cmd(SYNC);
    expect(g.shows(ask)).toEqual(["abort"]);
    expect(g.shows({ ...ask, sid: 0x101 })).toEqual(["abort", "ats-pass:0x4000"]);
    g.cmd(CFGI_ALL, SYNC);
    expect(g.s.caches).toEqual(WARM);
  });
});

describe("the Linux driver's sequences (section 6)", () => {
  test("attach from abort: old or S1 from the store of word 0, S1 after its SYNC", () => {
    const g = ste(makeSte("abort"));
    g.map(TTB, IOVA, GPA);
    const cd = makeCd({ asid: 1, ttb: TTB });
    g.store(CDT + 8n, cd[1]);
    g.store(CDT + 24n, cd[3]);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    g.store(CDT, cd[0]);
    g.cmd(READY.cfgiCd(SID, 0), SYNC);
    expect(g.shows()).toEqual(["abort"]);
    const w = makeSte("translate", { cdptr: CDT });
    g.store(g.ste() + 8n, w[1]);
    expect(g.shows()).toEqual(["abort"]);
    g.cmd(CFGI, SYNC);
    g.store(g.ste(), w[0]);
    expect(g.shows()).toEqual(["abort", S1]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual([S1]);
    expect(g.s.caches).toEqual(WARM);
  });

  test("probe: CFGI_ALL, TLBI and only then SMMUEN leave one answer each", () => {
    const g = s1();
    g.s = archReset(g.s);
    g.write("CR0", 8);
    g.cmd(CFGI_ALL, SYNC, TLBI_ALL, SYNC);
    g.write("CR0", 0xd);
    expect(g.s.caches).toEqual(WARM);
    expect(g.shows()).toEqual([S1]);
  });

  test("shutdown by CR0=0: GBPA at once, whatever is cached", () => {
    const g = s1();
    g.write("CR0", 0);
    expect(g.shows()).toEqual([BYPASS]);
  });

  test("blocked by S1DSS with PASIDs in use: F_STREAM_DISABLED without SSID, S1 with", () => {
    const g = s1({ cdmax: 4, s1dss: 2 });
    g.store(g.ste() + 8n, makeSte("translate", { s1dss: 0 })[1]);
    expect(g.shows()).toEqual(["abort+F_STREAM_DISABLED", S1]);
    g.cmd(CFGI, SYNC);
    expect(g.shows()).toEqual(["abort+F_STREAM_DISABLED"]);
  });
});

describe("views", () => {
  test("a view answers as single questions do, with paths when asked", () => {
    const g = s1();
    g.store(g.ste(), 9n);
    const view = legalView(g.s, g.read, g.lookup);
    expect(view.answers(txn()).map(show).sort()).toEqual(g.shows());
    const traced = view.answers(txn(), true);
    expect(traced).toHaveLength(2);
    expect(traced.map((a) => a.path?.at(-1)?.what)).toEqual(["OUT", "OUT"]);
    expect(traced[1]?.path?.find((h) => h.what === "STE")?.words[0]).toBe(
      makeSte("translate", { cdptr: CDT })[0],
    );
  });

  test("views of one state share what they know of its streams, and a new memory is a new state", () => {
    const g = s1();
    g.storeAll(CDT + 0x1000n, makeCd({ asid: 1, ttb: TTB2 }));
    g.storeAll(g.ste(0x101), makeSte("translate", { cdptr: CDT + 0x1000n }));
    g.cmd(CFGI_ALL, SYNC);
    g.map(TTB2, IOVA, OTHER);
    let reads = 0;
    const read = (addr: bigint): bigint | null => {
      reads++;
      return g.read(addr);
    };
    const ask = (memory: object): string[] =>
      legalView(g.s, read, g.lookup, memory).answers(txn()).map(show).sort();
    const memory = {};
    expect(ask(memory)).toEqual([S1, S1B]);
    const first = reads;
    expect(ask(memory)).toEqual([S1, S1B]);
    expect(reads - first).toBeLessThan(first);
    g.words.set(CDT + 0x1000n, 0n);
    expect(ask({})).toEqual([S1]);
  });

  test("a script that never invalidates stays bounded", () => {
    const g = s1();
    for (let i = 0n; i < 200n; i++) {
      g.store(g.ste(), 0xbn | ((CDT + i * 0x1000n) & ~0x3fn));
      g.store(g.ste() + 8n, i);
      g.store(CDT + (i % 8n) * 0x1000n, i << 31n);
    }
    const h = g.s.caches.streams[0];
    expect(Math.max(...(h?.words.map((w) => w.olds.length) ?? []))).toBeLessThanOrEqual(16);
    expect(g.answers().length).toBeGreaterThan(1);
  });
});
