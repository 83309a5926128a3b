import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findTable } from "../../memory.ts";
import { TestGuest } from "../fakes.test-helper.ts";
import { l1Strtab, pageTable } from "../layout.ts";
import { atcSpan, tlbiRange } from "./cmds.ts";

function attached(given: ConstructorParameters<typeof TestGuest>[0] = {}): TestGuest {
  const g = new TestGuest(given);
  g.linux("probe");
  g.linux("attach", 0);
  return g;
}

describe("map and unmap", () => {
  test("map stores and sends nothing", () => {
    const g = attached();
    const { texts } = g.linux("map", 0, { iova: "0x4000", gpa: "0x9000", size: "0x2000" });
    expect(texts).toEqual(["M page table: 0x4000 to 0x9000"]);
    expect(findTable(g.cx.w.memory, pageTable(0, 0, 0))?.maps.map((m) => m.iova)).toEqual([0x4000n]);
  });

  test("G-LX-UNMAP: tables, TLBI by range, SYNC; with ATS the ATC after it", () => {
    const g = attached();
    g.linux("map", 0, { iova: "0x4000", gpa: "0x9000", size: "0x2000" });
    expect(g.linux("unmap", 0, { iova: "0x4000", size: "0x2000" }).texts).toEqual([
      "M page table: 0x4000 unmapped",
      "C TLBI_NH_VA(1), S",
    ]);
    const a = attached({ vsmmu: { ats: "on" } });
    expect(a.linux("unmap", 0, { iova: "0x4000" }).texts.at(-1)).toBe("C ATC_INV(0x100,0), S");
  });

  test("without a stage-1 domain there is nothing to map into", () => {
    const g = new TestGuest();
    g.linux("probe");
    g.linux("identity", 0);
    expect(g.linux("map", 0, { iova: "0x4000", gpa: "0x9000" }).result.rejected).toBe(true);
    expect(g.linux("map", 0, { gpa: "0x9000" }).result.rejected).toBe(true);
  });
});

describe("G-LX-TLBI: the commands cover exactly the pages asked for", () => {
  /** Pages a TLBI_NH_VA takes (section 4): (NUM+1)·2^SCALE from VA on, or one page. */
  const pagesOf = (c: { readonly q0: bigint; readonly q1: bigint }): bigint[] => {
    const tg = (c.q1 >> 10n) & 3n;
    const n = tg === 0n ? 1n : (((c.q0 >> 12n) & 31n) + 1n) << ((c.q0 >> 20n) & 31n);
    return Array.from({ length: Number(n) }, (_, i) => (c.q1 >> 12n) + BigInt(i));
  };

  test.each([true, false])("G-LX-TLBI: RIL %s", (ril) => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 1, max: 511 }), (first, count) => {
        const cmds = tlbiRange(7, BigInt(first) << 12n, BigInt(count) << 12n, ril);
        const pages = cmds.flatMap(pagesOf).map(Number);
        expect(pages).toEqual(Array.from({ length: count }, (_, i) => first + i));
        for (const c of cmds) {
          expect(c.q0 >> 48n).toBe(7n);
          expect(c.q1 & 1n).toBe(1n);
          // Since 7.3 never a range command whose NUM, SCALE and TTL are all 0.
          if (ril) expect([(c.q1 >> 10n) & 3n, (c.q1 >> 8n) & 3n]).toEqual([1n, 3n]);
        }
      }),
      { seed: 20260104, numRuns: 100 },
    );
  });

  test("G-LX-TLBI: without RIL the whole ASID goes from 512 pages on", () => {
    expect(tlbiRange(7, 0n, 512n << 12n, false).map((c) => c.name)).toEqual(["TLBI_NH_ASID"]);
    expect(tlbiRange(7, 0n, 511n << 12n, false)).toHaveLength(511);
  });

  test("an ATC span is the smallest aligned power of two around the range", () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 1, max: 4096 }), (first, count) => {
        const { base, log2 } = atcSpan(BigInt(first) << 12n, BigInt(count) << 12n);
        const lo = Number(base >> 12n);
        expect(lo <= first && first + count <= lo + 2 ** log2).toBe(true);
        expect(lo % 2 ** log2).toBe(0);
        if (log2 > 0) {
          const half = 2 ** (log2 - 1);
          expect(Math.floor(first / half)).not.toBe(Math.floor((first + count - 1) / half));
        }
      }),
      { seed: 20260105, numRuns: 100 },
    );
  });
});

describe("G-LX-EVENTS: indices that no hardware left behind", () => {
  const consumed = (base: bigint, prod: bigint, cons: bigint): readonly string[] => {
    const g = new TestGuest();
    const write = (offset: number, size: 4 | 8, value: bigint) =>
      g.smmus.ports.mmio.write(g.cx, 0, offset, size, value);
    write(0xa0, 8, base);
    write(0xa8, 4, prod);
    write(0xac, 4, cons);
    return g.linux("events").texts;
  };

  test("G-LX-EVENTS: further apart than the queue is long, there is no record to take", () => {
    expect(consumed(0x4800_0002n, 0n, 0x3n)).toEqual(["R EVENTQ_PROD"]);
    expect(consumed(0x4800_001an, 0n, 0x1_0210n)).toEqual(["R EVENTQ_PROD"]);
  });

  test("G-LX-EVENTS: a queue that claims to be full is taken record by record, a long one's rest at once", () => {
    expect(consumed(0x4800_0001n, 2n, 0n)).toEqual([
      "R EVENTQ_PROD",
      "W EVENTQ_CONS=0x1",
      "W EVENTQ_CONS=0x2",
    ]);
    const long = consumed(0x4800_0013n, 0x8_0000n, 0n);
    expect(long).toHaveLength(1026);
    expect(long.at(-1)).toBe("W EVENTQ_CONS=0x80000");
  });
});

describe("shutdown, kexec, crash (6.7), suspend (6.8)", () => {
  test("G-LX-SHUTDOWN: CR0=0, its poll, nothing else; tables stay", () => {
    const g = attached();
    const before = g.cx.w.memory;
    expect(g.linux("shutdown").texts).toEqual(["W CR0=0x0", "P CR0ACK==0x0"]);
    expect(g.cx.w.memory).toBe(before);
  });

  test("G-LX-KEXEC: the new kernel builds beside the old tables, writes no GBPA, knows no device", () => {
    const g = attached();
    const old = g.word(l1Strtab(0, 0) + 8n);
    const { texts } = g.linux("kexec");
    expect(texts.slice(0, 2)).toEqual(["W CR0=0x0", "P CR0ACK==0x0"]);
    expect(texts.some((t) => t.startsWith("W GBPA"))).toBe(false);
    expect(texts).toContain(`W STRTAB_BASE=0x${(l1Strtab(0, 1) | (1n << 62n)).toString(16)}`);
    expect(g.word(l1Strtab(0, 0) + 8n)).toBe(old);
    expect(g.cx.w.guest.smmus[0]?.linux?.masters).toEqual([]);
  });

  test("G-LX-PROBE-LIVE: crash kexec finds SMMUEN=1: GBPA.ABORT, and events stay off", () => {
    const g = attached();
    const { texts } = g.linux("crash-kexec");
    expect(texts.some((t) => t.startsWith("W GBPA=0x80101000"))).toBe(true);
    expect(texts.indexOf("W GBPA=0x80101000")).toBeLessThan(texts.indexOf("W CR0=0x0"));
    expect(texts.slice(-2)).toEqual(["W CR0=0x9", "P CR0ACK==0x9"]);
  });

  test("G-LX-SUSPEND: kept writes nothing; lost is a reset; lost-reset runs the register sequence again", () => {
    const g = attached();
    expect(g.linux("suspend").texts).toEqual([]);
    expect(g.linux("suspend", undefined, { registers: "lost" }).texts).toEqual([
      "registers lost: system reset on resume",
    ]);
    expect(g.cx.w.guest.smmus[0]?.arch.cr0ack).toBe(0);
    expect(g.cx.w.guest.smmus[0]?.linux?.masters).toHaveLength(1);
    const { texts } = g.linux("suspend", undefined, { registers: "lost-reset" });
    expect(texts.at(-2)).toBe("W CR0=0xd");
    expect(texts.some((t) => t.startsWith("M "))).toBe(false);
  });

  test("G-RESET: a reset ends the kernel; queues must be programmed again", () => {
    const g = attached();
    g.linux("suspend", undefined, { registers: "lost" });
    expect(g.cx.w.guest.smmus[0]?.sw.cmdqReady).toBe(false);
    const r = g.verb({ kind: "cfgi", vsmmu: 0, sid: 0x100, leaf: true, sync: true, cmdqen: "auto" });
    expect(r.messages[0]).toMatch(/command queue programmed first/);
  });
});

describe("function level reset (6.9)", () => {
  test("G-LX-FLR: without usable ATS the SMMU is not touched", () => {
    expect(attached().linux("flr", 0).texts).toEqual(["function level reset of the endpoint"]);
  });

  test("G-LX-FLR: with ATS the reset runs under the abort STE, then the domain comes back", () => {
    const g = attached({ vsmmu: { ats: "on" } });
    const { texts } = g.linux("flr", 0);
    const at = texts.indexOf("function level reset of the endpoint");
    expect(texts[0]).toBe("M STE.Q0[0x100]=0x1");
    expect(texts.slice(0, at).some((t) => t.startsWith("C ATC_INV"))).toBe(true);
    expect(texts.slice(at).some((t) => t.startsWith("M STE.Q0[0x100]=0x"))).toBe(true);
    expect(texts.at(-1)).toBe("C ATC_INV(0x100,0), S");
    expect(texts.some((t) => t.startsWith("C TLBI"))).toBe(false);
    expect(g.cx.w.guest.smmus[0]?.linux?.masters[0]).toMatchObject({
      ats: true,
      domain: { kind: "dma", asid: 1 },
    });
  });

  test("G-LX-FLR: PASIDs are quiet during the reset and back after it", () => {
    const g = attached({ vsmmu: { ats: "on", ssidsize: 20 } });
    g.linux("pasid", 0, {}, { ssid: 3 });
    const { texts } = g.linux("flr", 0);
    const at = texts.indexOf("function level reset of the endpoint");
    expect(texts[0]).toBe("M STE.Q1[0x100]=0x100000d4");
    expect(texts.slice(0, at)).toContain("M CD.Q0[0x100,3]=0x0");
    // The RID's domain first, then the PASIDs.
    const after = texts.slice(at);
    expect(after).toContain("M STE.Q1[0x100]=0x100000d6");
    expect(after.indexOf("M CD.Q0[0x100,3]=0x2e204c0003510")).toBeGreaterThan(
      after.indexOf("C ATC_INV(0x100,0), S"),
    );
    expect(after.at(-1)).toBe("C ATC_INV(0x100,3), S");
  });
});
