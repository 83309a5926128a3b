/** The register file: values, access sizes, aliases, reset (model/qemu.md 1.1, observed.md X6). */
import { describe, expect, it } from "vitest";
import type { VsmmuSpec } from "../setup.ts";
import { CMDQEN, EVENTQEN, Lab, REG, SMMUEN } from "./lab.test-helper.ts";

const withVsmmu = (v: Partial<VsmmuSpec>): Lab => new Lab({ vsmmus: [v] });
const id = (lab: Lab): string[] =>
  [0x0, 0x4, 0x8, 0xc, 0x10, 0x14, 0x18, 0x1c].map((o) => lab.read(o).toString(16));

describe("identification registers", () => {
  it("are those of a stage-1 accelerated SMMU", () => {
    expect(id(new Lab())).toEqual(["d44101a", "2730010", "0", "1404", "0", "74", "0", "1"]);
  });
  it("ats=on sets IDR0.ATS, ril=off clears IDR3.RIL, oas=48 and ssidsize show", () => {
    expect(id(withVsmmu({ ats: "on", ril: "off", oas: 48, ssidsize: 5 }))).toEqual([
      "d44141a",
      "2730150",
      "0",
      "1004",
      "0",
      "75",
      "0",
      "1",
    ]);
  });
  it("the machine's own emulated SMMU has both stages and XNX; a user-created one has stage 1", () => {
    expect(id(withVsmmu({ accel: false, stage: "nested" }))).toEqual([
      "d44101b",
      "2730010",
      "0",
      "1414",
      "0",
      "74",
      "0",
      "1",
    ]);
    expect(id(withVsmmu({ accel: false }))[0]).toBe("d44101a");
  });
  it("0xfd0 to 0xffc identify an MMU-600", () => {
    const lab = new Lab();
    const values = Array.from({ length: 12 }, (_, i) => lab.read(0xfd0 + 4 * i));
    expect(values).toEqual([4n, 0n, 0n, 0n, 0x84n, 0xb4n, 0xf0n, 0x10n, 0x0dn, 0xf0n, 0x05n, 0xb1n]);
  });
});

describe("reads and writes", () => {
  it("both pages are one: +0x10000 names the same register", () => {
    const lab = new Lab();
    lab.write(0x100a8, 0x60);
    expect(lab.read(REG.EVENTQ_PROD)).toBe(0x60n);
    expect(lab.eventArgs("smmuv3_read_mmio")).toEqual([{ addr: 0xa8, val: 0x60n, size: 4, r: 0 }]);
    lab.write(REG.CR1, 0xd75);
    expect(lab.read(0x10028)).toBe(0xd75n);
  });

  it("64-bit registers in one access or two halves", () => {
    const lab = new Lab();
    for (const base of [REG.STRTAB_BASE, 0x68, REG.CMDQ_BASE, REG.EVENTQ_BASE]) {
      lab.write(base, 0x1122_3344_5566_7780n, 8);
      expect(lab.read(base, 8)).toBe(0x1122_3344_5566_7780n);
      expect([lab.read(base), lab.read(base + 4)]).toEqual([0x5566_7780n, 0x1122_3344n]);
      lab.write(base, 0x99aa_bb00);
      lab.write(base + 4, 0x1234_5678);
      expect(lab.read(base, 8)).toBe(0x1234_5678_99aa_bb00n);
    }
  });

  it("plain storage: CR1, CR2, IRQ_CTRL with its ACK, GERROR_IRQ_CFG1/2, CONS and PROD of the event queue", () => {
    const lab = new Lab();
    for (const [offset, back] of [
      [REG.CR1, REG.CR1],
      [REG.CR2, REG.CR2],
      [REG.IRQ_CTRL, 0x54],
      [0x70, 0x70],
      [0x74, 0x74],
      [REG.STRTAB_CFG, REG.STRTAB_CFG],
      [REG.CMDQ_CONS, REG.CMDQ_CONS],
      [REG.EVENTQ_PROD, REG.EVENTQ_PROD],
      [REG.EVENTQ_CONS, REG.EVENTQ_CONS],
    ] as const) {
      lab.write(offset, 0xdead_beef);
      expect(lab.read(back)).toBe(0xdead_beefn);
    }
  });

  it("EVENTQ_IRQ_CFG0 to 2 are stored but read as zero", () => {
    const lab = new Lab();
    lab.write(0xb0, 0x1_2345_6789n, 8);
    lab.write(0xb4, 7);
    lab.write(0xb0, 8);
    lab.write(0xb8, 9);
    lab.write(0xbc, 10);
    expect(lab.smmu().regs).toMatchObject({
      eventqIrqCfg0: 0x7_0000_0008n,
      eventqIrqCfg1: 9,
      eventqIrqCfg2: 10,
    });
    expect([lab.read(0xb0), lab.read(0xb4), lab.read(0xb8), lab.read(0xbc), lab.read(0xb0, 8)]).toEqual([
      0n,
      0n,
      0n,
      0n,
      0n,
    ]);
  });

  it("offsets without a register read 0 and ignore writes, in both sizes (rule Q-REG-UNIMP)", () => {
    const lab = new Lab();
    const before = lab.world.qemu;
    for (const [offset, size] of [
      [0x30, 4],
      [REG.STRTAB_CFG, 8],
      [REG.CR0, 8],
      [0x40, 4],
      [REG.IDR0, 4],
      [0x24, 4],
      [0x60, 4],
      [0x2000, 8],
    ] as const) {
      expect(lab.write(offset, 0xffff_ffff, size).ok).toBe(true);
      expect(lab.rules).toEqual(["Q-REG-UNIMP"]);
    }
    expect(lab.world.qemu).toBe(before);
    expect(lab.read(0x30)).toBe(0n);
    expect(lab.read(REG.STRTAB_CFG, 8)).toBe(0n);
    expect(lab.read(0x16)).toBe(0n);
    expect(lab.read(0xfd1)).toBe(0n);
  });

  it("CR0 is stored raw, CR0ACK without its reserved bits", () => {
    const lab = new Lab();
    lab.write(REG.CR0, 0xffff_ffff);
    expect(lab.read(REG.CR0)).toBe(0xffff_ffffn);
    // 0xfffffc20 are the reserved bits: 9, 8, 7, 6 and 4 to 0 remain.
    expect(lab.read(REG.CR0ACK)).toBe(0x3dfn);
  });

  it("GBPA never reads UPDATE; attributes are stored and ignored (D12)", () => {
    const lab = new Lab();
    expect(lab.read(REG.GBPA)).toBe(0n);
    lab.write(REG.GBPA, 0x800f_ffffn);
    expect(lab.read(REG.GBPA)).toBe(0xf_ffffn);
    lab.write(REG.GBPA, 0x7fff_ffff);
    expect(lab.read(REG.GBPA)).toBe(0xf_ffffn);
  });

  it("queue sizes come from the low five bits, 19 at most", () => {
    const lab = new Lab();
    lab.write(REG.CMDQ_BASE, 0x1000n | 31n, 8);
    lab.write(REG.EVENTQ_BASE, 0x2000n | 8n, 8);
    expect(lab.smmu().regs).toMatchObject({ cmdqLog2size: 19, eventqLog2size: 8 });
    lab.write(REG.CMDQ_BASE, 5);
    lab.write(REG.EVENTQ_BASE, 20);
    lab.write(REG.CMDQ_BASE + 4, 1);
    lab.write(REG.EVENTQ_BASE + 4, 1);
    expect(lab.smmu().regs).toMatchObject({ cmdqLog2size: 5, eventqLog2size: 19 });
  });

  it("a write that changes nothing keeps the state's identity", () => {
    const lab = new Lab();
    lab.write(REG.CR1, 5);
    const before = lab.world.qemu;
    lab.write(REG.CR1, 5);
    expect(lab.world.qemu).toBe(before);
  });

  it("the write's trace event follows what the write set off", () => {
    const lab = new Lab();
    lab.write(REG.CR0, CMDQEN);
    expect(lab.events).toEqual(["smmuv3_cmdq_consume_out", "smmuv3_write_mmio"]);
    expect(lab.eventArgs("smmuv3_write_mmio")).toEqual([{ addr: 0x20, val: 8n, size: 4, r: 0 }]);
  });
});

describe("reset", () => {
  it("X6: what it clears and what it keeps", () => {
    const lab = new Lab();
    lab.write(REG.CR1, 0xd75);
    lab.write(REG.CR2, 2);
    lab.write(REG.STRTAB_BASE, 0x4800_0000n, 8);
    lab.write(REG.STRTAB_CFG, 0x10210);
    lab.write(REG.CMDQ_BASE, 0x4880_0008n, 8);
    lab.write(REG.EVENTQ_BASE, 0x4881_0007n, 8);
    lab.write(REG.EVENTQ_PROD, 3);
    lab.write(REG.EVENTQ_CONS, 3);
    lab.write(REG.IRQ_CTRL, 5);
    lab.write(0x70, 1);
    lab.write(0xb8, 1);
    lab.write(REG.GBPA, 0x8010_0000n);
    lab.write(REG.GERRORN, 0x5);
    lab.write(REG.CR0, CMDQEN | EVENTQEN | SMMUEN);
    lab.reset();
    expect(lab.smmu().regs).toMatchObject({
      cr0: 0,
      cr0ack: 0,
      cr1: 0xd75,
      cr2: 2,
      gbpa: 0x1000,
      irqCtrl: 0,
      gerror: 0,
      gerrorn: 0,
      gerrorIrqCfg1: 1,
      strtabBase: 0x4800_0000n,
      strtabBaseCfg: 0x10210,
      cmdqBase: 0x4880_0013n,
      cmdqProd: 0,
      cmdqCons: 0,
      cmdqLog2size: 8,
      eventqBase: 0x4881_0013n,
      eventqProd: 0,
      eventqCons: 0,
      eventqLog2size: 7,
      eventqIrqCfg1: 1,
      features: 0,
      sidSplit: 0,
    });
  });
});

describe("GERROR", () => {
  it("an illegal command toggles CMDQ_ERR, an acknowledgement makes both equal, the next error toggles back (rules Q-GERR-TOGGLE, Q-CMDQ-STOP)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN);
    lab.write(REG.IRQ_CTRL, 1);
    lab.cmds([[0xffn, 0n]]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-GERR-TOGGLE", "Q-CMDQ-STOP"]));
    expect(lab.eventArgs("smmuv3_write_gerror")).toEqual([{ toggled: 1, gerror: 1 }]);
    expect(lab.eventArgs("smmuv3_trigger_irq")).toEqual([{ irq: 3 }]);
    lab.store(0x4880_0000n, 0x46n);
    lab.write(REG.GERRORN, 1);
    expect(lab.eventArgs("smmuv3_write_gerrorn")).toEqual([{ acked: 1, gerrorn: 1 }]);
    expect(lab.smmu().regs).toMatchObject({ gerror: 1, gerrorn: 1, cmdqCons: 0x0100_0001 });
    lab.cmds([[0xffn, 0n]]);
    expect(lab.eventArgs("smmuv3_write_gerror")).toEqual([{ toggled: 1, gerror: 0 }]);
  });
});
