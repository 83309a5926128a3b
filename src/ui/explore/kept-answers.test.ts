import { afterEach, describe, expect, it, vi } from "vitest";
import { DifferenceJob } from "../../explore/difference.ts";
import { ExploreJob } from "../../explore/job.ts";
import type { Apart } from "./apart.ts";
import type { ExploreClient } from "./client.ts";
import type { Run } from "./explore-store.ts";
import { keepTable, keptAnswers, MOST_KEPT, readTable, type Table, tableText } from "./kept-answers.ts";
import { DEFAULT_QUESTION, specOf } from "./question.ts";

const question = {
  ...DEFAULT_QUESTION,
  base: "own" as const,
  lines: "plug d0 v0\ngbpa v0 abort\nplug d1 v0",
  depth: "3",
  against: "fix=D1",
};

const SCRIPT = 'title "Kept"\n';
const REPAIRED = 'title "Kept"\nfix D1\n';
const client = {} as ExploreClient;

function searched(slices: number, side: string | null = null): Run {
  const spec = specOf(question, side === null ? SCRIPT : REPAIRED);
  const opened = ExploreJob.open(spec);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
  const { job } = opened;
  for (let n = 0; n < slices; n++) job.advance({ states: 4 });
  const progress = job.progress();
  const over = progress.ending !== null;
  return {
    side,
    spec,
    question,
    from: "the start",
    setup: "kernel 7.3",
    phase: over ? "over" : "running",
    head: job.head,
    progress,
    report: job.report(),
    graph: over ? job.graph() : null,
    ms: 12.5,
    rate: 80,
    cancelling: false,
    failure: null,
    problems: [],
    client,
  };
}

function parted(slices: number): Apart {
  const { alphabet, limits } = specOf(question, SCRIPT);
  const opened = DifferenceJob.open({
    script: SCRIPT,
    against: REPAIRED,
    alphabet,
    ...(limits && { limits }),
  });
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
  const { job } = opened;
  let more = true;
  for (let n = 0; n < slices && more; n++) more = job.advance(2);
  const { pairs, depth } = job.progress;
  const phase = more ? "running" : "over";
  return { phase, pairs, depth, report: job.report(), problems: [], failure: null, client };
}

const ENOUGH = 1_000;
const alone = (run: Run): Table => ({ run, other: null, apart: null, tab: "promises", lost: [] });
const both = (slices = ENOUGH): Table => ({
  run: searched(ENOUGH),
  other: { ...searched(slices, "fix=D1"), graph: null },
  apart: parted(slices),
  tab: "against",
  lost: [],
});

function back(table: Table, most?: number): Table {
  const text = tableText(table, most);
  if (text === null) throw new Error("nothing was kept");
  const read = readTable(text);
  if (read === null) throw new Error("what was kept cannot be read");
  return read;
}

describe("answers that outlive their page", () => {
  it("come back as they were, with their states, of a search that was over", () => {
    const run = searched(ENOUGH);
    expect(run.graph?.nodes.length).toBeGreaterThan(3);
    expect(back(alone(run))).toEqual(alone({ ...run, client: null }));
  });

  it("come back with the other setup, and with where the two part", () => {
    const table = both();
    const { run, other, apart } = table;
    expect(apart?.report?.differences.length).toBeGreaterThan(0);
    const gone = { client: null };
    expect(back(table)).toEqual({
      ...table,
      run: { ...run, ...gone },
      other: { ...other, ...gone },
      apart: { ...apart, ...gone },
    });
  });

  it("say that a search was not over, on either side", () => {
    const run = searched(1);
    expect(run.progress?.ending).toBe(null);
    const failure = "The page was put away while it ran.";
    expect(back(alone(run))).toMatchObject({
      run: { phase: "failed", failure, progress: run.progress, report: { complete: false } },
      lost: ["graph"],
    });
    expect(back(both(1))).toMatchObject({
      run: { phase: "over" },
      other: { phase: "failed", failure },
      apart: { phase: "failed", failure },
      lost: [],
    });
  });

  it("keep why a search failed, and say it again after a second page", () => {
    const table = both();
    const places = [{ line: 1, column: 2, length: 3, message: "no", expected: null, suggestion: "yes" }];
    const problems = [{ where: "alphabet" as const, index: 0, message: "no", places }];
    const failed: Run = {
      ...(table.other as Run),
      phase: "failed",
      head: null,
      progress: null,
      report: null,
      problems,
    };
    expect(back({ ...table, other: failed }).other).toEqual({ ...failed, client: null });
    const dead: Run = { ...searched(1), phase: "failed", failure: "It did not answer and was ended." };
    expect(back(back(alone(dead))).run).toEqual({ ...dead, client: null });
    const away = back(alone(searched(1)));
    expect(back(away)).toEqual(away);
  });

  it("there is nothing to keep before the first count", () => {
    expect(tableText(alone({ ...searched(1), head: null }))).toBe(null);
    expect(tableText(alone({ ...searched(1), progress: null }))).toBe(null);
    expect(tableText({ ...alone(searched(1)), run: null })).toBe(null);
  });

  it("no more is kept than there is room for, and what there is none for is named", () => {
    const table = both();
    const size = (part: Partial<Table>): number =>
      tableText({ ...table, ...part })?.length ?? Number.POSITIVE_INFINITY;
    const run = { ...(table.run as Run), graph: null };
    const bare = { run, other: null, apart: null };
    const slack = 64;
    const cases: readonly (readonly [number, readonly string[]])[] = [
      [size({}) + slack, []],
      [size({ run }) + slack, ["graph"]],
      [size({ run, apart: null }) + slack, ["apart", "graph"]],
      [size(bare) + slack, ["against", "apart", "graph"]],
      [size(bare) - slack, ["answers"]],
    ];
    for (const [most, lost] of cases) {
      const text = tableText(table, most);
      if (!lost.includes("answers")) expect(text?.length).toBeLessThanOrEqual(most);
      const read = back(table, most);
      expect(read.lost.toSorted()).toEqual(lost);
      expect(read.run === null).toBe(lost.includes("answers"));
      if (lost.includes("against")) expect(read).toMatchObject({ other: null, apart: null, tab: "against" });
      // It stays lost for every page to come.
      if (read.run !== null) expect(back(read).lost.toSorted()).toEqual(lost);
    }
  });

  it("what was damaged, or another version kept, is not shown", () => {
    const good = tableText(both()) ?? "";
    type Parts = { [key: string]: unknown };
    const changed = (change: (value: Parts) => void): string => {
      const value = JSON.parse(good) as Parts;
      change(value);
      return JSON.stringify(value);
    };
    const nodes = (value: Parts): Parts[] => (value.graph as { nodes: Parts[] }).nodes;
    const edges = (value: Parts): Parts[] => (value.graph as { edges: Parts[] }).edges;
    const set = (list: readonly Parts[], part: Parts): unknown => Object.assign(list[1] as Parts, part);
    expect(readTable(changed(() => undefined))).not.toBe(null);
    const damaged = [
      "",
      "{",
      "[]",
      "null",
      good.slice(0, -2),
      changed((value) => delete value.version),
      changed((value) => {
        value.version = 1;
      }),
      changed((value) => delete (value.run as Parts).progress),
      changed((value) => {
        (value.run as Parts).progress = null;
      }),
      changed((value) => {
        (value.run as Parts).report = { verdicts: 7 };
      }),
      changed((value) => {
        (value.other as Parts).spec = { script: {} };
      }),
      changed((value) => {
        (value.apart as Parts).phase = "odd";
      }),
      changed((value) => {
        value.tab = "<b>";
      }),
      changed((value) => {
        value.lost = ["everything"];
      }),
      // A depth is a column of the picture; states are told apart by their numbers; edges lead somewhere.
      changed((value) => set(nodes(value), { depth: 1e9 })),
      changed((value) => set(nodes(value), { depth: -1 })),
      changed((value) => set(nodes(value), { state: 0 })),
      changed((value) => set(nodes(value), { state: 0.5 })),
      changed((value) => set(edges(value), { to: 7_000 })),
      changed((value) => {
        value.graph = {
          nodes: Array.from({ length: 301 }, (_, state) => ({ state, depth: 0, facts: [], classes: [] })),
          edges: [],
        };
      }),
      `"${"x".repeat(MOST_KEPT + 1)}"`,
    ];
    for (const text of damaged) expect(readTable(text), text.slice(0, 60)).toBe(null);
    const strange = changed((value) => {
      (value.run as Parts).question = 7;
    });
    expect(readTable(strange)?.run?.question).toEqual(DEFAULT_QUESTION);
    const bereft = changed((value) => {
      value.other = null;
    });
    expect(readTable(bereft)).toMatchObject({ other: null, apart: null, tab: "promises" });
  });
});

describe("a tab's storage", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Takes so many characters a value, as a tab does whose storage is nearly full. */
  function storage(most: number): Map<string, string> {
    const held = new Map<string, string>();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => held.get(key) ?? null,
      removeItem: (key: string) => held.delete(key),
      setItem(key: string, value: string) {
        if (value.length > most) throw new DOMException("full", "QuotaExceededError");
        held.set(key, value);
      },
    });
    return held;
  }

  it("gives back what was kept; a new search takes its place from its beginning on", () => {
    const held = storage(MOST_KEPT);
    expect(keptAnswers()).toBe(null);
    keepTable(both());
    expect(keptAnswers()).toMatchObject({ run: { phase: "over" }, other: { side: "fix=D1" }, lost: [] });
    // A page on which nothing was searched yet has nothing newer.
    keepTable({ ...both(), run: null });
    expect(keptAnswers()?.run).not.toBe(null);
    keepTable(alone({ ...searched(1), progress: null }));
    expect(held.size).toBe(0);
  });

  it("that is nearly full keeps at least that there was something", () => {
    const held = storage(200);
    keepTable(both());
    expect(held.size).toBe(1);
    expect(keptAnswers()).toMatchObject({ run: null, lost: ["answers"] });
  });

  it("that is full, or is not there, keeps nothing and breaks nothing", () => {
    storage(0);
    keepTable(both());
    expect(keptAnswers()).toBe(null);
    vi.stubGlobal("sessionStorage", undefined);
    keepTable(both());
    expect(keptAnswers()).toBe(null);
  });

  it("with something else in it says that answers were lost", () => {
    storage(MOST_KEPT);
    for (const text of ["{}", "<b>", '{"version":1}']) {
      sessionStorage.setItem("vsmmu-lab.explore.answers", text);
      expect(keptAnswers()).toMatchObject({ run: null, lost: ["answers"] });
    }
  });
});
