import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  armSmmuGetCdUsed,
  armSmmuGetSteUsed,
  armSmmuWriteEntry,
  CD_SAFE,
  type Entry,
  STE_SAFE,
} from "./entry.ts";

const e = (...q: bigint[]): Entry => Array.from({ length: 8 }, (_, i) => q[i] ?? 0n);

const SHCFG = 1n << 44n;
const abort = e(0x1n);
const bypass = e(0x9n);
const bypassShcfg = e(0x9n, SHCFG);
const cdtable = e(0xbn | 0x5000_0000n, 0xd6n);
const cdtableAts = e(0xbn | 0x5000_0000n, 0xd6n | (1n << 28n));
const s2 = e(0xdn, 0n, (1n << 51n) | 1n, 0x7000_0000n);

const ste = (from: Entry, to: Entry) => armSmmuWriteEntry(from, to, armSmmuGetSteUsed, STE_SAFE);
const cd = (from: Entry, to: Entry) => armSmmuWriteEntry(from, to, armSmmuGetCdUsed, CD_SAFE);
const syncs = (steps: ReturnType<typeof ste>): number => steps.filter((s) => s.kind === "sync").length;
const stores = (steps: ReturnType<typeof ste>): number[] =>
  steps.flatMap((s) => (s.kind === "store" ? [s.qword] : [-1]));

const CD_A = e(0x0001_e204_c000_3510n, 0x6000_0000n, 0n, 0xf404_ff44n);
const CD_OTHER_ASID = e(0x0002_e204_c000_3510n, 0x6000_0000n, 0n, 0xf404_ff44n);
const CD_OTHER_TABLE = e(0x0002_e204_c000_3510n, 0x6000_1000n, 0n, 0xf404_ff44n);

describe("SYNC counts of the driver's own unit test (smmuv3.md 6.3)", () => {
  test.each([
    ["abort to cdtable", abort, cdtable, 2],
    ["cdtable to abort", cdtable, abort, 2],
    ["abort to bypass with SHCFG", abort, bypassShcfg, 2],
    ["bypass with SHCFG to abort", bypassShcfg, abort, 2],
    ["cdtable to bypass with SHCFG", cdtable, bypassShcfg, 3],
    ["bypass with SHCFG to cdtable", bypassShcfg, cdtable, 3],
    ["cdtable S1DSS flip", cdtable, e(cdtable[0] as bigint, 0xd5n | SHCFG), 1],
    ["S1 to S2", cdtable, s2, 3],
    ["S2 to S1", s2, cdtable, 3],
    ["abort to bypass without SHCFG", abort, bypass, 1],
    ["bypass to abort without SHCFG", bypass, abort, 1],
    ["cdtable to bypass without SHCFG", cdtable, bypass, 2],
    ["bypass to cdtable without SHCFG", bypass, cdtable, 2],
  ] as const)("%s: %#", (_name, from, to, n) => {
    expect(syncs(ste(from, to))).toBe(n);
  });

  test("clearing a CD takes 2, changing its ASID alone 1, setting one from zero 2", () => {
    expect(syncs(cd(CD_A, e()))).toBe(2);
    expect(syncs(cd(CD_A, CD_OTHER_ASID))).toBe(1);
    expect(syncs(cd(e(), CD_A))).toBe(2);
  });
});

test("G-LX-ENTRY-0: an equal entry sends nothing; a difference in unused bits alone takes one SYNC", () => {
  expect(ste(cdtable, cdtable)).toEqual([]);
  expect(stores(ste(e(0x1n, 0xd6n), abort))).toEqual([1, -1]);
  // EATS is exempt: the endpoint's own switch orders it.
  expect(stores(ste(cdtable, cdtableAts))).toEqual([1, -1]);
});

test("G-LX-ENTRY-1: one critical word goes between preparation and clean-up", () => {
  expect(stores(ste(abort, cdtable))).toEqual([1, -1, 0, -1]);
  expect(stores(ste(cdtable, abort))).toEqual([0, -1, 1, -1]);
  expect(stores(cd(e(), CD_A))).toEqual([1, 3, -1, 0, -1]);
});

test("G-LX-ENTRY-2: two critical words break the entry first", () => {
  expect(ste(cdtable, s2)[0]).toEqual({ kind: "store", qword: 0, value: 0n });
  expect(stores(ste(cdtable, s2))).toEqual([0, -1, 1, 2, 3, -1, 0, -1]);
  expect(stores(cd(CD_A, CD_OTHER_TABLE))).toEqual([0, -1, 1, -1, 0, -1]);
});

test("whatever the two entries, the steps end at the target and every state between is old, new or unusable", () => {
  const entries = [abort, bypass, bypassShcfg, cdtable, cdtableAts, s2, e(), e(0xbn | 0x9000_0000n, 0xd5n)];
  const pick = fc.constantFrom(...entries);
  fc.assert(
    fc.property(pick, pick, (from, to) => {
      const now = from.slice();
      const seen = (x: Entry): string => {
        const used = armSmmuGetSteUsed(x);
        return x.map((w, i) => w & (used[i] as bigint) & ~(STE_SAFE[i] as bigint)).join();
      };
      const allowed = [seen(from), seen(to), seen(e())];
      const critical = [];
      for (const step of ste(from, to)) {
        if (step.kind === "store") now[step.qword] = step.value;
        else critical.push(seen(now));
      }
      expect(now).toEqual(to);
      for (const c of critical) expect(allowed).toContain(c);
    }),
    { seed: 20260101, numRuns: 200 },
  );
});
