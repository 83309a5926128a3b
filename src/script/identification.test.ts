/** What a vSMMU identifies itself as is the same in both columns, whatever its properties. */
import { expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

test.each([
  ["the defaults", "vsmmu v0", ["0xd44101a", "0x2730010", "0x1404", "0x74"]],
  [
    "ats, ssidsize, oas, no ril",
    "vsmmu v0 ats=on ssidsize=20 oas=48 ril=off",
    ["0xd44141a", "0x2730510", "0x1004", "0x75"],
  ],
  [
    "both stages without accel",
    "vsmmu v0 accel=off stage=nested",
    ["0xd44101b", "0x2730010", "0x1414", "0x74"],
  ],
] as const)("%s", (_what, vsmmu, values) => {
  ["IDR0", "IDR1", "IDR3", "IDR5"].forEach((reg, i) => {
    const { last } = play([vsmmu, `read v0 ${reg}`]);
    expect(last.result, reg).toEqual({ value: values[i], arch: values[i] });
  });
});

test("stage-2 invalidations are legal in both columns only with S2P", () => {
  for (const cmd of ["tlbi-s12-vmall vmid=1", "tlbi-s2-ipa vmid=1 ipa=0x1000"]) {
    const nested = play(["vsmmu v0 accel=off stage=nested", `cmd v0 ${cmd}`]).last;
    expect(nested.messages.join()).not.toContain("CERROR_ILL");
    expect(play([`cmd v0 ${cmd}`, "expect v0 cmdq=ill"]).failed).toEqual([]);
  }
});
