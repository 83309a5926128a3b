import { expect, test } from "vitest";
import { testSetup } from "../guest/fakes.test-helper.ts";
import { initialHardware } from "./state.ts";
import type { StreamTableEntry } from "./types.ts";

test("a fresh stream table aborts; what the host attached at boot stands in it", () => {
  const setup = testSetup();
  expect(initialHardware(setup).devices.map((d) => d.stes[0]?.[0])).toEqual([1n, 1n, 1n]);
  const ste: StreamTableEntry = [9n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const hw = initialHardware(setup, [{ ste, ats: true }]);
  expect(hw.devices[0]).toEqual({ stes: [ste], ats: true, alive: true });
  expect(hw.devices[1]?.ats).toBe(false);
  expect(hw.tlb).toEqual([]);
});
