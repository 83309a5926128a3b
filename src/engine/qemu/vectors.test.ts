/** The scenario vectors of model/qemu.md section 7, with X3's extra GET_HW_INFO (profile 11.1 = m1 + observed.md). */
import { describe, expect, it } from "vitest";
import {
  CMDQEN,
  cmd,
  FIRST_PLUG_VFIO,
  GBPA_ABORT,
  Lab,
  type LabSetup,
  REG,
  SMMUEN,
  STRTAB,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";

const A = 0x100;
const B = 0x108;

/** A and B cold-plugged and started: devid 1 and 7, IOAS 2, S2 3, vIOMMU 4, abort 5, bypass 6. */
function started(s: LabSetup = {}): Lab {
  const lab = new Lab(s);
  lab.plug(0);
  lab.plug(1);
  lab.start();
  return lab;
}

/** Guest with a linear table in which A translates and B aborts, SMMUEN set, both vDEVICEs made (B 8, A 9). */
function enabled(s: LabSetup = {}): Lab {
  const lab = started(s);
  lab.setup(CMDQEN);
  lab.ste(A, ...TRANSLATE);
  lab.ste(B, 1n);
  lab.cmds([cmd.cfgiAll(), SYNC]);
  lab.write(REG.CR0, CMDQEN | SMMUEN);
  return lab;
}

const M1: LabSetup = { qemu: "m1" };

describe("scenario vectors", () => {
  it("T1 cold plug of A, m1", () => {
    const lab = new Lab(M1);
    expect(lab.plug(0)).toEqual({ ok: true, rejected: false, errno: null, messages: [] });
    expect(lab.calls).toEqual([
      ...FIRST_PLUG_VFIO,
      "hw-info 1",
      "viommu-alloc 1 3 = 4",
      "hwpt-alloc 1 4 ste(0x1,0x0) = 5",
      "hwpt-alloc 1 4 ste(0x9,0x0) = 6",
      "attach d0 6",
    ]);
    expect(lab.events.at(-1)).toBe("smmuv3_accel_set_iommu_device");
    expect(lab.eventArgs("smmuv3_accel_set_iommu_device")).toEqual([{ devfn: 0, devid: 1, sid: A }]);
  });

  it("T1 cold plug of A, 11.1 (X3: the CMDQV probe; rules Q-SET-CMDQV, Q-SET-8, Q-SET-9, Q-CONT-NEW, Q-AUTO-NEW, Q-BE-OPEN)", () => {
    const lab = new Lab();
    lab.plug(0);
    expect(lab.calls).toEqual([
      ...FIRST_PLUG_VFIO,
      "hw-info 1",
      "hw-info 1 type=3 !EOPNOTSUPP",
      "viommu-alloc 1 3 = 4",
      "hwpt-alloc 1 4 ste(0x1,0x0) = 5",
      "hwpt-alloc 1 4 ste(0x9,0x0) = 6",
      "attach d0 6",
    ]);
    expect(lab.rules).toEqual(
      expect.arrayContaining(["Q-BE-OPEN", "Q-CONT-NEW", "Q-AUTO-NEW", "Q-SET-CMDQV", "Q-SET-8", "Q-SET-9"]),
    );
  });

  it("T2 cold plug of B on the same vSMMU: no attach in set (rules Q-SET-4, Q-AUTO-REUSE)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1);
    expect(lab.calls).toEqual([
      "open-cdev d1",
      "kvm-add d1",
      "bind d1 = 7",
      "attach d1 3",
      "get-info d1",
      "hw-info 7",
      "hw-info 7",
    ]);
    expect(lab.events.at(-1)).toBe("smmuv3_accel_set_iommu_device");
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-AUTO-REUSE", "Q-SET-4"]));
    expect([lab.attached(0), lab.attached(1)]).toEqual([6, 3]);
  });

  it("T3 machine start: B then A to bypass (rule Q-RESET-GBPA)", () => {
    const lab = started();
    expect(lab.calls).toEqual(["device-reset d1", "device-reset d0", "attach d1 6", "attach d0 6"]);
    expect(lab.rules).toContain("Q-RESET-GBPA");
  });

  it("T4 GBPA abort: B then A to abort; UPDATE reads 0 (rule Q-GBPA-UPDATE)", () => {
    const lab = started();
    expect(lab.write(REG.GBPA, GBPA_ABORT).ok).toBe(true);
    expect(lab.calls).toEqual(["attach d1 5", "attach d0 5"]);
    expect(lab.rules).toContain("Q-GBPA-UPDATE");
    expect(lab.read(REG.GBPA)).toBe(0x00100000n);
    // The same value again attaches again.
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d1 5", "attach d0 5"]);
  });

  it("T5 GBPA without UPDATE: nothing, value unchanged (rule Q-GBPA-NO-UPDATE)", () => {
    const lab = started();
    lab.write(REG.GBPA, 0x00100000);
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toEqual(["Q-GBPA-NO-UPDATE"]);
    expect(lab.read(REG.GBPA)).toBe(0x1000n);
  });

  it("T6 CFGI_ALL with SMMUEN=0, linear table: vDEVICE and GH per device, LIFO (rules Q-STE-VDEV, Q-STE-DISABLED, Q-CMD-RANGE)", () => {
    const lab = started();
    lab.setup(CMDQEN);
    lab.ste(A, ...TRANSLATE);
    lab.ste(B, 1n);
    expect(lab.cmds([cmd.cfgiAll(), SYNC]).ok).toBe(true);
    expect(lab.calls).toEqual([
      `vdevice-alloc 7 4 0x${B.toString(16)} = 8`,
      "attach d1 6",
      `vdevice-alloc 1 4 0x${A.toString(16)} = 9`,
      "attach d0 6",
    ]);
    expect(lab.eventArgs("smmuv3_accel_install_ste")).toEqual([
      { vsid: B, type: "bypass", hwpt_id: 6 },
      { vsid: A, type: "bypass", hwpt_id: 6 },
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-CMD-RANGE", "Q-STE-VDEV", "Q-STE-DISABLED"]));
  });

  it("T7 CFGI_ALL, two-level table with span 0: vDEVICEs only, the command succeeds (rules Q-STE-SPAN0, Q-STE-MISS)", () => {
    const lab = started();
    lab.setup(CMDQEN);
    lab.write(REG.STRTAB_BASE, 0x48100000n, 8);
    lab.write(REG.STRTAB_CFG, 0x10210);
    expect(lab.cmds([cmd.cfgiAll(), SYNC]).cmdError).toBeNull();
    expect(lab.calls).toEqual(["vdevice-alloc 7 4 0x108 = 8", "vdevice-alloc 1 4 0x100 = 9"]);
    expect(lab.eventArgs("smmuv3_find_ste")).toEqual([
      { sid: B, features: 1, split: 8 },
      { sid: A, features: 1, split: 8 },
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-STE-SPAN0", "Q-STE-MISS"]));
  });

  it("T8 SMMUEN set: nothing (rule Q-CR0-NO-ATTACH)", () => {
    const lab = enabled();
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toContain("Q-CR0-NO-ATTACH");
    expect([lab.attached(0), lab.attached(1)]).toEqual([6, 6]);
  });

  it("T9, T10, T11 CFGI_STE of A: translate, translate again make-before-break, V=0 (rules Q-STE-TRANSLATE, Q-STE-MAKE, Q-STE-ABORT)", () => {
    const lab = enabled();
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.calls).toEqual(["hwpt-alloc 1 4 ste(0x4882000b,0xd4) = 10", "attach d0 10"]);
    expect(lab.eventArgs("smmuv3_accel_install_ste")).toEqual([{ vsid: A, type: "translate", hwpt_id: 10 }]);
    expect(lab.rules).toContain("Q-STE-TRANSLATE");
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.calls).toEqual(["hwpt-alloc 1 4 ste(0x4882000b,0xd4) = 11", "attach d0 11", "destroy 10"]);
    expect(lab.rules).toContain("Q-STE-MAKE");
    lab.ste(A, 0n);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.calls).toEqual(["attach d0 5", "destroy 11"]);
    expect(lab.rules).toContain("Q-STE-ABORT");
  });

  it("T12 SMMUEN cleared: nothing", () => {
    const lab = enabled();
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    lab.write(REG.CR0, CMDQEN);
    expect(lab.calls).toEqual([]);
    expect(lab.attached(0)).toBe(10);
  });

  it("T13 reset with A on translate: bypass for all, the translate HWPT and the vDEVICEs stay", () => {
    const lab = enabled();
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    lab.reset();
    expect(lab.calls).toEqual(["device-reset d1", "device-reset d0", "attach d1 6", "attach d0 6"]);
    expect(lab.slot(0)).toMatchObject({ s1Hwpt: 10, vdev: { id: 9, virtId: A } });
    expect(lab.objects()).toContain("10:HWPT_NESTED");
    // The next install frees it.
    lab.setup(CMDQEN);
    lab.cmds([cmd.cfgiAll(), SYNC]);
    expect(lab.calls).toEqual(["attach d1 6", "attach d0 6", "destroy 10"]);
  });

  it("T14, T15 unplug A, then B, the last one (rules Q-UNSET-S2, Q-UNSET-S1, Q-UNSET-VDEV, Q-UNSET-LAST, Q-FIN, Q-AUTO-PUT, Q-BE-CLOSE)", () => {
    const lab = enabled();
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    lab.unplug(0);
    expect(lab.calls).toEqual([
      "attach d0 3",
      "destroy 10",
      "destroy 9",
      "detach d0",
      "kvm-del d0",
      "unbind d0",
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-UNSET-S2", "Q-UNSET-S1", "Q-UNSET-VDEV", "Q-FIN"]));
    lab.unplug(1);
    expect(lab.calls).toEqual([
      "attach d1 3",
      "destroy 8",
      "destroy 6",
      "destroy 5",
      "destroy 4",
      "detach d1",
      "destroy 3",
      "unmap 2",
      "destroy 2",
      "kvm-del d1",
      "close-iommufd",
      "unbind d1",
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-UNSET-LAST", "Q-AUTO-PUT", "Q-BE-CLOSE"]));
    expect(lab.world.kernel.files[0]?.released).toBe(true);
    expect(lab.world.kernel.smmus[0]?.vmids).toEqual([]);
  });

  it("T15 with a vEVENTQ and a poll event loop: it goes before bypass, abort and vIOMMU (rules Q-EVQ-ALLOC, Q-EVQ-FREE)", () => {
    const lab = started({ qemu: "m1" });
    lab.unplug(0);
    lab.setup(CMDQEN | 4);
    expect(lab.calls).toEqual(["veventq-alloc 4 depth=128 = 1"]);
    expect(lab.rules).toContain("Q-EVQ-ALLOC");
    lab.unplug(1);
    expect(lab.rules).toContain("Q-EVQ-FREE");
    expect(lab.calls.slice(0, 6)).toEqual([
      "attach d1 3",
      "close 1",
      "destroy 1",
      "destroy 6",
      "destroy 5",
      "destroy 4",
    ]);
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("T16 an old host refuses the GBPA attach without vDEVICE: everything is undone (rules Q-SET-8-FAIL, Q-REAL-SET)", () => {
    const lab = new Lab({ qemu: "m1", kernel: "6.17" });
    const r = lab.plug(0);
    expect(r).toMatchObject({ ok: false, errno: "ENOENT" });
    expect(r.messages.join()).toContain("Failed to set vIOMMU");
    expect(lab.calls.slice(FIRST_PLUG_VFIO.length + 1)).toEqual([
      "viommu-alloc 1 3 = 4",
      "hwpt-alloc 1 4 ste(0x1,0x0) = 5",
      "hwpt-alloc 1 4 ste(0x9,0x0) = 6",
      "attach d0 6 !ENOENT",
      "destroy 6",
      "destroy 5",
      "destroy 4",
      "detach d0",
      "destroy 3",
      "unmap 2",
      "destroy 2",
      "kvm-del d0",
      "close-iommufd",
      "unbind d0",
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-SET-8-FAIL", "Q-REAL-SET"]));
    expect(lab.world.qemu.devices[0]?.phase).toBe("absent");
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("T17 v4: the first CFGI attaches bypass; translate over translate goes through abort (rules Q-STE-VDEV-BYPASS, Q-STE-BREAK, Q-SET-NO-ATTACH, Q-SET-NO-CHECK)", () => {
    const lab = new Lab({ qemu: "v4" });
    lab.plug(0);
    expect(lab.calls.slice(FIRST_PLUG_VFIO.length)).toEqual([
      "viommu-alloc 1 3 = 4",
      "hwpt-alloc 1 4 ste(0x1,0x0) = 5",
      "hwpt-alloc 1 4 ste(0x9,0x0) = 6",
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-SET-NO-ATTACH", "Q-SET-NO-CHECK"]));
    expect(lab.attached(0)).toBe(3);
    lab.start();
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A)]);
    expect(lab.calls).toEqual([
      "vdevice-alloc 1 4 0x100 = 7",
      "attach d0 6",
      "hwpt-alloc 1 4 ste(0x4882000b,0xd4) = 8",
      "attach d0 8",
    ]);
    expect(lab.rules).toContain("Q-STE-VDEV-BYPASS");
    lab.cmds([cmd.cfgiSte(A)]);
    expect(lab.calls).toEqual([
      "attach d0 5",
      "destroy 8",
      "hwpt-alloc 1 4 ste(0x4882000b,0xd4) = 8",
      "attach d0 8",
    ]);
    expect(lab.rules).toContain("Q-STE-BREAK");
  });

  it("T18 v4 reset after T9 on A only: A to bypass, B without vDEVICE untouched (rule Q-RESET-VDEV)", () => {
    const lab = started({ qemu: "v4" });
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A)]);
    lab.reset();
    expect(lab.calls).toEqual(["device-reset d1", "device-reset d0", "attach d0 6"]);
    expect(lab.rules).toContain("Q-RESET-VDEV");
    expect(lab.attached(1)).toBe(3);
  });
});

describe("table addresses", () => {
  it("uses the linear table's own address for an STE", () => {
    const lab = enabled();
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.eventArgs("smmuv3_get_ste")).toEqual([{ addr: STRTAB + 64n * BigInt(A) }]);
  });
});
