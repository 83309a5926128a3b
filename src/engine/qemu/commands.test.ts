/** The command queue (model/qemu.md 3.7). */
import { describe, expect, it } from "vitest";
import { CMDQ, CMDQEN, cmd, Lab, type LabSetup, REG, SMMUEN, SYNC, TRANSLATE } from "./lab.test-helper.ts";

const A = 0x100;
const B = 0x108;

function ready(s: LabSetup = {}): Lab {
  const lab = new Lab(s);
  lab.plug(0);
  lab.plug(1);
  lab.start();
  lab.setup(CMDQEN | SMMUEN);
  lab.ste(A, ...TRANSLATE);
  lab.ste(B, 0x9n);
  lab.cmds([cmd.cfgiAll(), SYNC]);
  return lab;
}

describe("the loop", () => {
  it("does not look at the queue while CMDQEN is clear (rule Q-CMDQ-OFF)", () => {
    const lab = new Lab();
    lab.setup(0);
    lab.cmds([[0xffn, 0n]]);
    expect(lab.rules).toEqual(["Q-CMDQ-OFF"]);
    expect(lab.events).toEqual(["smmuv3_write_mmio"]);
    // Enabling it runs what is queued.
    expect(lab.write(REG.CR0, CMDQEN).cmdError).toBe("ill");
  });

  it("moves CONS past each command that succeeds, with its wrap bit, and keeps the ERR field", () => {
    const lab = new Lab();
    lab.setup(CMDQEN);
    lab.write(REG.CMDQ_BASE, CMDQ + 1n, 8);
    lab.cmds([SYNC]);
    expect(lab.smmu().regs.cmdqCons).toBe(1);
    lab.cmds([SYNC]);
    expect(lab.smmu().regs).toMatchObject({ cmdqProd: 2, cmdqCons: 2 });
    expect(lab.eventArgs("smmuv3_cmdq_consume")).toEqual([{ prod: 0, cons: 1, pw: 1, cw: 0 }]);
    expect(lab.eventArgs("smmuv3_cmdq_consume_out")).toEqual([{ prod: 0, cons: 0, pw: 1, cw: 1 }]);
    lab.cmds([SYNC, SYNC]);
    expect(lab.smmu().regs.cmdqCons).toBe(0);
  });

  it("stops at an error without moving CONS; nothing runs until it is acknowledged (rules Q-CMDQ-STOP, Q-CMDQ-PENDING, Q-CMD-ILL)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN);
    expect(lab.cmds([SYNC, [0xffn, 0n], SYNC])).toMatchObject({ ok: false, cmdError: "ill", errno: null });
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-CMD-ILL", "Q-CMDQ-STOP"]));
    expect(lab.eventArgs("smmuv3_cmdq_consume_error")).toEqual([{ name: "INVALID", code: 1 }]);
    expect(lab.smmu().regs).toMatchObject({ cmdqCons: 0x0100_0001, gerror: 1 });
    expect(lab.cmds([SYNC])).toMatchObject({ ok: true, cmdError: null });
    expect(lab.rules).toContain("Q-CMDQ-PENDING");
    expect(lab.events).toEqual(["smmuv3_cmdq_consume", "smmuv3_cmdq_consume_out", "smmuv3_write_mmio"]);
    // Recovery: the entry is replaced by a SYNC, GERRORN acknowledged: the queue resumes at the same CONS.
    lab.store(CMDQ + 16n, 0x46n, 0n);
    expect(lab.write(REG.GERRORN, 1).ok).toBe(true);
    expect(lab.smmu().regs.cmdqCons).toBe(0x0100_0004);
  });

  it("a command that cannot be read is error 2 and names INVALID if none ran before (X14; rule Q-CMDQ-FETCH)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN);
    lab.ram({ base: 0n, size: CMDQ + 16n });
    expect(lab.cmds([SYNC, SYNC])).toMatchObject({ ok: false, cmdError: "abt" });
    expect(lab.rules).toContain("Q-CMDQ-FETCH");
    expect(lab.eventArgs("smmuv3_cmdq_consume_error")).toEqual([{ name: "SMMU_CMD_SYNC", code: 2 }]);
    expect(lab.smmu().regs.cmdqCons).toBe(0x0200_0001);
    const fresh = new Lab();
    fresh.setup(CMDQEN);
    fresh.ram({ base: 0n, size: CMDQ });
    fresh.cmds([SYNC]);
    expect(fresh.eventArgs("smmuv3_cmdq_consume_error")).toEqual([{ name: "INVALID", code: 2 }]);
    expect(fresh.events).not.toContain("smmuv3_cmdq_opcode");
  });

  it("prints a command's error once, after the loop", () => {
    const lab = ready();
    lab.ste(B, 0xdn);
    expect(lab.cmds([cmd.cfgiSte(B)]).messages).toEqual(["Invalid STE config for sid 0x108"]);
  });
});

describe("configuration commands", () => {
  it("SSEC makes each of them illegal, before the SID is looked at (rule Q-CMD-SSEC)", () => {
    for (const opcode of [0x3, 0x4, 0x5, 0x6]) {
      const lab = ready();
      expect(lab.cmds([[BigInt(opcode) | 0x400n, 0n]]).cmdError).toBe("ill");
      expect(lab.rules).toContain("Q-CMD-SSEC");
      expect(lab.calls).toEqual([]);
    }
  });

  it("a SID without a function is a no-op without trace (rule Q-CMD-NO-SID)", () => {
    const lab = ready();
    expect(lab.cmds([cmd.cfgiSte(0x333), cmd.cfgiCd(0x333), SYNC]).ok).toBe(true);
    expect(lab.rules.filter((r) => r === "Q-CMD-NO-SID")).toHaveLength(2);
    expect(lab.events).not.toContain("smmuv3_cmdq_cfgi_ste");
    expect(lab.events).not.toContain("smmuv3_cmdq_cfgi_cd");
  });

  it("an unplugged slot is still a function: traced, flushed, nothing installed (rule Q-STE-NONE)", () => {
    const lab = ready();
    lab.unplug(0);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toContain("Q-STE-NONE");
    expect(lab.events).toEqual(expect.arrayContaining(["smmuv3_cmdq_cfgi_ste", "smmu_config_cache_inv"]));
  });

  it("CFGI_STE_RANGE covers an aligned power of two and only listed devices (rule Q-CMD-RANGE)", () => {
    const lab = ready();
    lab.cmds([cmd.cfgiRange(0x10f, 2), SYNC]);
    expect(lab.eventArgs("smmuv3_cmdq_cfgi_ste_range")).toEqual([{ start: 0x108, end: 0x10f }]);
    expect(lab.calls).toEqual(["attach d1 6"]);
    lab.cmds([cmd.cfgiRange(0x100, 7), SYNC]);
    expect(lab.eventArgs("smmuv3_cmdq_cfgi_ste_range")).toEqual([{ start: 0x100, end: 0x1ff }]);
    expect(lab.calls.filter((c) => c.startsWith("attach"))).toHaveLength(2);
    lab.cmds([cmd.cfgiAll()]);
    expect(lab.eventArgs("smmuv3_cmdq_cfgi_ste_range")).toEqual([{ start: 0, end: 0xffff_ffff }]);
    expect(lab.eventArgs("smmu_configs_inv_sid_range")).toEqual([{ start: 0, end: 0xffff_ffff }]);
  });

  it("a range goes on after a failure, prints each and a summary, and is illegal (rule Q-RANGE-CONTINUE)", () => {
    const lab = ready();
    lab.ste(B, 0xdn);
    lab.ste(A, 0x9n);
    const r = lab.cmds([cmd.cfgiAll()]);
    expect(r.cmdError).toBe("ill");
    expect(r.messages[0]).toBe("Invalid STE config for sid 0x108");
    expect(r.messages).toHaveLength(3);
    expect(lab.attached(0)).toBe(6);
    expect(lab.rules).toContain("Q-RANGE-CONTINUE");
    expect(lab.events).not.toContain("smmu_configs_inv_sid_range");
  });

  it("a failed CFGI_STE does not flush (rule Q-CMD-STE-FAIL)", () => {
    const lab = ready();
    lab.inject("hwpt-alloc", "ENOMEM");
    expect(lab.cmds([cmd.cfgiSte(A)])).toMatchObject({ cmdError: "ill", errno: "ENOMEM", ok: false });
    expect(lab.rules).toContain("Q-CMD-STE-FAIL");
    expect(lab.events).not.toContain("smmu_config_cache_inv");
  });

  it("CFGI_CD and CFGI_CD_ALL flush, and are forwarded once the device has a vDEVICE (rules Q-INV-NO-VDEV, Q-INV-FORWARD)", () => {
    const bare = new Lab();
    bare.plug(0);
    bare.setup(CMDQEN);
    bare.cmds([cmd.cfgiCd(A), SYNC]);
    expect(bare.calls).toEqual([]);
    expect(bare.rules).toContain("Q-INV-NO-VDEV");
    expect(bare.events).toEqual(expect.arrayContaining(["smmuv3_cmdq_cfgi_cd", "smmu_config_cache_inv"]));
    const lab = ready();
    lab.cmds([cmd.cfgiCd(A), cmd.op(0x6, BigInt(A) << 32n), SYNC]);
    expect(lab.calls).toEqual(["invalidate 4 0x10000000005,0x1", "invalidate 4 0x10000000006,0x0"]);
    expect(lab.rules).toContain("Q-INV-FORWARD");
    expect(lab.eventArgs("iommufd_backend_invalidate_cache")[0]).toMatchObject({
      id: 4,
      data_type: 1,
      entry_len: 16,
      entry_num: 1,
      done_num: 1,
      ret: 0,
    });
  });
});

describe("invalidations", () => {
  const tlbi: readonly (readonly [string, readonly [bigint, bigint], readonly string[]])[] = [
    ["NH_ALL", [0x10n, 0n], ["smmuv3_cmdq_tlbi_nsnh", "smmu_iotlb_inv_all"]],
    ["NSNH_ALL", [0x30n, 0n], ["smmuv3_cmdq_tlbi_nsnh", "smmu_iotlb_inv_all"]],
    ["NH_ASID", [0x5_0000_0000_0011n, 0n], ["smmuv3_cmdq_tlbi_nh_asid", "smmu_iotlb_inv_asid_vmid"]],
    ["NH_VA", [0x5_0000_0000_0012n, 0x8b00_0001n], ["smmuv3_range_inval"]],
    ["NH_VAA", [0x13n, 0x8b00_0000n], ["smmuv3_range_inval"]],
  ];
  for (const [name, c, events] of tlbi)
    it(`TLBI_${name} is traced as on an emulated SMMU and forwarded as it is`, () => {
      const lab = ready();
      lab.cmds([c]);
      expect(lab.calls).toEqual([`invalidate 4 0x${c[0].toString(16)},0x${c[1].toString(16)}`]);
      expect(lab.events.slice(2, 2 + events.length)).toEqual(events);
    });

  it("without a vIOMMU nothing is forwarded (rule Q-INV-NO-VIOMMU)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN);
    expect(lab.cmds([[0x10n, 0n], SYNC]).ok).toBe(true);
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toContain("Q-INV-NO-VIOMMU");
  });

  it("an errno makes the command illegal (rule Q-INV-FAIL)", () => {
    const lab = ready();
    // Bits the host's field check does not know: harmless on an emulated SMMU.
    expect(lab.cmds([[0x10n | 0x200n, 0n]])).toMatchObject({ cmdError: "ill", errno: "EIO" });
    expect(lab.rules).toContain("Q-INV-FAIL");
    expect(lab.eventArgs("iommufd_backend_invalidate_cache")[0]).toMatchObject({ done_num: 0, ret: 5 });
  });

  it("the range form is split into aligned power-of-two blocks in the trace, in one ioctl", () => {
    const lab = ready();
    // TG 4K, NUM 6, SCALE 0: 7 pages from 0x1000.
    const q0 = (1n << 48n) | (6n << 12n) | 0x12n;
    lab.cmds([[q0, 0x1000n | (1n << 10n)]]);
    expect(lab.calls).toHaveLength(1);
    expect(lab.eventArgs("smmuv3_range_inval").map((x) => [x.addr, x.n])).toEqual([
      [0x1000n, 1n],
      [0x2000n, 2n],
      [0x4000n, 4n],
    ]);
    expect(lab.eventArgs("smmuv3_range_inval")[0]).toMatchObject({ vmid: -1, asid: 1, tg: 1, stage: 1 });
    // From address 0 the size decides: 8 pages in one block.
    lab.cmds([[(7n << 12n) | 0x13n, 1n << 10n]]);
    expect(lab.eventArgs("smmuv3_range_inval").map((x) => [x.addr, x.n, x.asid])).toEqual([[0n, 8n, -1]]);
  });

  it("stage-2 invalidations are illegal without stage 2 (rule Q-CMD-S2P)", () => {
    for (const opcode of [0x28, 0x2a]) {
      const lab = ready();
      expect(lab.cmds([cmd.op(opcode)]).cmdError).toBe("ill");
      expect(lab.rules).toContain("Q-CMD-S2P");
    }
  });

  it("on the machine's two-stage SMMU they are handled, and NH_ALL and NH_ASID carry a VMID", () => {
    const lab = new Lab({ vsmmus: [{ accel: false, stage: "nested" }] });
    lab.setup(CMDQEN);
    const r = lab.cmds([
      cmd.op(0x28, 3n << 32n),
      cmd.op(0x2a, 3n << 32n),
      cmd.op(0x10, 3n << 32n),
      cmd.op(0x11, (1n << 48n) | (3n << 32n)),
      cmd.op(0x30),
    ]);
    expect(r.ok).toBe(true);
    expect(lab.eventArgs("smmuv3_cmdq_tlbi_s12_vmid")).toEqual([{ vmid: 3 }]);
    expect(lab.eventArgs("smmuv3_range_inval")[0]).toMatchObject({ vmid: 3, stage: 2 });
    expect(lab.eventArgs("smmuv3_cmdq_tlbi_nh")).toEqual([{ vmid: 3 }]);
    expect(lab.eventArgs("smmu_iotlb_inv_asid_vmid")).toEqual([{ asid: 1, vmid: 3 }]);
    expect(lab.eventArgs("smmuv3_cmdq_tlbi_nsnh")).toHaveLength(1);
  });

  it("ATC_INV is unhandled without IDR0.ATS or without the device, and forwarded with both (rule Q-CMD-UNHANDLED)", () => {
    const lab = ready();
    lab.cmds([cmd.op(0x40, BigInt(A) << 32n)]);
    expect(lab.eventArgs("smmuv3_unhandled_cmd")).toEqual([{ type: 0x40 }]);
    const ats = ready({ vsmmus: [{ ats: "on" }] });
    ats.cmds([cmd.op(0x40, BigInt(A) << 32n, 0x34n)]);
    expect(ats.calls).toEqual(["invalidate 4 0x10000000040,0x34"]);
    ats.cmds([cmd.op(0x40, 0x333n << 32n)]);
    expect(ats.eventArgs("smmuv3_unhandled_cmd")).toEqual([{ type: 0x40 }]);
    expect(ats.rules).toContain("Q-CMD-UNHANDLED");
  });
});

describe("other commands", () => {
  it("EL2 and EL3 invalidations, PRI_RESP, RESUME and STALL_TERM are unhandled and succeed (rule Q-CMD-UNHANDLED)", () => {
    const lab = ready();
    const opcodes = [0x18, 0x1a, 0x20, 0x21, 0x22, 0x23, 0x41, 0x44, 0x45];
    expect(lab.cmds(opcodes.map((o) => cmd.op(o))).ok).toBe(true);
    expect(lab.eventArgs("smmuv3_unhandled_cmd").map((x) => x.type)).toEqual(opcodes);
    expect(lab.calls).toEqual([]);
  });

  it("prefetches do nothing (rule Q-CMD-PREFETCH)", () => {
    const lab = ready();
    expect(lab.cmds([cmd.op(0x1), cmd.op(0x2)]).ok).toBe(true);
    expect(lab.rules.filter((r) => r === "Q-CMD-PREFETCH")).toHaveLength(2);
    expect(lab.calls).toEqual([]);
  });

  it("SYNC pulses its line for CS=IRQ and never reaches the host (rule Q-CMD-SYNC-IRQ)", () => {
    const lab = ready();
    lab.cmds([SYNC]);
    expect(lab.events).not.toContain("smmuv3_trigger_irq");
    lab.cmds([[0x1046n, 0n]]);
    expect(lab.eventArgs("smmuv3_trigger_irq")).toEqual([{ irq: 2 }]);
    expect(lab.rules).toContain("Q-CMD-SYNC-IRQ");
    expect(lab.calls).toEqual([]);
  });

  it("every other opcode is illegal and keeps the name QEMU has for it (rule Q-CMD-ILL)", () => {
    for (const [opcode, name] of [
      [0x00, "INVALID"],
      [0x07, "SMMU_CMD_CFGI_ALL"],
      [0x14, "UNKNOWN"],
      [0x42, "UNKNOWN"],
      [0x47, "INVALID"],
      [0xff, "INVALID"],
    ] as const) {
      const lab = ready();
      expect(lab.cmds([cmd.op(opcode)]).cmdError).toBe("ill");
      expect(lab.rules).toContain("Q-CMD-ILL");
      expect(lab.eventArgs("smmuv3_cmdq_opcode")).toEqual([{ name }]);
    }
  });

  it("without accel every SID counts as an emulated function: traced, flushed, nothing else", () => {
    const lab = new Lab({ vsmmus: [{ accel: false }] });
    lab.setup(CMDQEN);
    expect(lab.cmds([cmd.cfgiSte(0x8), cmd.cfgiCd(0x8), cmd.cfgiAll(), [0x11n, 0n], SYNC]).ok).toBe(true);
    expect(lab.calls).toEqual([]);
    expect(lab.eventArgs("smmuv3_cmdq_cfgi_ste")).toEqual([{ sid: 8 }]);
    expect(lab.eventArgs("smmu_config_cache_inv")).toEqual([{ sid: 8 }, { sid: 8 }]);
  });
});
