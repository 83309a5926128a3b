/** The machine around the SMMUs: topology, plugging, host checks, names, file descriptors (model/qemu.md 2, 3.2.1). */
import { describe, expect, it } from "vitest";
import { own } from "../cx.ts";
import { openIommufd } from "../kernel/syscalls.ts";
import type { PsmmuSpec, VsmmuSpec } from "../setup.ts";
import { CMDQEN, cmd, EVENTQEN, Lab, makeSetup, REG, SMMUEN, SYNC, TRANSLATE } from "./lab.test-helper.ts";
import { qemuNames, resolveQemuName } from "./names.ts";
import { newErr, newReport } from "./qerr.ts";
import { smmuv3AccelSetIommuDevice } from "./smmuv3-accel.ts";
import { HW_CHECKS } from "./smmuv3-accel-hw.ts";
import { checkTopology } from "./topology.ts";

describe("topology", () => {
  const problem = (qemu: string, ...vsmmus: Partial<VsmmuSpec>[]): string | null =>
    checkTopology(makeSetup({ qemu, vsmmus }))?.rule ?? null;

  it("accepts the default machine, emulated SMMUs and auto properties", () => {
    expect(problem("11.1", {}, {})).toBeNull();
    expect(problem("11.1", { accel: false }, { accel: false, stage: "nested" })).toBeNull();
    expect(problem("m1", { ats: "auto", ril: "auto", ssidsize: "auto", oas: 48 })).toBeNull();
  });
  it("refuses an OAS other than 44 or 48 (rule Q-TOP-OAS)", () => {
    expect(problem("11.1", { oas: 52 })).toBe("Q-TOP-OAS");
    expect(problem("11.1", { oas: 40 })).toBe("Q-TOP-OAS");
  });
  it("refuses a SubstreamID size beyond 20 (rule Q-TOP-SSIDSIZE)", () => {
    expect(problem("11.1", { ssidsize: 21 })).toBe("Q-TOP-SSIDSIZE");
    expect(problem("11.1", { ssidsize: 20 })).toBeNull();
  });
  it("refuses auto before m1 (rule Q-TOP-NO-AUTO)", () => {
    for (const q of ["v4", "v7", "m0"]) expect(problem(q, { ats: "auto" })).toBe("Q-TOP-NO-AUTO");
  });
  it("refuses accel with stage 2 (rule Q-TOP-STAGE)", () => {
    expect(problem("11.1", { stage: "nested" })).toBe("Q-TOP-STAGE");
  });
  it("refuses accel's properties without accel (rule Q-TOP-NEEDS-ACCEL)", () => {
    for (const v of [
      { ril: "off" },
      { ats: "on" },
      { oas: 48 },
      { ssidsize: 1 },
      { ats: "auto" },
    ] as const satisfies readonly Partial<VsmmuSpec>[])
      expect(problem("11.1", { accel: false, ...v })).toBe("Q-TOP-NEEDS-ACCEL");
  });
  it("refuses two SMMUs on one bus (rule Q-TOP-ONE-PER-BUS)", () => {
    expect(problem("11.1", { bus: "pcie.0" }, { bus: "pcie.0" })).toBe("Q-TOP-ONE-PER-BUS");
  });
  it("a machine that does not start rejects every action with the reason", () => {
    const lab = new Lab({ vsmmus: [{ oas: 52 }] });
    expect(lab.plug(0)).toMatchObject({ ok: false, rejected: true });
    expect(lab.plug(0).messages[0]).toContain("oas is 44 or 48");
  });
});

describe("plug and unplug", () => {
  it("reject what makes no sense, and change nothing", () => {
    const lab = new Lab();
    lab.plug(0);
    const before = lab.world;
    const results = [
      lab.plug(0),
      lab.plug(9),
      lab.plug(1, 9),
      lab.unplug(1),
      lab.unset(1),
      lab.finalize(0),
      lab.set(0),
      lab.renumber(1, 5),
      lab.unplug(9),
    ];
    expect(results.every((r) => r.rejected && !r.ok && r.messages.length === 1)).toBe(true);
    expect(lab.world).toEqual(before);
    expect(results[0]?.messages[0]).toContain("already associated");
    lab.start();
    expect(lab.start().rejected).toBe(true);
  });

  it("a bus address holds one function (rule Q-TOP-SLOT)", () => {
    const lab = new Lab();
    lab.plug(0);
    const r = lab.plug(1, 0, { bdf: 0x100 });
    expect(r).toMatchObject({ ok: false, rejected: false, errno: null });
    expect(r.messages[0]).toContain("already associated with d0");
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toEqual(["Q-TOP-SLOT"]);
    // Another bus is another matter, and so is the address once it is free.
    expect(lab.plug(1, 1, { bdf: 0x100 }).ok).toBe(true);
    lab.unplug(1);
    lab.unplug(0);
    expect(lab.plug(1, 0, { bdf: 0x100 }).ok).toBe(true);
    expect(lab.smmu(0).slots).toHaveLength(1);
  });

  it("set takes the same host device again and refuses another (rule Q-SET-2)", () => {
    const lab = new Lab();
    lab.plug(0);
    const h = lab.slot(0).hiodi;
    if (h === null) throw new Error("not set");
    const e = newErr();
    expect(lab.act((cx) => smmuv3AccelSetIommuDevice(cx, newReport(), e, 0, 0, h))).toBe(true);
    expect(lab.calls).toEqual([]);
    expect(lab.act((cx) => smmuv3AccelSetIommuDevice(cx, newReport(), e, 0, 0, { ...h, dev: 1 }))).toBe(
      false,
    );
    expect(e.msg).toContain("already associated");
    expect(lab.rules).toEqual(["Q-SET-2"]);
  });

  it("hot says whether the function is reset at the end of its plug", () => {
    const lab = new Lab();
    lab.plug(0, 0, { hot: true });
    expect(lab.calls.at(-1)).toBe("device-reset d0");
    lab.start();
    lab.plug(1, 0, { hot: false });
    expect(lab.calls).not.toContain("device-reset d1");
  });

  it("a RAM section that cannot be mapped fails the plug (rule Q-LISTEN-MAP)", () => {
    const lab = new Lab();
    lab.ram({ base: 0n, size: 0x1000n }, { base: 0x4000_0000n, size: 0x1000_0000n });
    lab.inject("map", "ENOMEM", 2);
    expect(lab.plug(0).ok).toBe(false);
    expect(lab.calls.filter((c) => c.includes("map"))).toEqual([
      "map 2",
      "map 2 !ENOMEM",
      "unmap 2",
      "unmap 2",
    ]);
  });

  it("an unmap of what is not there is traced as such; another failure is printed", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("unmap", "ENOENT");
    expect(lab.unplug(0).messages).toEqual([]);
    expect(lab.events).toContain("iommufd_backend_unmap_dma_non_exist");
    lab.plug(0);
    lab.inject("unmap", "EIO");
    expect(lab.unplug(0).messages[0]).toContain("IOMMU_IOAS_UNMAP");
  });

  it("a failed KVM removal is printed and nothing else", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("kvm-del", "EIO");
    expect(lab.unplug(0)).toMatchObject({ ok: true, errno: "EIO" });
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });
});

describe("host compatibility", () => {
  const refused = (p: Partial<PsmmuSpec>, v: Partial<VsmmuSpec> = {}): string | undefined => {
    const lab = new Lab({ psmmus: [p], vsmmus: [v] });
    const r = lab.plug(0);
    expect(r.ok).toBe(false);
    expect(r.messages[0]).toContain("Host SMMUv3 not compatible");
    return lab.rules.find((x) => x.startsWith("Q-HW-"));
  };

  it("SIDSIZE, SSIDSIZE, RIL, OAS, ATS and granules are compared with the vSMMU (rules Q-HW-SIDSIZE, Q-HW-SSIDSIZE, Q-HW-RIL, Q-HW-OAS, Q-HW-ATS, Q-HW-GRAN4K, Q-HW-GRAN16K, Q-HW-GRAN64K, Q-SET-3)", () => {
    expect(refused({ sidBits: 8 })).toBe("Q-HW-SIDSIZE");
    expect(refused({ ssidBits: 4 }, { ssidsize: 5 })).toBe("Q-HW-SSIDSIZE");
    expect(refused({ rangeInv: false })).toBe("Q-HW-RIL");
    expect(refused({ oas: 44 }, { oas: 48 })).toBe("Q-HW-OAS");
    expect(refused({ ats: false }, { ats: "on" })).toBe("Q-HW-ATS");
    expect(refused({ gran16k: false })).toBe("Q-HW-GRAN16K");
    expect(refused({ gran64k: false })).toBe("Q-HW-GRAN64K");
    expect(refused({ gran4k: false })).toBe("Q-HW-GRAN4K");
  });

  it("what the vSMMU does not show is not asked for", () => {
    const lab = new Lab({ psmmus: [{ rangeInv: false, ats: false }], vsmmus: [{ ril: "off" }] });
    expect(lab.plug(0).ok).toBe(true);
  });

  it("STLEVEL, TTENDIAN and TTF have their own tests, in this order before the others (rules Q-HW-STLEVEL, Q-HW-TTENDIAN, Q-HW-TTF)", () => {
    expect(HW_CHECKS.map((c) => c.field)).toEqual([
      "STLEVEL",
      "TTENDIAN",
      "TTF",
      "SIDSIZE",
      "SSIDSIZE",
      "RIL",
      "OAS",
      "ATS",
      "GRAN4K",
      "GRAN16K",
      "GRAN64K",
    ]);
    const fails = (field: string, host: number, qemu: number): boolean =>
      HW_CHECKS.find((c) => c.field === field)?.fails(host, qemu) ?? false;
    expect([fails("STLEVEL", 0, 1), fails("STLEVEL", 1, 1), fails("STLEVEL", 2, 1)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([fails("TTENDIAN", 3, 2), fails("TTENDIAN", 2, 2), fails("TTENDIAN", 0, 2)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([fails("TTF", 1, 2), fails("TTF", 2, 2), fails("TTF", 3, 2)]).toEqual([true, false, false]);
  });

  it("auto properties are taken from the first device once, and stay resolved when its set fails (rule Q-SET-AUTO)", () => {
    const lab = new Lab({
      psmmus: [{ rangeInv: false, ats: true, ssidBits: 5, gran16k: false }, { ssidBits: 8 }],
      devices: [{}, { psmmu: 1 }],
      vsmmus: [{ ats: "auto", ril: "auto", ssidsize: "auto" }],
    });
    expect([lab.read(REG.IDR0), lab.read(REG.IDR1), lab.read(REG.IDR3)]).toEqual([
      0x0d44101an,
      0x02730010n,
      0x1404n,
    ]);
    expect(lab.plug(0).ok).toBe(false);
    expect(lab.rules).toContain("Q-SET-AUTO");
    expect([lab.read(REG.IDR0), lab.read(REG.IDR1), lab.read(REG.IDR3)]).toEqual([
      0x0d44141an,
      0x02730150n,
      0x1004n,
    ]);
    expect(lab.plug(1).ok).toBe(true);
    expect(lab.rules).not.toContain("Q-SET-AUTO");
    expect(lab.read(REG.IDR1)).toBe(0x02730150n);
    expect(lab.start().ok).toBe(true);
  });

  it("only auto properties follow the host, each on its own (rule Q-SET-AUTO)", () => {
    // A host with ATS and substreams, without range invalidation.
    const idrs = (v: object): bigint[] => {
      const lab = new Lab({ psmmus: [{ rangeInv: false, ssidBits: 5 }], vsmmus: [v] });
      lab.plug(0);
      return [lab.read(REG.IDR0), lab.read(REG.IDR1), lab.read(REG.IDR3)];
    };
    const off = { ril: "off" };
    expect(idrs({ ...off, ats: "auto" })).toEqual([0x0d44141an, 0x02730010n, 0x1004n]);
    expect(idrs({ ...off, ssidsize: "auto" })).toEqual([0x0d44101an, 0x02730150n, 0x1004n]);
    expect(idrs({ ril: "auto" })).toEqual([0x0d44101an, 0x02730010n, 0x1004n]);
    expect(idrs({ ril: "on", ats: "auto" })).toEqual([0x0d44141an, 0x02730010n, 0x1404n]);
    expect(idrs({ ...off })).toEqual([0x0d44101an, 0x02730010n, 0x1004n]);
  });

  it("the host must report an Arm SMMUv3 (rule Q-HW-TYPE)", () => {
    const lab = new Lab();
    lab.realize(0);
    // A host driver without hw_info reports type 0.
    const { setup } = lab.world;
    lab.world = { ...lab.world, setup: { ...setup, kernel: { ...setup.kernel, nesting: false } } };
    const r = lab.set(0);
    expect(r.ok).toBe(false);
    expect(r.messages[0]).toContain("type 0");
    expect(lab.rules).toContain("Q-HW-TYPE");
  });
});

describe("iommufd backends", () => {
  it("a file that was opened under the backend's name is used and never closed by QEMU (rule Q-BE-PASSED-FD)", () => {
    const lab = new Lab();
    lab.act((cx) => openIommufd(cx, "raw", "vm"));
    lab.plug(0);
    expect(lab.rules).toContain("Q-BE-PASSED-FD");
    expect(lab.calls).not.toContain("open-iommufd vm");
    expect(lab.eventArgs("iommufd_backend_connect")).toEqual([{ fd: 23, owned: 0, users: 1 }]);
    lab.unplug(0);
    expect(lab.calls).not.toContain("close-iommufd");
    expect(lab.world.kernel.files[0]?.fdOpen).toBe(true);
  });

  it("fd numbers: iommufd 23, cdevs from 24, the lowest free each time", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.plug(1);
    lab.setup(CMDQEN | EVENTQEN);
    expect(lab.smmu().accel.veventq?.fd).toBe(26);
    lab.unplug(0);
    lab.plug(2, 1);
    expect(lab.world.qemu.devices.map((d) => d.fd)).toEqual([-1, 25, 24]);
    expect(lab.world.qemu.fds).toEqual([23, 24, 25, 26]);
  });
});

describe("the end of the process", () => {
  it("closes everything in ascending order of fds and drops io_uring's pins (rule Q-DEAD)", () => {
    const lab = new Lab({ knobs: { installErrorAsserts: true } });
    lab.plug(0);
    lab.plug(2, 1);
    lab.start();
    lab.setup(CMDQEN | EVENTQEN | SMMUEN);
    // A leaked vEVENTQ of an earlier life of v0 pins the file.
    lab.unplug(0);
    lab.plug(0);
    lab.inject("vdevice-alloc", "ENOMEM");
    const r = lab.cmds([cmd.cfgiSte(0x100)]);
    expect(r).toMatchObject({ ok: false });
    expect(lab.rules).toContain("Q-DEAD");
    expect(lab.calls.slice(1)).toEqual([
      "close-iommufd",
      "unbind d0",
      "unbind d2",
      expect.stringMatching(/^close \d+$/),
    ]);
    expect(lab.world.kernel.files.every((f) => f.released)).toBe(true);
    expect(lab.world.kernel.smmus[0]?.vmids).toEqual([]);
    expect(lab.world.qemu).toMatchObject({ fds: [], plugged: [], containers: [] });
    // The registers stay, to look at.
    expect(lab.smmu().regs.cr0).toBe(CMDQEN | EVENTQEN | SMMUEN);
    expect(lab.smmu().accel).toMatchObject({ viommu: null, veventq: null, deviceList: [] });
  });
});

describe("names", () => {
  it("follow QEMU's records: shared S2, translate HWPT, vEVENTQ; they survive their objects", () => {
    const lab = new Lab();
    expect(qemuNames(lab.world)).toEqual([]);
    lab.plug(0);
    lab.plug(1);
    lab.start();
    lab.setup(CMDQEN | EVENTQEN | SMMUEN);
    lab.ste(0x100, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(0x100), SYNC]);
    const id = (name: string): number | null => resolveQemuName(lab.world, name)?.id ?? null;
    expect({
      device: id("d0.device"),
      s2: id("d0.s2"),
      shared: id("d1.s2"),
      viommu: id("v0.viommu"),
      abort: id("v0.abort"),
      bypass: id("v0.bypass"),
      veventq: id("v0.veventq"),
      vdevice: id("d0.vdevice"),
      s1: id("d0.s1"),
      ioas: id("vm.ioas"),
    }).toEqual({
      device: 1,
      s2: 3,
      shared: 3,
      viommu: 4,
      abort: 5,
      bypass: 6,
      veventq: 8,
      vdevice: 9,
      s1: 10,
      ioas: 2,
    });
    expect([
      id("d1.vdevice"),
      id("v1.viommu"),
      id("d9.s2"),
      id("v9.abort"),
      id("d0"),
      id("d0.x"),
      id("x.ioas"),
    ]).toEqual(Array(7).fill(null));
    expect(qemuNames(lab.world)).toContain("d0.s1");
    lab.unplug(0);
    expect(resolveQemuName(lab.world, "d0.s1")).toEqual({ file: 0, id: 10 });
  });

  it("are the names of the kernel's objects", () => {
    const lab = new Lab();
    lab.plug(0);
    const named = (lab.world.kernel.files[0]?.objects ?? []).flatMap((o) =>
      o !== null && o !== "tombstone" ? [o.name] : [],
    );
    expect(named).toEqual(["d0.device", "vm.ioas", "d0.s2", "v0.viommu", "v0.abort", "v0.bypass"]);
  });
});

describe("world", () => {
  it("an action that only reads leaves the world as it is", () => {
    const lab = new Lab();
    lab.plug(0);
    const before = lab.world;
    lab.read(REG.GBPA);
    expect(lab.world).toEqual(before);
    expect(lab.world.qemu).toBe(before.qemu);
    lab.act((cx) => own(cx, cx.w, "qemu").started);
  });
});
