/** What real runs showed (model/observed.md X1–X15), as far as it is QEMU's doing. X1 and X13: events.test.ts; X6: registers.test.ts; X14: commands.test.ts. */
import { describe, expect, it } from "vitest";
import {
  CMDQEN,
  cmd,
  EVENTQEN,
  GBPA_ABORT,
  GBPA_BYPASS,
  Lab,
  REG,
  SMMUEN,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";

const A = 0x100;
const B = 0x108;

describe("observed", () => {
  it("X2: unset and finalize are two steps; guest activity can fall between (rule Q-UNPLUG-HALVES)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1);
    lab.start();
    lab.setup(CMDQEN);
    expect(lab.unset(0).ok).toBe(true);
    expect(lab.calls).toEqual(["attach d0 3"]);
    expect(lab.rules).toContain("Q-UNPLUG-HALVES");
    expect(lab.attached(0)).toBe(3);
    // The window of D17: GBPA reaches only the other device.
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d1 5"]);
    expect(lab.unset(0).rejected).toBe(true);
    expect(lab.unplug(0).rejected).toBe(true);
    expect(lab.plug(0).messages[0]).toContain("finalize it first");
    expect(lab.finalize(0).ok).toBe(true);
    expect(lab.calls).toEqual(["detach d0", "kvm-del d0", "unbind d0"]);
    expect(lab.finalize(0).rejected).toBe(true);
  });

  it("D18: plug too has two halves; between them nobody but VFIO knows the device (rule Q-PLUG-HALVES)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.start();
    expect(lab.realize(1).ok).toBe(true);
    expect(lab.attached(1)).toBe(3);
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d0 5"]);
    expect([lab.unplug(1), lab.unset(1), lab.finalize(1), lab.realize(1), lab.plug(1)]).toEqual(
      Array(5).fill(expect.objectContaining({ rejected: true })),
    );
    expect(lab.set(1).ok).toBe(true);
    expect(lab.rules).toContain("Q-PLUG-HALVES");
    expect(lab.calls).toEqual(["hw-info 7", "device-reset d1"]);
    expect(lab.set(1).rejected).toBe(true);
  });

  it("X5: the last disconnect prints fd=-1 users=0", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.unplug(0);
    expect(lab.eventArgs("iommufd_backend_disconnect")).toEqual([{ fd: -1, users: 0 }]);
    expect(lab.eventArgs("iommufd_cdev_pasid_detach_ioas_hwpt")).toEqual([
      { iommufd: 23, name: "0000:01:00.0", pasid: 0 },
    ]);
  });

  it("X7: a failed GBPA attach prints the attach error, a hint and a summary; at reset only the first; the other device moves (D10; rule Q-GBPA-FAIL)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1);
    lab.start();
    lab.inject("attach", "ENOENT", 1, 1);
    const r = lab.write(REG.GBPA, GBPA_ABORT);
    expect(r).toMatchObject({ ok: false, errno: "ENOENT", cmdError: null });
    expect(r.messages).toHaveLength(3);
    expect(r.messages[0]).toBe(
      "[iommufd=23] error attach 0000:01:01.0 (25) pasid 0 to id=5: No such file or directory",
    );
    expect(r.messages[1]).toContain("devid 7");
    expect(lab.rules).toContain("Q-GBPA-FAIL");
    expect([lab.attached(0), lab.attached(1)]).toEqual([5, 6]);
    expect(lab.read(REG.GBPA)).toBe(0x100000n);
    lab.inject("attach", "ENOENT", 1, 1);
    const reset = lab.reset();
    expect(reset).toMatchObject({ ok: true, errno: "ENOENT" });
    expect(reset.messages).toEqual([
      "[iommufd=23] error attach 0000:01:01.0 (25) pasid 0 to id=6: No such file or directory",
    ]);
    expect([lab.attached(0), lab.attached(1)]).toEqual([6, 6]);
  });

  it("X7: before 11.1 the attach error names no pasid", () => {
    const lab = new Lab({ qemu: "m1" });
    lab.plug(0);
    lab.inject("attach", "EIO");
    expect(lab.start().messages).toEqual([
      "[iommufd=23] error attach 0000:01:00.0 (24) to id=6: Input/output error",
    ]);
  });

  it("X8, D23: a second iommufd object under one vSMMU is accepted; its device stays on its own S2", () => {
    const lab = new Lab();
    lab.plug(0);
    expect(lab.plug(1, 0, { iommufd: "f2" }).ok).toBe(true);
    // Own file: ids begin at 1 again.
    expect(lab.calls.slice(1, 8)).toEqual([
      "open-iommufd f2",
      "kvm-add d1",
      "bind d1 = 1",
      "ioas-alloc = 2",
      "hw-info 1",
      "hwpt-alloc 1 2 flags=0x1 = 3",
      "attach d1 3",
    ]);
    const start = lab.start();
    expect(lab.calls.slice(2)).toEqual(["attach d1 6 !ENOENT", "attach d0 6"]);
    expect(start.messages).toHaveLength(1);
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d1 5 !ENOENT", "attach d0 5"]);
    expect([lab.attached(0), lab.attached(1)]).toEqual([5, 3]);
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(B, 1n);
    expect(lab.cmds([cmd.cfgiSte(B)])).toMatchObject({ cmdError: "ill", errno: "ENOENT" });
    expect(lab.calls).toEqual(["vdevice-alloc 1 4 0x108 !ENOENT"]);
  });

  it("X8: if the owner's device leaves first its S2 and IOAS stay, and the last unset frees on a closed file", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1, 0, { iommufd: "f2" });
    lab.start();
    lab.unplug(0);
    expect(lab.calls).toEqual([
      "attach d0 3",
      "detach d0",
      "destroy 3 !EBUSY",
      "unmap 2",
      "destroy 2 !EBUSY",
      "kvm-del d0",
      "close-iommufd",
      "unbind d0",
    ]);
    const r = lab.unplug(1);
    expect(lab.calls.slice(0, 5)).toEqual([
      "attach d1 3",
      "destroy 6 !EBADF",
      "destroy 5 !EBADF",
      "destroy 4 !EBADF",
      "detach d1",
    ]);
    expect(r.messages).toContain("Failed to free id: 4 Bad file descriptor");
  });

  it("X8: ids of the two files collide, so that an id may name a wrong object", () => {
    const lab = new Lab();
    // f2 gets a vSMMU of its own first, so that ids 4 to 6 exist there too.
    lab.plug(2, 1, { iommufd: "f2" });
    lab.plug(0);
    lab.plug(1, 0, { iommufd: "f2" });
    lab.start();
    // GBPA of v0 attaches d1 to id 5 of f2: the abort HWPT of the other vSMMU's vIOMMU.
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d1 5", "attach d0 5"]);
    expect(lab.attached(1)).toBe(5);
  });

  it("X9: two vSMMUs on one physical SMMU share the S2 and its VMID", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(2, 1);
    expect(lab.calls).toContain("attach d2 3");
    expect(lab.smmu(1).accel.viommu?.s2HwptId).toBe(3);
    expect(lab.world.kernel.smmus[0]?.vmids).toEqual([1]);
    // S2 outlives the first vIOMMU.
    lab.unplug(0);
    expect(lab.calls).not.toContain("destroy 3");
    lab.unplug(2);
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("X10: the second function of a group whose first left S2 cannot be plugged, until the first is gone (rules Q-AUTO-INCOMPATIBLE, Q-CONT-NEXT, Q-REAL-ATTACH)", () => {
    const lab = new Lab({ devices: [{ group: 0 }, { group: 0 }] });
    lab.plug(0);
    const r = lab.plug(1);
    expect(r).toMatchObject({ ok: false, errno: "EINVAL" });
    expect(lab.calls).toEqual([
      "open-cdev d1",
      "kvm-add d1",
      "bind d1 = 7",
      "attach d1 3 !EINVAL",
      "hw-info 7",
      "hwpt-alloc 7 2 flags=0x1 = 8",
      "attach d1 8 !EINVAL",
      "destroy 8",
      "ioas-alloc = 8",
      "hw-info 7",
      "hwpt-alloc 7 8 flags=0x1 = 9",
      "attach d1 9 !EINVAL",
      "destroy 9",
      "destroy 8",
      "kvm-del d1",
      "unbind d1",
    ]);
    expect(lab.rules).toEqual(
      expect.arrayContaining(["Q-AUTO-INCOMPATIBLE", "Q-CONT-NEXT", "Q-REAL-ATTACH"]),
    );
    expect(lab.events).toContain("iommufd_cdev_fail_attach_existing_container");
    expect(lab.world.qemu.containers).toHaveLength(1);
    // Nor can the first go to translate: the host attaches every device of the group. Bypass works.
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, ...TRANSLATE);
    expect(lab.cmds([cmd.cfgiSte(A)])).toMatchObject({ cmdError: "ill", errno: "ENOENT" });
    lab.ste(A, 9n);
    expect(lab.write(REG.GERRORN, 1)).toMatchObject({ ok: true });
    expect(lab.attached(0)).toBe(6);
    lab.unplug(0);
    expect(lab.plug(1).ok).toBe(true);
  });

  it("X10: v4 and v5 do not hit this at plug time", () => {
    for (const qemu of ["v4", "v5"]) {
      const lab = new Lab({ qemu, devices: [{ group: 0 }, { group: 0 }] });
      lab.plug(0);
      expect(lab.plug(1).ok).toBe(true);
    }
  });

  it("X12: reset order; a hot-plugged function is reset once at plug (rules Q-RESET-ORDER, Q-REAL-HOT-RESET)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1);
    expect(lab.events).not.toContain("vfio_pci_reset");
    lab.start();
    lab.plug(2, 1);
    expect(lab.calls.at(-1)).toBe("device-reset d2");
    expect(lab.rules).toContain("Q-REAL-HOT-RESET");
    lab.reset();
    expect(lab.rules).toContain("Q-RESET-ORDER");
    expect(lab.calls).toEqual([
      "device-reset d2",
      "device-reset d1",
      "device-reset d0",
      "attach d2 11",
      "attach d1 6",
      "attach d0 6",
    ]);
    expect(lab.events.filter((e) => !e.includes("attach"))).toEqual([
      "vfio_device_reset_handler",
      ...Array(3).fill(["vfio_pci_reset", "vfio_pci_reset_flr"]).flat(),
      "smmu_reset_exit",
      "smmu_reset_exit",
    ]);
  });

  it("a failed device reset is reported and the system reset goes on (rule Q-RESET-FLR-FAIL)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("device-reset", "EIO");
    const r = lab.start();
    expect(r).toMatchObject({ ok: true, errno: "EIO" });
    expect(lab.rules).toContain("Q-RESET-FLR-FAIL");
    expect(lab.events).toContain("vfio_pci_hot_reset");
    expect(lab.calls).toEqual(["device-reset d0 !EIO", "attach d0 6"]);
  });

  it("X15: vfio-pci behind an SMMU without accel fails in the listener (rule Q-LISTEN-EMULATED)", () => {
    const lab = new Lab({ vsmmus: [{ accel: false }] });
    const r = lab.plug(0);
    expect(r.ok).toBe(false);
    expect(r.messages[0]).toContain("memory listener");
    expect(lab.rules).toContain("Q-LISTEN-EMULATED");
    expect(lab.calls.slice(4)).toEqual([
      "ioas-alloc = 2",
      "hw-info 1",
      "hwpt-alloc 1 2 flags=0x0 = 3",
      "attach d0 3",
      "iova-ranges 2",
      "iova-ranges 2",
      "detach d0",
      "destroy 3",
      "destroy 2",
      "kvm-del d0",
      "close-iommufd",
      "unbind d0",
    ]);
  });

  it("X15: auto without a cold-plugged device ends QEMU at the start (rule Q-START-AUTO)", () => {
    const lab = new Lab({ vsmmus: [{ ats: "auto" }] });
    const r = lab.start();
    expect(r.ok).toBe(false);
    expect(r.messages[0]).toContain("cold-plugged");
    expect(lab.rules).toContain("Q-START-AUTO");
    expect(lab.events).toEqual([]);
    expect(lab.plug(0).rejected).toBe(true);
  });

  it("D13: a device of another physical SMMU gets its own S2; GBPA and CFGI fail for it", () => {
    const lab = new Lab({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    lab.plug(0);
    expect(lab.plug(1).ok).toBe(true);
    expect(lab.calls).toEqual(
      expect.arrayContaining(["attach d1 3 !EINVAL", "hwpt-alloc 7 2 flags=0x1 = 8", "attach d1 8"]),
    );
    expect(lab.start().messages).toHaveLength(1);
    lab.write(REG.GBPA, GBPA_ABORT);
    expect(lab.calls).toEqual(["attach d1 5 !EINVAL", "attach d0 5"]);
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(B, 1n);
    expect(lab.cmds([cmd.cfgiSte(B)])).toMatchObject({ cmdError: "ill", errno: "EINVAL" });
    expect(lab.attached(1)).toBe(8);
  });
});

describe("divergences the design leaves open", () => {
  it("D5: a GBPA write moves translated devices with SMMUEN=1; the next install frees the HWPT on record", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.start();
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    const s1 = lab.slot(0).s1Hwpt;
    lab.write(REG.GBPA, GBPA_BYPASS);
    expect([lab.attached(0), lab.slot(0).s1Hwpt]).toEqual([6, s1]);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(lab.calls).toEqual([
      `hwpt-alloc 1 4 ste(0x4882000b,0xd4) = ${s1 + 1}`,
      `attach d0 ${s1 + 1}`,
      `destroy ${s1}`,
    ]);
  });

  it("an emptied VM opens a new file and starts ids again (rule Q-BE-CLOSE)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.unplug(0);
    expect(lab.rules).toContain("Q-BE-CLOSE");
    lab.plug(1);
    expect(lab.calls.slice(0, 5)).toEqual([
      "open-cdev d1",
      "open-iommufd vm",
      "kvm-add d1",
      "bind d1 = 1",
      "ioas-alloc = 2",
    ]);
    expect(lab.world.qemu.backends[0]).toMatchObject({ file: 1, fd: 23, users: 1 });
  });

  it("EVENTQEN set before the first plug makes the vEVENTQ in set, between bypass and attach", () => {
    const lab = new Lab({ qemu: "m1" });
    lab.setup(CMDQEN | EVENTQEN);
    lab.plug(0);
    expect(lab.calls.slice(-3)).toEqual([
      "hwpt-alloc 1 4 ste(0x9,0x0) = 6",
      "veventq-alloc 4 depth=128 = 7",
      "attach d0 6",
    ]);
  });
});
