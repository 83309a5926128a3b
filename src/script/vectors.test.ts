/**
 * The conformance vectors of model/smmuv3.md section 8 on the accelerated path: what the guest does runs through QEMU, the
 * host kernel and the physical STE. `must` is the architecture's answer, `does` what happens; where they part, `diverges`
 * names the deviation of section 9 and model/qemu.md section 6. (arch/vectors.test.ts has them for the oracle alone.)
 */
import { describe, expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

interface Vector {
  readonly no: string;
  readonly what: string;
  readonly lines: readonly string[];
  /** The architecture's legal answers. */
  readonly must: readonly string[];
  /** The event it records, or none. */
  readonly due: string | null;
  readonly does: string;
  /** What reaches the guest's EVENTQ. */
  readonly seen: readonly string[];
  /** Null: nothing parts. `?`: no known divergence. */
  readonly diverges: string | null;
}

/** Two-level, LOG2SIZE 16, SPLIT 8, SSIDSIZE 20, RECINVSID=1; caches clean; d0 is 0x100, d1 0x104, d2 0x300. */
const BASE = [
  "psmmu p0 ssid-bits=20",
  "device d0 sid=0x100",
  "device d1 sid=0x104",
  "device d2 sid=0x300",
  "vsmmu v0 ssidsize=20 ats=on",
  "ram 0x0 0x4000000000",
  "plug d0 v0",
  "plug d1 v0",
  "plug d2 v0",
  "machine-start",
  "write v0 CR2 0x2",
  "strtab v0 fmt=2lvl log2size=16 split=8",
  "cfgi v0 all",
];
const ON = ["cr0 v0 +eventqen +smmuen", "cfgi v0 all"];
const DMA = "dma d0 iova=0x5000";
/** The first CD table of the guest's software, and an address beyond the RAM. */
const CDT = 0x4500_0000n;
const NOWHERE = "0x5000000000";
const S1 = `0x${(0xbn | CDT).toString(16)}`;
/** The same with S1CDMax=4. */
const S1_4 = `0x${(0xbn | CDT | (4n << 59n)).toString(16)}`;
const translate = (...more: readonly string[]) => ["ste v0 0x100 translate", ...more, ...ON];
const stored = (q0: string) => [`ste v0 0x100 q0=${q0}`, ...ON, DMA];

const v = (
  no: string,
  what: string,
  lines: readonly string[],
  [must, due]: readonly [string, string?],
  [does, ...seen]: readonly [string, ...string[]],
  diverges: string | null = null,
): Vector => ({ no, what, lines, must: must.split(","), due: due ?? null, does, seen, diverges });

const VECTORS: readonly Vector[] = [
  v("1", "reset value of GBPA", ["cr0 v0 0", DMA], ["pass-bypass"], ["pass-bypass"]),
  v("2", "GBPA.ABORT=1", ["cr0 v0 0", "gbpa v0 abort", DMA], ["abort"], ["abort"]),
  v(
    "3",
    "GBPA without Update",
    ["cr0 v0 0", "write v0 GBPA 0x100000", DMA],
    ["pass-bypass"],
    ["pass-bypass"],
  ),
  v("4", "STE irrelevant", ["ste v0 0x100 translate", "cfgi v0 all", DMA], ["pass-bypass"], ["pass-bypass"]),
  v(
    "5",
    "GBPA at SMMUEN=1",
    [...translate("gbpa v0 bypass"), "gbpa v0 abort", DMA],
    ["pass-s1"],
    ["abort"],
    "D5",
  ),
  v("6", "then CR0=0", [...translate(), "gbpa v0 abort", "cr0 v0 0", DMA], ["abort"], ["abort"]),
  v(
    "7",
    "CR0 not acknowledged",
    ["ste v0 0x100 translate", "write v0 CR0 0xd wait=off", DMA],
    ["pass-s1,pass-bypass"],
    ["pass-bypass"],
  ),
  v(
    "8",
    "SID beyond LOG2SIZE: QEMU installs nothing",
    ["strtab v0 fmt=2lvl log2size=8", ...ON, DMA],
    ["abort", "c-bad-streamid:0x100"],
    ["pass-bypass"],
    "D6",
  ),
  v(
    "9",
    "the same with RECINVSID=0",
    ["write v0 CR2 0", "strtab v0 fmt=2lvl log2size=8", ...ON, DMA],
    ["abort"],
    ["pass-bypass"],
    "D6",
  ),
  v(
    "10",
    "Span 0, no CFGI after the enable",
    ["cr0 v0 +eventqen +smmuen", "dma d2 iova=0x5000"],
    ["abort", "c-bad-streamid:0x300"],
    ["pass-bypass"],
    "D4",
  ),
  v(
    "10",
    "Span 0, the CFGI finds nothing",
    [...ON, "dma d2 iova=0x5000"],
    ["abort", "c-bad-streamid:0x300"],
    ["pass-bypass"],
    "D6",
  ),
  v(
    "11",
    "Span 3, index 4: QEMU's limit is twice as high",
    ["ste v0 0x104 bypass", "l1std v0 0x100 span=3", ...ON, "dma d1 iova=0x5000"],
    ["abort", "c-bad-streamid:0x104"],
    ["pass-bypass"],
    "?",
  ),
  v(
    "11",
    "Span 2, index 4: beyond QEMU's limit too",
    ["ste v0 0x104 bypass", "l1std v0 0x100 span=2", ...ON, "dma d1 iova=0x5000"],
    ["abort", "c-bad-streamid:0x104"],
    ["pass-bypass"],
    "D6",
  ),
  v(
    "12",
    "Span 10 with SPLIT 8: QEMU reads on",
    ["ste v0 0x104 bypass", "l1std v0 0x100 span=10", ...ON, "dma d1 iova=0x5000"],
    ["abort", "c-bad-streamid:0x104"],
    ["pass-bypass"],
    "?",
  ),
  v(
    "13",
    "L2Ptr unbacked",
    [`l1std v0 0x100 span=9 ptr=${NOWHERE}`, ...ON, DMA],
    ["abort", "f-ste-fetch:0x100"],
    ["pass-bypass"],
    "D6",
  ),
  v(
    "13",
    "fixed: the architecture needs no CFGI, QEMU does",
    [
      "ste v0 0x100 abort",
      `l1std v0 0x100 span=9 ptr=${NOWHERE}`,
      ...ON,
      "l1std v0 0x100 span=9 ptr=0x44004000",
      "cmd v0 sync",
      DMA,
    ],
    ["abort"],
    ["pass-bypass"],
    "D6",
  ),
  v("14", "V=0", ["ste v0 0x100 invalid", ...ON, DMA], ["abort", "c-bad-ste:0x100"], ["abort"], "D7"),
  ...["0x1", "0x3", "0x5", "0x7"].map((q0) => v("15", q0, stored(q0), ["abort"], ["abort"])),
  v("15", "with SSID", [...stored("0x1"), `${DMA} ssid=5`], ["abort"], ["abort"]),
  v("16", "bypass", stored("0x9"), ["pass-bypass"], ["pass-bypass"]),
  v(
    "17",
    "SSID on a bypass STE",
    // From abort to bypass is an attach with a vSID; the bypass HWPT of before the enable is none.
    [...stored("0x1"), "ste v0 0x100 q0=0x9", "cfgi v0 0x100", `${DMA} ssid=5`],
    ["abort", "c-bad-substreamid:0x100"],
    ["abort", "c-bad-substreamid:0x100"],
  ),
  v("18", "Config 6", stored("0xd"), ["abort", "c-bad-ste:0x100"], ["pass-bypass"], "D8"),
  v("18", "Config 7", stored("0xf"), ["abort", "c-bad-ste:0x100"], ["pass-bypass"], "D8"),
  v("19", "S1CDMax=0", [...translate(`ste v0 0x100 q0=${S1} q1=0xd4`), DMA], ["pass-s1"], ["pass-s1"]),
  v(
    "20",
    "S1DSS=0, no SSID",
    [...translate(`ste v0 0x100 q0=${S1_4} q1=0xd4`), DMA],
    ["abort", "f-stream-disabled:0x100"],
    ["abort", "f-stream-disabled:0x100"],
  ),
  v(
    "21",
    "S1DSS=1",
    [...translate(`ste v0 0x100 q0=${S1_4} q1=0xd5`), DMA],
    ["pass-bypass"],
    ["pass-bypass"],
  ),
  v(
    "22",
    "S1DSS=2, SSID 0",
    [...translate(`ste v0 0x100 q0=${S1_4}`), `${DMA} ssid=0`],
    ["abort", "f-stream-disabled:0x100"],
    ["abort", "f-stream-disabled:0x100"],
  ),
  v(
    "23",
    "SSID 16 of 2^4",
    [...translate(`ste v0 0x100 q0=${S1_4}`), `${DMA} ssid=16`],
    ["abort", "c-bad-substreamid:0x100"],
    ["abort", "c-bad-substreamid:0x100"],
  ),
  v(
    "24",
    "CD 3 invalid",
    [...translate(`ste v0 0x100 q0=${S1_4}`), `${DMA} ssid=3`],
    ["abort", "c-bad-cd:0x100"],
    ["abort", "c-bad-cd:0x100"],
  ),
  v(
    "25",
    "S1STALLD, judged by a host with STALL_MODEL=1",
    [...translate("ste v0 0x100 q1=0x80000d6"), DMA],
    ["abort", "c-bad-ste:0x100"],
    ["abort", "c-bad-ste:0x100"],
  ),
  v(
    "25",
    "S1STALLD, judged by a host with STALL_MODEL=0",
    ["psmmu p0 ssid-bits=20 stall-model=both", ...translate("ste v0 0x100 q1=0x80000d6"), DMA],
    ["abort", "c-bad-ste:0x100"],
    ["pass-s1"],
    "D20",
  ),
  v(
    "26",
    "unmapped",
    [...translate("map v0 0x100 iova=0x1000 gpa=0x40000000"), DMA],
    ["abort", "f-translation:0x100"],
    ["abort", "f-translation:0x100"],
  ),
  v(
    "27",
    "unmapped, R=0",
    [...translate("map v0 0x100 iova=0x1000 gpa=0x40000000", "cd v0 0x100 r=0"), DMA],
    ["abort"],
    ["abort"],
  ),
  v(
    "28",
    "upper half with EPD1=1",
    [...translate(), "dma d0 iova=0xffff800000000000"],
    ["abort", "f-translation:0x100"],
    ["abort", "f-translation:0x100"],
  ),
  v(
    "29",
    "CD unbacked: a stage-2 fault, the host's own",
    [...translate(`ste v0 0x100 q0=0x${(0xbn | BigInt(NOWHERE)).toString(16)}`), DMA],
    ["abort", "f-cd-fetch:0x100"],
    ["abort"],
  ),
  v(
    "30",
    "TTB unbacked: a stage-2 fault, the host's own",
    [...translate(`cd v0 0x100 ttb0=${NOWHERE}`), DMA],
    ["abort", "f-walk-eabt:0x100"],
    ["abort"],
  ),
  v(
    "31",
    "output unbacked",
    [...translate(`map v0 0x100 iova=0x5000 gpa=${NOWHERE}`), DMA],
    ["abort"],
    ["abort"],
  ),
  v("32", "stored, no CFGI", [...stored("0x1"), "ste v0 0x100 translate", DMA], ["pass-s1,abort"], ["abort"]),
  v(
    "33",
    "CFGI, no SYNC",
    [...stored("0x1"), "ste v0 0x100 translate", "cfgi v0 0x100 sync=off", DMA],
    ["pass-s1,abort"],
    ["pass-s1"],
  ),
  v(
    "34",
    "CFGI and SYNC",
    [...stored("0x1"), "ste v0 0x100 translate", "cfgi v0 0x100", DMA],
    ["pass-s1"],
    ["pass-s1"],
  ),
  v(
    "35",
    "S1 to 0x0",
    [...translate(), "ste v0 0x100 q0=0", "cfgi v0 0x100", DMA],
    ["abort", "c-bad-ste:0x100"],
    ["abort"],
    "D7",
  ),
  v(
    "36",
    "CFGI_ALL before the enable is enough, here because both say bypass",
    ["ste v0 0x100 abort", "cfgi v0 all", "ste v0 0x100 bypass", "cr0 v0 +smmuen", DMA],
    ["pass-bypass"],
    ["pass-bypass"],
  ),
  v(
    "37",
    "off, STE edited, on",
    [...stored("0x1"), "cr0 v0 -smmuen", "ste v0 0x100 bypass", "cr0 v0 +smmuen", DMA],
    ["pass-bypass,abort"],
    ["abort"],
  ),
  v("38", "EVENTQEN=0", ["ste v0 0x100 invalid", "cr0 v0 +smmuen", "cfgi v0 all", DMA], ["abort"], ["abort"]),
  v("42", "shutdown", [...translate(), "cr0 v0 0", DMA], ["pass-bypass"], ["pass-s1"], "D3"),
];

/** A header line of a vector replaces the one of the same kind. */
function script(lines: readonly string[]): readonly string[] {
  const psmmu = lines.find((l) => l.startsWith("psmmu "));
  const base = psmmu === undefined ? BASE : BASE.map((l) => (l.startsWith("psmmu ") ? psmmu : l));
  return [...base, ...lines.filter((l) => l !== psmmu)];
}

describe("conformance vectors on the accelerated path", () => {
  test.each(VECTORS.map((x) => [`vector ${x.no}: ${x.what}`, x] as const))("%s", (_title, x) => {
    const { last } = play(script(x.lines));
    const { result } = last;
    expect([...result.legal].sort(), "what must happen").toEqual([...x.must].sort());
    expect(result.expected, "the event due").toEqual(x.due === null ? [] : [x.due]);
    expect(result.hardware, "what happens").toBe(x.does);
    expect(result.events, "what the guest sees").toEqual(x.seen);
    expect(result.diverges, "how they part").toBe(x.diverges);
  });

  test("vector 39: a full queue raises EVENTQ_ABT_ERR where the architecture toggles OVFLG (D16)", () => {
    const faults = Array.from({ length: 3 }, () => DMA);
    const { last, failed } = play([
      ...BASE,
      "write v0 EVENTQ_BASE 0x48000001",
      ...translate("map v0 0x100 iova=0x1000 gpa=0x40000000"),
      ...faults,
      "expect events v0 none",
      "expect v0 gerror=0x4 diverges=D16",
      "read v0 EVENTQ_PROD",
    ]);
    expect(failed).toEqual([]);
    expect(last.result).toEqual({ value: "0x2", arch: "0x80000002" });
  });

  test("vector 40: Translated traffic on a bypass STE is forbidden; the host's STE lets it pass", () => {
    const { last } = play([
      ...BASE,
      "ste v0 0x100 bypass",
      "cr0 v0 +atschk",
      ...ON,
      "dma d0 iova=0x5000 ats=translated",
    ]);
    expect(last.result).toMatchObject({
      legal: ["abort"],
      expected: ["f-transl-forbidden:0x100"],
      hardware: "ats-pass",
      diverges: "?",
    });
  });

  test("vector 41: a Translation Request under V=0 fails on both sides, with a completion of its own", () => {
    const { last } = play([...BASE, "ste v0 0x100 invalid", ...ON, `${DMA} ats=request`]);
    expect(last.result).toMatchObject({ legal: ["ats-ca"], expected: [], hardware: "ats-ur", events: [] });
  });

  test("all 42 are there", () => {
    const seen = new Set([...VECTORS.map((x) => Number(x.no)), 39, 40, 41]);
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i + 1));
  });
});
