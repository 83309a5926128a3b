import { describe, expect, it } from "vitest";
import { ExploreJob } from "../../explore/job.ts";
import type { ExploreClient } from "./client.ts";
import type { Run } from "./explore-store.ts";
import { answersText, readAnswers } from "./kept-answers.ts";
import { DEFAULT_QUESTION, specOf } from "./question.ts";

const question = {
  ...DEFAULT_QUESTION,
  base: "own" as const,
  lines: "plug d0 v0\ngbpa v0 abort\nplug d1 v0",
  depth: "3",
};

function searched(slices: number): Run {
  const spec = specOf(question, 'title "Kept"\n');
  const opened = ExploreJob.open(spec);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
  const { job } = opened;
  for (let n = 0; n < slices; n++) job.advance({ states: 4 });
  return {
    side: null,
    spec,
    question,
    from: "the start",
    setup: "kernel 7.3",
    phase: "running",
    head: job.head,
    progress: job.progress(),
    report: job.report(),
    graph: null,
    ms: 12.5,
    rate: 80,
    cancelling: false,
    failure: null,
    problems: [],
    client: {} as ExploreClient,
  };
}

describe("answers that outlive their page", () => {
  it("come back as they were, of a search that was over", () => {
    const run = searched(1_000);
    const back = readAnswers(answersText(run));
    expect(back).toEqual({ ...run, phase: "over", client: null });
  });

  it("say that the search was not over", () => {
    const run = searched(1);
    expect(run.progress?.ending).toBe(null);
    expect(readAnswers(answersText(run))).toMatchObject({
      phase: "failed",
      failure: "The page was put away while it ran.",
      progress: run.progress,
      report: { complete: false },
    });
  });

  it("there is nothing to keep before the first count", () => {
    expect(answersText({ ...searched(1), head: null })).toBe(null);
    expect(answersText({ ...searched(1), progress: null })).toBe(null);
  });

  it("what was damaged is not shown", () => {
    const good = answersText(searched(1_000)) ?? "";
    const changed = (change: (value: { [key: string]: unknown }) => void): string => {
      const value = JSON.parse(good) as { [key: string]: unknown };
      change(value);
      return JSON.stringify(value);
    };
    const damaged = [
      null,
      "",
      "{",
      "[]",
      good.slice(0, -2),
      changed((value) => delete value.progress),
      changed((value) => {
        value.report = { verdicts: 7 };
      }),
      changed((value) => {
        value.spec = { script: {} };
      }),
      `"${"x".repeat(2_000_001)}"`,
    ];
    for (const text of damaged) expect(readAnswers(text)).toBe(null);
    const strange = changed((value) => {
      value.question = 7;
    });
    expect(readAnswers(strange)?.question).toEqual(DEFAULT_QUESTION);
  });
});
