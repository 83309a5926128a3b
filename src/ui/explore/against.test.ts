import { describe, expect, it } from "vitest";
import { ExploreJob } from "../../explore/job.ts";
import type { JobClass, JobProgress, JobReport } from "../../explore/job-data.ts";
import { againstRows, againstSentence } from "./against.ts";

function searched(script: string, depth?: number) {
  const opened = ExploreJob.open({
    script: `${script}vsmmu v0 bus=pcie.1\ndevice d0\ndevice d1\n`,
    alphabet: "plug d0 v0; plug d1 v0; unplug d0; unplug d1; gbpa v0 abort; gbpa v0 bypass",
    promises: ["no-divergence", "gbpa-abort"],
    ...(depth === undefined ? {} : { limits: { depth } }),
  });
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("\n"));
  while (opened.job.advance({ states: 64 }));
  return { progress: opened.job.progress(), report: opened.job.report() };
}

/** A side that saw everything within `depth` moves and met these classes. */
function side(
  depth: number,
  classes: Readonly<Record<string, number>>,
  ending: JobProgress["ending"] = "cancelled",
) {
  const list = Object.entries(classes).map(
    ([cls, at]): JobClass => ({ cls, title: cls, depth: at, state: 0, promises: ["no-divergence"] }),
  );
  return {
    progress: { depth, ending } as JobProgress,
    report: { classes: list } as unknown as JobReport,
  };
}

describe("two setups under one question", () => {
  it("the repair of D1 removes D1, and brings nothing", () => {
    const [a, b] = [searched(""), searched("fix D1\n")];
    expect(againstRows(a, b).map(({ cls, state }) => [cls, state])).toContainEqual(["D1", "removed"]);
    expect(againstSentence(a, b)).toMatch(/^In every reachable state B removes D1, brings nothing new/);
    expect(againstSentence(b, a)).toMatch(/brings D1/);
    expect(againstSentence(a, a)).toMatch(/removes nothing, brings nothing new, keeps D1\.$/);
  });

  it("speaks of no more moves than both have seen", () => {
    const [a, b] = [searched("", 2), searched("fix D1\n")];
    expect(againstSentence(a, b)).toBe("Within 2 moves B removes nothing, brings nothing new.");
  });

  it("a class that one side met where the other has not looked yet is no difference", () => {
    expect(againstRows(side(3, { D1: 3 }), side(2, {}))).toEqual([]);
    expect(againstRows(side(3, { D1: 3 }), side(3, {}))).toMatchObject([{ cls: "D1", state: "removed" }]);
    expect(againstSentence(side(1, {}), side(1, {}))).toMatch(/^Within 1 move B/);
  });

  it("a shorter or a longer way to the same is told", () => {
    const rows = againstRows(side(9, { D2: 2, D3: 5, D4: 4 }), side(9, { D2: 3, D3: 4, D4: 4 }, "complete"));
    expect(rows.map(({ cls, state, depths }) => [cls, state, ...depths])).toEqual([
      ["D2", "farther", 2, 3],
      ["D3", "nearer", 5, 4],
      ["D4", "kept", 4, 4],
    ]);
  });

  it("says nothing before the first state", () => {
    expect(againstSentence({ progress: null, report: null }, side(2, { D1: 1 }))).toBe(
      "Nothing can be said yet.",
    );
  });
});
