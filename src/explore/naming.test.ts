/** Names of divergences against whole searches: every repair removes its own names, and none leaves one without a name. */
import { describe, expect, it, vi } from "vitest";
import { QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import { ExploreJob } from "./job.ts";
import { scriptWith } from "./setups.test-helper.ts";

vi.setConfig({ testTimeout: 120_000 });

interface Found {
  readonly classes: readonly string[];
  /** Of a divergence without a name, in its own words. */
  readonly unnamed: readonly string[];
}

function found(header: string, devices: number, alphabet: string, states: number): Found {
  const opened = ExploreJob.open({
    script: `${header}\n${scriptWith(1, devices)}`,
    alphabet,
    promises: ["no-divergence"],
    limits: { depth: 1000, states, bytes: 1e9 },
  });
  if (!opened.ok) throw new Error(opened.problems.map((p) => p.message).join("\n"));
  while (opened.job.advance({ states: 1000 }));
  const examples = opened.job.report().verdicts.flatMap((v) => v.examples);
  return {
    classes: examples.map((e) => e.cls),
    unnamed: examples.filter((e) => e.cls === "?").map((e) => `${e.lines.join("; ")}: ${e.why}`),
  };
}

const SEARCHES = [
  [1, "vm", 1000],
  [2, "vm", 1000],
  [1, "vm+halves", 400],
  [1, "vm+stores+dma", 1500],
  [2, "vm+ste", 1000],
] as const;

describe("names in a repaired setup", () => {
  const sets = [[], ...QEMU_REPAIRS.map((r) => r.names), QEMU_REPAIRS.flatMap((r) => r.names)];
  for (const names of sets) {
    const fixes = names.length === 0 ? "" : `fix ${names.join()}`;
    it(`${fixes === "" ? "no repair" : fixes}: nothing without a name, and none that the repair removes`, () => {
      for (const [devices, alphabet, states] of SEARCHES) {
        const { classes, unnamed } = found(fixes, devices, alphabet, states);
        expect(unnamed).toEqual([]);
        expect(classes.filter((cls) => names.includes(cls))).toEqual([]);
      }
    });
  }
});

describe("names under other profiles", () => {
  for (const header of ["kernel 6.13", "kernel 6.17", "kernel plan-2026", "qemu v6", "qemu m0"])
    it(`${header}: nothing without a name`, () => {
      for (const [devices, alphabet, states] of SEARCHES)
        expect(found(header, devices, alphabet, states).unnamed).toEqual([]);
    });

  it("v4 and v5 have ways that no row is about: each is told as the series' own", () => {
    for (const header of ["qemu v4", "qemu v5"]) {
      const { unnamed } = found(header, 1, "vm+stores+dma", 1500);
      expect(unnamed).not.toEqual([]);
      for (const text of unnamed) expect(text).toContain("This series");
    }
  });
});
