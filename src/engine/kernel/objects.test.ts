/** Ids, references, DESTROY, file close, and the refusals of the iommufd ioctls. */
import { describe, expect, it } from "vitest";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";
import { base, refused } from "./refusals.test-helper.ts";

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
