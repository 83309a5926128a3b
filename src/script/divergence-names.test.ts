/** A divergence is named after what brought the device where it is, and by no row that does not fit. */
import { describe, expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

const TRANSLATED = [
  "plug d0 v0",
  "machine-start",
  "strtab v0 fmt=2lvl",
  "ste v0 0x100 translate",
  "cr0 v0 +smmuen",
  "cfgi v0 0x100",
  "expect d0 attached=translate diverges=no",
];

const holds = (lines: readonly string[]) => expect(play(lines).failed).toEqual([]);

describe("names of divergences", () => {
  test("D6 lasts while SMMUEN=1; cleared, the STE's attachment is D3's", () => {
    holds([
      ...TRANSLATED,
      "l1std v0 0x100 span=0",
      "cfgi v0 0x100",
      "expect d0 diverges=D6",
      "cr0 v0 -smmuen",
      "expect d0 diverges=D3",
    ]);
  });

  test("what a repaired set attached by the STE is D3's, too, when SMMUEN goes", () => {
    holds([
      "fix D1",
      "plug d0 v0",
      "cr0 v0 +smmuen",
      "plug d1 v0",
      "expect d1 attached=abort legal=abort diverges=no",
      "cr0 v0 -smmuen",
      "expect d1 attached=abort legal=pass-bypass diverges=D3",
    ]);
  });

  test("D2 is a plug under SMMUEN=1; plugged before, the device waits for its CFGI: D4", () => {
    holds(["cr0 v0 +smmuen", "plug d0 v0", "expect d0 legal=abort dma=pass-bypass diverges=D2"]);
    holds(["plug d0 v0", "cr0 v0 +smmuen", "expect d0 legal=abort dma=pass-bypass diverges=D4"]);
    // The repair of D2 acts at set and leaves this one; the repair of D4 does not.
    holds(["fix D2", "plug d0 v0", "cr0 v0 +smmuen", "expect d0 diverges=D4"]);
    holds(["fix D4", "plug d0 v0", "cr0 v0 +smmuen", "expect d0 attached=abort diverges=no"]);
    holds(["fix D2", "cr0 v0 +smmuen", "plug d0 v0", "expect d0 attached=abort diverges=no"]);
  });

  test("D21 too, of a device that set had put on bypass", () => {
    holds([
      "plug d0 v0",
      "guest v0 probe rmr=off",
      "guest v0 block d0",
      "expect d0 attached=bypass legal=abort diverges=D21",
    ]);
  });

  test("a guarded GBPA that CR0 does not make up for is D3's; with both repairs nothing is left", () => {
    const late = (value: string): string[] => [`gbpa v0 ${value}`, "cr0 v0 -smmuen"];
    const start = ["plug d0 v0", "machine-start"];
    holds(["fix D5", ...start, "cr0 v0 +smmuen", ...late("abort"), "expect d0 dma=pass-bypass diverges=D3"]);
    holds([
      "fix D5",
      ...start,
      "gbpa v0 abort",
      "cr0 v0 +smmuen",
      ...late("bypass"),
      "expect d0 attached=abort legal=pass-bypass diverges=D3",
      // A CFGI without an STE moves nothing and changes no cause.
      "cfgi v0 0x100",
      "expect d0 diverges=D3",
      "gbpa v0 bypass",
      "expect d0 attached=bypass diverges=no",
    ]);
    holds([
      "fix D3,D5",
      ...start,
      "cr0 v0 +smmuen",
      ...late("abort"),
      "expect d0 attached=abort diverges=no",
    ]);
  });

  test("a guarded GBPA explains no difference of the GBPA registers themselves", () => {
    holds([
      "fix D5",
      "plug d0 v0",
      "machine-start",
      "write v0 GBPA 0x80100000 wait=off",
      "write v0 GBPA 0x80001000",
      "expect d0 legal=abort dma=pass-bypass diverges=?",
    ]);
  });

  test("D19 wherever an STE is read: at CFGI, at a repaired set, at a repaired edge of SMMUEN", () => {
    const sticky = [
      "strtab v0 fmt=linear",
      "ste v0 0x100 bypass",
      "strtab v0 fmt=2lvl",
      "strtab v0 fmt=linear",
    ];
    const found = "expect d0 attached=abort legal=pass-bypass diverges=D19";
    holds(["fix D6", "plug d0 v0", ...sticky, "cr0 v0 +smmuen", "cfgi v0 0x100", found]);
    holds(["fix D4", "plug d0 v0", ...sticky, "cr0 v0 +smmuen", found]);
    holds(["fix D2", ...sticky, "cr0 v0 +smmuen", "plug d0 v0", found]);
    // GBPA's attachment was never asked for by an STE: until a CFGI reads one, it is D4's.
    holds(["plug d0 v0", "gbpa v0 abort", ...sticky, "cr0 v0 +smmuen", "expect d0 diverges=D4"]);
  });

  test("D20 of what a repaired set or edge installed", () => {
    const unjudged = ["psmmu p0 stall-model=both", "ste v0 0x100 translate", "ste v0 0x100 q1=0x80000d6"];
    const found = "expect d0 attached=translate legal=abort dma=pass-s1 diverges=D20";
    holds(["fix D4", ...unjudged, "plug d0 v0", "cr0 v0 +smmuen", found]);
    holds(["fix D2", ...unjudged, "cr0 v0 +smmuen", "plug d0 v0", found]);
  });

  test("an STE that comes to be found needs no CFGI: no row is about a repair that blocked the device before", () => {
    const grown = [
      "strtab v0 fmt=2lvl",
      "ste v0 0x100 bypass",
      "l1std v0 0x100 span=0",
      "cr0 v0 +smmuen",
      "plug d0 v0",
      "expect d0 attached=abort legal=abort diverges=no",
      "l1std v0 0x100 span=9 ptr=0x44004000",
      "cmd v0 sync",
    ];
    holds(["fix D2", ...grown, "expect d0 attached=abort legal=pass-bypass diverges=?"]);
  });

  test("STRTAB written under SMMUEN=1: QEMU takes what the architecture ignores; neither D19 nor D20 is about that", () => {
    holds([
      "plug d0 v0",
      "cr0 v0 +smmuen",
      "strtab v0 fmt=linear",
      "ste v0 0x100 bypass",
      "cfgi v0 0x100",
      "expect d0 legal=abort dma=pass-bypass diverges=?",
    ]);
    holds([
      "plug d0 v0",
      "strtab v0",
      "ste v0 0x100 bypass",
      "cr0 v0 +smmuen",
      "cfgi v0 0x100",
      "strtab v0 fmt=2lvl",
      "ste v0 0x100 abort",
      "cfgi v0 0x100",
      "expect d0 attached=abort legal=pass-bypass diverges=?",
    ]);
  });

  test("an event that an STE without a CFGI promised is lost to the row that keeps the STE out of force", () => {
    const faulty = ["strtab v0", "ste v0 0x100 translate", "cd v0 0x100 v=0", "cr0 v0 +eventqen +smmuen"];
    const silent = "expect d0 attached=abort legal=abort";
    holds(["plug d0 v0", "gbpa v0 abort", ...faulty, `${silent} diverges=D4`]);
    holds(["gbpa v0 abort", ...faulty, "plug d0 v0", `${silent} diverges=D2`]);
    holds(["plug d0 v0", ...faulty, "gbpa v0 abort", `${silent} diverges=D5`]);
    // With the STE in force the physical SMMU reads the same CD and reports it.
    holds(["plug d0 v0", ...faulty, "cfgi v0 0x100", "expect d0 attached=translate legal=abort diverges=no"]);
  });

  test("D6 and D8 lose their event too when what they keep is the abort HWPT", () => {
    const blocked = ["plug d0 v0", "gbpa v0 abort", "write v0 CR2 0x2", "cr0 v0 +eventqen"];
    holds([
      ...blocked,
      "strtab v0 fmt=2lvl",
      "cr0 v0 +smmuen",
      // C_BAD_STREAMID, and nobody has told QEMU to look for the STE: no row says who loses it.
      "expect d0 attached=abort legal=abort diverges=no",
      "cfgi v0 0x100",
      "expect d0 attached=abort legal=abort diverges=D6",
    ]);
    holds([
      ...blocked,
      "ste v0 0x100 q0=0xd",
      "cr0 v0 +smmuen",
      "cfgi v0 0x100",
      "expect d0 attached=abort legal=abort diverges=D8",
    ]);
    holds([...blocked, "ste v0 0x100 invalid", "cr0 v0 +smmuen", "cfgi v0 0x100", "expect d0 diverges=D7"]);
  });

  test("D8 and D9 too", () => {
    holds([
      ...TRANSLATED,
      "ste v0 0x100 q0=0xd",
      "cfgi v0 0x100",
      "expect v0 cmdq=ill",
      "expect d0 diverges=D8",
      "cr0 v0 -smmuen",
      "expect d0 diverges=D3",
    ]);
    holds([
      ...TRANSLATED,
      "ste v0 0x100 bypass",
      "inject attach dev=d0 errno=ENOMEM",
      "cfgi v0 0x100",
      "expect v0 cmdq=ill",
      "expect d0 diverges=D9",
      "cr0 v0 -smmuen",
      "expect d0 diverges=D3",
    ]);
  });

  test("D9: an install refused while SMMUEN=0 keeps GBPA from the device; enabled, the STE was never told: D4", () => {
    holds([
      "plug d0 v0",
      "machine-start",
      "gbpa v0 abort",
      "plug d1 v0 hot",
      "expect d1 diverges=D1",
      "strtab v0",
      "ste v0 0x100 bypass",
      "ste v0 0x108 abort",
      "inject vdevice-alloc dev=d1 errno=ENOMEM",
      "cfgi v0 0x108",
      "expect d1 diverges=D9",
      "cr0 v0 +smmuen",
      "expect d1 attached=s2 diverges=D1",
    ]);
  });

  test("D20 is about an STE that was installed; one found where the architecture finds none has no name", () => {
    holds([
      "plug d0 v0",
      "machine-start",
      "strtab v0 fmt=2lvl",
      "ste v0 0x100 bypass",
      // Span 10 with SPLIT 8 is reserved: C_BAD_STREAMID. QEMU reads on.
      "l1std v0 0x100 span=10",
      "cr0 v0 +smmuen",
      "cfgi v0 0x100",
      "expect d0 legal=abort dma=pass-bypass diverges=?",
    ]);
    holds([
      "psmmu p0 stall-model=both",
      ...TRANSLATED,
      "ste v0 0x100 q1=0x80000d6",
      "cfgi v0 0x100",
      "expect d0 legal=abort dma=pass-s1 diverges=D20",
    ]);
  });

  test("D20: a CD that only the vSMMU's narrower OAS refuses, also on a TLB hit", () => {
    holds([
      ...TRANSLATED,
      "dma d0 iova=0x1000",
      "cd v0 0x100 ips=5 ttb0=0x100000000000",
      "cmd v0 cfgi-cd sid=0x100",
      "dma d0 iova=0x1000",
      "expect d0 legal=abort dma=pass-s1 diverges=D20",
    ]);
  });

  test("GBPA written while Update=1: QEMU takes what the architecture ignores, and no row is about that", () => {
    const { failed, last } = play([
      "plug d0 v0",
      "machine-start",
      "write v0 GBPA 0x80100000 wait=off",
      "expect d0 legal=abort,pass-bypass diverges=no",
      "write v0 GBPA 0x80001000",
      "expect d0 legal=abort dma=pass-bypass diverges=?",
    ]);
    expect(failed).toEqual([]);
    expect(last.messages.join()).toContain("A-GBPA-BUSY");
  });

  test("GBPA written without UPDATE: ignored, or as an SMMUv3.1 may have it (section 1.3)", () => {
    const start = ["plug d0 v0", "machine-start"];
    holds([...start, "gbpa v0 abort update=off", "expect d0 legal=pass-bypass", "expect v0 gbpa=0x1000"]);
    const stored = [...start, "gbpa v0 abort update=off noupdate=store", "expect d0 legal=pass-bypass"];
    holds(stored);
    expect(play([...stored, "read v0 GBPA"]).last.result).toEqual({ value: "0x1000", arch: "0x100000" });
    holds([
      ...start,
      "write v0 GBPA 0x100000 noupdate=effect",
      "expect d0 legal=pass-bypass,abort dma=pass-bypass diverges=no",
    ]);
  });

  test("v4's bypass at the first CFGI is no D20 either", () => {
    holds([
      "qemu v4",
      "plug d0 v0",
      "machine-start",
      "ste v0 0x100 abort",
      "cr0 v0 +smmuen",
      "cfgi v0 0x100",
      "expect d0 attached=bypass legal=abort dma=pass-bypass diverges=?",
    ]);
  });

  test("nor is a CFGI that v4 and v5 obey under SMMUEN=0 D4 or a TLB's doing", () => {
    for (const qemu of ["qemu v4", "qemu v5"]) {
      const at = [qemu, "plug d0 v0", "machine-start", "ste v0 0x100 abort", "cfgi v0 0x100"];
      holds([...at, "cr0 v0 +smmuen", "expect d0 attached=bypass legal=abort diverges=?"]);
      // The CFGI that D4 waits for came, and was not taken.
      holds([
        ...at,
        "reset",
        "cr0 v0 +smmuen",
        "ste v0 0x100 abort",
        "cfgi v0 0x100",
        "expect d0 diverges=?",
      ]);
      const { failed, last } = play([
        qemu,
        "plug d0 v0",
        "ste v0 0x100 translate",
        "cfgi v0 0x100",
        "dma d0 iova=0x1000",
        "expect d0 legal=pass-bypass dma=pass-s1 diverges=?",
      ]);
      expect(failed).toEqual([]);
      expect(last.ok).toBe(true);
    }
  });

  test("a TLB filled through tables that had ended is told as such, and is neither D20 nor D22", () => {
    const { failed, last } = play([
      "plug d0 v0",
      "machine-start",
      "guest v0 probe rmr=off",
      "guest v0 attach d0",
      "guest v0 kexec rmr=off",
      // D4b: the old kernel's tables still translate, and fill the TLB behind the new kernel's TLBI.
      "dma d0 iova=0x1000",
      "expect d0 diverges=D4b",
      "guest v0 attach d0",
      "dma d0 iova=0x1000",
      "expect d0 legal=pass-s1 dma=pass-s1 diverges=?",
    ]);
    expect(failed).toEqual([]);
    expect(last.result).toMatchObject({ tlb: "hit", output: "0x100001000" });
  });
});
