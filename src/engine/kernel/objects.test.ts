/** Ids, references, DESTROY, file close, and the refusals of the iommufd ioctls. */
import { describe, expect, it } from "vitest";
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

/** The call failed with `errno` by rule `rule` and changed nothing. */
function refused(h: RawHost, run: () => { errno: string | null }, errno: string, rule: string): void {
  const before = h.world.kernel;
  expect(run().errno).toBe(errno);
  expect(h.rules).toContain(rule);
  expect(h.world.kernel).toBe(before);
}

describe("ids", () => {
  it("K-ID-1: the lowest free id, reused at once; a failed call leaves no gap", () => {
    const h = base();
    expect(h.nested(2, 4, [3n, 0n]).errno).toBe("EIO");
    expect(h.nested(2, 4, VSTE.abort).id).toBe(5);
    expect(h.nested(2, 4, VSTE.bypass).id).toBe(6);
    h.destroy(5);
    expect(h.ioas().id).toBe(5);
    expect(h.ioas().id).toBe(7);
    expect(h.rules).toContain("K-ID-1");
  });

  it("K-ID-2: a tombstone is no object and never given out again, also as the last slot", () => {
    const h = base();
    expect(h.vdevice(4, 2, 0n).id).toBe(5);
    h.unbind();
    expect(h.rules).toContain("K-ID-2");
    expect(h.destroy(5).errno).toBe("ENOENT");
    expect([h.ioas().id, h.ioas().id]).toEqual([2, 6]);
    h.destroy(6);
    expect(h.ioas().id).toBe(6);
  });

  it("K-ID-1: two files have id spaces of their own", () => {
    const h = base({ devices: [{}, {}] });
    h.open();
    expect([h.ioas().id, h.bind(1).id]).toEqual([1, 2]);
    h.file = 0;
    expect(h.users(2)).toBe(2);
  });
});

describe("fds", () => {
  it("K-FD-1: any ioctl on a closed or unknown iommufd is EBADF", () => {
    const h = base();
    h.closeFd();
    refused(h, () => h.ioas(), "EBADF", "K-FD-1");
    refused(h, () => h.destroy(3), "EBADF", "K-FD-1");
    refused(h, () => h.closeFd(), "EBADF", "K-FD-1");
    h.file = 7;
    refused(h, () => h.ioas(), "EBADF", "K-FD-1");
    refused(h, () => h.read(3, 48), "EBADF", "K-FD-1");
  });

  it("K-FD-1: closing a device fd nobody opened is EBADF", () => {
    const h = new RawHost({ devices: [{}] });
    refused(h, () => h.unbind(), "EBADF", "K-FD-1");
  });

  it("K-IOCTL-2: kernels without an object know no ioctl for it", () => {
    const h = new RawHost({ kernel: "6.12" });
    h.ioas();
    h.bind();
    expect(h.paging(2, 1).errno).toBe("EOPNOTSUPP");
    refused(h, () => h.viommu(2, 1), "ENOTTY", "K-IOCTL-2");
    refused(h, () => h.vdevice(2, 2, 0n), "ENOTTY", "K-IOCTL-2");
    refused(h, () => h.veventq(2, 1), "ENOTTY", "K-IOCTL-2");
    const v13 = base({ kernel: "6.13" });
    refused(v13, () => v13.veventq(4, 1), "ENOTTY", "K-IOCTL-2");
  });

  it("K-CLOSE-1: a bound device or an open vEVENTQ keeps the file after its fd is closed", () => {
    const h = base();
    h.veventq(4, 1);
    h.closeFd();
    expect(h.rules).toContain("K-CLOSE-1");
    h.unbind();
    expect([h.world.kernel.files[0]?.released, h.users(4)]).toEqual([false, 2]);
    h.closeQueue(5);
    expect(h.world.kernel.files[0]).toMatchObject({ released: true, objects: [null], minFree: 1 });
    expect(h.vmids()).toEqual([]);
  });

  it("K-CLOSE-2: the release drains what ascending ids need several passes for", () => {
    const h = base();
    h.nested(2, 4, VSTE.abort);
    h.unbind();
    // IOAS 1 <- HWPT 3 <- VIOMMU 4 <- nested 5: one pass frees one of them.
    h.closeFd();
    expect(h.rules).toContain("K-CLOSE-2");
    expect(h.world.kernel.files[0]).toMatchObject({ released: true, objects: [null] });
    expect(h.vmids()).toEqual([]);
  });
});

describe("IOAS", () => {
  it("K-IOAS-1: flags are refused", () => {
    const h = new RawHost();
    refused(h, () => h.ioas(1), "EOPNOTSUPP", "K-IOAS-1");
  });
});

describe("DESTROY", () => {
  it("K-DESTROY-1: an unknown id is ENOENT", () => {
    const h = base();
    for (const id of [0, 5, 99]) refused(h, () => h.destroy(id), "ENOENT", "K-DESTROY-1");
  });

  it("K-DESTROY-2: whatever is referenced is EBUSY; a DEVICE always", () => {
    const h = base();
    h.veventq(4, 1);
    for (const id of [1, 2, 3, 4, 5]) refused(h, () => h.destroy(id), "EBUSY", "K-DESTROY-2");
  });

  it("K-DESTROY-3: a vDEVICE goes even while its device translates, and nothing else moves", () => {
    const h = base();
    h.nested(2, 4, VSTE.translateAts);
    h.vdevice(4, 2, 0x20n);
    h.attach(0, 5);
    const ste = h.ste();
    expect(h.destroy(6).errno).toBeNull();
    expect(h.rules).toContain("K-DESTROY-3");
    expect([h.ste(), h.vmaster()]).toEqual([ste, { viommu: 4, vsid: 0x20n }]);
    expect([h.users(4), h.users(2)]).toEqual([2, 3]);
  });
});

describe("HWPT_ALLOC", () => {
  it("K-HWPT-1: reserved", () => {
    const h = base();
    refused(h, () => h.hwpt({ devId: 99, reserved: 1 }), "EOPNOTSUPP", "K-HWPT-1");
  });

  it("K-HWPT-2: data type and length must agree", () => {
    const h = base();
    refused(h, () => h.hwpt({ devId: 99, dataType: 0, dataLen: 16 }), "EINVAL", "K-HWPT-2");
    refused(h, () => h.hwpt({ devId: 99, dataType: 2, dataLen: 0 }), "EINVAL", "K-HWPT-2");
  });

  it("K-HWPT-3: dev_id missing or of another type", () => {
    const h = base();
    refused(h, () => h.paging(99, 99), "ENOENT", "K-HWPT-3");
    refused(h, () => h.paging(1, 1), "ENOENT", "K-HWPT-3");
  });

  it("K-HWPT-4: an unknown pt_id is EINVAL", () => {
    const h = base();
    refused(h, () => h.paging(2, 99), "EINVAL", "K-HWPT-4");
  });

  it("K-HWPT-5: a DEVICE, VDEVICE, VEVENTQ or nested HWPT as pt_id is EINVAL", () => {
    const h = base();
    h.nested(2, 4, VSTE.abort);
    h.vdevice(4, 2, 0n);
    h.veventq(4, 1);
    for (const id of [2, 5, 6, 7]) refused(h, () => h.paging(2, id), "EINVAL", "K-HWPT-5");
  });

  it("K-HWPT-6: FAULT_ID_VALID without such a FAULT is ENOENT and leaves nothing, after all other checks", () => {
    const h = base();
    refused(h, () => h.paging(2, 1, 4), "ENOENT", "K-HWPT-6");
    refused(h, () => h.nested(2, 4, VSTE.abort, 4), "ENOENT", "K-HWPT-6");
    refused(h, () => h.nested(2, 4, [3n, 0n], 4), "EIO", "K-VSTE-3");
    expect(h.vmids()).toEqual([1]);
  });

  it("K-PAGING-1: unknown flags", () => {
    const h = base();
    for (const flag of [16, 0x8000_0000, 17])
      refused(h, () => h.paging(2, 1, flag), "EOPNOTSUPP", "K-PAGING-1");
  });

  it("K-PAGING-2: dirty tracking needs the device's capability", () => {
    const h = base();
    refused(h, () => h.paging(2, 1, 2), "EOPNOTSUPP", "K-PAGING-2");
    const able = base({ devices: [{ dirty: true }] });
    expect(able.obj(able.paging(2, 1, 2).id)).toMatchObject({ stage: 1, dirty: true });
  });

  it("K-PAGING-3: a fault queue on a nest parent, not refused in v6.13", () => {
    const h = base();
    refused(h, () => h.paging(2, 1, 5), "EOPNOTSUPP", "K-PAGING-3");
    const old = base({ kernel: "6.13" });
    refused(old, () => old.paging(2, 1, 5), "ENOENT", "K-HWPT-6");
  });

  it("K-PAGING-5: user data on a paging HWPT", () => {
    const h = base();
    refused(h, () => h.hwpt({ devId: 2, ptId: 1, dataType: 2, dataLen: 16 }), "EOPNOTSUPP", "K-PAGING-5");
  });

  it("K-PAGING-6: which stage the flags give", () => {
    const dirty = { devices: [{ dirty: true }] };
    const shape = (setup: RawSetup, flags: number): unknown => {
      const h = base({ ...dirty, ...setup });
      const r = h.paging(2, 1, flags);
      const o = h.obj(r.id);
      return o?.type === "HWPT_PAGING" ? [o.stage, o.nestParent, o.dirty, o.pasid] : r.errno;
    };
    const s2only = { psmmus: [{ s1: false }] };
    expect(shape({}, 0)).toEqual([1, false, false, false]);
    expect(shape({}, 1)).toEqual([2, true, false, false]);
    expect(shape({}, 2)).toEqual([1, false, true, false]);
    expect(shape({}, 8)).toEqual([1, false, false, true]);
    expect(shape({}, 10)).toEqual([1, false, true, true]);
    for (const mix of [3, 9, 11]) expect(shape({}, mix)).toBe("EOPNOTSUPP");
    expect(shape(s2only, 0)).toEqual([2, false, false, false]);
    for (const flags of [1, 2, 8, 10]) expect(shape(s2only, flags)).toBe("EOPNOTSUPP");
    expect(shape({ psmmus: [{ nesting: false }] }, 1)).toBe("EOPNOTSUPP");
    expect(shape({ psmmus: [{ s2: false }] }, 1)).toBe("EOPNOTSUPP");
  });

  it("K-PAGING-9: coherency enforced by the device it was made for", () => {
    const cc = (canwbs: boolean): unknown => base({ devices: [{ canwbs }] }).obj(3);
    expect(cc(true)).toMatchObject({ enforceCc: true });
    expect(cc(false)).toMatchObject({ enforceCc: false });
  });

  it("K-PAGING-11: ASIDs are one space for all SMMUs, EBUSY when used up", () => {
    const h = new RawHost({ psmmus: [{ asidBits: 2 }, {}], devices: [{}, { psmmu: 1 }] });
    h.ioas();
    h.bind(0);
    h.bind(1);
    expect([h.paging(2, 1, 0).id, h.paging(3, 1, 0).id, h.paging(2, 1, 0).id]).toEqual([4, 5, 6]);
    expect([4, 5, 6].map((id) => h.obj(id))).toMatchObject([{ asid: 1 }, { asid: 2 }, { asid: 3 }]);
    refused(h, () => h.paging(2, 1, 0), "EBUSY", "K-PAGING-11");
    h.destroy(5);
    expect(h.obj(h.paging(2, 1, 0).id)).toMatchObject({ asid: 2 });
  });

  it("K-DIRECT-1, K-DIRECT-2, K-DIRECT-3: a nested HWPT straight on an S2 is never to be had", () => {
    const h = base();
    refused(h, () => h.nested(2, 3, VSTE.abort, 1), "EOPNOTSUPP", "K-DIRECT-1");
    refused(h, () => h.hwpt({ devId: 2, ptId: 3 }), "EOPNOTSUPP", "K-DIRECT-2");
    refused(h, () => h.nested(2, 3, VSTE.abort), "EOPNOTSUPP", "K-DIRECT-3");
    refused(h, () => h.nested(2, 3, VSTE.abort, 12), "EOPNOTSUPP", "K-DIRECT-3");
  });

  it("K-NESTED-1: the device is behind another SMMU, before any other check", () => {
    const h = base({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    const other = h.bind(1).id;
    refused(h, () => h.nested(other, 4, [3n, 0n], 1), "EINVAL", "K-NESTED-1");
  });

  it("K-NESTED-2, K-NESTED-3, K-NESTED-5, K-NESTED-6, K-NESTED-7: flags and data, in this order", () => {
    const h = base();
    refused(h, () => h.hwpt({ devId: 2, ptId: 4, flags: 1 }), "EOPNOTSUPP", "K-NESTED-2");
    refused(h, () => h.nested(2, 4, VSTE.abort, 2), "EOPNOTSUPP", "K-NESTED-2");
    refused(h, () => h.hwpt({ devId: 2, ptId: 4 }), "EOPNOTSUPP", "K-NESTED-3");
    refused(h, () => h.nested(2, 4, VSTE.abort, 8), "EOPNOTSUPP", "K-NESTED-5");
    refused(h, () => h.hwpt({ devId: 2, ptId: 4, dataType: 1, dataLen: 8 }), "EINVAL", "K-NESTED-6");
    for (const dataLen of [8, 15, 17, 32])
      refused(h, () => h.hwpt({ devId: 2, ptId: 4, dataType: 2, dataLen }), "EINVAL", "K-NESTED-7");
  });
});

describe("VIOMMU_ALLOC", () => {
  it("K-VIOMMU-1: flags and type DEFAULT", () => {
    const h = base();
    refused(h, () => h.viommu(99, 99, 1, 1), "EOPNOTSUPP", "K-VIOMMU-1");
    refused(h, () => h.viommu(99, 99, 0), "EOPNOTSUPP", "K-VIOMMU-1");
  });

  it("K-VIOMMU-2: dev_id", () => {
    const h = base();
    refused(h, () => h.viommu(1, 99), "ENOENT", "K-VIOMMU-2");
  });

  it.each([
    ["K-VIOMMU-4", "cannot nest", { psmmus: [{}, { nesting: false }] }, 1],
    ["K-VIOMMU-5", "force-sync erratum", { psmmus: [{}, { forceSync: true }] }, 1],
    ["K-VIOMMU-6", "neither CANWBS nor S2FWB", { psmmus: [{}, { s2fwb: false }] }, 1],
    ["K-VIOMMU-7", "unknown type", {}, 2],
  ])(
    "K-VIOMMU-4, K-VIOMMU-5, K-VIOMMU-6, K-VIOMMU-7: %s (%s): in the new order asked before the HWPT is looked up, in the old one after",
    (rule, _what, over, type) => {
      const setup = { psmmus: [{}, {}], devices: [{}, { psmmu: 1, canwbs: rule !== "K-VIOMMU-6" }], ...over };
      const h = base(setup);
      const dev = h.bind(1).id;
      refused(h, () => h.viommu(dev, 99, type), "EOPNOTSUPP", rule);
      const old = base({ ...setup, kernel: "6.13" });
      const oldDev = old.bind(1).id;
      refused(old, () => old.viommu(oldDev, 99, type), "ENOENT", "K-VIOMMU-8");
      // The nest parent is of SMMU 0: type and nesting come before that check, the rest after.
      const before = rule === "K-VIOMMU-4" || rule === "K-VIOMMU-7";
      const [errno, by] = before ? ["EOPNOTSUPP", rule] : ["EINVAL", "K-VIOMMU-11"];
      refused(old, () => old.viommu(oldDev, 3, type), errno as string, by as string);
    },
  );

  it.each([
    ["K-VIOMMU-5", { psmmus: [{ forceSync: true }] }],
    ["K-VIOMMU-6", { psmmus: [{ s2fwb: false }], devices: [{ canwbs: false }] }],
  ])("K-VIOMMU-5, K-VIOMMU-6: %s with everything else right, in both orders", (rule, over) => {
    for (const kernel of ["6.13", "7.3"]) {
      const h = base({ kernel, ...over });
      expect(h.obj(4)).toBeNull();
      refused(h, () => h.viommu(2, 3), "EOPNOTSUPP", rule);
    }
  });

  it("K-VIOMMU-6: CANWBS or S2FWB alone is enough", () => {
    expect(base({ devices: [{ canwbs: false }] }).obj(4)?.type).toBe("VIOMMU");
    expect(base({ psmmus: [{ s2fwb: false }] }).obj(4)?.type).toBe("VIOMMU");
  });

  it("K-VIOMMU-8: a nested HWPT or an IOAS is no HWPT_PAGING", () => {
    const h = base();
    h.nested(2, 4, VSTE.abort);
    for (const id of [1, 2, 4, 5, 99]) refused(h, () => h.viommu(2, id), "ENOENT", "K-VIOMMU-8");
  });

  it("K-VIOMMU-9: a plain paging HWPT is EINVAL", () => {
    const h = base();
    const plain = h.paging(2, 1, 0).id;
    refused(h, () => h.viommu(2, plain), "EINVAL", "K-VIOMMU-9");
  });

  it("K-VIOMMU-11: the nest parent of another SMMU", () => {
    const h = base({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    const other = h.bind(1).id;
    refused(h, () => h.viommu(other, 3), "EINVAL", "K-VIOMMU-11");
  });

  it("K-VIOMMU-12: several vIOMMUs on one S2 share its VMID", () => {
    const h = base();
    const second = h.viommu(2, 3);
    expect(h.rules).toContain("K-VIOMMU-12");
    expect([h.obj(4), h.obj(second.id)]).toMatchObject([{ vmid: 1 }, { vmid: 1 }]);
    expect([h.users(3), h.vmids()]).toEqual([3, [1]]);
  });
});

describe("VDEVICE_ALLOC", () => {
  it("K-VDEVICE-2, K-VDEVICE-3: viommu_id before dev_id", () => {
    const h = base();
    refused(h, () => h.vdevice(3, 99, 0n), "ENOENT", "K-VDEVICE-2");
    refused(h, () => h.vdevice(4, 3, 0n), "ENOENT", "K-VDEVICE-3");
  });

  it("K-VDEVICE-4: another SMMU", () => {
    const h = base({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    const other = h.bind(1).id;
    refused(h, () => h.vdevice(4, other, 0n), "EINVAL", "K-VDEVICE-4");
  });

  it("K-VDEVICE-6: one vDEVICE a device, whatever the vIOMMU; several before 6.17", () => {
    const h = base();
    const second = h.viommu(2, 3).id;
    h.vdevice(4, 2, 0n);
    refused(h, () => h.vdevice(second, 2, 1n), "EEXIST", "K-VDEVICE-6");
    const old = base({ kernel: "6.15" });
    const oldSecond = old.viommu(2, 3).id;
    expect([old.vdevice(4, 2, 7n).id, old.vdevice(4, 2, 3n).id, old.vdevice(oldSecond, 2, 7n).id]).toEqual([
      6, 7, 8,
    ]);
    expect([old.users(2), old.users(4)]).toEqual([2, 3]);
    // Several for one device: the lowest virtual id is the one an attach takes.
    const n = old.nested(2, 4, VSTE.translate).id;
    old.attach(0, n);
    expect(old.vmaster()).toEqual({ viommu: 4, vsid: 3n });
  });

  it("K-VDEVICE-8: a virtual id once a vIOMMU; 0 and more than 32 bits are legal", () => {
    const h = base({ devices: [{}, {}, {}] });
    const [d1, d2] = [h.bind(1).id, h.bind(2).id];
    expect(h.vdevice(4, 2, 0n).errno).toBeNull();
    refused(h, () => h.vdevice(4, d1, 0n), "EEXIST", "K-VDEVICE-8");
    expect(h.vdevice(4, d1, 0xffff_ffff_ffff_ffffn).errno).toBeNull();
    const second = h.viommu(2, 3).id;
    expect(h.vdevice(second, d2, 0n).errno).toBeNull();
  });

  it("K-VDEVICE-9: exactly one StreamID from 7.3 on", () => {
    for (const sids of [[], [1, 2]]) {
      const h = base({ devices: [{ sids }] });
      refused(h, () => h.vdevice(4, 2, 0n), "EOPNOTSUPP", "K-VDEVICE-9");
      expect(base({ kernel: "7.1", devices: [{ sids }] }).vdevice(4, 2, 0n).errno).toBeNull();
    }
    const h = base({ devices: [{ sids: [1, 2] }, {}] });
    h.vdevice(4, h.bind(1).id, 0n);
    // The virtual id is looked at first.
    refused(h, () => h.vdevice(4, 2, 0n), "EEXIST", "K-VDEVICE-8");
  });

  it("K-VDEVICE-10: an attached device gains no vmaster by it", () => {
    const h = base();
    h.nested(2, 4, VSTE.bypass);
    h.attach(0, 5);
    h.vdevice(4, 2, 0x20n);
    expect(h.rules).toContain("K-VDEVICE-10");
    expect(h.vmaster()).toBeNull();
  });
});

describe("VEVENTQ_ALLOC", () => {
  it("K-VEVENTQ-1: flags, reserved, type DEFAULT", () => {
    const h = base();
    refused(h, () => h.veventq(99, 0, 1, 1), "EOPNOTSUPP", "K-VEVENTQ-1");
    refused(h, () => h.veventq(99, 0, 1, 0, 1), "EOPNOTSUPP", "K-VEVENTQ-1");
    refused(h, () => h.veventq(99, 0, 0), "EOPNOTSUPP", "K-VEVENTQ-1");
  });

  it("K-VEVENTQ-2: depth 0 always, above 2^19 from 7.3", () => {
    const h = base();
    refused(h, () => h.veventq(99, 0), "EINVAL", "K-VEVENTQ-2");
    refused(h, () => h.veventq(99, 2 ** 19 + 1), "EINVAL", "K-VEVENTQ-2");
    expect(h.veventq(4, 2 ** 19).errno).toBeNull();
    expect(base({ kernel: "7.1" }).veventq(4, 2 ** 19 + 1).errno).toBeNull();
  });

  it("K-VEVENTQ-3, K-VEVENTQ-4: the vIOMMU, and one queue a type", () => {
    const h = base();
    refused(h, () => h.veventq(3, 1), "ENOENT", "K-VEVENTQ-3");
    expect(h.veventq(4, 1).id).toBe(5);
    expect([h.users(5), h.users(4)]).toEqual([2, 2]);
    refused(h, () => h.veventq(4, 1), "EEXIST", "K-VEVENTQ-4");
  });

  it("K-VEVENTQ-5: any other type is accepted", () => {
    const h = base();
    expect(h.veventq(4, 1, 77).errno).toBeNull();
    expect(h.rules).toContain("K-VEVENTQ-5");
    expect(h.veventq(4, 1, 1).errno).toBeNull();
  });

  it("K-FD-1, K-PIN-1: DESTROY waits for the fd, and with a pin for the end of the process", () => {
    const h = base();
    h.veventq(4, 1);
    expect(h.destroy(5).errno).toBe("EBUSY");
    expect(h.closeQueue(5).errno).toBeNull();
    refused(h, () => h.closeQueue(5), "EBADF", "K-FD-1");
    expect([h.users(5), h.destroy(5).errno, h.users(4)]).toEqual([1, null, 1]);

    expect(h.veventq(4, 1).id).toBe(5);
    expect(h.closeQueue(5, true).errno).toBeNull();
    expect(h.rules).toContain("K-PIN-1");
    expect(h.read(5, 48).errno).toBe("EBADF");
    for (const id of [5, 4, 3, 1]) expect(h.destroy(id).errno).toBe("EBUSY");
    h.unbind();
    h.closeFd();
    expect(h.world.kernel.files[0]?.released).toBe(false);
    h.unpin(0);
    expect(h.world.kernel.files[0]?.released).toBe(true);
    expect(h.vmids()).toEqual([]);
  });
});

describe("fault injection", () => {
  it("K-INJECT-1: the nth matching call fails once with that errno, and does nothing", () => {
    const h = base();
    h.inject("hwpt-alloc", "ENOMEM", 2);
    expect(h.nested(2, 4, VSTE.abort).id).toBe(5);
    expect(h.nested(2, 4, VSTE.abort)).toEqual({ errno: "ENOMEM", id: 0 });
    expect(h.rules).toEqual(["K-INJECT-1"]);
    expect(h.obj(6)).toBeNull();
    expect(h.nested(2, 4, VSTE.abort).id).toBe(6);
    expect(h.world.injections).toEqual([]);
  });

  it("K-INJECT-1: an injection for a device matches calls about it alone, by fd or by DEVICE id", () => {
    const h = base({ devices: [{}, {}] });
    const d1 = h.bind(1).id;
    h.inject("attach", "EIO", 1, 1);
    h.inject("hwpt-alloc", "ENOMEM", 1, 1);
    expect(h.attach(0, 3).errno).toBeNull();
    expect(h.nested(2, 4, VSTE.abort).errno).toBeNull();
    expect(h.nested(d1, 4, VSTE.abort).errno).toBe("ENOMEM");
    expect(h.attach(1, 3).errno).toBe("EIO");
  });

  it("K-INJECT-1: every call can be made to fail", () => {
    const h = base();
    h.veventq(4, 1);
    const calls: [string, () => { errno: string | null }][] = [
      ["open-iommufd", () => ({ errno: h.open() < 0 ? "EINTR" : null })],
      ["close-iommufd", () => h.closeFd()],
      ["open-cdev", () => h.openCdev()],
      ["bind", () => h.bind()],
      ["unbind", () => h.unbind()],
      ["ioas-alloc", () => h.ioas()],
      ["iova-ranges", () => h.iovaRanges(1)],
      ["map", () => h.map(1)],
      ["unmap", () => h.unmap(1)],
      ["hwpt-alloc", () => h.paging(2, 1)],
      ["viommu-alloc", () => h.viommu(2, 3)],
      ["vdevice-alloc", () => h.vdevice(4, 2, 0n)],
      ["veventq-alloc", () => h.veventq(4, 1)],
      ["read-events", () => h.read(5, 48)],
      ["close", () => h.closeQueue(5)],
      ["close", () => h.closeCdev()],
      ["attach", () => h.attach(0, 3)],
      ["detach", () => h.detach()],
      ["destroy", () => h.destroy(5)],
      ["invalidate", () => h.invalidate(4, [[0x10n, 0n]])],
      ["hw-info", () => h.hwInfo(2)],
      ["get-info", () => h.getInfo()],
      ["device-reset", () => h.reset()],
      ["kvm-add", () => h.kvmAdd()],
      ["kvm-del", () => h.kvmDel()],
    ];
    const before = h.world.kernel;
    for (const [call, run] of calls) {
      h.inject(call, "EINTR");
      expect(run().errno, call).toBe("EINTR");
      expect(h.world.kernel, call).toBe(before);
    }
  });
});
