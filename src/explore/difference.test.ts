import { describe, expect, it, vi } from "vitest";
import { parse } from "../script/parse.ts";
import { runAll } from "../script/runner.ts";
import { DifferenceJob, type DifferenceReport, type DifferenceSpec, repairReport } from "./difference.ts";
import { ExploreJob } from "./job.ts";
import type { JobReport } from "./job-data.ts";
import { scriptWith } from "./setups.test-helper.ts";

vi.setConfig({ testTimeout: 120_000 });

function compared(spec: DifferenceSpec): DifferenceReport {
  const got = DifferenceJob.open(spec);
  if (!got.ok) throw new Error(got.problems.map((p) => p.message).join("\n"));
  while (got.job.advance(1000));
  return got.job.report();
}

function searched(script: string): JobReport {
  const got = ExploreJob.open({ script, alphabet: "vm", promises: [] });
  if (!got.ok) throw new Error(got.problems.map((p) => p.message).join("\n"));
  while (got.job.advance({ states: 1000 }));
  return got.job.report();
}

const ended = (script: string) => {
  const parsed = parse(script);
  if (!parsed.ok) throw new Error("parses");
  return runAll(parsed.value);
};

describe("two setups in lock-step", () => {
  it("finds none between a setup and itself, and says that it looked everywhere", () => {
    const script = scriptWith(1, 1);
    expect(compared({ script, against: script, alphabet: "vm" })).toMatchObject({
      complete: true,
      differences: [],
    });
  });

  it("finds what the repair of D1 changes: the second device's first attachment", () => {
    // qemu.md 6.2, D1: with the repair the second device is attached as GBPA says, without it it stays on the S2.
    const script = scriptWith(1, 2);
    const report = compared({ script, against: `fix D1\n${script}`, alphabet: "vm" });
    expect(report.complete).toBe(true);
    const [first] = report.differences;
    expect(first?.lines).toHaveLength(2);
    expect(first?.differing).toContainEqual({ whose: "d1", aspect: "attached", a: "s2", b: "bypass" });
  });

  it("finds what a command is answered differently, though nothing else changes", () => {
    // kernel.md, 6.13 on: a vDEVICE is needed for a nested attach of any kind; before 6.17 for translate alone.
    const script = scriptWith(1, 1);
    const report = compared({
      script: `kernel 7.3\n${script}`,
      against: `kernel 6.17\n${script}`,
      alphabet: "raw",
      limits: { depth: 7 },
    });
    const returned = report.differences.flatMap((d) => d.differing.filter((x) => x.aspect === "returned"));
    expect(returned.length).toBeGreaterThan(0);
  });

  it("gives scripts whose last line, and none before it, tells the two apart", () => {
    const script = scriptWith(1, 2);
    const report = compared({
      script,
      against: `fix D1,D5\n${script}`,
      alphabet: "vm",
      limits: { depth: 4 },
    });
    expect(report.differences.length).toBeGreaterThan(1);
    const state = (s: string) => JSON.stringify(ended(s).record().state?.["devices" as never]);
    for (const d of report.differences) {
      const at = (n: number, head: string): string =>
        state(`${head}${script}${d.lines.slice(0, n).join("\n")}\n`);
      expect(at(d.lines.length, "")).not.toBe(at(d.lines.length, "fix D1,D5\n"));
      expect(at(d.lines.length - 1, "")).toBe(at(d.lines.length - 1, "fix D1,D5\n"));
    }
  });

  it("refuses two machines that are not the same", () => {
    const got = DifferenceJob.open({ script: scriptWith(1, 1), against: scriptWith(1, 2), alphabet: "vm" });
    expect(got).toMatchObject({ ok: false, problems: [{ where: "script" }] });
  });

  it("keeps what it has when it is cancelled", () => {
    const script = scriptWith(1, 2);
    const got = DifferenceJob.open({ script, against: `fix D1\n${script}`, alphabet: "vm" });
    if (!got.ok) throw new Error("opens");
    got.job.advance(20);
    got.job.cancel();
    expect(got.job.advance(20)).toBe(false);
    expect(got.job.report()).toMatchObject({ ending: "cancelled", complete: false });
    expect(got.job.report().differences.map((d) => d.depth)).toContain(2);
  });
});

describe("what a repair does to the divergences", () => {
  it("says which go, which stay and which come", () => {
    const script = scriptWith(1, 2);
    const report = repairReport(searched(script), searched(`fix D1\n${script}`));
    expect(report.complete).toBe(true);
    expect(report.removed).toEqual(["D1"]);
    expect(report.kept.map((k) => k.cls)).toContain("D5");
  });
});
