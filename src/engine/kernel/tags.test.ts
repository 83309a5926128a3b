/** VMIDs in all three homes, and the flushing of tags (invalidation list and array). */
import { describe, expect, it } from "vitest";
import { lowestFree } from "./arm-smmu-v3-domain.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

const VM = (vmid: number): bigint => BigInt(vmid) << 32n;
const S12 = 0x28n;
const opcodes = (h: RawHost): number[] => h.commands.map(([q0]) => Number(q0 & 0xffn));

/** IOAS 1, DEVICE 2, nest parent 3. */
function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  return h;
}

describe("VMIDs of S2 HWPTs", () => {
  it("K-PAGING-8: the lowest free from 1 to 2^bits − 1, then ENOSPC; freed with the HWPT", () => {
    expect([lowestFree([], 8), lowestFree([2], 8), lowestFree([1, 2, 4], 8), lowestFree([1], 1)]).toEqual([
      1, 1, 3, 0,
    ]);
    const h = base({ psmmus: [{ vmidBits: 8 }] });
    for (let vmid = 2; vmid <= 255; vmid++) expect(h.obj(h.paging(2, 1).id)).toMatchObject({ vmid });
    const before = h.world.kernel;
    expect(h.paging(2, 1).errno).toBe("ENOSPC");
    expect([h.rules.includes("K-PAGING-8"), h.world.kernel]).toEqual([true, before]);
    h.destroy(9);
    expect(h.obj(h.paging(2, 1).id)).toMatchObject({ vmid: 7 });
    h.destroy(3);
    expect(h.obj(h.paging(2, 1).id)).toMatchObject({ id: 3, vmid: 1 });
  });

  it("K-PAGING-8: each SMMU has a space of its own", () => {
    const h = base({ psmmus: [{}, {}], devices: [{}, { psmmu: 1 }] });
    expect(h.obj(h.paging(h.bind(1).id, 1).id)).toMatchObject({ vmid: 1, psmmu: 1 });
  });

  it("K-PAGING-10: none where vIOMMUs own them; a plain S2 keeps its own in viommu-only", () => {
    for (const vmid of ["viommu+tag", "viommu-only"] as const) {
      const h = base({ knobs: { vmid } });
      expect([h.obj(3), h.vmids()]).toMatchObject([{ vmid: 0 }, []]);
      h.paging(2, 1);
      expect(h.rules).toContain("K-PAGING-10");
    }
    const plain = base({ knobs: { vmid: "viommu-only" }, psmmus: [{ s1: false }] });
    expect(plain.attach(0, 1).errno).toBeNull();
    expect(plain.steText()).toBe("6/1/1");
  });
});

describe("VMIDs of vIOMMUs", () => {
  it.each(["viommu+tag", "viommu-only"] as const)(
    "K-VIOMMU-14: own VMID for life, ENOSPC, freed at its end (%s)",
    (vmid) => {
      const h = base({ knobs: { vmid }, psmmus: [{ vmidBits: 1 }] });
      expect(h.viommu(2, 3).id).toBe(4);
      expect(h.rules).toContain("K-VIOMMU-14");
      expect([h.obj(4), h.vmids()]).toMatchObject([{ vmid: 1 }, [1]]);
      const before = h.world.kernel;
      expect(h.viommu(2, 3).errno).toBe("ENOSPC");
      expect(h.world.kernel).toBe(before);
      h.destroy(4);
      expect([h.vmids(), opcodes(h)]).toEqual([[], []]);
    },
  );

  it("K-VIOMMU-14: an S2 shared by two vIOMMUs runs under two VMIDs", () => {
    const h = base({ kernel: "plan-2026" });
    h.viommu(2, 3);
    const v2 = h.viommu(2, 3).id;
    const n2 = h.nested(2, v2, VSTE.bypass).id;
    h.attach(0, n2);
    expect([h.steText(), h.vmids()]).toEqual(["6/2/1", [1, 2]]);
    expect(h.invalidate(v2, [[0x30n, 0n]]).issued).toEqual([[0x10n | VM(2), 0n]]);
  });

  it.each(["old", "new"] as const)(
    "K-VIOMMU-13: the page table must fit the SMMU (order %s)",
    (viommuOrder) => {
      const h = base({
        knobs: { vmid: "viommu+tag", viommuOrder },
        psmmus: [{ oas: 48 }, { oas: 44 }],
        devices: [{}, { psmmu: 1 }],
      });
      const other = h.bind(1).id;
      const before = h.world.kernel;
      expect(h.viommu(other, 3).errno).toBe("EINVAL");
      expect([h.rules.includes("K-VIOMMU-13"), h.world.kernel]).toEqual([true, before]);
    },
  );

  it("with a list of masters its VMID is flushed when it goes", () => {
    const h = base({ knobs: { vmid: "viommu+tag", invs: "list" } });
    h.viommu(2, 3);
    h.destroy(4);
    expect(h.commands[0]).toEqual([S12 | VM(1), 0n]);
  });
});

describe("direct attach of a shared S2", () => {
  const shared: RawSetup = { kernel: "plan-2026", devices: [{}, {}] };

  it("K-PATT-7: one tag per SMMU, shared by its direct attaches, flushed and freed with the last", () => {
    const h = base(shared);
    h.bind(1);
    h.attach(0, 3);
    expect(h.rules).toContain("K-PATT-7");
    h.attach(1, 3);
    expect(h.obj(3)).toMatchObject({ tags: [{ psmmu: 0, vmid: 1, attached: 2 }] });
    h.detach(0);
    expect([h.vmids(), opcodes(h).includes(0x28)]).toEqual([[1], false]);
    h.detach(1);
    expect(h.commands).toContainEqual([S12 | VM(1), 0n]);
    expect([h.vmids(), h.obj(3)]).toMatchObject([[], { tags: [] }]);
  });

  it("K-PATT-7: ENOSPC, and a failed attach gives the tag straight back", () => {
    const h = base({ ...shared, psmmus: [{ vmidBits: 1 }], devices: [{}, { canwbs: false }] });
    h.bind(1);
    expect(h.attach(1, 3).errno).toBe("EINVAL");
    expect([h.rules.includes("K-PATT-6"), h.vmids()]).toEqual([true, []]);
    h.viommu(2, 3);
    const before = h.world.kernel;
    expect(h.attach(0, 3).errno).toBe("ENOSPC");
    expect([h.rules.includes("K-PATT-7"), h.world.kernel]).toEqual([true, before]);
    // Even for a device that would be refused afterwards.
    expect(h.attach(1, 3).errno).toBe("ENOSPC");
  });

  it("K-PATT-7: with a list of masters the flush is the tag's own", () => {
    const h = base({ ...shared, knobs: { invs: "list" } });
    h.attach(0, 3);
    h.detach(0);
    expect(h.commands).toContainEqual([S12 | VM(1), 0n]);
    expect(h.vmids()).toEqual([]);
  });

  it("K-PATT-8: an S2 that does not fit", () => {
    const h = base({ ...shared, psmmus: [{}, { gran4k: false }], devices: [{}, { psmmu: 1 }] });
    h.bind(1);
    const before = h.world.kernel;
    expect(h.attach(1, 3).errno).toBe("EINVAL");
    expect([h.rules.includes("K-PATT-8"), h.world.kernel]).toEqual([true, before]);
  });

  it("K-PATT-8: the STE on the other SMMU keeps the table's format", () => {
    const h = base({ ...shared, psmmus: [{ oas: 44 }, { oas: 48 }], devices: [{}, { psmmu: 1 }] });
    h.bind(1);
    h.attach(1, 3);
    expect(h.ste(1)[2]).toBe(0x044c_3594_0000_0001n);
  });

  it("K-PATT-9: refused in viommu-only, on its own SMMU as well", () => {
    const h = base({ kernel: "review-claim" });
    const before = h.world.kernel;
    expect(h.attach(0, 3).errno).toBe("EINVAL");
    expect([h.rules.includes("K-PATT-9"), h.world.kernel]).toEqual([true, before]);
    h.viommu(2, 3);
    expect(h.attach(0, h.nested(2, 4, VSTE.bypass).id).errno).toBeNull();
    expect(h.steText()).toBe("6/1/1");
  });
});

describe("flushing", () => {
  /** base with VIOMMU 4, bypass 5, abort 6. */
  function nested(setup: RawSetup = {}): RawHost {
    const h = base(setup);
    h.viommu(2, 3);
    h.nested(2, 4, VSTE.bypass);
    h.nested(2, 4, VSTE.abort);
    return h;
  }

  it("K-INVS-1: between targets of one nest parent no TLBI, when the last device leaves one", () => {
    const h = nested({ devices: [{ ats: false }] });
    h.attach(0, 3);
    for (const n of [5, 6, 3, 5]) {
      h.attach(0, n);
      expect(opcodes(h).filter((op) => op !== 3 && op !== 0x46 && op !== 1)).toEqual([]);
    }
    h.detach();
    expect(h.rules).toContain("K-INVS-1");
    expect(h.commands.slice(-2)).toEqual([
      [S12 | VM(1), 0n],
      [0x46n, 0n],
    ]);
  });

  it("K-INVS-1: another device under the tag keeps it; a stage-1 tag is flushed by ASID", () => {
    const h = nested({ devices: [{}, {}] });
    h.bind(1);
    h.attach(0, 5);
    h.attach(1, 3);
    h.detach(0);
    expect(h.rules).not.toContain("K-INVS-1");
    expect(h.obj(3)).toMatchObject({ invs: [{ psmmu: 0, tag: 1, users: 1 }] });
    h.attach(0, 1);
    h.detach(0);
    expect(h.commands).toContainEqual([0x11n | (1n << 48n), 0n]);
  });

  it("K-INVS-1: the host's own DMA domain is flushed when its group leaves", () => {
    const h = new RawHost({ groups: [{ defaultDomain: "dma" }], devices: [{ group: 0 }, { group: 0 }] });
    h.bind(0);
    expect(h.commands.filter(([q0]) => (q0 & 0xffn) === 0x11n)).toEqual([[0x11n | (1n << 48n), 0n]]);
    const s2 = new RawHost({ groups: [{ defaultDomain: "dma" }], psmmus: [{ s1: false }] });
    s2.bind(0);
    expect(s2.commands).toContainEqual([S12 | VM(1), 0n]);
  });

  it("K-INVS-2: after a failed attach at a reset the count is one short: warning, or another's entry goes", () => {
    const stranded = (extra: boolean): RawHost => {
      const h = nested({ devices: [{}, {}] });
      h.nested(2, 4, VSTE.translate);
      h.vdevice(4, 2, 0x20n);
      if (extra) {
        h.bind(1);
        h.attach(1, 3);
      }
      h.attach(0, 7);
      h.destroy(8);
      h.reset();
      return h;
    };
    const alone = stranded(false);
    expect(alone.obj(3)).toMatchObject({ invs: [] });
    // The fresh entry of the new attach is the one that goes.
    alone.attach(0, 6);
    expect([alone.rules.includes("K-INVS-1"), alone.obj(3)]).toMatchObject([true, { invs: [] }]);
    alone.detach();
    expect(alone.rules).toContain("K-INVS-2");
    const two = stranded(true);
    expect(two.obj(3)).toMatchObject({ invs: [{ users: 1 }] });
    two.detach(0);
    expect([two.rules.includes("K-INVS-1"), two.obj(3)]).toMatchObject([true, { invs: [] }]);
    // d1 is still attached, and an unmap is no longer flushed for it.
    two.unmap(1);
    expect(two.commands.some(([q0]) => (q0 & 0xffn) === S12)).toBe(false);
  });

  it("K-INVS-3: before 7.1 the flush comes when the HWPT is freed", () => {
    const h = nested({ kernel: "7.0", devices: [{ ats: false }] });
    h.attach(0, 3);
    h.detach();
    expect(opcodes(h)).not.toContain(0x28);
    for (const id of [6, 5, 4]) h.destroy(id);
    h.destroy(3);
    expect(h.rules).toContain("K-INVS-3");
    expect(h.commands).toEqual([
      [S12 | VM(1), 0n],
      [0x46n, 0n],
    ]);
    const s1 = h.attach(0, 1).id;
    expect(h.obj(s1)).toMatchObject({ asid: 1 });
    h.detach();
    expect(h.commands).toContainEqual([0x11n | (1n << 48n), 0n]);
  });

  it("K-INVS-3: such a domain's devices are found among the masters", () => {
    const h = nested({ kernel: "7.0", devices: [{}, {}, {}] });
    h.bind(1);
    h.attach(0, 5);
    h.attach(1, 3);
    h.unmap(1);
    expect(opcodes(h)).toEqual([0x28, 0x46, 0x40, 0x46, 0x40, 0x46]);
  });
});

describe("IOAS", () => {
  it("K-IOAS-2: iova-ranges, map and unmap of what is no IOAS", () => {
    const h = base();
    for (const run of [() => h.iovaRanges(3), () => h.map(2), () => h.unmap(99)]) {
      expect(run().errno).toBe("ENOENT");
      expect(h.rules).toContain("K-IOAS-2");
    }
    expect(h.map(1).errno).toBeNull();
  });

  it("iova-ranges: all 64 bits, then the table's aperture, then without the MSI window", () => {
    const h = new RawHost({ psmmus: [{ oas: 44 }] });
    h.ioas();
    expect(h.iovaRanges(1).ranges).toEqual([[0n, 0xffff_ffff_ffff_ffffn]]);
    h.bind();
    h.paging(2, 1);
    expect(h.iovaRanges(1).ranges).toEqual([[0n, (1n << 44n) - 1n]]);
    h.attach(0, 3);
    expect(h.iovaRanges(1).ranges).toEqual([
      [0n, 0x7ff_ffffn],
      [0x810_0000n, (1n << 44n) - 1n],
    ]);
  });

  it("K-UNMAP-1: nothing attached, nothing sent", () => {
    const h = base();
    expect(h.unmap(1).errno).toBeNull();
    expect([h.commands, h.rules]).toEqual([[], []]);
  });

  it("K-UNMAP-1: a range: S2_IPA, SYNC, NH_ALL, SYNC, ATC, SYNC; the whole table: S12_VMALL instead", () => {
    const h = base();
    h.attach(0, 3);
    h.unmap(1, 0x4000_0000n, 0x4000n);
    expect(h.rules).toContain("K-UNMAP-1");
    expect(h.commands).toEqual([
      // 4 pages: NUM 0, SCALE 2, TG 4K.
      [0x2an | VM(1) | (2n << 20n), 0x4000_0000n | (1n << 10n)],
      [0x46n, 0n],
      [0x10n | VM(1), 0n],
      [0x46n, 0n],
      [0x40n | (0x100n << 32n), 52n],
      [0x46n, 0n],
    ]);
    h.unmap(1);
    expect(opcodes(h)).toEqual([0x28, 0x46, 0x40, 0x46]);
  });

  it("K-UNMAP-1: ranges come in pieces; one page is widened to two", () => {
    const h = base({ devices: [{ ats: false }] });
    h.attach(0, 3);
    const pieces = (length: bigint): [bigint, bigint, bigint][] => {
      h.unmap(1, 0x4000_0000n, length);
      return h.commands
        .filter(([q0]) => (q0 & 0xffn) === 0x2an)
        .map(([q0, q1]) => [(q0 >> 12n) & 31n, (q0 >> 20n) & 31n, q1 & ~0xfffn]);
    };
    expect(pieces(0x1000n)).toEqual([[0n, 1n, 0x4000_0000n]]);
    // 0x421 pages: widened to 0x422 = 17 · 2^1 + 1 · 2^10.
    expect(pieces(0x42_1000n)).toEqual([
      [16n, 1n, 0x4000_0000n],
      [0n, 10n, 0x4002_2000n],
    ]);
  });

  it("K-UNMAP-1: without range invalidation page by page, from 512 pages on S12_VMALL", () => {
    const h = base({ psmmus: [{ rangeInv: false }], devices: [{ ats: false }] });
    h.attach(0, 3);
    h.unmap(1, 0x4000_0000n, 0x3000n);
    expect(h.commands.filter(([q0]) => (q0 & 0xffn) === 0x2an).map(([, q1]) => q1)).toEqual([
      0x4000_0000n,
      0x4000_1000n,
      0x4000_2000n,
    ]);
    h.unmap(1, 0n, 511n << 12n);
    expect(opcodes(h).filter((op) => op === 0x2a)).toHaveLength(511);
    h.unmap(1, 0n, 512n << 12n);
    expect(opcodes(h)).toEqual([0x28, 0x46]);
  });

  it("K-UNMAP-1: a stage-1 domain is told by VA and ASID, without NH_ALL", () => {
    const h = base({ devices: [{ ats: false }] });
    h.attach(0, 1);
    h.unmap(1, 0x4000_0000n, 0x2000n);
    expect(h.commands).toEqual([
      [0x12n | (1n << 48n) | (1n << 20n), 0x4000_0000n | (1n << 10n)],
      [0x46n, 0n],
    ]);
  });
});
