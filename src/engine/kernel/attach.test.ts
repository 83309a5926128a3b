/** VFIO attach, replace and detach: groups, auto domains, driver checks, vmaster. */
import { describe, expect, it } from "vitest";
import type { World } from "../world.ts";
import { checkInvariants } from "./invariants.ts";
import { checkStep } from "./invariants-step.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

/** IOAS 1, DEVICE 2 of d0, nest parent 3, VIOMMU 4. */
function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  return h;
}

/** base, and nested HWPTs: bypass 5, abort 6, translate 7; vDEVICE 8 (vSID 0x20). */
function full(setup: RawSetup = {}): RawHost {
  const h = base(setup);
  for (const v of [VSTE.bypass, VSTE.abort, VSTE.translateAts]) h.nested(2, 4, v);
  h.vdevice(4, 2, 0x20n);
  return h;
}

function refused(h: RawHost, run: () => { errno: string | null }, errno: string, rule: string): void {
  const before = h.world;
  expect(run().errno).toBe(errno);
  expect(h.rules).toContain(rule);
  expect(h.world.kernel).toEqual(before.kernel);
  expect(h.world.hw).toEqual(before.hw);
}

const PAIR: RawSetup = { devices: [{ group: 0 }, { group: 0 }, { group: 1 }] };

describe("attach and replace", () => {
  it("K-VFIO-1: every device ioctl but bind wants a bound device", () => {
    const h = new RawHost();
    for (const run of [() => h.attach(0, 1), () => h.detach(), () => h.reset(), () => h.getInfo()])
      refused(h, run, "EINVAL", "K-VFIO-1");
  });

  it("K-VFIO-2: flags are refused before the HWPT is looked up, on a detached device too", () => {
    const h = new RawHost();
    refused(h, () => h.attach(0, 99, 2), "EINVAL", "K-VFIO-1");
    const bound = full();
    bound.detach();
    refused(bound, () => bound.attach(0, 99, 2), "EINVAL", "K-VFIO-2");
    refused(bound, () => bound.attach(0, 3, 1), "EINVAL", "K-VFIO-2");
    refused(bound, () => bound.detach(0, 2), "EINVAL", "K-VFIO-2");
  });

  it("K-PT-1, K-PT-2: an unknown id is ENOENT, another type EINVAL", () => {
    const h = full();
    h.veventq(4, 1);
    refused(h, () => h.attach(0, 99), "ENOENT", "K-PT-1");
    for (const id of [2, 4, 8, 9]) refused(h, () => h.attach(0, id), "EINVAL", "K-PT-2");
  });

  it("K-ATTACH-1, K-ATTACH-2: a second device of a group joins the HWPT in use, or gets EINVAL", () => {
    const h = base(PAIR);
    const d1 = h.bind(1).id;
    h.attach(0, 3);
    const other = h.paging(d1, 1).id;
    refused(h, () => h.attach(1, other), "EINVAL", "K-ATTACH-1");
    const hw = h.world.hw;
    expect(h.attach(1, 3)).toEqual({ errno: null, id: 3 });
    expect(h.rules).toContain("K-ATTACH-2");
    expect([h.world.hw, h.users(3), h.users(d1)]).toEqual([hw, 4, 3]);
  });

  it("K-ATTACH-5: a group on a foreign domain", () => {
    const h = base();
    const groups = [{ ...h.world.kernel.groups[0], domain: { kind: "hwpt", file: 0, hwpt: 3 } }];
    const odd = new RawHost({ ...h.world, kernel: { ...h.world.kernel, groups } } as World, { open: false });
    refused(odd, () => odd.attach(0, 3), "EBUSY", "K-ATTACH-5");
  });

  it("K-ATTACH-8: one attach moves every device of the group, bound or not", () => {
    const h = base(PAIR);
    h.attach(0, 3);
    expect(h.rules).toContain("K-ATTACH-8");
    expect([h.steText(0), h.steText(1), h.steText(2)]).toEqual(["6/1/1", "6/1/1", "4/0/0"]);
    expect(h.users(3)).toBe(3);
    h.detach();
    expect([h.ste(0)[0], h.ste(1)[0]]).toEqual([1n, 1n]);
  });

  it("K-REPLACE-2: the HWPT already attached is success without the driver", () => {
    const h = full();
    h.attach(0, 7);
    const before = h.world;
    expect(h.attach(0, 7)).toEqual({ errno: null, id: 7 });
    expect(h.rules).toEqual(["K-REPLACE-2"]);
    expect([h.world.kernel, h.world.hw]).toEqual([before.kernel, before.hw]);
    expect(h.world.kernel).toBe(before.kernel);
  });

  it("K-REPLACE-3: a failed replace leaves everything, the vmaster too", () => {
    const h = full({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    h.attach(0, 7);
    h.destroy(8);
    const foreign = h.paging(h.bind(1).id, 1).id;
    refused(h, () => h.attach(0, foreign), "EINVAL", "K-REPLACE-3");
    expect(h.vmaster()).toEqual({ viommu: 4, vsid: 0x20n });
    // A first attach that fails leaves the group blocked.
    refused(h, () => h.attach(1, 3), "EINVAL", "K-REPLACE-3");
    expect(h.ste(1)[0]).toBe(1n);
  });

  it("K-REVERT-1: the second device fails, the first one goes back; all of the group need a vDEVICE", () => {
    const h = full(PAIR);
    h.attach(0, 5);
    const d1 = h.bind(1).id;
    // d0 has a vDEVICE, d1 has none: translate is refused for d1 after d0 was switched.
    refused(h, () => h.attach(0, 7), "ENOENT", "K-REVERT-1");
    expect([h.steText(0), h.vmaster(0)]).toEqual(["6/1/1", { viommu: 4, vsid: 0x20n }]);
    h.vdevice(4, d1, 0x21n);
    expect(h.attach(0, 7).errno).toBeNull();
    expect([h.steText(0), h.steText(1)]).toEqual(["7/1/1", "7/1/1"]);
    expect([h.vmaster(0)?.vsid, h.vmaster(1)?.vsid]).toEqual([0x20n, 0x21n]);
  });

  it("K-REVERT-1: going back is an attach of now: it finds a vDEVICE that was not there before (invariant 17)", () => {
    const h = full(PAIR);
    h.destroy(8);
    h.attach(0, 5);
    expect(h.vmaster(0)).toBeNull();
    h.vdevice(4, 2, 0x20n);
    h.bind(1);
    const before = h.world;
    expect(h.attach(0, 7).errno).toBe("ENOENT");
    expect([h.steText(0), h.vmaster(0)]).toEqual(["6/1/1", { viommu: 4, vsid: 0x20n }]);
    expect(checkStep(before, h.world, "ENOENT")).toEqual([]);
  });

  it("K-REVERT-2: if going back fails too, the device is blocked with a warning", () => {
    const h = full(PAIR);
    const d1 = h.bind(1).id;
    h.vdevice(4, d1, 0x21n);
    h.attach(0, 7);
    // A second vIOMMU whose translate HWPT d0 may take (its vDEVICE moves there) and d1 may not.
    h.destroy(8);
    const v2 = h.viommu(2, 3).id;
    h.vdevice(v2, 2, 0x30n);
    const n2 = h.nested(2, v2, VSTE.translate).id;
    expect(h.attach(0, n2).errno).toBe("ENOENT");
    expect(h.rules).toEqual(expect.arrayContaining(["K-REVERT-1", "K-REVERT-2"]));
    expect([h.steText(0), h.vmaster(0)]).toEqual(["0/0/0", null]);
    expect([h.steText(1), h.vmaster(1)?.vsid, h.users(7)]).toEqual(["7/1/1", 0x21n, 2]);
    expect(checkInvariants(h.world)).toEqual([]);
  });

  it("replace moves all attached devices of the group, and their references", () => {
    const h = base(PAIR);
    h.bind(1);
    h.attach(0, 3);
    h.attach(1, 3);
    const n = h.nested(2, 4, VSTE.bypass).id;
    expect(h.attach(1, n).errno).toBeNull();
    expect([h.users(3), h.users(n)]).toEqual([2, 3]);
  });
});

describe("auto domains", () => {
  it("K-AUTO-1: auto domains in creation order; hand-made HWPTs and nest parents are not picked", () => {
    const h = base({ devices: [{}, {}] });
    const d1 = h.bind(1).id;
    const plain = h.paging(2, 1, 0).id;
    const auto = h.attach(0, 1);
    expect(h.rules).toEqual(expect.arrayContaining(["K-AUTO-1", "K-AUTO-2"]));
    expect(auto.id).toBe(plain + 1);
    expect(h.obj(auto.id)).toMatchObject({ autoDomain: true, stage: 1, users: 2 });
    expect(h.attach(1, 1).id).toBe(auto.id);
    expect([h.users(auto.id), h.users(d1), h.steText(1)]).toEqual([3, 3, "5/0/1"]);
    expect(h.rules).not.toContain("K-AUTO-2");
  });

  it("K-AUTO-1: EINVAL of an auto domain leads to the next", () => {
    const h = base({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    h.bind(1);
    const first = h.attach(0, 1).id;
    const second = h.attach(1, 1).id;
    expect(h.rules).toContain("K-AUTO-2");
    expect(second).not.toBe(first);
    expect(h.obj(second)).toMatchObject({ psmmu: 1, autoDomain: true });
  });

  it("K-AUTO-1: another errno ends the walk; K-AUTO-2: a fresh HWPT of a failed attach is freed again", () => {
    const h = base({ devices: [{}, {}] });
    h.bind(1);
    h.attach(0, 1);
    const group = { ...h.world.kernel.groups[1], recoveryCnt: 1 };
    const kernel = { ...h.world.kernel, groups: [h.world.kernel.groups[0], group] };
    const busy = new RawHost({ ...h.world, kernel } as World, { open: false });
    refused(busy, () => busy.attach(1, 1), "EBUSY", "K-ATTACH-7");
    expect(busy.rules).not.toContain("K-AUTO-2");
    const alone = base({ devices: [{ group: 0 }] });
    const inReset = { ...alone.world.kernel.groups[0], recoveryCnt: 1 };
    const odd = new RawHost(
      { ...alone.world, kernel: { ...alone.world.kernel, groups: [inReset] } } as World,
      {
        open: false,
      },
    );
    refused(odd, () => odd.attach(0, 1), "EBUSY", "K-AUTO-2");
    expect(odd.ioas().id).toBe(5);
  });

  it("K-AUTO-2: out of tags, the errno of the allocation", () => {
    const h = new RawHost({ psmmus: [{ asidBits: 0 }] });
    h.ioas();
    h.bind();
    refused(h, () => h.attach(0, 1), "EBUSY", "K-PAGING-11");
  });

  it("K-AUTO-3: it goes with its last device, by detach or by replace", () => {
    const h = base({ devices: [{}, {}] });
    h.bind(1);
    const auto = h.attach(0, 1).id;
    h.attach(1, 1);
    h.attach(0, 3);
    expect(h.users(auto)).toBe(2);
    h.detach(1);
    expect(h.rules).toContain("K-AUTO-3");
    expect([h.obj(auto), h.users(1), h.world.kernel.smmus[0]?.asids]).toEqual([null, 2, []]);
  });

  it("replace by the IOAS whose auto domain is in use is the no-op", () => {
    const h = base();
    const auto = h.attach(0, 1).id;
    expect(h.attach(0, 1)).toEqual({ errno: null, id: auto });
    expect(h.rules).toContain("K-REPLACE-2");
  });
});

describe("detach", () => {
  it("K-DETACH-1: not attached is success", () => {
    const h = base();
    const before = h.world.kernel;
    expect(h.detach().errno).toBeNull();
    expect(h.rules).toEqual(["K-DETACH-1"]);
    expect(h.world.kernel).toBe(before);
  });

  it("K-DETACH-2: the last of the group takes it to blocking, an earlier one moves nothing", () => {
    const h = base(PAIR);
    h.bind(1);
    h.attach(0, 3);
    h.attach(1, 3);
    h.detach(0);
    expect([h.steText(0), h.users(3)]).toEqual(["6/1/1", 3]);
    h.detach(1);
    expect(h.rules).toContain("K-DETACH-2");
    expect([h.steText(0), h.steText(1), h.users(3)]).toEqual(["0/0/0", "0/0/0", 2]);
  });

  it("the vDEVICE survives a detach", () => {
    const h = full();
    h.attach(0, 7);
    h.detach();
    expect([h.obj(8)?.type, h.users(2), h.vmaster()]).toEqual(["VDEVICE", 3, null]);
  });
});

describe("driver checks", () => {
  const TWO: RawSetup = { psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] };

  it("K-PATT-2: a paging domain of another SMMU, stage 1 as well", () => {
    const h = base(TWO);
    h.bind(1);
    const s1 = h.paging(2, 1, 0).id;
    refused(h, () => h.attach(1, 3), "EINVAL", "K-PATT-2");
    refused(h, () => h.attach(1, s1), "EINVAL", "K-PATT-2");
  });

  it("K-PATT-6: a coherency-enforcing domain and a device without CANWBS; the other way round is fine", () => {
    const h = base({ devices: [{}, { canwbs: false }] });
    const d1 = h.bind(1).id;
    refused(h, () => h.attach(1, 3), "EINVAL", "K-PATT-6");
    const loose = h.paging(d1, 1).id;
    expect(h.attach(1, loose).errno).toBeNull();
    expect(h.attach(0, loose).errno).toBeNull();
  });

  it("K-NATT-1 before K-NATT-4 before K-NATT-7: SMMU, vDEVICE, coherency", () => {
    const h = full({ ...TWO, devices: [{}, { psmmu: 1, canwbs: false }, { canwbs: false }] });
    h.bind(1);
    const d2 = h.bind(2).id;
    refused(h, () => h.attach(1, 7), "EINVAL", "K-NATT-1");
    refused(h, () => h.attach(2, 7), "ENOENT", "K-NATT-4");
    h.vdevice(4, d2, 0x30n);
    refused(h, () => h.attach(2, 7), "EINVAL", "K-NATT-7");
    refused(h, () => h.attach(2, 5), "EINVAL", "K-NATT-7");
  });

  it("K-NATT-4: the vDEVICE must be one of this vIOMMU", () => {
    const h = full();
    const second = h.viommu(2, 3).id;
    const n = h.nested(2, second, VSTE.translate).id;
    refused(h, () => h.attach(0, n), "ENOENT", "K-NATT-4");
  });

  it.each([
    ["none", [null, null, null, null]],
    ["all-nested", ["ENOENT", "ENOENT", "ENOENT", "ENOENT"]],
    ["translate-only", [null, null, null, "ENOENT"]],
  ] as const)("K-NATT-4, K-NATT-5, K-NATT-6: without a vDEVICE under vdevice=%s", (vdevice, errnos) => {
    const kinds = [VSTE.invalid, VSTE.abort, VSTE.bypass, VSTE.translate];
    const got = kinds.map((v) => {
      const h = base({ knobs: { vdevice } });
      const r = h.attach(0, h.nested(2, 4, v).id);
      const rule = r.errno !== null ? "K-NATT-4" : vdevice === "none" ? "K-NATT-6" : "K-NATT-5";
      expect(h.rules).toContain(rule);
      expect(h.vmaster()).toBeNull();
      return r.errno;
    });
    expect(got).toEqual(errnos);
  });
});

describe("vmaster", () => {
  it("K-VMASTER-1: set for every kind of nested attach with a vDEVICE, after the STE", () => {
    for (const n of [5, 6, 7]) {
      const h = full();
      h.attach(0, n);
      expect(h.vmaster()).toEqual({ viommu: 4, vsid: 0x20n });
      expect(h.rules.indexOf("K-STE-9")).toBeLessThan(h.rules.indexOf("K-VMASTER-1"));
    }
  });

  it("K-VMASTER-2: a paging domain, or a nested one without vDEVICE, clears it", () => {
    const h = full();
    h.attach(0, 7);
    h.attach(0, 3);
    expect([h.rules.includes("K-VMASTER-2"), h.vmaster()]).toEqual([true, null]);
    h.attach(0, 7);
    h.destroy(8);
    h.attach(0, 5);
    expect([h.rules.includes("K-VMASTER-2"), h.vmaster()]).toEqual([true, null]);
  });

  it("K-VMASTER-3: detach clears it before the STE changes", () => {
    const h = full();
    h.attach(0, 7);
    h.detach();
    expect(h.rules.indexOf("K-VMASTER-3")).toBeGreaterThanOrEqual(0);
    expect(h.rules.indexOf("K-VMASTER-3")).toBeLessThan(h.rules.indexOf("K-STE-9"));
    expect(h.vmaster()).toBeNull();
  });

  it("a new vSID counts from the next attach through another HWPT", () => {
    const h = full();
    h.attach(0, 7);
    h.destroy(8);
    h.vdevice(4, 2, 0x55n);
    h.attach(0, 7);
    expect(h.vmaster()?.vsid).toBe(0x20n);
    h.attach(0, 5);
    h.attach(0, 7);
    expect(h.vmaster()?.vsid).toBe(0x55n);
  });
});
