import { describe, expect, test } from "vitest";
import { findTable } from "../../memory.ts";
import { TestGuest } from "../fakes.test-helper.ts";
import { cdTable, l1Strtab, l2Strtab, pageTable } from "../layout.ts";

const hex = (x: bigint): string => `0x${x.toString(16)}`;

function probed(given: ConstructorParameters<typeof TestGuest>[0] = {}, opts: Record<string, string> = {}) {
  const g = new TestGuest(given);
  g.linux("probe", undefined, opts);
  return g;
}

const CDTAB = cdTable(0, 0, 0);
const TTB = pageTable(0, 0, 0);
const CD_Q0 = "0x1e204c0003510";
/** Parts without the page table's own. */
const steps = (texts: readonly string[]): string[] => texts.filter((t) => !t.startsWith("M page table"));
const ATS = { vsmmu: { ats: "on" } } as const;

describe("add", () => {
  test("G-LX-ADD: a new block gets its level-2 table and L1STD, no command; a known one nothing", () => {
    const g = probed({}, { rmr: "off" });
    expect(g.linux("add", 0).texts).toEqual([
      "M STE[0x100..0x1ff]=0x1",
      `M L1STD[0x1]=${hex(l2Strtab(0, 0, 0x100, 8) | 9n)}`,
    ]);
    expect(g.linux("add", 1).texts).toEqual([]);
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(l2Strtab(0, 0, 0x100, 8) | 9n);
  });

  test("a device behind another vSMMU, or before the probe, is refused", () => {
    const g = probed();
    expect(g.linux("add", 2).result).toMatchObject({ rejected: true });
    expect(new TestGuest().linux("add", 0).result).toMatchObject({ rejected: true });
  });
});

describe("attach a stage-1 domain (6.4)", () => {
  test("G-LX-ATTACH: from bypass: CD in two SYNCs, STE in two, PREFETCH without", () => {
    const g = probed();
    const { texts, result } = g.linux("attach", 0);
    expect(result.ok).toBe(true);
    expect(steps(texts)).toEqual([
      `M CD.Q1[0x100,0]=${hex(TTB)}`,
      "M CD.Q3[0x100,0]=0xf404ff44",
      "C CFGI_CD(0x100,0), S",
      `M CD.Q0[0x100,0]=${CD_Q0}`,
      "C CFGI_CD(0x100,0), S",
      "M STE.Q1[0x100]=0xd6",
      "C CFGI_STE(0x100), S",
      `M STE.Q0[0x100]=${hex(0xbn | CDTAB)}`,
      "C CFGI_STE(0x100), S",
      "C PREFETCH_CONFIG(0x100)",
    ]);
  });

  test("G-LX-ATTACH: with ATS EATS goes in with the attributes, the ATC is emptied last", () => {
    const g = probed(ATS);
    const { texts } = g.linux("attach", 0);
    expect(texts).toContain("M STE.Q1[0x100]=0x100000d6");
    expect(texts.slice(-2)).toEqual(["C PREFETCH_CONFIG(0x100)", "C ATC_INV(0x100,0), S"]);
  });

  test("G-LX-ATTACH: in place the CD breaks and is made again, the STE only prefetched, the old ASID flushed", () => {
    const g = probed();
    g.linux("attach", 0);
    const { texts } = g.linux("attach", 0);
    expect(steps(texts)).toEqual([
      "M CD.Q0[0x100,0]=0x0",
      "C CFGI_CD(0x100,0), S",
      `M CD.Q1[0x100,0]=${hex(pageTable(0, 0, 1))}`,
      "C CFGI_CD(0x100,0), S",
      "M CD.Q0[0x100,0]=0x2e204c0003510",
      "C CFGI_CD(0x100,0), S",
      "C PREFETCH_CONFIG(0x100)",
      "C TLBI_NH_ASID(1), S",
    ]);
    // The first table and ASID are free again.
    g.linux("attach", 0);
    expect(g.cx.w.guest.smmus[0]?.linux?.masters[0]?.domain).toEqual({ kind: "dma", asid: 1, ttb: TTB });
    expect(findTable(g.cx.w.memory, TTB)?.maps).toHaveLength(1);
  });

  test("G-LX-ASID: one ASID space for all vSMMUs of the guest", () => {
    const g = probed();
    g.linux("probe", undefined, {}, { v: 1 });
    g.linux("attach", 0);
    g.linux("attach", 2, {}, { v: 1 });
    g.linux("attach", 1);
    const asids = g.cx.w.guest.smmus.flatMap((s) =>
      (s.linux?.masters ?? []).map((m) => (m.domain?.kind === "dma" ? m.domain.asid : 0)),
    );
    expect(asids).toEqual([1, 3, 2]);
  });

  test("G-LX-RECOVER: a command the SMMU refuses is replaced by SYNC by the error handler, the driver goes on", () => {
    const g = probed();
    g.smmus.refuse.add(0x03);
    const { texts, result } = g.linux("attach", 0);
    expect(result.ok).toBe(false);
    const at = texts.indexOf("C CFGI_STE(0x100), S");
    expect(texts.slice(at + 1, at + 6)).toEqual([
      "R GERROR",
      "R GERRORN",
      "R CMDQ_CONS",
      expect.stringMatching(/^M CMDQ\[\d+\]=SYNC$/),
      expect.stringMatching(/^W GERRORN=/),
    ]);
    expect(texts.at(-1)).toBe("C PREFETCH_CONFIG(0x100)");
  });
});

describe("identity, blocked, release (6.5, 6.6)", () => {
  test("G-LX-STE: from stage 1 to identity as in the recorded unplug", () => {
    const g = probed();
    g.linux("attach", 0);
    expect(g.linux("identity", 0).texts).toEqual([
      "M STE.Q0[0x100]=0x9",
      "C CFGI_STE(0x100), S",
      "M STE.Q1[0x100]=0x0",
      "C CFGI_STE(0x100), S",
      "C PREFETCH_CONFIG(0x100)",
      "C TLBI_NH_ASID(1), S",
      "M CD.Q0[0x100,0]=0x0",
      "C CFGI_CD(0x100,0), S",
      "M CD.Q1[0x100,0]=0x0",
      "M CD.Q3[0x100,0]=0x0",
      "C CFGI_CD(0x100,0), S",
    ]);
  });

  test("G-LX-STE: with ATS the ATC is emptied between STE and ASID", () => {
    const g = probed(ATS);
    g.linux("attach", 0);
    const { texts } = g.linux("block", 0);
    expect(texts[0]).toBe("M STE.Q0[0x100]=0x1");
    expect(texts.slice(4, 7)).toEqual([
      "C PREFETCH_CONFIG(0x100)",
      "C ATC_INV(0x100,0), S",
      "C TLBI_NH_ASID(1), S",
    ]);
  });

  test("D21: blocked onto an abort STE sends PREFETCH only, no CFGI, no SYNC", () => {
    const g = probed({}, { rmr: "off" });
    g.linux("add", 0);
    expect(g.linux("block", 0).texts).toEqual(["C PREFETCH_CONFIG(0x100)"]);
  });

  test("G-LX-RELEASE: to identity with an RMR, to blocked without; the driver forgets the device", () => {
    const g = probed();
    g.linux("attach", 0);
    expect(g.linux("release", 0).texts[0]).toBe("M STE.Q0[0x100]=0x9");
    expect(g.cx.w.guest.smmus[0]?.linux?.masters).toEqual([]);
    const bare = probed({}, { rmr: "off" });
    bare.linux("attach", 0);
    expect(bare.linux("detach", 0).texts[0]).toBe("M STE.Q0[0x100]=0x1");
    expect(bare.cx.w.guest.smmus[0]?.linux?.masters).toHaveLength(1);
    expect(bare.linux("release", 1).result.rejected).toBe(true);
  });
});

describe("PASIDs (6.5)", () => {
  const SSIDS = { vsmmu: { ssidsize: 20 } } as const;

  test("G-LX-PASID: a second CD beside the RID's; the STE has S1CDMax already", () => {
    const g = probed(SSIDS);
    g.linux("attach", 0);
    expect(g.word(l2Strtab(0, 0, 0x100, 8))).toBe(0xbn | CDTAB | (10n << 59n));
    expect(steps(g.linux("pasid", 0, {}, { ssid: 5 }).texts)).toEqual([
      `M CD.Q1[0x100,5]=${hex(pageTable(0, 0, 1))}`,
      "M CD.Q3[0x100,5]=0xf404ff44",
      "C CFGI_CD(0x100,5), S",
      "M CD.Q0[0x100,5]=0x2e204c0003510",
      "C CFGI_CD(0x100,5), S",
    ]);
  });

  test("G-LX-PASID: over identity the STE becomes a CD-table one with S1DSS=1", () => {
    const g = probed(SSIDS);
    g.linux("identity", 0);
    const { texts } = g.linux("pasid", 0, {}, { ssid: 1 });
    expect(texts).toContain("M STE.Q1[0x100]=0xd5");
    expect(texts).toContain(`M STE.Q0[0x100]=${hex(0xbn | CDTAB | (10n << 59n))}`);
  });

  test("G-LX-PASID: with ATS on, the ATC's translations of that PASID go (arm_smmu_attach_commit)", () => {
    const g = probed({ vsmmu: { ssidsize: 20, ats: "on" } });
    g.linux("attach", 0);
    expect(g.linux("pasid", 0, {}, { ssid: 5 }).texts.slice(-2)).toEqual([
      "C CFGI_CD(0x100,5), S",
      "C ATC_INV(0x100,5), S",
    ]);
  });

  test("G-LX-PASID: identity of an endpoint that needs ATS is a CD-table STE already", () => {
    const g = probed({ vsmmu: { ssidsize: 20, ats: "on" }, device: { atsAlwaysOn: true } });
    g.linux("identity", 0);
    const { texts } = g.linux("pasid", 0, {}, { ssid: 1 });
    expect(texts.some((t) => t.startsWith("M STE") || t.startsWith("C PREFETCH"))).toBe(false);
    expect(texts.at(-1)).toBe("C ATC_INV(0x100,1), S");
  });

  test("G-LX-STE-PASID: with a PASID attached identity and blocked only turn S1DSS", () => {
    const g = probed(SSIDS);
    g.linux("attach", 0);
    g.linux("pasid", 0, {}, { ssid: 1 });
    expect(g.linux("identity", 0).texts.slice(0, 4)).toEqual([
      "M STE.Q1[0x100]=0xd5",
      "C CFGI_STE(0x100), S",
      "C PREFETCH_CONFIG(0x100)",
      "C TLBI_NH_ASID(1), S",
    ]);
    expect(g.linux("block", 0).texts).toEqual([
      "M STE.Q1[0x100]=0xd4",
      "C CFGI_STE(0x100), S",
      "C PREFETCH_CONFIG(0x100)",
    ]);
  });

  test("G-LX-PASID-OFF: the CD is cleared, the ASID flushed; after the last one the STE goes back to the RID's domain", () => {
    const g = probed(SSIDS);
    g.linux("identity", 0);
    g.linux("pasid", 0, {}, { ssid: 1 });
    const { texts } = g.linux("pasid-detach", 0, {}, { ssid: 1 });
    expect(texts.slice(0, 6)).toEqual([
      "M CD.Q0[0x100,1]=0x0",
      "C CFGI_CD(0x100,1), S",
      "M CD.Q1[0x100,1]=0x0",
      "M CD.Q3[0x100,1]=0x0",
      "C CFGI_CD(0x100,1), S",
      "C TLBI_NH_ASID(1), S",
    ]);
    expect(texts).toContain("M STE.Q0[0x100]=0x9");
    expect(g.linux("pasid-detach", 0, {}, { ssid: 1 }).result.rejected).toBe(true);
  });

  test("G-LX-PASID: a PASID the stream does not have is refused", () => {
    expect(probed().linux("pasid", 0, {}, { ssid: 1 }).result).toMatchObject({ ok: false });
  });
});
