/** What each release does differently: every row of model/qemu.md section 5, and knobs on their own. */
import { describe, expect, it } from "vitest";
import type { QemuKnobs } from "../profile.ts";
import { REPAIRS } from "../profile.ts";
import {
  CMDQEN,
  cmd,
  EVENTQEN,
  GBPA_ABORT,
  Lab,
  type LabSetup,
  REG,
  SMMUEN,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";
import {
  DEFAULT_QEMU,
  QEMU_KNOBS,
  QEMU_PROFILE_TEXT,
  QEMU_PROFILES,
  QEMU_REPAIRS,
  qemuProfile,
  repairFor,
} from "./profiles.ts";

const A = 0x100;
const B = 0x108;

const NAMES = ["v4", "v5", "v6", "v7", "m0", "m1", "11.1"] as const;

/** Two devices, started; A's and B's STEs as given; CFGI not yet sent. */
function pair(s: LabSetup, cr0 = CMDQEN | SMMUEN): Lab {
  const lab = new Lab(s);
  lab.plug(0);
  lab.plug(1);
  lab.start();
  lab.setup(cr0);
  return lab;
}

/** Sets A's STE and sends CFGI_STE. */
function cfgi(lab: Lab, w0: bigint, w1 = 0n): boolean {
  lab.ste(A, w0, w1);
  return lab.cmds([cmd.cfgiSte(A)]).ok;
}

describe("rows", () => {
  it("there is one for each release, 11.1 the default", () => {
    expect(QEMU_PROFILES.map((p) => p.name)).toEqual([...NAMES]);
    expect(DEFAULT_QEMU.name).toBe("11.1");
    expect(Object.keys(QEMU_PROFILE_TEXT)).toEqual(expect.arrayContaining([...NAMES]));
    expect(qemuProfile("m1")?.name).toBe("m1");
    expect(qemuProfile("v3")).toBeNull();
  });

  it("every knob has a line that lists all its values", () => {
    const names = Object.keys(DEFAULT_QEMU).filter((k) => k !== "name");
    expect(QEMU_KNOBS.map((k) => k.knob).sort()).toEqual(names.sort());
    expect(new Set(QEMU_KNOBS.map((k) => k.key)).size).toBe(QEMU_KNOBS.length);
    for (const info of QEMU_KNOBS)
      for (const p of QEMU_PROFILES) {
        const v = p[info.knob as keyof QemuKnobs];
        expect(info.values).toContain(typeof v === "boolean" ? (v ? "on" : "off") : v);
      }
  });

  it("every repair has a line and the names of what it removes", () => {
    expect(QEMU_REPAIRS.map((r) => r.id)).toEqual([...REPAIRS]);
    expect(["D1", "D2", "D3", "D4", "D4b", "D5", "D6", "D15", "D14"].map(repairFor)).toEqual([
      "set-attaches",
      "set-by-smmuen",
      "smmuen-edge",
      "smmuen-edge",
      "smmuen-edge",
      "gbpa-guard",
      "ste-miss-aborts",
      "veventq-reset",
      "vdev-reset",
    ]);
    expect(repairFor("D7")).toBeNull();
  });
});

describe("attach in set", () => {
  for (const qemu of NAMES)
    it(`${qemu}: ${qemu === "v4" || qemu === "v5" ? "every device stays on S2 (rule Q-SET-NO-ATTACH)" : "first device GBPA's HWPT, second S2 (rules Q-SET-8, Q-SET-4)"}`, () => {
      const lab = new Lab({ qemu });
      lab.write(REG.GBPA, GBPA_ABORT);
      lab.plug(0);
      lab.plug(1);
      const none = qemu === "v4" || qemu === "v5";
      expect([lab.attached(0), lab.attached(1)]).toEqual([none ? 3 : 5, 3]);
    });
});

describe("hardware check", () => {
  it("runs from m0 on: one GET_HW_INFO in set (rules Q-SET-3, Q-SET-NO-CHECK, Q-HW-OAS)", () => {
    for (const qemu of NAMES) {
      const lab = new Lab({ qemu, psmmus: [{ oas: 40 }] });
      const r = lab.plug(0);
      const checks = ["m0", "m1", "11.1"].includes(qemu);
      expect(r.ok).toBe(!checks);
      expect(lab.rules).toContain(checks ? "Q-HW-OAS" : "Q-SET-NO-CHECK");
    }
  });
});

describe("a failed vIOMMU creation", () => {
  it("v4: QEMU ends by assertion and the host closes its files (rules Q-SET-ASSERT, Q-DEAD)", () => {
    const lab = new Lab({ qemu: "v4" });
    lab.inject("hwpt-alloc", "ENOMEM", 3);
    const r = lab.plug(0);
    expect(r.ok).toBe(false);
    expect(r.errno).toBe("ENOMEM");
    expect(r.messages.at(-1)).toContain("assertion");
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-SET-ASSERT", "Q-DEAD"]));
    expect(lab.calls.slice(-4)).toEqual(["destroy 5", "destroy 4", "close-iommufd", "unbind d0"]);
    expect(lab.world.kernel.files[0]?.released).toBe(true);
    expect(lab.world.kernel.masters[0]?.bound).toBeNull();
    const again = lab.plug(1);
    expect(again).toMatchObject({ ok: false, rejected: true });
    expect(again.messages[0]).toContain("assertion");
    expect(lab.write(REG.GBPA, GBPA_ABORT).rejected).toBe(true);
    expect([
      lab.unplug(0),
      lab.unset(0),
      lab.finalize(0),
      lab.reset(),
      lab.set(0),
      lab.renumber(0, 1),
    ]).toEqual(Array(6).fill(expect.objectContaining({ rejected: true })));
    expect(lab.drain().rejected).toBe(true);
  });

  it("v5 and later: a hint, and the realize fails", () => {
    for (const qemu of NAMES.slice(1)) {
      const lab = new Lab({ qemu });
      lab.inject("viommu-alloc", "ENOMEM");
      const r = lab.plug(0);
      expect(r).toMatchObject({ ok: false, errno: "ENOMEM" });
      expect(r.messages[0]).toContain("devid 0x1");
      expect(lab.world.qemu.dead).toBeNull();
    }
  });
});

describe("unset", () => {
  const translated = (qemu: string): Lab => {
    const lab = pair({ qemu, knobs: { eventloop: "poll" } });
    cfgi(lab, ...TRANSLATE);
    lab.unplug(1);
    return lab;
  };

  it("v4, v5: the translate HWPT leaks and keeps the vIOMMU (rule Q-UNSET-S1-LEAK)", () => {
    for (const qemu of ["v4", "v5"]) {
      const lab = translated(qemu);
      const s1 = lab.slot(0).s1Hwpt;
      lab.unset(0);
      expect(lab.rules).toContain("Q-UNSET-S1-LEAK");
      expect(lab.calls).toEqual([
        "attach d0 3",
        expect.stringMatching(/^destroy \d+$/),
        "destroy 6",
        "destroy 5",
        "destroy 4 !EBUSY",
      ]);
      expect(lab.objects()).toContain(`${s1}:HWPT_NESTED`);
      lab.finalize(0);
      expect(lab.calls.slice(0, 4)).toEqual(["detach d0", "destroy 3 !EBUSY", "unmap 2", "destroy 2 !EBUSY"]);
    }
  });

  it("v4, v5 free the vDEVICE after the unlink and its trace, later releases before", () => {
    for (const qemu of NAMES) {
      const lab = translated(qemu);
      lab.unset(0);
      const freed = lab.events.indexOf("iommufd_backend_free_id");
      const said = lab.events.indexOf("smmuv3_accel_unset_iommu_device");
      expect(freed > said).toBe(qemu === "v4" || qemu === "v5");
    }
  });

  it("v6 and later destroy it (rule Q-UNSET-S1)", () => {
    for (const qemu of NAMES.slice(2)) {
      const lab = translated(qemu);
      lab.unplug(0);
      expect(lab.rules).toContain("Q-UNSET-S1");
      expect(lab.world.kernel.files[0]?.released).toBe(true);
    }
  });

  it("v4, v5: a CFGI_STE for a slot whose vIOMMU was freed ends QEMU (rule Q-STE-STALE)", () => {
    for (const qemu of NAMES) {
      const lab = new Lab({ qemu });
      lab.plug(0);
      lab.start();
      lab.setup(CMDQEN | SMMUEN);
      lab.unplug(0);
      const r = lab.cmds([cmd.cfgiSte(A), SYNC]);
      const stale = qemu === "v4" || qemu === "v5";
      expect(lab.world.qemu.dead !== null).toBe(stale);
      expect(r.ok).toBe(!stale);
      if (stale) {
        expect(lab.rules).toContain("Q-STE-STALE");
        expect(lab.events).not.toContain("smmuv3_write_mmio");
      }
    }
  });

  it("v4, v5: a slot that is set again points to the new vIOMMU", () => {
    const lab = new Lab({ qemu: "v5" });
    lab.plug(0);
    lab.unplug(0);
    lab.plug(0);
    lab.setup(CMDQEN | SMMUEN);
    expect(cfgi(lab, 9n)).toBe(true);
    expect(lab.world.qemu.dead).toBeNull();
  });
});

describe("vDEVICE and first CFGI", () => {
  it("v4, v5: bypass at once whatever the STE says; an abort STE is not applied (rules Q-STE-VDEV-BYPASS, Q-STE-ONLY-TRANSLATE)", () => {
    for (const qemu of ["v4", "v5"]) {
      const lab = pair({ qemu });
      expect(cfgi(lab, 1n)).toBe(true);
      expect(lab.calls).toEqual([expect.stringContaining("vdevice-alloc"), "attach d0 6"]);
      expect(lab.rules).toEqual(expect.arrayContaining(["Q-STE-VDEV-BYPASS", "Q-STE-ONLY-TRANSLATE"]));
      // From translate, abort and bypass are decided by Config[2], even with V=0.
      cfgi(lab, ...TRANSLATE);
      cfgi(lab, 0x8n);
      expect(lab.attached(0)).toBe(6);
      cfgi(lab, ...TRANSLATE);
      cfgi(lab, 0n);
      expect(lab.attached(0)).toBe(5);
      expect(lab.slot(0).s1Hwpt).toBe(0);
    }
  });

  it("v4, v5: a failed bypass attach frees the vDEVICE; from v6 on it survives", () => {
    const old = pair({ qemu: "v5" });
    old.inject("attach", "ENOMEM");
    expect(cfgi(old, 9n)).toBe(false);
    expect(old.calls).toEqual(["vdevice-alloc 1 4 0x100 = 8", "attach d0 6 !ENOMEM", "destroy 8"]);
    expect(old.slot(0).vdev).toBeNull();
    const later = pair({ qemu: "v6" });
    later.inject("attach", "ENOMEM");
    expect(cfgi(later, 9n)).toBe(false);
    expect(later.slot(0).vdev).toEqual({ id: 8, virtId: A });
  });
});

describe("CFGI and SMMUEN", () => {
  for (const qemu of NAMES)
    it(`${qemu}: with SMMUEN=0 ${qemu === "v4" || qemu === "v5" ? "a translate STE takes effect" : "GBPA decides (rule Q-STE-DISABLED)"}`, () => {
      const lab = pair({ qemu }, CMDQEN);
      cfgi(lab, ...TRANSLATE);
      const old = qemu === "v4" || qemu === "v5";
      expect(lab.slot(0).s1Hwpt !== 0).toBe(old);
      expect(lab.attached(0) === 6).toBe(!old);
    });
});

describe("translate over translate", () => {
  it("v4, v5: a failure on the way leaves the device on abort (rule Q-STE-BREAK); later the old HWPT stays", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu, knobs: { installErrorAsserts: false } });
      cfgi(lab, ...TRANSLATE);
      const s1 = lab.slot(0).s1Hwpt;
      lab.inject("hwpt-alloc", "ENOMEM");
      expect(cfgi(lab, ...TRANSLATE)).toBe(false);
      expect(lab.attached(0)).toBe(qemu === "v4" || qemu === "v5" ? 5 : s1);
    }
  });
});

describe("Config 7", () => {
  it("v4, v5: tried as translate, which the host refuses; later an error of QEMU (rule Q-STE-CONFIG)", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu, knobs: { installErrorAsserts: false } });
      expect(cfgi(lab, 0xfn)).toBe(false);
      const tried = lab.calls.some((c) => c.startsWith("hwpt-alloc"));
      expect(tried).toBe(qemu === "v4" || qemu === "v5");
    }
  });
});

describe("STE not found", () => {
  const miss = (qemu: string, command: [bigint, bigint]): Lab => {
    const lab = pair({ qemu });
    lab.write(REG.STRTAB_CFG, 4);
    lab.cmds([command]);
    return lab;
  };
  it("v4, v5: one is harmless, a second one in a range ends QEMU (rule Q-RANGE-ASSERT)", () => {
    for (const qemu of NAMES) {
      expect(miss(qemu, cmd.cfgiSte(A)).world.qemu.dead).toBeNull();
      const range = miss(qemu, cmd.cfgiAll());
      const old = qemu === "v4" || qemu === "v5";
      expect(range.world.qemu.dead !== null).toBe(old);
      if (old) {
        expect(range.rules).toContain("Q-RANGE-ASSERT");
        // The process is gone at the second device: its vDEVICE was made, nothing else.
        expect(range.calls.filter((c) => c.startsWith("vdevice-alloc"))).toHaveLength(2);
      }
    }
  });
  it("v5: a miss followed by a failure in the same range ends QEMU too, before any unwinding", () => {
    const lab = pair({ qemu: "v5" });
    lab.write(REG.STRTAB_CFG, 4);
    lab.inject("attach", "ENOMEM", 2);
    lab.cmds([cmd.cfgiAll()]);
    expect(lab.world.qemu.dead).not.toBeNull();
    expect(lab.calls.slice(2, 5)).toEqual([
      "vdevice-alloc 1 4 0x100 = 9",
      "attach d0 6 !ENOMEM",
      "close-iommufd",
    ]);
  });
});

describe("a failed install", () => {
  it("v4: ends QEMU inside CFGI_STE (rule Q-CMD-STE-ASSERT); later ILL", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu });
      lab.inject("vdevice-alloc", "ENOMEM");
      const r = lab.cmds([cmd.cfgiSte(A)]);
      expect(r.errno).toBe("ENOMEM");
      expect(lab.world.qemu.dead !== null).toBe(qemu === "v4");
      if (qemu === "v4") expect(lab.rules).toContain("Q-CMD-STE-ASSERT");
      else expect(r.cmdError).toBe("ill");
    }
  });

  it("v4, v5: a range stops at the first failure (rule Q-RANGE-STOP); later it goes on (rule Q-RANGE-CONTINUE)", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu });
      lab.inject("vdevice-alloc", "ENOMEM");
      expect(lab.cmds([cmd.cfgiAll()]).cmdError).toBe("ill");
      const old = qemu === "v4" || qemu === "v5";
      expect(lab.rules).toContain(old ? "Q-RANGE-STOP" : "Q-RANGE-CONTINUE");
      expect(lab.calls.filter((c) => c.startsWith("vdevice-alloc"))).toHaveLength(old ? 1 : 2);
    }
  });
});

describe("reset and GBPA", () => {
  it("v4: a GBPA write moves nothing and reset only devices with a vDEVICE; later all (rules Q-GBPA-IGNORED, Q-RESET-VDEV, Q-RESET-GBPA)", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu });
      lab.write(REG.GBPA, GBPA_ABORT);
      const old = qemu === "v4";
      expect(lab.calls).toEqual(old ? [] : ["attach d1 5", "attach d0 5"]);
      if (old) expect(lab.rules).toContain("Q-GBPA-IGNORED");
      expect(lab.read(REG.GBPA)).toBe(0x100000n);
      lab.ste(A, 9n);
      lab.cmds([cmd.cfgiSte(A)]);
      lab.reset();
      expect(lab.calls.slice(2)).toEqual(old ? ["attach d0 6"] : ["attach d1 6", "attach d0 6"]);
      expect(lab.rules).toContain(old ? "Q-RESET-VDEV" : "Q-RESET-GBPA");
    }
  });

  it("v4: a failed reset attach is printed", () => {
    const lab = pair({ qemu: "v4" });
    cfgi(lab, 9n);
    lab.inject("attach", "EIO");
    expect(lab.reset()).toMatchObject({
      ok: true,
      errno: "EIO",
      messages: [expect.stringContaining("error attach")],
    });
  });

  it("v5: a second failing device in one GBPA write ends QEMU (rule Q-GBPA-STALE); later each is printed", () => {
    for (const qemu of NAMES.slice(1)) {
      const lab = pair({ qemu });
      lab.inject("attach", "EIO", 1, 0);
      lab.inject("attach", "EIO", 1, 1);
      const r = lab.write(REG.GBPA, GBPA_ABORT);
      expect(lab.world.qemu.dead !== null).toBe(qemu === "v5");
      if (qemu === "v5") expect(lab.rules).toContain("Q-GBPA-STALE");
      else expect(r.messages.filter((m) => m.includes("error attach"))).toHaveLength(2);
    }
  });

  it("v5: one failing device is only printed", () => {
    const lab = pair({ qemu: "v5" });
    lab.inject("attach", "EIO");
    expect(lab.write(REG.GBPA, GBPA_ABORT).ok).toBe(false);
    expect(lab.world.qemu.dead).toBeNull();
  });
});

describe("CR0", () => {
  it("no release moves a device at a CR0 write; from m1 on it may make the vEVENTQ", () => {
    for (const qemu of NAMES) {
      const lab = pair({ qemu }, 0);
      lab.write(REG.CR0, CMDQEN | SMMUEN | EVENTQEN);
      const has = qemu === "m1" || qemu === "11.1";
      expect(lab.calls).toEqual(has ? ["veventq-alloc 4 depth=128 = 8"] : []);
    }
  });
});

describe("host kernels", () => {
  it("v4 and v5 plug on a host that wants a vDEVICE for every nested attach; v6 and later do not (rule Q-SET-8-FAIL)", () => {
    for (const qemu of NAMES) {
      const lab = new Lab({ qemu, kernel: "6.17" });
      expect(lab.plug(0).ok).toBe(qemu === "v4" || qemu === "v5");
    }
  });
  it("v5 on such a host: reset and GBPA fail with messages, the device stays", () => {
    const lab = new Lab({ qemu: "v5", kernel: "6.17" });
    lab.plug(0);
    expect(lab.start()).toMatchObject({ ok: true, errno: "ENOENT" });
    expect(lab.attached(0)).toBe(3);
  });
});

describe("flags of S2", () => {
  it("older releases add DIRTY_TRACKING when the host reports it, which the host then refuses (rule Q-AUTO-NEW)", () => {
    for (const qemu of NAMES) {
      const lab = new Lab({ qemu, devices: [{ dirty: true }] });
      const r = lab.plug(0);
      const adds = !["m1", "11.1"].includes(qemu);
      expect(lab.calls.some((c) => c.startsWith("hwpt-alloc 1 2 flags=0x3"))).toBe(adds);
      expect(r.ok).toBe(!adds);
    }
  });
});

describe("where errors are printed", () => {
  it("v4, v5 print inside the command loop, before the error trace; later the register write does", () => {
    for (const qemu of NAMES.slice(1)) {
      const lab = pair({ qemu });
      lab.inject("vdevice-alloc", "ENOMEM");
      lab.cmds([cmd.cfgiSte(A)]);
      const order: string[] = [];
      const visit = (nodes: typeof lab.nodes): void => {
        for (const n of nodes) {
          if (n.kind === "message") order.push("message");
          if (n.kind === "event" && n.name === "smmuv3_cmdq_consume_error") order.push("trace");
          if ("children" in n) visit(n.children);
        }
      };
      visit(lab.nodes);
      expect(order).toEqual(qemu === "v5" ? ["message", "trace"] : ["trace", "message"]);
    }
  });
});

describe("trace names", () => {
  it("follow the release", () => {
    const seen: Record<string, string[]> = {};
    for (const qemu of NAMES) {
      const lab = pair({ qemu });
      lab.ste(B, 9n);
      cfgi(lab, ...TRANSLATE);
      const install = lab.events.filter((e) => e.includes("nested_ste") || e.includes("accel_"));
      const attach = lab.events.find((e) => e.includes("_attach_ioas_hwpt")) ?? "";
      cfgi(lab, 1n);
      seen[qemu] = [...install, attach, ...lab.events.filter((e) => e.includes("accel"))];
    }
    const NEW = ["smmuv3_accel_translate_ste", "smmuv3_accel_install_ste"];
    expect(seen.v4).toEqual(["smmuv3_accel_install_nested_ste", "iommufd_cdev_attach_ioas_hwpt"]);
    expect(seen.v5).toEqual([
      "smmuv3_accel_install_nested_ste",
      "iommufd_cdev_attach_ioas_hwpt",
      "smmuv3_accel_uninstall_nested_ste",
    ]);
    for (const q of ["v6", "v7", "m0", "m1"])
      expect(seen[q]).toEqual([...NEW, "iommufd_cdev_attach_ioas_hwpt", "smmuv3_accel_install_ste"]);
    expect(seen["11.1"]).toEqual([...NEW, "iommufd_cdev_pasid_attach_ioas_hwpt", "smmuv3_accel_install_ste"]);
  });

  it("v5 passes the SID as devid when it unsets", () => {
    const lab = new Lab({ qemu: "v5" });
    lab.plug(0);
    lab.unset(0);
    expect(lab.eventArgs("smmuv3_accel_unset_iommu_device")).toEqual([{ devfn: 0, devid: A, sid: A }]);
  });
});
