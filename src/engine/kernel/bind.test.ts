/** VFIO bind and unbind: ownership of groups, and what goes with a device. */
import { describe, expect, it } from "vitest";
import type { World } from "../world.ts";
import { checkInvariants } from "./invariants.ts";
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

describe("bind", () => {
  it("K-BIND-1: any flag, before the fd is looked at", () => {
    const h = new RawHost();
    h.file = 9;
    refused(h, () => h.bind(0, 1), "EINVAL", "K-BIND-1");
  });

  it("K-BIND-3: a bound file, before the fd is looked at", () => {
    const h = base();
    h.file = 9;
    refused(h, () => h.bind(), "EINVAL", "K-BIND-3");
  });

  it("K-BIND-5: no iommufd", () => {
    const h = new RawHost();
    h.file = 9;
    refused(h, () => h.bind(), "EBADF", "K-BIND-5");
    h.file = 0;
    h.closeFd();
    refused(h, () => h.bind(), "EBADF", "K-BIND-5");
  });

  it("K-BIND-7: an SMMU without coherent walks", () => {
    const h = new RawHost({ psmmus: [{ coherency: false }], devices: [{ hostDriver: true }] });
    refused(h, () => h.bind(), "EINVAL", "K-BIND-7");
  });

  it("K-BIND-8: a DMA-API driver in the group, or another iommufd file", () => {
    const held = new RawHost({ devices: [{ group: 0 }, { group: 0, hostDriver: true }] });
    refused(held, () => held.bind(0), "EPERM", "K-BIND-8");
    const h = new RawHost(PAIR);
    h.bind(0);
    h.open();
    refused(h, () => h.bind(1), "EPERM", "K-BIND-8");
    expect(h.bind(2).errno).toBeNull();
  });

  it("K-BIND-9: a group off its default domain or in a reset", () => {
    const h = new RawHost();
    const group = h.world.kernel.groups[0];
    const with_ = (over: object): RawHost =>
      new RawHost({ ...h.world, kernel: { ...h.world.kernel, groups: [{ ...group, ...over }] } } as World, {
        open: false,
      });
    for (const over of [{ domain: { kind: "blocked" } }, { recoveryCnt: 1 }]) {
      const odd = with_(over);
      refused(odd, () => odd.bind(), "EBUSY", "K-BIND-9");
    }
  });

  it("K-BIND-10: a 1:1-mapped device anywhere in the group; those already moved go back", () => {
    const h = new RawHost({ devices: [{ group: 0 }, { group: 0, directMap: true }] });
    refused(h, () => h.bind(0), "EINVAL", "K-BIND-10");
    expect([h.steText(0), h.steText(1)]).toEqual(["4/0/0", "4/0/0"]);
  });

  it("K-BIND-11, K-BIND-12: the first device takes the whole group to blocking, the next only counts", () => {
    const h = new RawHost(PAIR);
    expect(h.bind(0).id).toBe(1);
    expect(h.rules).toContain("K-BIND-12");
    expect([h.ste(0)[0], h.ste(1)[0], h.ste(2)[0]]).toEqual([1n, 1n, 9n]);
    expect(h.world.kernel.groups[0]).toMatchObject({ owner: 0, ownerCnt: 1 });
    expect(h.bind(1).id).toBe(2);
    expect(h.rules).toContain("K-BIND-11");
    expect(h.world.kernel.groups[0]).toMatchObject({ owner: 0, ownerCnt: 2 });
    expect([h.users(1), h.users(2), h.world.kernel.files[0]?.refs]).toEqual([2, 2, 2]);
  });

  it.each(["last", "first"] as const)(
    "DEVICE allocated %s: the same id, and none on failure",
    (bindAlloc) => {
      const h = new RawHost({ knobs: { bindAlloc }, devices: [{ hostDriver: true }, { group: 1 }] });
      expect([h.bind(0), h.bind(1)]).toEqual([
        { errno: "EPERM", id: 0 },
        { errno: null, id: 1 },
      ]);
    },
  );
});

describe("unbind", () => {
  it("K-UNBIND-1: the reset comes while the attachment stands, the detach after it", () => {
    const h = full();
    h.attach(0, 7);
    h.unbind();
    expect(h.rules.indexOf("K-UNBIND-1")).toBeLessThan(h.rules.indexOf("K-RESET-2"));
    expect(h.rules.indexOf("K-RESET-2")).toBeLessThan(h.rules.indexOf("K-DETACH-2"));
    expect(h.world.kernel.masters[0]).toMatchObject({ bound: null, cdevOpen: false, vmaster: null });
    expect(checkInvariants(h.world)).toEqual([]);
  });

  it("K-UNBIND-3: the vDEVICE goes with its device and leaves a tombstone", () => {
    const h = full();
    h.unbind();
    expect(h.rules).toContain("K-UNBIND-3");
    expect([h.world.kernel.files[0]?.objects[8], h.users(4)]).toEqual(["tombstone", 4]);
  });

  it("K-UNBIND-4: before 6.17 it survives, and matches the device bound again", () => {
    const h = full({ kernel: "6.15" });
    h.unbind();
    expect(h.rules).toContain("K-UNBIND-4");
    expect(h.bind().id).toBe(2);
    expect(h.attach(0, 7).errno).toBeNull();
    expect(h.vmaster()).toEqual({ viommu: 4, vsid: 0x20n });
    expect(checkInvariants(h.world)).toEqual([]);
  });

  it("K-UNBIND-5: the group goes home with its last owner", () => {
    const h = new RawHost(PAIR);
    h.bind(0);
    h.bind(1);
    h.unbind(0);
    expect([h.ste(0)[0], h.world.kernel.groups[0]?.ownerCnt]).toEqual([1n, 1]);
    h.unbind(1);
    expect(h.rules).toContain("K-UNBIND-5");
    expect([h.ste(0)[0], h.ste(1)[0], h.world.kernel.groups[0]?.owner]).toEqual([9n, 9n, null]);
  });

  it("a cdev opened and never bound just closes", () => {
    const h = new RawHost();
    expect([h.openCdev().errno, h.closeCdev().errno, h.closeCdev().errno]).toEqual([null, null, "EBADF"]);
  });
});
