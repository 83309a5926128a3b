/** The refusals and effects of VIOMMU_ALLOC, VDEVICE_ALLOC and VEVENTQ_ALLOC. */
import { describe, expect, it } from "vitest";
import { VSTE } from "./raw-host.ts";
import { base, refused } from "./refusals.test-helper.ts";

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

  it("K-VDEVICE-10: a vIOMMU lists its vDEVICEs by virtual id, and a device with several reports under the lowest", () => {
    const h = base({ kernel: "6.15" });
    expect(h.obj(4)).toMatchObject({ vdevs: [], veventqs: [] });
    for (const vsid of [5n, 9n, 3n, 7n]) expect(h.vdevice(4, 2, vsid).errno).toBeNull();
    const vdevs = (h.obj(4) as { vdevs: readonly { virtId: bigint; vdevice: number }[] }).vdevs;
    expect(vdevs.map((e) => e.virtId)).toEqual([3n, 5n, 7n, 9n]);
    expect(vdevs.map((e) => h.obj(e.vdevice))).toMatchObject(vdevs.map((e) => ({ virtId: e.virtId })));
    h.attach(0, h.nested(2, 4, VSTE.translate).id);
    expect(h.vmaster()).toEqual({ viommu: 4, vsid: 3n });
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
