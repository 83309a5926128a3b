/** The profile rows of model/qemu.md 6.0: what each series does to DMA beside or instead of the table's divergences. */
import { describe, expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

const holds = (qemu: string, lines: readonly string[]) =>
  expect(play([`qemu ${qemu}`, ...lines]).failed).toEqual([]);

const UP = ["plug d0 v0", "machine-start", "strtab v0"];
const translated = [...UP, "ste v0 0x100 translate", "cr0 v0 +smmuen", "cfgi v0 0x100"];

describe("v4", () => {
  test("GBPA.ABORT is honoured neither at run time nor at a plug", () => {
    holds("v4", [
      ...UP,
      "gbpa v0 abort",
      "expect calls none",
      "expect d0 attached=s2 legal=abort dma=pass-s2 diverges=D1",
    ]);
  });

  test("the first CFGI puts the device on bypass whatever the STE says, and abort is never applied after it", () => {
    holds("v4", [
      ...UP,
      "ste v0 0x100 abort",
      "cr0 v0 +smmuen",
      "cfgi v0 0x100",
      "expect d0 attached=bypass legal=abort dma=pass-bypass diverges=yes",
      "cfgi v0 0x100",
      "expect calls none",
      "expect d0 attached=bypass diverges=yes",
    ]);
  });

  test("V=0 with a stale Config 4 leaves translate for bypass", () => {
    holds("v4", [
      ...translated,
      "expect d0 attached=translate diverges=no",
      "ste v0 0x100 q0=0x8",
      "cfgi v0 0x100",
      "expect d0 attached=bypass legal=abort dma=pass-bypass diverges=yes",
    ]);
  });

  test("STEs take effect while SMMUEN=0: no D4, but GBPA is ignored", () => {
    holds("v4", [
      ...UP,
      "ste v0 0x100 translate",
      "cfgi v0 0x100",
      "expect d0 attached=translate legal=pass-bypass dma=pass-s1 diverges=yes",
      "cr0 v0 +smmuen",
      "expect d0 legal=pass-s1 dma=pass-s1 diverges=no",
    ]);
  });

  test("translate to translate passes through abort; reset moves only devices with a vDEVICE", () => {
    holds("v4", [
      "plug d1 v0",
      ...translated,
      "cfgi v0 0x100",
      "expect calls attach@d0 destroy hwpt-alloc attach@d0",
      "reset",
      "expect d0 attached=bypass diverges=no",
      "expect d1 attached=s2 diverges=no",
    ]);
  });

  test("unplug on translate leaks its HWPT; there is no D2: every device stays on S2", () => {
    holds("v4", [
      ...translated,
      "plug d1 v0 hot",
      "expect d1 attached=s2 diverges=D1",
      // Another vSMMU's device keeps the iommufd file open.
      "plug d2 v1 hot",
      "expect count hwpt-nested=5 viommu=2",
      "unplug d1",
      "unplug d0",
      "expect count hwpt-nested=3 viommu=2",
      "plug d0 v0 hot",
      "expect d0 attached=s2 dma=pass-s2 diverges=D1",
    ]);
  });
});

describe("v5", () => {
  test("GBPA and reset are honoured for all devices, so D5 applies", () => {
    holds("v5", [
      "plug d1 v0",
      ...translated,
      "gbpa v0 abort",
      "expect d0 attached=abort legal=pass-s1 dma=abort diverges=D5",
      "expect d1 attached=abort",
      "reset",
      "expect d0 attached=bypass diverges=no",
      "expect d1 attached=bypass diverges=no",
    ]);
  });

  test("GBPA's abort is overwritten by the bypass attach of the first CFGI, even with SMMUEN=0", () => {
    holds("v5", [
      ...UP,
      "gbpa v0 abort",
      "expect d0 attached=abort diverges=no",
      "cfgi v0 0x100",
      "expect d0 attached=bypass legal=abort dma=pass-bypass diverges=yes",
    ]);
  });
});

describe.each(["v6", "v7", "m0"])("%s", (qemu) => {
  test("as m1 but without a vEVENTQ: no D15 or D16, events never reach the guest", () => {
    holds(qemu, [
      ...UP,
      "ste v0 0x100 translate",
      "cr0 v0 +smmuen +eventqen",
      "expect d0 diverges=D4",
      "expect v0 veventq=no",
      "cfgi v0 0x100",
      "dma d0 iova=0x200000000",
      "expect d0 legal=abort dma=abort diverges=no",
      "expect events v0 none",
      "expect result lost.at=host-log",
      "cr0 v0 -eventqen",
      "dma d0 iova=0x200000000",
      "expect v0 gerror=0x0 diverges=no",
    ]);
  });

  test("D1 to D5 as in m1", () => {
    holds(qemu, [
      ...UP,
      "gbpa v0 abort",
      "plug d1 v0 hot",
      "expect d1 diverges=D1",
      "ste v0 0x100 translate",
      "cr0 v0 +smmuen",
      "expect d0 diverges=D4",
      "cfgi v0 0x100",
      "gbpa v0 bypass",
      "expect d0 diverges=D5",
      "cfgi v0 0x100",
      "gbpa v0 abort",
      "cfgi v0 0x100",
      "cr0 v0 -smmuen",
      "expect d0 attached=translate legal=abort diverges=D3",
      "unplug d0",
      "unplug d1",
      "cr0 v0 +smmuen",
      "plug d2 v0 hot",
      "expect d2 attached=abort legal=abort diverges=no",
      "gbpa v0 bypass",
      "unplug d2",
      "plug d2 v0 hot",
      "expect d2 attached=bypass legal=abort diverges=D2",
    ]);
  });
});

describe("what the Linux guest's sequence hides (6.0)", () => {
  test("the RMR's bypass STEs make D1, D2 and D4 coincide while GBPA.ABORT=0", () => {
    holds("11.1", [
      "plug d0 v0",
      "machine-start",
      "guest v0 probe",
      "expect d0 legal=pass-bypass dma=pass-bypass diverges=no",
      "plug d1 v0 hot",
      "expect d1 attached=s2 diverges=no",
      "unplug d0",
      "unplug d1",
      "plug d0 v0 hot",
      "expect d0 attached=bypass diverges=no",
    ]);
  });

  test("GBPA.ABORT=1 left over: D4 over-blocks", () => {
    holds("11.1", [
      "plug d0 v0",
      "machine-start",
      "gbpa v0 abort",
      "guest v0 probe",
      "expect d0 attached=abort legal=pass-bypass dma=abort diverges=D4",
    ]);
  });

  test("no RMR: D4 and D21 surface", () => {
    holds("11.1", [
      "plug d0 v0",
      "machine-start",
      "guest v0 probe rmr=off",
      "expect d0 legal=abort dma=pass-bypass diverges=D4",
      "guest v0 block d0",
      "expect d0 diverges=D21",
    ]);
  });

  test("the STE of a function that left: D1 and D2 surface for the next one there", () => {
    holds("11.1", [
      "plug d0 v0",
      "machine-start",
      "guest v0 probe",
      "guest v0 attach d0",
      "guest v0 block d0",
      "unplug d0",
      "plug d0 v0 hot",
      "expect d0 attached=bypass legal=abort diverges=D2",
    ]);
  });
});
