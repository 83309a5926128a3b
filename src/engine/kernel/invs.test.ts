/** Who is told when a page table changes, with tables that several SMMUs, tags and files share (rules K-INVS, K-UNMAP). */
import { describe, expect, it } from "vitest";
import type { TraceNode } from "../tracer.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

/** Commands of the last step without SYNC, CFGI and PREFETCH, as `SMMU: TEXT`. */
function told(h: RawHost): string[] {
  const out: string[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      if (n.kind === "hw" && n.what === "cmd" && /TLBI|ATC/.test(n.text))
        out.push(`${n.args.psmmu}: ${n.text}`);
      else if ("children" in n) walk(n.children);
    }
  };
  walk(h.trace);
  return out;
}

const invs = (h: RawHost): unknown => (h.obj(3) as { invs?: unknown } | null)?.invs;

/** d0 and d1 behind SMMU 0, d2 behind SMMU 1, without ATS; IOAS 1, DEVICEs 2, 4, 5, nest parent 3. */
function three(setup: RawSetup = {}): RawHost {
  const h = new RawHost({
    kernel: "plan-2026",
    psmmus: [{}, {}],
    devices: [{ ats: false }, { ats: false }, { ats: false, psmmu: 1 }],
    ...setup,
  });
  h.ioas();
  h.bind(0);
  h.paging(2, 1);
  h.bind(1);
  h.bind(2);
  return h;
}

describe("the invalidation array of a nest parent with several tags", () => {
  it("K-INVS-1, K-UNMAP-1: an entry with its count for each tag and SMMU; each is told, in order, and flushed with its last", () => {
    const h = three();
    const [on1, on0a, on0b] = [h.viommu(5, 3).id, h.viommu(2, 3).id, h.viommu(2, 3).id];
    const nested = (v: number, dev: number): number => h.nested(dev, v, VSTE.bypass).id;
    const [n1, n0a, n0b] = [nested(on1, 5), nested(on0a, 2), nested(on0b, 2)];
    expect(h.attach(2, n1).errno).toBeNull();
    expect(h.attach(1, n0b).errno).toBeNull();
    expect(h.attach(0, n0a).errno).toBeNull();
    expect(invs(h)).toEqual([
      { psmmu: 1, tag: 1, users: 1 },
      { psmmu: 0, tag: 2, users: 1 },
      { psmmu: 0, tag: 1, users: 1 },
    ]);
    h.unmap(1, 0x1000n, 0x2000n);
    expect(told(h)).toEqual([
      "0: TLBI_S2_IPA VMID=1 IPA=0x1000",
      "0: TLBI_NH_ALL VMID=1",
      "0: TLBI_S2_IPA VMID=2 IPA=0x1000",
      "0: TLBI_NH_ALL VMID=2",
      "1: TLBI_S2_IPA VMID=1 IPA=0x1000",
      "1: TLBI_NH_ALL VMID=1",
    ]);
    h.attach(1, n0a);
    expect(told(h)).toEqual(["0: TLBI_S12_VMALL VMID=2"]);
    expect(invs(h)).toEqual([
      { psmmu: 1, tag: 1, users: 1 },
      { psmmu: 0, tag: 1, users: 2 },
    ]);
    h.detach(0);
    expect(told(h)).toEqual([]);
    expect(invs(h)).toEqual([
      { psmmu: 1, tag: 1, users: 1 },
      { psmmu: 0, tag: 1, users: 1 },
    ]);
    h.detach(1);
    expect(told(h)).toEqual(["0: TLBI_S12_VMALL VMID=1"]);
    h.detach(2);
    expect(told(h)).toEqual(["1: TLBI_S12_VMALL VMID=1"]);
    expect(invs(h)).toEqual([]);
  });

  it("K-INVS-1: a move between targets of one tag flushes nothing; one to another tag of the same SMMU does", () => {
    const h = three();
    const v = h.viommu(2, 3).id;
    const [bypass, abort] = [h.nested(2, v, VSTE.bypass).id, h.nested(2, v, VSTE.abort).id];
    h.attach(0, bypass);
    h.attach(0, abort);
    expect(told(h)).toEqual([]);
    expect(invs(h)).toEqual([{ psmmu: 0, tag: 1, users: 1 }]);
    h.attach(0, 3);
    expect(told(h)).toEqual(["0: TLBI_S12_VMALL VMID=1"]);
    expect(invs(h)).toEqual([{ psmmu: 0, tag: 2, users: 1 }]);
  });

  it("K-INVS-2: a warning where the entry is not there", () => {
    const h = three({ kernel: "7.3", devices: [{}, {}, { psmmu: 1 }] });
    const v = h.viommu(2, 3).id;
    h.vdevice(v, 2, 1n);
    const vd = (h.obj(v) as { vdevs: readonly { vdevice: number }[] }).vdevs[0]?.vdevice ?? 0;
    h.attach(0, h.nested(2, v, VSTE.translate).id);
    h.destroy(vd);
    h.reset();
    expect(invs(h)).toEqual([]);
    h.detach(0);
    expect(h.rules).toContain("K-INVS-2");
    const said = JSON.stringify(h.trace, (_, x) => (typeof x === "bigint" ? String(x) : x));
    expect(said).toContain("WARNING: arm_smmu_invs_unref");
  });
});

describe("the list of masters before 7.1", () => {
  it("K-INVS-3: no array; a page table is told of by its own devices, not by those of another file or table", () => {
    const h = new RawHost({ kernel: "7.0", devices: [{}, {}, {}, {}] });
    h.ioas();
    h.bind(0);
    h.paging(2, 1);
    h.bind(1);
    h.attach(0, 3);
    h.attach(1, h.paging(4, h.ioas().id).id);
    h.bind(2);
    expect(invs(h)).toEqual([]);
    h.open();
    h.ioas();
    h.bind(3);
    h.attach(3, h.paging(2, 1).id);
    h.file = 0;
    h.unmap(1, 0x1000n, 0x2000n);
    expect(told(h)).toEqual([
      "0: TLBI_S2_IPA VMID=1 IPA=0x1000",
      "0: TLBI_NH_ALL VMID=1",
      "0: ATC_INV SID=0x100 ADDR=0x0 SIZE=52",
    ]);
    h.detach(0);
    expect(told(h).filter((t) => t.includes("TLBI"))).toEqual([]);
    h.unmap(1, 0x1000n, 0x2000n);
    expect(told(h)).toEqual([]);
    h.destroy(3);
    expect(told(h)).toEqual(["0: TLBI_S12_VMALL VMID=1"]);
  });

  it("K-INVS-3, K-UNMAP-1: two devices of one tag are one to be told, nested ones by their vIOMMU's tag", () => {
    const h = three({ kernel: "7.0", knobs: { vmid: "viommu+tag" } });
    const v = h.viommu(2, 3).id;
    h.attach(0, h.nested(2, v, VSTE.bypass).id);
    h.attach(1, h.nested(4, v, VSTE.bypass).id);
    h.attach(2, 3);
    h.unmap(1);
    expect(told(h)).toEqual(["0: TLBI_S12_VMALL VMID=1", "1: TLBI_S12_VMALL VMID=1"]);
    expect(invs(h)).toEqual([]);
  });
});
