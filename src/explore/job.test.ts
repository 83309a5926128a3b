import { describe, expect, it, vi } from "vitest";
import { parse } from "../script/parse.ts";
import { run } from "../script/runner.ts";
import { ExploreJob } from "./job.ts";
import type { JobSpec } from "./job-data.ts";
import { className, promisesOf } from "./promises.ts";

vi.setConfig({ testTimeout: 120_000 });

const SMALL = "psmmu p0\ndevice d0 psmmu=p0 sid=0x100\nvsmmu v0 bus=pcie.1\nplug d0 v0\n";
const SPEC: JobSpec = { script: SMALL, alphabet: "vm", promises: [] };

function opened(spec: JobSpec): ExploreJob {
  const got = ExploreJob.open(spec, () => 0);
  if (!got.ok) throw new Error(got.problems.map((p) => p.message).join("\n"));
  return got.job;
}

function finished(spec: JobSpec): ExploreJob {
  const job = opened(spec);
  while (job.advance({ states: 100 }));
  return job;
}

const problems = (spec: JobSpec) => {
  const got = ExploreJob.open(spec);
  return got.ok ? [] : got.problems;
};

describe("an exploration as data", () => {
  it("gives nothing but plain data", () => {
    const job = finished(SPEC);
    for (const x of [job.head, job.progress(), job.report(), job.graph()])
      expect(structuredClone(x)).toEqual(x);
  });

  it("gives scripts that break the promise at their last line, and not before", () => {
    const script =
      "psmmu p0\ndevice d0 psmmu=p0 sid=0x100\ndevice d1 psmmu=p0 sid=0x108\nvsmmu v0 bus=pcie.1\nvsmmu v1 bus=pcie.2\n";
    const formula = "always d1 dma=abort when v0 gbpa=abort and v0 smmuen=off and d1 attached=s2";
    const promises = ["all", "D1", formula, "sometimes d1 attached=abort"];
    const report = finished({ script, alphabet: "vm", promises, limits: { depth: 4 } }).report();
    const examples = report.verdicts.flatMap((v) => v.examples.map((e) => ({ ...e, promise: v.id })));
    expect(new Set(examples.map((e) => e.promise))).toEqual(
      new Set(["no-divergence", "gbpa-abort", "no-leak", "D1", formula, "sometimes d1 attached=abort"]),
    );
    for (const e of examples) {
      const parsed = parse(`${script}${e.lines.join("\n")}\n`);
      if (!parsed.ok) throw new Error(`does not parse: ${e.lines.join("; ")}`);
      const [promise] = promisesOf(parsed.value.setup, [e.promise]);
      const shown = [...run(parsed.value)].map((ev) =>
        promise?.questions.some((q) =>
          q.ask(ev.world).some((cls) => promise.accepts(cls) && className(cls) === e.cls),
        ),
      );
      expect(shown, e.lines.join("; ")).toEqual([...shown.slice(0, -1).map(() => false), true]);
    }
  });

  it("keeps what it has and says so when it is cancelled", () => {
    const job = opened(SPEC);
    job.advance({ states: 20 });
    job.cancel();
    expect(job.advance({ states: 20 })).toBe(false);
    const report = job.report();
    expect(report).toMatchObject({ ending: "cancelled", complete: false });
    expect(report.counts.states).toBeGreaterThan(20);
    expect(report.verdicts.map((v) => v.state)).not.toContain("holds");
  });

  it("gives up a slice when its time is over", () => {
    let t = 0;
    const got = ExploreJob.open(SPEC, () => t++ * 10);
    if (!got.ok) throw new Error("opens");
    expect(got.job.advance({ ms: 30 })).toBe(true);
    const { states, frontier } = got.job.progress();
    expect(states - frontier).toBeLessThanOrEqual(32);
  });

  it("draws few states: every edge is a line that leads from one state's facts to the other's", () => {
    const job = finished({ ...SPEC, limits: { depth: 2 } });
    const graph = job.graph();
    expect(graph).not.toBeNull();
    for (const n of graph?.nodes ?? []) {
      expect(job.factsOf(n.state)).toEqual(n.facts);
      expect(job.wayTo(n.state)).toHaveLength(n.depth);
    }
    expect(new Set(graph?.edges.map((e) => e.to))).toEqual(
      new Set(graph?.nodes.map((n) => n.state).filter((s) => s > 0 || graph.edges.some((e) => e.to === 0))),
    );
    expect(() => job.wayTo(1e6)).toThrow(RangeError);
  });

  it("draws no picture of many", () => {
    expect(finished({ ...SPEC, alphabet: "vm+ste", limits: { depth: 4 } }).graph()).toBeNull();
  });

  it("says what is wrong with what it was asked, each with its place", () => {
    expect(problems({ ...SPEC, script: "plgu d0 v0\n" })).toMatchObject([
      { where: "script", places: [{ line: 1, column: 1, suggestion: "plug" }] },
    ]);
    expect(problems({ ...SPEC, alphabet: "plug d0 v0; plug d9 v0" })).toMatchObject([
      { where: "alphabet", places: [{ line: 2 }] },
    ]);
    expect(problems({ ...SPEC, alphabet: "vn" })).toMatchObject([
      { where: "alphabet", places: [{ line: 1, column: 1 }] },
    ]);
    expect(problems({ ...SPEC, promises: ["all", "always d0 dma=abrt", "no-leek"] })).toMatchObject([
      { where: "promise", index: 1, places: [{ line: 1 }] },
      { where: "promise", index: 2, places: [{ column: 1, length: 7, suggestion: "no-leak" }] },
    ]);
    expect(problems({ ...SPEC, limits: { depth: -1 } })).toMatchObject([{ where: "limits" }]);
  });

  it("warns of an alphabet that explodes", () => {
    const lines = Array.from({ length: 80 }, (_, i) => `write v0 GBPA ${i}`).join(";");
    expect(opened({ ...SPEC, alphabet: lines }).head.warnings[0]).toContain("80 moves");
    expect(opened(SPEC).head.warnings).toEqual([]);
  });
});
