import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepData } from "../../replay/transfer.ts";
import { allLines, linesOf } from "./line-map.ts";
import { listRows, matching, NO_FILTER, occurring, rowOf, stepAtLine } from "./step-rows.ts";

const step = (title: string, first: number, part: Partial<StepData> = {}): StepData => ({
  title,
  kind: title.split(" ")[0] ?? "",
  script: [`do ${title}`],
  inferred: [null],
  notes: [],
  first,
  last: first + 1,
  sids: [],
  events: [],
  ...part,
});

const STEPS = [
  step("plug d0", 1, { sids: [0x100], events: ["iommufd_cdev_connect"] }),
  ...Array.from({ length: 5 }, (_, i) =>
    step(`TLBI_NH_VA ${i}`, 3 + 2 * i, { events: ["smmuv3_cmdq_opcode"] }),
  ),
  step("CFGI_STE 0x100", 13, { sids: [0x100], events: ["smmuv3_cmdq_opcode"], last: 20 }),
];
const ALL = STEPS.map((_, i) => i);
const NONE = new Set<number>();

describe("the list of a replay's steps", () => {
  it("folds five or more of one kind in a row, and unfolds them", () => {
    const folded = listRows(STEPS, ALL, NONE, NONE);
    expect(folded).toEqual([
      { kind: "step", step: 0, folded: false },
      { kind: "fold", step: 1, last: 5, count: 5, name: "TLBI_NH_VA", open: false },
      { kind: "step", step: 6, folded: false },
    ]);
    const open = listRows(STEPS, ALL, new Set([1]), NONE);
    expect(open).toHaveLength(8);
    expect(open[1]).toMatchObject({ kind: "fold", open: true });
    expect(open[2]).toEqual({ kind: "step", step: 1, folded: true });
  });

  it("leaves four in a row as they are", () => {
    expect(listRows(STEPS, [0, 1, 2, 3, 4, 6], NONE, NONE).every((row) => row.kind === "step")).toBe(true);
  });

  it("never folds a step away at which log and model differ", () => {
    const rows = listRows(STEPS, ALL, NONE, new Set([3]));
    expect(rows.map((row) => `${row.kind} ${row.step}`)).toEqual([
      "step 0",
      "step 1",
      "step 2",
      "step 3",
      "step 4",
      "step 5",
      "step 6",
    ]);
  });

  it("finds the row of a step, also in a fold, and none for one that the filter hides", () => {
    const rows = listRows(STEPS, ALL, NONE, NONE);
    expect(rowOf(rows, 3)).toBe(1);
    expect(rowOf(rows, 6)).toBe(2);
    const open = listRows(STEPS, ALL, new Set([1]), NONE);
    expect(open[rowOf(open, 3)]).toMatchObject({ kind: "step", step: 3 });
    expect(open[rowOf(open, 1)]).toMatchObject({ kind: "step", step: 1 });
    expect(rowOf(listRows(STEPS, [0, 6], NONE, NONE), 3)).toBe(-1);
    expect(rowOf([], 3)).toBe(-1);
  });

  it("filters by StreamID, event, text and difference, all at once", () => {
    expect(matching(STEPS, NO_FILTER, NONE)).toEqual(ALL);
    expect(matching(STEPS, { ...NO_FILTER, sid: 0x100 }, NONE)).toEqual([0, 6]);
    expect(matching(STEPS, { ...NO_FILTER, event: "smmuv3_cmdq_opcode", sid: 0x100 }, NONE)).toEqual([6]);
    expect(matching(STEPS, { ...NO_FILTER, text: " do tlbi" }, NONE)).toEqual([1, 2, 3, 4, 5]);
    expect(matching(STEPS, { ...NO_FILTER, differing: true }, new Set([2]))).toEqual([2]);
    expect(occurring(STEPS)).toEqual({
      sids: [0x100],
      events: ["iommufd_cdev_connect", "smmuv3_cmdq_opcode"],
    });
  });

  it("knows the step of a log line", () => {
    expect(stepAtLine(STEPS, 0)).toBe(-1);
    expect(stepAtLine(STEPS, 1)).toBe(0);
    expect(stepAtLine(STEPS, 4)).toBe(1);
    expect(stepAtLine(STEPS, 500)).toBe(6);
    expect(stepAtLine([], 5)).toBe(-1);
  });
});

describe("listed lines", () => {
  it("are all, without a filter", () => {
    const lines = allLines(10);
    expect([lines.lineAt(0), lines.lineAt(9), lines.indexOf(10), lines.indexOf(99)]).toEqual([1, 10, 9, 9]);
  });

  it("are the lines of the steps that are left, each once, in order", () => {
    const stretch = fc.record({ gap: fc.nat(5), length: fc.nat(6), back: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 20 }), (parts) => {
        const steps: StepData[] = [];
        let at = 1;
        for (const { gap, length, back } of parts) {
          const first = Math.max(steps.at(-1)?.first ?? 1, at + gap - back);
          steps.push(step("s", first, { last: first + length }));
          at = Math.max(at, first + length + 1);
        }
        const expected = [
          ...new Set(
            steps.flatMap((s) => Array.from({ length: s.last - s.first + 1 }, (_, i) => s.first + i)),
          ),
        ].sort((a, b) => a - b);
        const map = linesOf(
          steps,
          steps.map((_, i) => i),
          10_000,
        );
        expect(Array.from({ length: map.count }, (_, i) => map.lineAt(i))).toEqual(expected);
        for (const [index, line] of expected.entries()) expect(map.indexOf(line)).toBe(index);
      }),
    );
  });
});
