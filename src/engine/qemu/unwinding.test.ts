/** Failures at every host call of plug and unplug: what is undone, what stays (model/qemu.md 3.1, 3.2, 3.3, 6.1). */
import { describe, expect, it } from "vitest";
import type { CallName } from "../tracer.ts";
import {
  CMDQEN,
  cmd,
  EVENTQEN,
  FIRST_PLUG_VFIO,
  Lab,
  type LabSetup,
  REG,
  SMMUEN,
  SYNC,
  TRANSLATE,
} from "./lab.test-helper.ts";

const A = 0x100;
const POLL: LabSetup = { knobs: { eventloop: "poll" } };

/** Calls of the unwinding of a first plug, from the outermost to nothing. */
const CLOSE_UNBOUND = ["close d0"];
const DISCONNECT = ["close-iommufd", ...CLOSE_UNBOUND];
const UNBIND = ["kvm-del d0", "close-iommufd", "unbind d0"];
const DETACH = ["detach d0", "destroy 3", "unmap 2", "destroy 2", ...UNBIND];

interface Point {
  readonly call: CallName;
  readonly nth: number;
  /** Calls made before it and including it. */
  readonly upTo: number;
  readonly undo: readonly string[];
  readonly rule: string;
}

const V = FIRST_PLUG_VFIO.length;
/** 11.1: hw-info, probe, viommu, abort, bypass, attach. */
const POINTS: readonly Point[] = [
  { call: "open-cdev", nth: 1, upTo: 1, undo: [], rule: "Q-REAL-CDEV" },
  { call: "open-iommufd", nth: 1, upTo: 2, undo: CLOSE_UNBOUND, rule: "Q-REAL-BIND" },
  { call: "kvm-add", nth: 1, upTo: 3, undo: DISCONNECT, rule: "Q-REAL-BIND" },
  { call: "bind", nth: 1, upTo: 4, undo: ["kvm-del d0", ...DISCONNECT], rule: "Q-REAL-BIND" },
  { call: "ioas-alloc", nth: 1, upTo: 5, undo: UNBIND, rule: "Q-REAL-ATTACH" },
  { call: "hw-info", nth: 1, upTo: 6, undo: ["destroy 2", ...UNBIND], rule: "Q-REAL-ATTACH" },
  { call: "hwpt-alloc", nth: 1, upTo: 7, undo: ["destroy 2", ...UNBIND], rule: "Q-REAL-ATTACH" },
  { call: "attach", nth: 1, upTo: 8, undo: ["destroy 3", "destroy 2", ...UNBIND], rule: "Q-REAL-ATTACH" },
  { call: "map", nth: 1, upTo: 11, undo: DETACH, rule: "Q-LISTEN-MAP" },
  { call: "get-info", nth: 1, upTo: 12, undo: DETACH, rule: "Q-REAL-INFO" },
  { call: "hw-info", nth: 2, upTo: 13, undo: DETACH, rule: "Q-REAL-INFO" },
  { call: "hw-info", nth: 3, upTo: V + 1, undo: DETACH, rule: "Q-SET-3" },
  { call: "viommu-alloc", nth: 1, upTo: V + 3, undo: DETACH, rule: "Q-SET-5" },
  { call: "hwpt-alloc", nth: 2, upTo: V + 4, undo: ["destroy 4", ...DETACH], rule: "Q-SET-6-ABORT" },
  {
    call: "hwpt-alloc",
    nth: 3,
    upTo: V + 5,
    undo: ["destroy 5", "destroy 4", ...DETACH],
    rule: "Q-SET-6-BYPASS",
  },
  {
    call: "attach",
    nth: 2,
    upTo: V + 6,
    undo: ["destroy 6", "destroy 5", "destroy 4", ...DETACH],
    rule: "Q-SET-8-FAIL",
  },
];

describe("a first plug that fails", () => {
  for (const p of POINTS)
    it(`at ${p.call} number ${p.nth} undoes exactly its row (rule ${p.rule})`, () => {
      const lab = new Lab();
      lab.inject(p.call, "ENOMEM", p.nth);
      const r = lab.plug(0);
      expect(r).toMatchObject({ ok: false, rejected: false, errno: "ENOMEM" });
      expect(lab.calls[p.upTo - 1]).toContain("!ENOMEM");
      expect(lab.calls.slice(p.upTo)).toEqual(p.undo);
      expect(lab.rules).toContain(p.rule);
      // Nothing is left behind, and the same plug works afterwards with the same ids.
      expect(lab.world.kernel.files.every((f) => f.released)).toBe(true);
      expect(lab.world.kernel.smmus[0]?.vmids).toEqual([]);
      expect(lab.world.qemu).toMatchObject({ fds: [], plugged: [], containers: [] });
      expect(lab.world.qemu.devices[0]?.phase).toBe("absent");
      expect(lab.plug(0).ok).toBe(true);
      expect(lab.calls.slice(0, V)).toEqual(FIRST_PLUG_VFIO);
    });

  it("in the CMDQV probe falls back and goes on (rule Q-SET-CMDQV)", () => {
    const lab = new Lab();
    lab.inject("hw-info", "ENOMEM", 4);
    expect(lab.plug(0)).toMatchObject({ ok: true, messages: [] });
    expect(lab.attached(0)).toBe(6);
  });

  it("in IOVA_RANGES warns and goes on (rule Q-IOVA-WARN)", () => {
    const lab = new Lab();
    lab.inject("iova-ranges", "ENOMEM");
    const r = lab.plug(0);
    expect(r.ok).toBe(true);
    expect(r.messages[0]).toContain("warning");
    expect(lab.calls.filter((c) => c.startsWith("iova-ranges"))).toEqual(["iova-ranges 2 !ENOMEM"]);
    expect(lab.rules).toContain("Q-IOVA-WARN");
  });

  it("at the vEVENTQ undoes bypass, abort and vIOMMU (rule Q-SET-7)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN | EVENTQEN);
    lab.inject("veventq-alloc", "ENOMEM");
    expect(lab.plug(0)).toMatchObject({ ok: false, errno: "ENOMEM" });
    expect(lab.calls.slice(V + 5)).toEqual([
      "veventq-alloc 4 depth=128 !ENOMEM",
      "destroy 6",
      "destroy 5",
      "destroy 4",
      ...DETACH,
    ]);
    expect(lab.rules).toContain("Q-SET-7");
  });

  it("at the attach after a vEVENTQ frees that first; its poll has not begun (rule Q-SET-8-FAIL)", () => {
    const lab = new Lab();
    lab.setup(CMDQEN | EVENTQEN);
    lab.inject("attach", "EIO", 2);
    expect(lab.plug(0).ok).toBe(false);
    expect(lab.calls.slice(V + 7)).toEqual([
      "close 7",
      "destroy 7",
      "destroy 6",
      "destroy 5",
      "destroy 4",
      ...DETACH,
    ]);
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });
});

describe("a second plug that fails", () => {
  const second = (call: CallName, nth: number): Lab => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject(call, "ENOMEM", nth);
    expect(lab.plug(1).ok).toBe(false);
    return lab;
  };

  it("in the hardware check leaves the first alone and keeps S2 and IOAS (rule Q-SET-3)", () => {
    const lab = second("hw-info", 2);
    expect(lab.calls.slice(-3)).toEqual(["detach d1", "kvm-del d1", "unbind d1"]);
    expect(lab.attached(0)).toBe(6);
    expect(lab.world.qemu.backends[0]?.users).toBe(1);
  });

  it("in GET_INFO keeps the container, which has the first device (rule Q-REAL-INFO)", () => {
    const lab = second("get-info", 1);
    expect(lab.calls.slice(-3)).toEqual(["detach d1", "kvm-del d1", "unbind d1"]);
    expect(lab.world.qemu.containers).toHaveLength(1);
  });

  it("with another errno than EINVAL on the shared S2 gets an IOAS of its own (rules Q-AUTO-FAIL, Q-CONT-NEXT)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("attach", "ENOMEM", 1);
    expect(lab.plug(1).ok).toBe(true);
    expect(lab.calls.slice(3, 8)).toEqual([
      "attach d1 3 !ENOMEM",
      "ioas-alloc = 8",
      "hw-info 7",
      "hwpt-alloc 7 8 flags=0x1 = 9",
      "attach d1 9",
    ]);
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-AUTO-FAIL", "Q-CONT-NEXT"]));
    expect(lab.events).toContain("iommufd_cdev_fail_attach_existing_container");
    expect(lab.world.qemu.containers.map((c) => c.ioasId)).toEqual([8, 2]);
  });

  it("with EINVAL on the shared S2 gets an S2 of its own in the same IOAS (rule Q-AUTO-INCOMPATIBLE)", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("attach", "EINVAL", 1);
    expect(lab.plug(1).ok).toBe(true);
    expect(lab.calls.slice(3, 7)).toEqual([
      "attach d1 3 !EINVAL",
      "hw-info 7",
      "hwpt-alloc 7 2 flags=0x1 = 8",
      "attach d1 8",
    ]);
    expect(lab.rules).toContain("Q-AUTO-INCOMPATIBLE");
    expect(lab.world.qemu.containers[0]?.hwpts.map((h) => h.id)).toEqual([8, 3]);
    // Newest first: a third device tries the newer S2.
    lab.plug(2);
    expect(lab.calls[3]).toBe("attach d2 8");
  });
});

describe("unset and finalize that fail", () => {
  const one = (s: LabSetup = POLL): Lab => {
    const lab = new Lab(s);
    lab.plug(0);
    lab.start();
    return lab;
  };

  it("D11: without the way back to S2 nothing the device holds can go (rule Q-UNSET-S2-FAIL)", () => {
    const lab = one();
    lab.inject("attach", "EIO");
    const r = lab.unplug(0);
    expect(r).toMatchObject({ ok: true, errno: "EIO" });
    expect(lab.calls).toEqual([
      "attach d0 3 !EIO",
      "destroy 6 !EBUSY",
      "destroy 5",
      "destroy 4 !EBUSY",
      "detach d0",
      "destroy 3 !EBUSY",
      "unmap 2",
      "destroy 2 !EBUSY",
      "kvm-del d0",
      "close-iommufd",
      "unbind d0",
    ]);
    expect(lab.rules).toContain("Q-UNSET-S2-FAIL");
    // The file closes with its last device: everything is reclaimed then.
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("D11 on translate: the s1 HWPT stays and keeps the vIOMMU, S2 and IOAS while the file is open", () => {
    const lab = new Lab(POLL);
    lab.plug(0);
    lab.plug(2, 1);
    lab.start();
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A), SYNC]);
    const s1 = lab.slot(0).s1Hwpt;
    lab.inject("attach", "EIO");
    const r = lab.unplug(0);
    expect(lab.calls.slice(0, 6)).toEqual([
      "attach d0 3 !EIO",
      `destroy ${s1} !EBUSY`,
      expect.stringMatching(/^destroy \d+$/),
      "destroy 6",
      "destroy 5",
      "destroy 4 !EBUSY",
    ]);
    expect(r.messages.filter((m) => m.startsWith("Failed to free id"))).toEqual([
      `Failed to free id: ${s1} Device or resource busy`,
      "Failed to free id: 4 Device or resource busy",
    ]);
    expect(lab.objects()).toEqual(expect.arrayContaining([`${s1}:HWPT_NESTED`, "4:VIOMMU"]));
    // The next plug on the vSMMU gets a fresh vIOMMU; S2 is still the other device's.
    expect(lab.plug(0).ok).toBe(true);
    expect(lab.smmu(0).accel.viommu?.viommuId).not.toBe(4);
  });

  it("a failed DETACH is reported and the rest goes on (rule Q-FIN-DETACH-FAIL)", () => {
    const lab = one();
    lab.inject("detach", "EIO");
    const r = lab.unplug(0);
    expect(r.ok).toBe(true);
    expect(r.messages.some((m) => m.startsWith("detach of 0000:01:00.0 failed"))).toBe(true);
    expect(lab.calls.slice(-7)).toEqual([
      "detach d0 !EIO",
      "destroy 3 !EBUSY",
      "unmap 2",
      "destroy 2 !EBUSY",
      "kvm-del d0",
      "close-iommufd",
      "unbind d0",
    ]);
    expect(lab.rules).toContain("Q-FIN-DETACH-FAIL");
  });

  it("a failed D(S2) drops VFIO's entry all the same: the next plug allocates another (rule Q-AUTO-PUT)", () => {
    const lab = new Lab(POLL);
    lab.plug(0);
    lab.plug(2, 1, { iommufd: "f2" });
    lab.inject("destroy", "EBUSY", 4);
    lab.unplug(0);
    expect(lab.calls).toContain("destroy 3 !EBUSY");
    expect(lab.world.qemu.containers.filter((c) => c.backend === 0)).toEqual([]);
    lab.plug(0);
    expect(lab.calls).toContain("hwpt-alloc 1 2 flags=0x1 = 3");
  });

  it("6.1: an S2 that the vIOMMU holds outlives its last device when the devices of a vSMMU have different S2s", () => {
    const lab = new Lab(POLL);
    lab.plug(0);
    lab.inject("attach", "EINVAL", 1);
    lab.plug(1);
    lab.start();
    lab.unplug(0);
    expect(lab.calls).toEqual(["attach d0 3", "detach d0", "destroy 3 !EBUSY", "kvm-del d0", "unbind d0"]);
    // The last unset frees the vIOMMU, but nobody frees S2 3 any more: the IOAS stays too, until the file closes.
    lab.unplug(1);
    expect(lab.calls).toContain("destroy 2 !EBUSY");
    expect(lab.world.kernel.files[0]?.released).toBe(true);
  });

  it("unplugging the device the vIOMMU was made with leaves it valid for the others", () => {
    const lab = new Lab(POLL);
    lab.plug(0);
    lab.plug(1);
    lab.start();
    lab.unplug(0);
    lab.write(REG.GBPA, 0x80100000);
    expect(lab.calls).toEqual(["attach d1 5"]);
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(0x108, ...TRANSLATE);
    expect(lab.cmds([cmd.cfgiSte(0x108), SYNC]).ok).toBe(true);
  });
});
