import { describe, expect, test } from "vitest";
import { legal } from "../../arch/legal.ts";
import { findRegister } from "../../arch/registers.ts";
import { lookupMapping, memRead64 } from "../../memory.ts";
import { SIDS, TestGuest } from "../fakes.test-helper.ts";
import { areaBase, cmdqBase, eventqBase, l1Strtab, l2Strtab, linearStrtab } from "../layout.ts";

const RA = 1n << 62n;

/** The register parts of a sequence: reads, writes and polls. */
const registers = (texts: readonly string[]): string[] => texts.filter((t) => /^[RWP] /.test(t));

const hex = (x: bigint): string => `0x${x.toString(16)}`;

/** Steps 1 to 15 of smmuv3.md 6.1 for a vSMMU without HYP, PRI and ATS, found disabled. */
const CLEAN_BOOT = [
  "R IDR0",
  "R IDR1",
  "R IDR3",
  "R IDR5",
  "R IIDR",
  "R CR0",
  "W CR0=0x0",
  "P CR0ACK==0x0",
  "W CR1=0xd75",
  "W CR2=0x6",
  `W STRTAB_BASE=${hex(l1Strtab(0, 0) | RA)}`,
  "W STRTAB_BASE_CFG=0x10210",
  `W CMDQ_BASE=${hex(cmdqBase(0, 0) | RA | 18n)}`,
  "W CMDQ_PROD=0x0",
  "W CMDQ_CONS=0x0",
  "W CR0=0x8",
  "P CR0ACK==0x8",
  `W EVENTQ_BASE=${hex(eventqBase(0, 0) | RA | 17n)}`,
  "W EVENTQ_PROD=0x0",
  "W EVENTQ_CONS=0x0",
  "W CR0=0xc",
  "P CR0ACK==0xc",
  "W IRQ_CTRL=0x0",
  "P IRQ_CTRLACK==0x0",
  "W GERROR_IRQ_CFG0=0x0",
  "W EVENTQ_IRQ_CFG0=0x0",
  "W IRQ_CTRL=0x5",
  "P IRQ_CTRLACK==0x5",
  "W CR0=0xd",
  "P CR0ACK==0xd",
];

const legalOf = (g: TestGuest, sid: number): string[] => {
  const arch = g.cx.w.guest.smmus[0]?.arch;
  if (arch === undefined) return [];
  const txn = { sid, ssid: null, addr: 0x1000n, rnw: true, ind: false, pnu: false, ats: "none" } as const;
  return legal(
    arch,
    txn,
    (a) => memRead64(g.cx.w.memory, a),
    (ttb, va) => lookupMapping(g.cx.w.memory, ttb, va),
  ).map((a) => (a.event === null ? a.cls : `${a.cls}+${a.event.name}`));
};

describe("probe", () => {
  test("G-LX-PROBE: registers in the order and with the values of the recorded boot; no GBPA", () => {
    const g = new TestGuest();
    const { texts, result } = g.linux("probe");
    expect(result.ok).toBe(true);
    expect(registers(texts)).toEqual(CLEAN_BOOT);
  });

  test("G-LX-PROBE: CFGI_ALL and TLBI_NSNH_ALL, a SYNC with each, between CMDQEN and the event queue", () => {
    const { texts } = new TestGuest().linux("probe", undefined, { rmr: "off" });
    expect(texts.filter((t) => t.startsWith("C "))).toEqual(["C CFGI_ALL, S", "C TLBI_NSNH_ALL, S"]);
    expect(texts.indexOf("C CFGI_ALL, S")).toBe(texts.indexOf("P CR0ACK==0x8") + 1);
    expect(texts.indexOf("C TLBI_NSNH_ALL, S")).toBe(
      texts.indexOf(`W EVENTQ_BASE=${hex(eventqBase(0, 0) | RA | 17n)}`) - 1,
    );
  });

  test("G-LX-PROBE: writes, doorbells and polls as the accesses of the recorded log", () => {
    const g = new TestGuest();
    g.linux("probe");
    const name = (o: number): string => findRegister(o)?.name ?? "?";
    const log = g.smmus.log.map((a) => `${a.kind === "write" ? "W" : "R"} ${name(a.offset)} ${hex(a.value)}`);
    const from = log.indexOf("W CR0 0x8");
    expect(log.slice(from, from + 6)).toEqual([
      "W CR0 0x8",
      "R CR0ACK 0x8",
      "W CMDQ_PROD 0x2",
      "R CMDQ_CONS 0x2",
      "W CMDQ_PROD 0x4",
      "R CMDQ_CONS 0x4",
    ]);
  });

  test("G-LX-PROBE: with ATS one more CR0 write sets ATSCHK", () => {
    const { texts } = new TestGuest({ vsmmu: { ats: "on" } }).linux("probe");
    expect(registers(texts).filter((t) => t.startsWith("W CR0="))).toEqual([
      "W CR0=0x0",
      "W CR0=0x8",
      "W CR0=0xc",
      "W CR0=0x1c",
      "W CR0=0x1d",
    ]);
  });

  test("G-LX-RMR: bypass for every SID of the buses that hold a device, none beyond, before enabling", () => {
    const g = new TestGuest();
    const { texts } = g.linux("probe");
    expect(texts.filter((t) => t.startsWith("M "))).toEqual([
      "M STE[0x100..0x1ff]=0x9",
      `M L1STD[0x1]=${hex(l2Strtab(0, 0, 0x100, 8) | 9n)}`,
      "M STE[0x200..0x2ff]=0x9",
      `M L1STD[0x2]=${hex(l2Strtab(0, 0, 0x200, 8) | 9n)}`,
    ]);
    expect(g.word(l1Strtab(0, 0))).toBe(0n);
    expect(g.word(l1Strtab(0, 0) + 24n)).toBe(0n);
    expect(SIDS.map((s) => legalOf(g, s))).toEqual([["bypass"], ["bypass"], ["bypass"]]);
    expect(legalOf(g, 0x300)).toEqual(["abort+C_BAD_STREAMID"]);
  });

  test("G-LX-RMR: without RMRs the table is empty and everything aborts with C_BAD_STREAMID", () => {
    const g = new TestGuest();
    g.linux("probe", undefined, { rmr: "off" });
    expect(legalOf(g, 0x100)).toEqual(["abort+C_BAD_STREAMID"]);
  });

  test("a linear table is filled with abort entries, LOG2SIZE as asked", () => {
    const g = new TestGuest();
    const { texts } = g.linux("probe", undefined, { fmt: "linear", log2size: "10", rmr: "off" });
    expect(texts).toContain("M STE[0x0..0x3ff]=0x1");
    expect(texts).toContain("W STRTAB_BASE_CFG=0xa");
    expect(g.word(linearStrtab(0, 0) + 0x3ffn * 64n)).toBe(1n);
    expect(legalOf(g, 0x100)).toEqual(["abort"]);
  });

  test("G-LX-PROBE-LIVE: found enabled, GBPA.ABORT is set first and stays", () => {
    const g = new TestGuest();
    g.verb({ kind: "cr0-value", vsmmu: 0, value: 1 });
    const { texts } = g.linux("probe");
    expect(registers(texts).slice(5, 11)).toEqual([
      "R CR0",
      "P GBPA&0x80000000==0x0",
      "W GBPA=0x80101000",
      "P GBPA&0x80000000==0x0",
      "W CR0=0x0",
      "P CR0ACK==0x0",
    ]);
    expect(g.cx.w.guest.smmus[0]?.arch.gbpa).toBe(0x0010_1000);
  });

  test("step 15 alone changes the answer: until its poll both are legal", () => {
    const g = new TestGuest();
    const seen: string[] = [];
    const real = g.smmus.ports.mmio.write;
    g.smmus.ports.mmio.write = (...args) => {
      seen.push(legalOf(g, 0x300).sort().join("|"));
      return real(...args);
    };
    g.linux("probe");
    const both = "abort+C_BAD_STREAMID|bypass";
    expect(new Set(seen.slice(0, -1))).toEqual(new Set(["bypass"]));
    expect(seen.at(-1)).toBe(both);
    expect(legalOf(g, 0x300)).toEqual(["abort+C_BAD_STREAMID"]);
  });

  test("a second probe takes the other memory area", () => {
    const g = new TestGuest();
    g.linux("probe");
    const { texts } = g.linux("probe");
    expect(texts).toContain(`W STRTAB_BASE=${hex(l1Strtab(0, 1) | RA)}`);
    expect(areaBase(0, 1)).not.toBe(areaBase(0, 0));
    g.linux("probe");
    // Third time in the first area: what stood there is cleared before use.
    expect(g.parts.some((p) => p.text.startsWith("M L1STD: zeroed"))).toBe(true);
  });

  test("G-LX-FAIL: a command queue that stops during the probe ends it with CR0=0", () => {
    const g = new TestGuest();
    g.smmus.refuse.add(0x04);
    const { texts, result } = g.linux("probe");
    expect(result).toMatchObject({ ok: false, rejected: false });
    expect(result.messages.at(-1)).toMatch(/GERROR interrupts are off/);
    expect(texts.slice(-2)).toEqual(["W CR0=0x0", "P CR0ACK==0x0"]);
    expect(g.linux("attach", 0).result).toMatchObject({ ok: false, rejected: true });
  });

  test("bad options are refused before anything happens", () => {
    const g = new TestGuest();
    for (const opts of [{ rmr: "maybe" }, { nosuch: "1" }, { log2size: "x" }] as Record<string, string>[])
      expect(g.linux("probe", undefined, opts)).toMatchObject({ texts: [], result: { rejected: true } });
    expect(g.linux("attach").result.rejected).toBe(true);
  });
});
