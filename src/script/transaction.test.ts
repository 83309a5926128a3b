/** `expect` judges the command before it: after a `dma`, the answers are those of that very transaction. */
import { describe, expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

/** Vectors of the specification start here: two-level, SSIDSIZE 20, RECINVSID, everything enabled. */
const BASE = [
  "psmmu p0 ssid-bits=20",
  "vsmmu v0 ssidsize=20",
  "plug d0 v0",
  "machine-start",
  "strtab v0 fmt=2lvl log2size=16 split=8",
  "write v0 CR2 0x6",
  "cr0 v0 0x0d",
];

describe("expectations after a dma", () => {
  test("vector 17: a SubstreamID on a bypass STE aborts, whatever a transaction without one does", () => {
    const { failed } = play([
      ...BASE,
      "ste v0 0x100 q0=0x9",
      "cfgi v0 0x100",
      "expect d0 legal=pass-bypass dma=pass-bypass",
      "dma d0 iova=0x1000 ssid=5",
      "expect d0 legal=abort",
      "expect d0 dma=abort",
      "expect d0 diverges=no",
      "ack v0",
      "expect d0 legal=pass-bypass dma=pass-bypass",
    ]);
    expect(failed).toEqual([]);
  });

  test("vector 21: S1DSS=1 is a bypass on both sides, on the nested HWPT too", () => {
    const { failed, last } = play([
      ...BASE,
      "ste v0 0x100 translate",
      "ste v0 0x100 q0=0x200000004500000b q1=0xd5",
      "cfgi v0 0x100",
      "dma d0 iova=0x1000",
      "expect d0 attached=translate legal=pass-bypass dma=pass-bypass diverges=no",
    ]);
    expect(failed).toEqual([]);
    expect(last.result).toMatchObject({ legal: ["pass-bypass"], hardware: "pass-bypass", diverges: null });
  });

  test("D22: an aliased translation is the transaction's own divergence, also away from the probe address", () => {
    const { failed, last } = play([
      "plug d0 v0",
      "plug d1 v1 bdf=02:00.0",
      "machine-start",
      ...["v0 0x100", "v1 0x200"].flatMap((at, i) => [
        `strtab v${i}`,
        `ste ${at} translate`,
        `map ${at} iova=0x1000 gpa=0x${i + 4}0000000`,
        `map ${at} iova=0x5000 gpa=0x${i + 6}0000000`,
        `cd ${at} asid=5`,
        `cr0 v${i} 0x0d`,
        `cfgi ${at}`,
      ]),
      "dma d0 iova=0x5000",
      "expect d0 diverges=no",
      "dma d1 iova=0x5000",
      "expect d1 legal=pass-s1 dma=pass-s1 diverges=D22",
      "expect d0 diverges=no",
    ]);
    expect(failed).toEqual([]);
    expect(last.result).toMatchObject({ output: "0x60000000", diverges: "D22" });
    expect(last.diverges).toEqual({ d1: "D22" });
  });

  test("another device's dma leaves a device to its state", () => {
    const { failed } = play([
      ...BASE,
      "ste v0 0x100 q0=0x9",
      "ste v0 0x108 abort",
      "cfgi v0 all",
      "plug d1 v0 hot",
      "cfgi v0 0x108",
      "dma d1 iova=0x1000",
      "expect d1 legal=abort dma=abort",
      "expect d0 legal=pass-bypass dma=pass-bypass",
    ]);
    expect(failed).toEqual([]);
  });

  test("table 3.4: ATS traffic is answered in the same words on both sides", () => {
    const { failed, last } = play([
      "vsmmu v0 ats=on",
      "plug d0 v0",
      "machine-start",
      "strtab v0",
      "ste v0 0x100 translate",
      "ste v0 0x100 q1=0x100000d6",
      "cr0 v0 0x1d",
      "cfgi v0 0x100",
      "dma d0 iova=0x1000 ats=translated",
      "expect d0 legal=ats-pass dma=ats-pass diverges=no",
      "dma d0 iova=0x1000 ats=request",
      "expect d0 legal=ats-served dma=ats-served diverges=no",
    ]);
    expect(failed).toEqual([]);
    expect(last.result).toMatchObject({ legal: ["ats-served"], hardware: "ats-served" });
  });
});
