import { describe, expect, it } from "vitest";
import { ExploreJob } from "../../explore/job.ts";
import type { JobReport, JobSpec } from "../../explore/job-data.ts";
import { Session } from "../../script/session.ts";
import { goalOf } from "./goal-here.ts";
import { linesTo, wayHead, wayOfDifference, wayOfExample, wayOfState, wayScript } from "./way.ts";

const SPEC: JobSpec = {
  script: 'title "Two"\nplug d0 v0\n',
  alphabet: "vm",
  promises: ["no-divergence", "no-leak", "sometimes d1 attached=abort"],
  limits: { depth: 3 },
};

function searched(spec: JobSpec): { readonly job: ExploreJob; readonly report: JobReport } {
  const opened = ExploreJob.open(spec);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
  while (opened.job.advance({ states: 64 }));
  return { job: opened.job, report: opened.job.report() };
}

const { report } = searched(SPEC);
const run = { spec: SPEC, from: "step 1, plug d0 v0" };
const examples = report.verdicts.flatMap(({ id, examples: all }) => all.map(({ cls }) => [id, cls] as const));

describe("a way that leaves the search", () => {
  it.each(examples)("%s, %s: opens as a session whose expectations hold at its end", (promise, cls) => {
    const way = wayOfExample(report, { kind: "example", promise, cls });
    if (way === null) throw new Error("the report lost an example");
    const opened = Session.open(wayScript(run, way));
    if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
    const session = opened.value;
    const path = session.path();
    const lines = path.filter(({ kind }) => kind === "command").map(({ text }) => text);
    expect(lines).toHaveLength(1 + way.lines.length);
    expect(lines[0]).toBe("plug d0 v0");
    for (const node of path) expect(node.ok, node.text).toBe(true);
    const text = path.filter(({ kind }) => kind === "note").map((node) => node.text);
    expect(text.join(" ").replaceAll(/\s*# /g, " ")).toContain(wayHead(way, run.from));
  });

  it("a divergence is judged where it shows", () => {
    const way = wayOfExample(report, { kind: "example", promise: "no-divergence", cls: "D1" });
    if (way === null) throw new Error("no D1 within three moves");
    expect(wayScript(run, way)).toMatch(/^expect d\d diverges=D1$/m);
  });

  it("comments are no wider than a mail", () => {
    for (const [promise, cls] of examples) {
      const way = wayOfExample(report, { kind: "example", promise, cls });
      for (const line of way === null ? [] : wayScript(run, way).split("\n"))
        if (line.startsWith("#") && line.includes(" ", 2)) expect(line.length).toBeLessThanOrEqual(76);
    }
  });

  it("a goal has no class, and says what it reaches", () => {
    const way = wayOfExample(report, {
      kind: "example",
      promise: "sometimes d1 attached=abort",
      cls: "reached",
    });
    expect(way).toMatchObject({ cls: null, goal: true, promise: "sometimes d1 attached=abort" });
  });

  it("a difference says what is where on both sides, in the script, too", () => {
    const differing = [{ whose: "d1", aspect: "attached", a: "s2", b: "abort" }];
    const found = { depth: 2, lines: ["gbpa v0 abort", "plug d1 v0"], differing };
    const apart = { ending: "complete", complete: true, pairs: 9, transitions: 9, depth: 2 } as const;
    const way = wayOfDifference({ ...apart, differences: [found] }, 0);
    expect(way).toMatchObject({ title: "d1 attached: s2 against abort", cls: null, differing });
    if (way !== null) expect(wayScript(run, way)).toContain("\n# d1 attached: s2 against abort\n");
    expect(wayOfDifference({ ...apart, differences: [found] }, 1)).toBe(null);
  });

  it("a plain state comes with its facts", () => {
    const { job } = searched({ ...SPEC, limits: { depth: 2 } });
    const graph = job.graph();
    if (graph === null) throw new Error("too many states for this test");
    const way = wayOfState(graph, 5);
    expect(way).toMatchObject({ title: "State 5", cls: null, promise: null, after: job.factsOf(5) });
    if (way !== null) expect(Session.open(wayScript(run, way)).ok).toBe(true);
    expect(wayOfState(graph, graph.nodes.length)).toBe(null);
  });

  it.each([
    ["vm", 3, 4],
    ["vm+ste", 2, 4],
    ["raw+fault", 2, 1],
  ] as const)("%s: a graph tells the ways that the search knows", (alphabet, depth, symmetries) => {
    const script =
      "psmmu p0\ndevice d0 psmmu=p0 sid=0x100\ndevice d1 psmmu=p0 sid=0x108\n" +
      "vsmmu v0 bus=pcie.1\nvsmmu v1 bus=pcie.2\n";
    const found = searched({ script, alphabet, promises: ["invariants"], limits: { depth } }).job;
    const graph = found.graph();
    if (graph === null) throw new Error("too many states for this test");
    expect(found.head.symmetries).toBe(symmetries);
    expect(graph.nodes.length).toBeGreaterThan(20);
    for (const { state } of graph.nodes) expect(linesTo(graph, state)).toEqual(found.wayTo(state));
  });

  it("an example that the report does not have is none", () => {
    expect(wayOfExample(report, { kind: "example", promise: "no-leak", cls: "D99" })).toBe(null);
    expect(wayOfExample(report, { kind: "example", promise: "no", cls: "D1" })).toBe(null);
  });
});

describe("the present state as a goal", () => {
  it("is reached by a search from the start, in the fewest moves", () => {
    const played = ["plug d0 v0", "gbpa v0 abort", "gbpa v0 bypass", "gbpa v0 abort", "plug d1 v0"];
    const setup = "vsmmu v0 bus=pcie.1\ndevice d0\ndevice d1\n";
    const opened = Session.open(setup + played.join("\n"));
    if (!opened.ok) throw new Error("the test's script does not parse");
    const goal = goalOf(opened.value.world());
    const found = searched({ script: setup, alphabet: "vm", promises: [goal], limits: { depth: 3 } });
    const [verdict] = found.report.verdicts;
    expect(verdict).toMatchObject({ state: "reached", goal: true });
    const [example] = verdict?.examples ?? [];
    expect(example?.lines).toHaveLength(3);
    const again = Session.open(setup + (example?.lines ?? []).join("\n"));
    if (!again.ok) throw new Error("the way does not parse");
    expect(goalOf(again.value.world())).toBe(goal);
  });
});
