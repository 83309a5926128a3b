import { describe, expect, test } from "vitest";
import { decodeCd } from "../arch/cd.ts";
import { CR0 } from "../arch/smmu.ts";
import { findTable, memRead64 } from "../memory.ts";
import { legalAnswers, legalWords } from "./dma.ts";
import { TestGuest } from "./fakes.test-helper.ts";
import { autoTarget, cdTable, cmdqBase, l1Strtab, l2Strtab, linearStrtab, pageTable } from "./layout.ts";
import { REG } from "./regs.ts";

const archOf = (g: TestGuest, v = 0) => {
  const s = g.cx.w.guest.smmus[v];
  if (s === undefined) throw new Error("no vSMMU");
  return s.arch;
};
const peek = (g: TestGuest, reg: { offset: number; size: 4 | 8 }, v = 0): bigint =>
  g.smmus.ports.mmio.peek(g.cx, v, reg.offset, reg.size);

const abort = { as: "abort" } as const;
const translate = { as: "translate" } as const;
const ste = (
  g: TestGuest,
  sid: number,
  value: { as: "abort" | "bypass" | "translate" | "invalid" },
  vsmmu = 0,
) => g.verb({ kind: "ste", vsmmu, sid, value });
const cfgi = (sid: number | "all", x: object = {}) =>
  ({ kind: "cfgi", vsmmu: 0, sid, leaf: true, sync: true, cmdqen: "auto", ...x }) as const;
const strtab2 = { kind: "strtab", vsmmu: 0, fmt: "2lvl", log2size: 16, split: 8 } as const;

describe("registers", () => {
  test("G-MMIO-1: a write reaches both columns; GBPA without UPDATE neither", () => {
    const g = new TestGuest();
    expect(g.verb({ kind: "gbpa", vsmmu: 0, abort: true, update: true }).ok).toBe(true);
    expect(archOf(g).gbpa).toBe(0x0010_0000);
    expect(peek(g, REG.GBPA)).toBe(0x0010_0000n);
    const r = g.verb({ kind: "gbpa", vsmmu: 0, abort: false, update: false });
    expect(archOf(g).gbpa).toBe(0x0010_0000);
    expect(r.messages).toEqual([expect.stringContaining("(A-GBPA-NOUPDATE)")]);
  });

  test("G-MMIO-1: with wait=off the architecture's handshake is open until ack", () => {
    const g = new TestGuest();
    g.verb({ kind: "write", vsmmu: 0, offset: 0x20, size: 4, value: 1n, wait: false });
    expect([archOf(g).cr0, archOf(g).cr0ack]).toEqual([1, 0]);
    expect(g.verb({ kind: "ack", vsmmu: 0 }).result).toEqual({ changed: true });
    expect(archOf(g).cr0ack).toBe(1);
    expect(g.verb({ kind: "ack", vsmmu: 0 }).result).toEqual({ changed: false });
  });

  test("G-MMIO-1: cr0 sets and clears bits of what the guest reads; reads show both columns", () => {
    const g = new TestGuest();
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.SMMUEN | CR0.CMDQEN, clear: 0 });
    g.verb({ kind: "cr0", vsmmu: 0, set: 0, clear: CR0.CMDQEN });
    expect(g.verb({ kind: "read", vsmmu: 0, offset: 0x24, size: 4 }).result).toEqual({
      value: "0x1",
      arch: "0x1",
    });
    g.verb({ kind: "cr0-value", vsmmu: 0, value: 0 });
    expect(archOf(g).cr0ack).toBe(0);
  });

  test("G-MMIO-1: a register the architecture guards stays there while QEMU takes the write", () => {
    const g = new TestGuest();
    g.verb({ kind: "cr0-value", vsmmu: 0, value: 1 });
    const r = g.verb(strtab2);
    const guarded = expect.stringContaining("(A-REG-GUARD)");
    expect(r.messages).toEqual([guarded, guarded]);
    expect(archOf(g).strtabCfg).toBe(0);
    expect(peek(g, REG.STRTAB_BASE_CFG)).toBe(0x10210n);
  });

  test("a vSMMU that is not there is refused", () => {
    expect(new TestGuest().verb({ kind: "ack", vsmmu: 7 })).toMatchObject({ rejected: true, ok: false });
  });
});

describe("stream table", () => {
  test("G-STE-3 G-LATE-SETUP: ste without a table programs a linear one, in both columns, SMMUEN or not", () => {
    for (const cr0 of [0, 1]) {
      const g = new TestGuest();
      g.verb({ kind: "cr0-value", vsmmu: 0, value: cr0 });
      const r = ste(g, 0x100, abort);
      expect(r.messages).toEqual(["guest: linear stream table of 2^16 entries programmed first"]);
      expect(archOf(g).strtabCfg).toBe(16);
      expect(archOf(g).cr0ack).toBe(cr0);
      expect(peek(g, REG.STRTAB_BASE)).toBe(linearStrtab(0, 0) | (1n << 62n));
      expect(g.word(linearStrtab(0, 0) + 0x100n * 64n)).toBe(1n);
      expect(ste(g, 0x108, abort).messages).toEqual([]);
    }
  });

  test("G-LATE-SETUP A-SET-SMMUEN: what is stored in a table made so may be cached like in one made before SMMUEN", () => {
    const legal = (first: boolean): string[] => {
      const g = new TestGuest();
      if (first) ste(g, 0x100, { as: "invalid" });
      g.verb({ kind: "cr0-value", vsmmu: 0, value: 1 });
      ste(g, 0x100, { as: "bypass" });
      ste(g, 0x100, abort);
      const read = {
        iova: 0x1000n,
        write: false,
        ssid: null,
        ats: "none",
        priv: false,
        inst: false,
      } as const;
      return legalWords(legalAnswers(g.cx.w, 0, 0x100, read, (at) => memRead64(g.cx.w.memory, at)));
    };
    expect(legal(false)).toEqual(["abort", "pass-bypass"]);
    expect(legal(true)).toEqual(["abort", "pass-bypass"]);
  });

  test("G-STE-1: explicit words keep the words not given, and no command is sent", () => {
    const g = new TestGuest();
    ste(g, 0x100, translate);
    const at = linearStrtab(0, 0) + 0x100n * 64n;
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "words", words: [0x9n, undefined, 7n] } });
    expect([0n, 8n, 16n].map((d) => g.word(at + d))).toEqual([0x9n, 0xd6n, 7n]);
    expect(g.smmus.log.some((a) => a.offset === REG.CMDQ_PROD.offset)).toBe(false);
    ste(g, 0x100, { as: "invalid" });
    expect([0n, 8n, 16n].map((d) => g.word(at + d))).toEqual([0n, 0n, 0n]);
  });

  test("G-STE-4: in a two-level table the block gets a table of abort entries, then the L1STD with SPLIT+1", () => {
    const g = new TestGuest();
    g.verb(strtab2);
    const r = ste(g, 0x108, { as: "bypass" });
    expect(r.messages).toEqual(["guest: level-2 table of 0x100 built first"]);
    const l2 = l2Strtab(0, 0, 0x100, 8);
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(l2 | 9n);
    expect(g.word(l2)).toBe(1n);
    expect(g.word(l2 + 8n * 64n)).toBe(9n);
    expect(g.word(l2 + 255n * 64n)).toBe(1n);
    expect(g.word(l2 + 256n * 64n)).toBe(0n);
    expect(ste(g, 0x100, abort).messages).toEqual([]);
  });

  test("T7: strtab alone leaves the level-1 table empty", () => {
    const g = new TestGuest();
    g.verb(strtab2);
    expect(peek(g, REG.STRTAB_BASE_CFG)).toBe(0x10210n);
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(0n);
  });

  test("l1std stores span and pointer; without pointer the table is built; without a two-level table refused", () => {
    const g = new TestGuest();
    expect(g.verb({ kind: "l1std", vsmmu: 0, sid: 0x100, span: 9 }).rejected).toBe(true);
    g.verb(strtab2);
    g.verb({ kind: "l1std", vsmmu: 0, sid: 0x100, span: 3 });
    const l2 = l2Strtab(0, 0, 0x100, 8);
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(l2 | 3n);
    expect(g.word(l2)).toBe(1n);
    g.verb({ kind: "l1std", vsmmu: 0, sid: 0x100, span: 9, ptr: 1n << 41n });
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe((1n << 41n) | 9n);
    const r = ste(g, 0x100, abort);
    expect(r).toMatchObject({ ok: false, rejected: false });
    g.verb({ kind: "l1std", vsmmu: 0, sid: 0x100, span: 0 });
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(0n);
  });

  test("a StreamID outside the table is refused", () => {
    const g = new TestGuest();
    g.verb({ kind: "strtab", vsmmu: 0, fmt: "linear", log2size: 8, split: 0 });
    expect(ste(g, 0x100, abort)).toMatchObject({ rejected: true });
  });
});

describe("context descriptors and mappings", () => {
  test("G-STE-2: translate makes a CD in Linux's form, ASID 1, and a table with the automatic mapping", () => {
    const g = new TestGuest();
    const r = ste(g, 0x100, translate);
    expect(r.messages[1]).toMatch(/^guest: CD with ASID 1 made/);
    const at = linearStrtab(0, 0) + 0x100n * 64n;
    expect(g.word(at)).toBe(0xbn | cdTable(0, 0, 0));
    expect(g.word(at + 8n)).toBe(0xd6n);
    expect(g.word(cdTable(0, 0, 0))).toBe(0x0001_e204_c000_3510n);
    expect(g.word(cdTable(0, 0, 0) + 8n)).toBe(pageTable(0, 0, 0));
    expect(findTable(g.cx.w.memory, pageTable(0, 0, 0))?.maps).toEqual([
      { iova: 0n, gpa: autoTarget(0, 0), size: 1n << 32n, read: true, write: true, af: true, auto: true },
    ]);
    expect(ste(g, 0x100, translate).messages).toEqual([]);
  });

  test("G-STE-2: ASIDs count from 1 at each vSMMU, outputs differ from table to table", () => {
    const g = new TestGuest();
    ste(g, 0x100, translate);
    ste(g, 0x108, translate);
    ste(g, 0x200, translate, 1);
    const asid = (v: number, n: number): bigint => g.word(cdTable(v, 0, n)) >> 48n;
    expect([asid(0, 0), asid(0, 1), asid(1, 0)]).toEqual([1n, 2n, 1n]);
    expect(new Set([autoTarget(0, 0), autoTarget(0, 1), autoTarget(1, 0)]).size).toBe(3);
  });

  test("G-STE-2: EATS and substreams follow the vSMMU's registers", () => {
    const g = new TestGuest({ vsmmu: { ats: "on", ssidsize: 20 } });
    ste(g, 0x100, translate);
    const at = linearStrtab(0, 0) + 0x100n * 64n;
    expect(g.word(at) >> 59n).toBe(10n);
    expect(g.word(at + 8n)).toBe(0xd6n | (1n << 28n));
  });

  test("G-CD-1: fields by name change the live CD; an empty CD starts valid; whole words stand as they are", () => {
    const g = new TestGuest({ vsmmu: { ssidsize: 20 } });
    ste(g, 0x100, translate);
    g.verb({ kind: "cd", vsmmu: 0, sid: 0x100, ssid: 0, fields: { asid: 9n, v: 0n } });
    expect(decodeCd([g.word(cdTable(0, 0, 0))])).toMatchObject({ ASID: 9n, V: 0n, AA64: 1n });
    g.verb({ kind: "cd", vsmmu: 0, sid: 0x100, ssid: 5, fields: { asid: 7n } });
    expect(decodeCd([g.word(cdTable(0, 0, 0) + 5n * 64n)])).toMatchObject({ ASID: 7n, V: 1n });
    g.verb({ kind: "cd", vsmmu: 0, sid: 0x100, ssid: 6, fields: { q0: 0x8000_0000n, q1: 0x1000n } });
    expect(g.word(cdTable(0, 0, 0) + 6n * 64n)).toBe(0x8000_0000n);
    expect(g.word(cdTable(0, 0, 0) + 6n * 64n + 8n)).toBe(0x1000n);
  });

  test("G-CD-1: an unknown field, a value too large and an SSID too large are refused without a trace", () => {
    const g = new TestGuest();
    const before = g.cx.w.memory;
    for (const fields of [{ nosuch: 1n }, { asid: 0x1_0000n }])
      expect(g.verb({ kind: "cd", vsmmu: 0, sid: 0x100, ssid: 0, fields }).rejected).toBe(true);
    expect(g.verb({ kind: "cd", vsmmu: 0, sid: 0x100, ssid: 1, fields: {} }).rejected).toBe(true);
    expect(g.cx.w.memory).toBe(before);
  });

  test("G-MAP-1: an explicit mapping removes the automatic one; unmap takes ranges out", () => {
    const g = new TestGuest();
    ste(g, 0x100, translate);
    const map = { kind: "map", vsmmu: 0, sid: 0x100, ssid: 0, read: true, write: true, af: true } as const;
    const first = g.verb({ ...map, iova: 0x1000n, gpa: 0x9000n, size: 0x3000n });
    expect(first.messages).toEqual([
      expect.stringMatching(/automatic mapping of table 0x4c000000 gone first/),
    ]);
    const maps = () =>
      findTable(g.cx.w.memory, pageTable(0, 0, 0))?.maps.map((m) => [m.iova, m.size, m.auto]);
    expect(maps()).toEqual([[0x1000n, 0x3000n, false]]);
    g.verb({ kind: "unmap", vsmmu: 0, sid: 0x100, ssid: 0, iova: 0x2000n, size: 0x1000n });
    expect(maps()).toEqual([
      [0x1000n, 0x1000n, false],
      [0x3000n, 0x1000n, false],
    ]);
    expect(g.verb({ ...map, iova: 0x10n, gpa: 0n, size: 0x1000n }).rejected).toBe(true);
    expect(g.verb({ ...map, iova: -0x1000n & ((1n << 64n) - 1n), gpa: 0n, size: 0x1000n }).rejected).toBe(
      true,
    );
  });

  test("G-MAP-1: map for a stream without a CD makes one first, found by a later translate", () => {
    const g = new TestGuest();
    g.verb({
      kind: "map",
      vsmmu: 0,
      sid: 0x100,
      ssid: 0,
      iova: 0x1000n,
      gpa: 0x9000n,
      size: 0x1000n,
      read: true,
      write: true,
      af: true,
    });
    expect(ste(g, 0x100, translate).messages).toEqual([
      "guest: linear stream table of 2^16 entries programmed first",
    ]);
    expect(findTable(g.cx.w.memory, pageTable(0, 0, 0))?.maps).toHaveLength(1);
  });

  test("G-STORE-1: store repeats at a stride, and says where no RAM is", () => {
    const g = new TestGuest();
    g.verb({ kind: "store", addr: 0x1000n, words: [1n, 2n], count: 3, stride: 64 });
    expect([0x1000n, 0x1008n, 0x1080n, 0x10c0n].map((a) => g.word(a))).toEqual([1n, 2n, 1n, 0n]);
    expect(g.verb({ kind: "store", addr: 1n << 40n, words: [1n] })).toMatchObject({ ok: false });
  });
});

describe("commands", () => {
  test("G-CMDQ-SETUP G-CMD-1 G-CMD-2: cfgi programs the queue, enables it around, rings once, restores CR0", () => {
    const g = new TestGuest();
    const r = g.verb(cfgi(0x100));
    expect(r).toMatchObject({ ok: true, result: { consumed: true, cerror: null } });
    expect(g.word(cmdqBase(0, 0))).toBe(0x0000_0100_0000_0003n);
    expect(g.word(cmdqBase(0, 0) + 8n)).toBe(1n);
    expect(g.word(cmdqBase(0, 0) + 16n)).toBe(0x0fc0_2046n);
    const rings = g.smmus.log.filter((a) => a.kind === "write" && a.offset === 0x98).map((a) => a.value);
    expect(rings).toEqual([0n, 2n]);
    expect(peek(g, REG.CR0)).toBe(0n);
    expect(archOf(g).cmdqCons).toBe(2);
    expect(g.verb(cfgi("all")).messages).toEqual(["guest: CMDQEN set around the command"]);
    expect(g.word(cmdqBase(0, 0) + 32n)).toBe(4n);
    expect(g.word(cmdqBase(0, 0) + 40n)).toBe(0x1fn);
  });

  test("G-CMD-2: asis leaves the entry queued until CMDQEN is set; sync=off leaves the SYNC out; range", () => {
    const g = new TestGuest();
    const r = g.verb(cfgi(0x100, { cmdqen: "asis", sync: false, range: 3 }));
    expect(r.result).toEqual({ consumed: false, cerror: null });
    expect(g.word(cmdqBase(0, 0))).toBe(0x0000_0100_0000_0004n);
    expect(g.word(cmdqBase(0, 0) + 8n)).toBe(3n);
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.CMDQEN, clear: 0 });
    expect(peek(g, REG.CMDQ_CONS)).toBe(1n);
  });

  test("G-CMD-3 G-LX-RECOVER: a stopped queue only queues; recover replaces the entry by SYNC and goes on", () => {
    const g = new TestGuest();
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.CMDQEN, clear: 0 });
    const bad = { name: "?", q0: 0xeen, q1: 0n };
    const r = g.verb({ kind: "cmd", vsmmu: 0, cmd: bad, sync: true, cmdqen: "auto" });
    expect(r).toMatchObject({ ok: false, result: { consumed: false, cerror: "CERROR_ILL" } });
    expect(g.verb(cfgi(0x100)).messages[0]).toMatch(/queued only, the queue is stopped on CERROR_ILL/);
    expect(peek(g, REG.CMDQ_CONS) & 0xfffffn).toBe(0n);
    const { texts } = g.linux("recover");
    expect(texts).toEqual(["R GERROR", "R GERRORN", "R CMDQ_CONS", "M CMDQ[0]=SYNC", "W GERRORN=0x1"]);
    expect(peek(g, REG.CMDQ_CONS) & 0xfffffn).toBe(4n);
    expect(archOf(g).cmdqCons & 0xfffff).toBe(4);
    expect(archOf(g).gerrorn).toBe(archOf(g).gerror);
  });

  test("G-CMD-5: what only the architecture refuses is stepped over in its column", () => {
    const g = new TestGuest();
    g.smmus.states[0] = { ...archOf(g), idr: { ...archOf(g).idr, stallModel: 0 } };
    const resume = { name: "RESUME", q0: 0x44n, q1: 0n };
    const r = g.verb({ kind: "cmd", vsmmu: 0, cmd: resume, sync: true, cmdqen: "auto" });
    expect(r.ok).toBe(true);
    expect(r.messages).toContain("architecture: command refused (CERROR_ILL), not seen by the guest");
    expect(archOf(g).cmdqCons & 0xfffff).toBe(2);
    expect(archOf(g).gerror).toBe(archOf(g).gerrorn);
  });

  test("G-MMIO-2: an error only QEMU raised is acknowledged without touching the architecture's column", () => {
    const g = new TestGuest();
    g.smmus.refuse.add(0x03);
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.CMDQEN, clear: 0 });
    expect(g.verb(cfgi(0x100))).toMatchObject({ ok: false });
    expect(archOf(g)).toMatchObject({ gerror: 0, gerrorn: 0 });
    g.smmus.refuse.clear();
    g.linux("recover");
    expect(archOf(g)).toMatchObject({ gerror: 0, gerrorn: 0 });
    expect(peek(g, REG.GERROR)).toBe(peek(g, REG.GERRORN));
  });

  test("G-CMD-4: a full queue takes neither command nor SYNC", () => {
    const g = new TestGuest();
    const one = cfgi(0x100, { cmdqen: "asis", sync: false });
    for (let i = 0; i < 255; i++) g.verb(one);
    expect(g.verb(cfgi(0x100, { cmdqen: "asis" })).messages).toContain("guest: the command queue is full");
    expect(peek(g, REG.CMDQ_PROD)).toBe(255n);
    expect(g.verb(one).ok).toBe(true);
    expect(g.verb(one).ok).toBe(false);
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.CMDQEN, clear: 0 });
    expect(peek(g, REG.CMDQ_CONS)).toBe(256n);
    expect(g.verb(cfgi(0x108)).ok).toBe(true);
    expect(peek(g, REG.CMDQ_PROD)).toBe(258n);
    expect(g.word(cmdqBase(0, 0))).toBe(0x0000_0108_0000_0003n);
  });

  test("after CFGI and SYNC the architecture has one answer left", () => {
    const g = new TestGuest();
    ste(g, 0x100, abort);
    g.verb(cfgi("all"));
    g.verb({ kind: "cr0", vsmmu: 0, set: CR0.SMMUEN, clear: 0 });
    ste(g, 0x100, { as: "bypass" });
    expect(archOf(g).caches.streams).toHaveLength(1);
    g.verb(cfgi(0x100, { sync: false }));
    expect(archOf(g).caches.streams).toHaveLength(1);
    g.verb(cfgi(0x100));
    expect(archOf(g).caches.streams).toEqual([]);
  });
});
