import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accelIdr, DEFAULT_IDR, makeIdr } from "./idr.ts";
import { decodeFields, findRegister, PAGE1, REGISTERS } from "./registers.ts";
import { type ArchSmmu, archAck, archInit, archReset, archSetIdr, archWatch } from "./smmu.ts";
import { Guest, IDR20, idrWith } from "./testkit.test-helper.ts";
import { archRead, archWrite } from "./write.ts";

const at = (name: string): number => findRegister(name)?.offset ?? -1;
const peek = (s: ArchSmmu, name: string): bigint => archRead(s, at(name), findRegister(name)?.size ?? 4);

describe("register table (section 1)", () => {
  test("offsets and fields do not overlap", () => {
    const bytes = new Set<number>();
    for (const r of REGISTERS) {
      for (let b = r.offset; b < r.offset + r.size; b++) {
        expect(bytes.has(b), r.name).toBe(false);
        bytes.add(b);
      }
      let used = 0n;
      for (const f of r.fields) {
        const mask = ((1n << BigInt(f.hi - f.lo + 1)) - 1n) << BigInt(f.lo);
        expect(used & mask, `${r.name}.${f.name}`).toBe(0n);
        expect(f.hi, `${r.name}.${f.name}`).toBeLessThan(8 * r.size);
        used |= mask;
      }
    }
  });

  test("found by name, alias, offset and page-0 offset", () => {
    expect(at("cr0")).toBe(0x20);
    expect(at("SMMU_GBPA")).toBe(0x44);
    expect(at("STRTAB_BASE_CFG")).toBe(0x88);
    expect(findRegister("EVTQ_BASE")).toBe(findRegister("EVENTQ_BASE"));
    expect(findRegister("evtq-prod")?.offset).toBe(0x100a8);
    expect(findRegister(0x98)?.name).toBe("CMDQ_PROD");
    expect(findRegister(0xac)?.name).toBe("EVENTQ_CONS");
    expect(findRegister("CR9")).toBeNull();
    expect(findRegister(0x24)?.name).toBe("CR0ACK");
    expect(findRegister(PAGE1 + 0x20)).toBeNull();
  });

  test("fields of a value", () => {
    const gbpa = findRegister("GBPA");
    const fields = Object.fromEntries(
      (gbpa ? decodeFields(gbpa, 0x8010_1000n) : []).map((f) => [f.field.name, f.value]),
    );
    expect(fields).toMatchObject({ Update: 1n, ABORT: 1n, SHCFG: 1n, MTCFG: 0n });
  });

  test("identification of an accelerated vSMMU (section 1.1)", () => {
    const s = archInit(DEFAULT_IDR, []);
    expect(["IDR0", "IDR1", "IDR2", "IDR3", "IDR4", "IDR5", "IIDR", "AIDR"].map((n) => peek(s, n))).toEqual([
      0x0d44_101an,
      0x0273_0010n,
      0n,
      0x1404n,
      0n,
      0x74n,
      0n,
      1n,
    ]);
    const other = accelIdr({ oas: 48, ats: true, ril: false, ssidsize: 20 });
    expect([other.idr0, other.idr1, other.idr3, other.idr5]).toEqual([
      0x0d44_141a, 0x0273_0510, 0x1004, 0x75,
    ]);
    expect(DEFAULT_IDR).toMatchObject({
      s1p: true,
      s2p: false,
      sidSize: 16,
      ssidSize: 0,
      cmdqs: 19,
      eventqs: 19,
      oas: 44,
      stallModel: 1,
      termModel: true,
      twoLevel: true,
      ril: true,
      minor: 1,
    });
    expect(archRead(s, 0xff0, 4)).toBe(0x0dn);
  });
});

describe("access rules", () => {
  const s0 = archInit(IDR20, []);

  test("A-REG-RO: read-only registers ignore writes", () => {
    for (const r of REGISTERS.filter((x) => x.access === "ro")) {
      expect(archWrite(s0, r.offset, 4, 0xffff_ffffn)).toEqual({ smmu: s0, notes: ["A-REG-RO"] });
    }
    expect(archWrite(s0, 0xfe0, 4, 1n).notes).toEqual(["A-REG-RO"]);
  });

  test("A-REG-RES: reserved offsets and AGBPA read zero and ignore writes", () => {
    for (const offset of [0x30, 0x48, 0x200, PAGE1 + 0x20, PAGE1 + 0x44]) {
      expect(archWrite(s0, offset, 4, 1n)).toEqual({ smmu: s0, notes: ["A-REG-RES"] });
      expect(archRead(s0, offset, 4)).toBe(0n);
    }
  });

  test("A-REG-SIZE: a 64-bit access to a 32-bit register does nothing", () => {
    expect(archWrite(s0, 0x20, 8, 1n)).toEqual({ smmu: s0, notes: ["A-REG-SIZE"] });
    expect(archRead(s0, 0x00, 8)).toBe(0n);
  });

  test("A-REG-ALIGN: misaligned accesses do nothing", () => {
    expect(archWrite(s0, 0x22, 4, 1n)).toEqual({ smmu: s0, notes: ["A-REG-ALIGN"] });
    expect(archWrite(s0, 0x84, 8, 1n).notes).toEqual(["A-REG-ALIGN"]);
    expect(archRead(s0, 0x02, 4)).toBe(0n);
  });

  test("A-REG-FEATURE: MSI and PRI registers exist only with their features", () => {
    for (const n of ["GERROR_IRQ_CFG0", "EVENTQ_IRQ_CFG1", "PRIQ_BASE", "PRIQ_PROD"]) {
      expect(archWrite(s0, at(n), findRegister(n)?.size ?? 4, 0x10n).notes, n).toEqual(["A-REG-FEATURE"]);
      expect(peek(s0, n)).toBe(0n);
    }
    const rich = archInit(idrWith({ set0: (1 << 13) | (1 << 16) }), []);
    const r = archWrite(rich, at("GERROR_IRQ_CFG0"), 8, 0xfff0_0000_1234_5677n);
    expect(peek(r.smmu, "GERROR_IRQ_CFG0")).toBe(0x1234_5674n);
    const again = archWrite(r.smmu, at("PRIQ_CONS"), 4, 5n).smmu;
    expect(again.other.map((o) => o.offset)).toEqual([0x68, 0x100cc]);
    expect(archWrite(again, at("PRIQ_CONS"), 4, 0n).smmu.other.map((o) => o.offset)).toEqual([0x68]);
  });

  test("A-REG-PRESET: preset bases are read-only", () => {
    const s = archInit(idrWith({ idr1: IDR20.idr1 | (3 << 29) }), []);
    for (const [n, size] of [
      ["STRTAB_BASE", 8],
      ["STRTAB_BASE_CFG", 4],
      ["CMDQ_BASE", 8],
      ["EVENTQ_BASE", 8],
    ] as const) {
      expect(archWrite(s, at(n), size, 0x1000n).notes, n).toEqual(["A-REG-PRESET"]);
    }
  });

  test("A-REG-GUARD: a guarded register is read-only while its enable is set in CR0 or CR0ACK", () => {
    const cases = [
      ["STRTAB_BASE", 1, 0x1000n],
      ["STRTAB_BASE_CFG", 1, 0x8n],
      ["CR2", 1, 2n],
      ["CMDQ_BASE", 8, 0x1000n],
      ["CMDQ_CONS", 8, 3n],
      ["EVENTQ_BASE", 4, 0x1000n],
      ["EVENTQ_PROD", 4, 3n],
    ] as const;
    for (const [n, bit, value] of cases) {
      const g = new Guest(IDR20);
      g.write("CR0", bit, { wait: false });
      const half = g.s;
      expect(g.write(n, value), n).toEqual(["A-REG-GUARD"]);
      expect(g.s).toBe(half);
      g.s = archAck(half);
      expect(g.write(n, value), n).toEqual(["A-REG-GUARD"]);
      g.write("CR0", 0, { wait: false });
      expect(g.write(n, value), n).toEqual(["A-REG-GUARD"]);
      g.s = archAck(g.s);
      expect(g.write(n, value), n).toEqual([]);
      expect(peek(g.s, n), n).toBe(value);
    }
  });

  test("A-REG-GUARD: CR1 by field: QUEUE_* by the queue enables, TABLE_* by SMMUEN", () => {
    const g = new Guest();
    g.write("CR1", 0xd75);
    expect(peek(g.s, "CR1")).toBe(0xd75n);
    g.write("CR0", 8);
    expect(g.write("CR1", 0)).toEqual(["A-REG-GUARD"]);
    expect(peek(g.s, "CR1")).toBe(0x35n);
    g.write("CR0", 1);
    expect(g.write("CR1", 0xfc0)).toEqual(["A-REG-GUARD"]);
    expect(peek(g.s, "CR1")).toBe(0n);
  });

  test("a 64-bit register takes two 32-bit halves, and reads so", () => {
    const g = new Guest();
    archWrite(g.s, 0x80, 4, 0x0010_0040n);
    g.s = archWrite(g.s, 0x80, 4, 0x1234_5640n).smmu;
    g.s = archWrite(g.s, 0x84, 4, 0x4000_0001n).smmu;
    expect(g.s.strtabBase).toBe(0x4000_0001_1234_5640n);
    expect(archRead(g.s, 0x80, 4)).toBe(0x1234_5640n);
    expect(archRead(g.s, 0x84, 4)).toBe(0x4000_0001n);
  });

  test("reserved bits do not stick", () => {
    const g = new Guest();
    g.write("STRTAB_BASE", (1n << 64n) - 1n);
    expect(g.s.strtabBase).toBe(0x4000_ffff_ffff_ffc0n);
    g.write("STRTAB_BASE_CFG", 0xffff_ffff);
    expect(g.s.strtabCfg).toBe(0x307ff);
    g.write("CMDQ_PROD", 0xffff_ffff);
    expect(g.s.cmdqProd).toBe(0xfffff);
    g.write("CMDQ_CONS", 0xffff_ffff);
    expect(g.s.cmdqCons).toBe(0x7f0f_ffff);
    g.write("EVENTQ_CONS", 0xffff_ffff);
    expect(g.s.eventqCons).toBe(0x800f_ffff);
    g.write("CR2", 0xffff_ffff);
    expect(g.s.cr2).toBe(2);
    g.write("IRQ_CTRL", 0xffff_ffff);
    expect([g.s.irqCtrl, g.s.irqCtrlAck]).toEqual([5, 5]);
  });

  test("a random access never changes a read-only value and never throws", () => {
    const access = fc.record({
      offset: fc.oneof(fc.integer({ min: 0, max: 0x200 }), fc.integer({ min: PAGE1, max: PAGE1 + 0x200 })),
      size: fc.constantFrom(4 as const, 8 as const),
      value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      wait: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 30 }), (accesses) => {
        let s = archInit(IDR20, [1]);
        for (const a of accesses) s = archWrite(s, a.offset, a.size, a.value, { wait: a.wait }).smmu;
        expect(s.idr).toBe(IDR20);
        expect(s.gerror).toBe(0);
        const acked = archAck(s);
        expect(archAck(acked)).toBe(acked);
        expect([acked.cr0ack, acked.irqCtrlAck]).toEqual([acked.cr0, acked.irqCtrl]);
        expect(acked.gbpa).toBe(acked.gbpaEff);
      }),
    );
  });
});

describe("handshakes", () => {
  test("A-CR0-ACK: CR0 reads back at once, CR0ACK only when acknowledged", () => {
    const g = new Guest();
    g.write("CR0", 0xd, { wait: false });
    expect([peek(g.s, "CR0"), peek(g.s, "CR0ACK")]).toEqual([0xdn, 0n]);
    g.s = archAck(g.s);
    expect(peek(g.s, "CR0ACK")).toBe(0xdn);
    expect(archAck(g.s)).toBe(g.s);
  });

  test("A-CR0-MID: a field mid-Update keeps the first value, the others take the new one", () => {
    const g = new Guest();
    g.write("CR0", 0x1, { wait: false });
    expect(g.write("CR0", 0x8, { wait: false })).toEqual(["A-CR0-MID"]);
    expect(peek(g.s, "CR0")).toBe(0x9n);
    g.s = archAck(g.s);
    expect(peek(g.s, "CR0ACK")).toBe(0x9n);
    const wild = new Guest(idrWith({ set0: 1 << 17 }));
    wild.write("CR0", 0x40, { wait: false });
    wild.write("CR0", 0x180, { wait: false });
    expect(peek(wild.s, "CR0")).toBe(0x40n);
  });

  test("A-CR0-RES0: bits of absent features are not reflected", () => {
    const g = new Guest();
    g.write("CR0", 0xffff_ffff);
    expect([peek(g.s, "CR0"), peek(g.s, "CR0ACK")]).toEqual([0xdn, 0xdn]);
    const rich = new Guest(idrWith({ set0: (1 << 10) | (1 << 16) | (1 << 17) }));
    rich.write("CR0", 0xffff_ffff);
    expect(peek(rich.s, "CR0ACK")).toBe(0x1dfn);
  });

  test("A-GBPA-UPDATE: new fields read at once with Update=1, and apply when it reads 0", () => {
    const g = new Guest();
    expect(g.write("GBPA", 0x8010_0000, { wait: false })).toEqual(["A-GBPA-UPDATE"]);
    expect(peek(g.s, "GBPA")).toBe(0x8010_0000n);
    expect(g.shows()).toEqual(["abort", "bypass:0x4000"]);
    g.s = archAck(g.s);
    expect(peek(g.s, "GBPA")).toBe(0x0010_0000n);
    expect(g.shows()).toEqual(["abort"]);
  });

  test("A-GBPA-BUSY: a write while Update=1 is ignored, the first value is finished", () => {
    const g = new Guest();
    g.write("GBPA", 0x8010_0000, { wait: false });
    expect(g.write("GBPA", 0x8000_1000, { wait: false })).toEqual(["A-GBPA-BUSY"]);
    expect(g.write("GBPA", 0x8000_1000)).toEqual(["A-GBPA-BUSY"]);
    expect(peek(g.s, "GBPA")).toBe(0x0010_0000n);
  });

  test("A-GBPA-NOUPDATE: ignored on every version by default", () => {
    for (const aidr of [0, 1, 2]) {
      const g = new Guest(idrWith({ aidr }));
      const before = g.s;
      expect(g.write("GBPA", 0x0010_0000)).toEqual(["A-GBPA-NOUPDATE"]);
      expect(g.s).toBe(before);
    }
  });

  test("A-GBPA-NOUPDATE-V31: before v3.2 it may be stored without effect, or take effect at some time", () => {
    const g = new Guest();
    expect(g.write("GBPA", 0x0010_0000, { gbpaNoUpdate: "store" })).toEqual(["A-GBPA-NOUPDATE-V31"]);
    expect([peek(g.s, "GBPA"), g.shows()]).toEqual([0x0010_0000n, ["bypass:0x4000"]]);
    const h = new Guest();
    h.write("GBPA", 0x0010_0000, { gbpaNoUpdate: "effect" });
    expect(h.shows()).toEqual(["abort", "bypass:0x4000"]);
    h.s = archAck(h.s);
    expect(h.shows()).toEqual(["abort"]);
    const v32 = new Guest(idrWith({ aidr: 2 }));
    expect(v32.write("GBPA", 0x0010_0000, { gbpaNoUpdate: "effect" })).toEqual(["A-GBPA-NOUPDATE"]);
  });

  test("A-GERRORN-INACTIVE: only active errors can be acknowledged", () => {
    const g = new Guest();
    expect(g.write("GERRORN", 5)).toEqual(["A-GERRORN-INACTIVE"]);
    expect(g.s.gerrorn).toBe(0);
    g.s = { ...g.s, gerror: 1 };
    expect(g.write("GERRORN", 5)).toEqual(["A-GERRORN-INACTIVE"]);
    expect(g.s.gerrorn).toBe(1);
    expect(g.write("GERRORN", 1)).toEqual([]);
    expect(g.s.gerrorn).toBe(1);
  });

  test("IRQ_CTRLACK follows its own handshake", () => {
    const g = new Guest();
    g.write("IRQ_CTRL", 5, { wait: false });
    expect([peek(g.s, "IRQ_CTRL"), peek(g.s, "IRQ_CTRLACK")]).toEqual([5n, 0n]);
    g.s = archAck(g.s);
    expect(peek(g.s, "IRQ_CTRLACK")).toBe(5n);
  });
});

describe("reset and identity", () => {
  test("A-RESET: enables, errors and interrupt controls 0, GBPA 0x1000, tables and CR1/CR2 kept", () => {
    const g = new Guest().tables().translate().enable();
    g.write("CR1", 0xd75);
    g.write("IRQ_CTRL", 5);
    g.write("GBPA", 0x8010_0000);
    g.s = { ...g.s, gerror: 5, gerrorn: 1, cmdqProd: 4, cmdqCons: 3, eventqProd: 2, eventqCons: 1 };
    const r = archReset(g.s);
    expect(r).toMatchObject({
      cr0: 0,
      cr0ack: 0,
      gbpa: 0x1000,
      gbpaEff: 0x1000,
      irqCtrl: 0,
      irqCtrlAck: 0,
      gerror: 0,
      gerrorn: 0,
      cmdqProd: 0,
      cmdqCons: 0,
      eventqProd: 0,
      eventqCons: 0,
      cr1: g.s.cr1,
      cr2: 2,
      strtabBase: g.s.strtabBase,
      strtabCfg: 0x10210,
      cmdqBase: 0x50_0013n,
      eventqBase: 0x60_0013n,
    });
    g.s = r;
    expect(g.shows()).toEqual(["bypass:0x4000"]);
  });

  test("an unchanged write keeps the object", () => {
    const g = new Guest().tables();
    const before = g.s;
    g.write("CR0", 0xc);
    g.write("CR1", 0);
    g.write("CR2", 2);
    g.write("GBPA", 0x8000_1000);
    g.write("STRTAB_BASE", g.s.strtabBase);
    g.write("STRTAB_BASE_CFG", 0x10210);
    g.write("CMDQ_PROD", 0);
    g.write("EVENTQ_CONS", 0);
    g.write("IRQ_CTRL", 0);
    expect(g.s).toBe(before);
    expect(archWatch(before, before.watch[0] as number)).toBe(before);
    expect(archWatch(before, 7).watch).toContain(7);
    expect(archSetIdr(before, IDR20)).toBe(before);
    expect(archSetIdr(before, DEFAULT_IDR).idr).toBe(DEFAULT_IDR);
  });

  test("address sizes of IDR5.OAS", () => {
    const sizes = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (oas) => makeIdr({ idr0: 0, idr1: 0, idr3: 0, idr5: oas, aidr: 1 }).oas,
    );
    expect(sizes).toEqual([32, 36, 40, 42, 44, 48, 52, 56]);
  });
});
