import fc from "fast-check";
import { expect, test } from "vitest";
import {
  areaBase,
  autoTarget,
  cdTable,
  cmdqBase,
  eventqBase,
  l1Strtab,
  l2Strtab,
  linearStrtab,
  pageTable,
} from "./layout.ts";

const TERABYTE = 1n << 40n;

test("G-LAYOUT: every structure is aligned to the largest it can grow to and lies below 1 TiB", () => {
  for (let v = 0; v < 8; v++)
    for (const gen of [0, 1]) {
      expect(linearStrtab(v, gen) % (64n << 16n)).toBe(0n);
      expect(l1Strtab(v, gen) % (8n << 10n)).toBe(0n);
      expect(cmdqBase(v, gen) % (16n << 19n)).toBe(0n);
      expect(eventqBase(v, gen) % (32n << 19n)).toBe(0n);
      expect(l2Strtab(v, gen, 0xffff, 10) % (64n << 10n)).toBe(0n);
      expect(cdTable(v, gen, 1) % (64n << 10n)).toBe(0n);
      expect(pageTable(v, gen, 16383) < areaBase(v, gen) + 0x1000_0000n).toBe(true);
      expect(pageTable(v, gen, 0) < TERABYTE).toBe(true);
    }
});

test("G-LAYOUT: structures of one area do not overlap", () => {
  const at = [
    [linearStrtab(0, 0), 64n << 16n],
    [l1Strtab(0, 0), 8n << 10n],
    [cmdqBase(0, 0), 16n << 19n],
    [eventqBase(0, 0), 32n << 19n],
    [l2Strtab(0, 0, 0, 8), 64n << 16n],
    [cdTable(0, 0, 0), 1000n * (64n << 10n)],
    [pageTable(0, 0, 0), 16384n * 4096n],
  ] as const;
  const sorted = [...at].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  for (let i = 1; i < sorted.length; i++) {
    const [base, size] = sorted[i - 1] as (typeof at)[number];
    expect(base + size <= (sorted[i]?.[0] ?? 0n)).toBe(true);
  }
});

test("G-LAYOUT: areas of vSMMUs and boots are disjoint, level-2 blocks too", () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.nat(7), fc.nat(1), fc.nat(7), fc.nat(1)),
      fc.tuple(fc.nat(0xffff), fc.nat(0xffff)),
      ([v, g, w, h], [a, b]) => {
        if (v !== w || g !== h) expect(areaBase(v, g)).not.toBe(areaBase(w, h));
        const same = a >> 8 === b >> 8;
        expect(l2Strtab(v, g, a, 8) === l2Strtab(v, g, b, 8)).toBe(same);
      },
    ),
    { seed: 20260102, numRuns: 200 },
  );
});

test("G-LAYOUT: automatic mappings of neighbouring tables lead to different outputs inside 1 TiB", () => {
  const seen = new Set<bigint>();
  for (let v = 0; v < 4; v++)
    for (let n = 0; n < 32; n++) {
      seen.add(autoTarget(v, n));
      expect(autoTarget(v, n) + (1n << 32n) <= TERABYTE).toBe(true);
    }
  expect(seen.size).toBe(4 * 32);
});
