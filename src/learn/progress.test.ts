import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  creditedRules,
  exportProgress,
  importProgress,
  mergeProgress,
  NO_PROGRESS,
  type Progress,
  ruleMap,
  withAnswer,
  withAsked,
  withHint,
  withPrediction,
  withSolved,
  withStep,
} from "./progress.ts";
import { agenda, answered, LAST_BOX, MASTERED_BOX, masteryOf, PAUSES } from "./schedule.ts";

const DAY = 86_400_000;

test("a right answer when it is due goes a box up, and each box waits longer", () => {
  let card = answered(null, true, 0);
  expect(card).toEqual({ box: 1, due: DAY, right: 1, wrong: 0 });
  for (let box = 2; box <= LAST_BOX + 2; box++) {
    const now = card.due;
    card = answered(card, true, now);
    expect(card.box).toBe(Math.min(box, LAST_BOX));
    expect(card.due - now).toBe(PAUSES[Math.min(box, LAST_BOX)]);
  }
  for (let i = 1; i < PAUSES.length; i++) expect(PAUSES[i]).toBeGreaterThan(PAUSES[i - 1] as number);
});

test("right before it is due teaches nothing: the box stays", () => {
  const card = answered(null, true, 0);
  const early = answered(card, true, DAY / 2);
  expect(early.box).toBe(1);
  expect(early.due).toBe(DAY / 2 + DAY);
});

test("wrong goes two boxes down and comes back in ten minutes", () => {
  const card = { box: 4, due: 0, right: 4, wrong: 0 };
  expect(answered(card, false, 1000)).toEqual({ box: 2, due: 1000 + 600_000, right: 4, wrong: 1 });
  expect(answered({ ...card, box: 1 }, false, 0).box).toBe(0);
});

test("property: a card's numbers stay within bounds, and it is never due in the past", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(40 * DAY))), (answers) => {
      let now = 0;
      let card = null as ReturnType<typeof answered> | null;
      for (const [right, later] of answers) {
        now += later;
        card = answered(card, right, now);
        expect(card.box).toBeGreaterThanOrEqual(0);
        expect(card.box).toBeLessThanOrEqual(LAST_BOX);
        expect(card.due).toBeGreaterThan(now);
      }
      if (card !== null) expect(card.right + card.wrong).toBe(answers.length);
    }),
  );
});

test("what is asked next: the most overdue first, then what was never asked", () => {
  const cards = {
    "Q-SET-4": { box: 1, due: 500, right: 1, wrong: 0 },
    "Q-SET-8": { box: 1, due: 100, right: 1, wrong: 0 },
    "Q-SET-9": { box: 1, due: 9000, right: 1, wrong: 0 },
  };
  expect(agenda(cards, ["K-ID-1", "Q-SET-9", "K-ID-1", "constructor"], 1000)).toEqual([
    "Q-SET-8",
    "Q-SET-4",
    "K-ID-1",
    "constructor",
  ]);
});

test("mastery: new, learning, mastered from its box on, due when its time has come", () => {
  expect(masteryOf(null, 0)).toBe("new");
  expect(masteryOf({ box: 1, due: 10, right: 1, wrong: 0 }, 5)).toBe("learning");
  expect(masteryOf({ box: MASTERED_BOX, due: 10, right: 3, wrong: 0 }, 5)).toBe("mastered");
  expect(masteryOf({ box: MASTERED_BOX, due: 10, right: 3, wrong: 0 }, 10)).toBe("due");
});

test("steps, predictions, hints and solutions add up; nothing done is undone", () => {
  let p = withStep(NO_PROGRESS, "streams", 3, 8);
  p = withStep(p, "streams", 2, 8);
  expect(p.lessons.streams).toMatchObject({ step: 3, done: false });
  p = withStep(p, "streams", 8, 8);
  p = withStep(p, "streams", 1, 8);
  expect(p.lessons.streams).toMatchObject({ step: 8, done: true });
  p = withPrediction(p, "streams", ["Q-SET-4"], false, 0);
  expect(p.lessons.streams).toMatchObject({ right: 0, wrong: 1 });
  expect(p.rules["Q-SET-4"]?.wrong).toBe(1);
  p = withHint(withHint(p, "second-device", 2), "second-device", 1);
  p = withSolved(withSolved(p, "second-device", 3), "second-device", 5);
  expect(p.challenges["second-device"]).toEqual({ best: 3, hints: 2 });
  expect(withAsked(withAsked(p)).asked).toBe(2);
  expect(NO_PROGRESS.lessons).toEqual({});
});

test("an answer counts for the rules that are taught, or else for the first that says something", () => {
  const q = { rules: [{ id: "A" }, { id: "B" }, { id: "C" }] } as never;
  const usual = { rules: [{ id: "K-ID-1" }, { id: "Q-SET-4" }] } as never;
  expect(creditedRules(usual, [])).toEqual(["Q-SET-4"]);
  expect(creditedRules({ rules: [{ id: "K-ID-1" }] } as never, [])).toEqual(["K-ID-1"]);
  expect(creditedRules(q, ["C", "B", "X"])).toEqual(["B", "C"]);
  expect(creditedRules(q, [])).toEqual(["A"]);
});

test("the map has every rule of the model in its area, and how it stands", () => {
  const p = withAnswer(NO_PROGRESS, ["Q-SET-4", "K-DESTROY-2"], true, 0);
  const map = ruleMap(p, 1);
  expect(map.map((a) => a.title)).toEqual(["Host kernel", "QEMU", "Architecture", "Guest", "Hardware"]);
  const row = map.flatMap((a) => a.rows).find((r) => r.id === "Q-SET-4");
  expect(row).toMatchObject({ mastery: "learning", right: 1, wrong: 0 });
  expect(ruleMap(p, 1, ["K-DESTROY-2", "NO-SUCH"])).toHaveLength(1);
});

const some = (): Progress =>
  withSolved(
    withPrediction(withStep(NO_PROGRESS, "a-lesson", 2, 4), "a-lesson", ["Q-SET-4"], true, 5),
    "c1",
    4,
  );

test("what was exported is imported again", () => {
  const p = some();
  expect(importProgress(exportProgress(p))).toEqual({ ok: true, value: p });
});

test.each([
  ["nothing", "", "it is not JSON"],
  ["a list", "[]", 'does not say "format"'],
  ["another format", '{"format":"vsmmu-lab-progress/7"}', "of format vsmmu-lab-progress/7"],
  ["too much", " ".repeat(1 << 21), "at most 1 MB"],
  ["a wrong number", exportProgress(some()).replace('"step": 2', '"step": -2'), "lessons.a-lesson.step"],
  ["a box there is not", exportProgress(some()).replace('"box": 1', '"box": 77'), "rules.Q-SET-4.box"],
  [
    "an unknown part",
    exportProgress(some()).replace('"asked"', '"__proto__": {}, "more": 1, "asked"'),
    "the file",
  ],
  ["a hostile name", exportProgress(some()).replace('"a-lesson"', '"../etc"'), "lessons"],
])("a file with %s is refused whole, with the reason", (_, text, message) => {
  const read = importProgress(text);
  expect(read.ok).toBe(false);
  if (!read.ok) expect(read.problems.join("\n")).toContain(message);
});

test("every problem of a file is told", () => {
  const text = exportProgress(some()).replace('"step": 2', '"step": -2').replace('"box": 1', '"box": 77');
  const read = importProgress(text);
  expect(read.ok ? [] : read.problems).toHaveLength(2);
});

const slug = fc.constantFrom("a", "b", "c");
const small = fc.nat(5);
const progress: fc.Arbitrary<Progress> = fc.record({
  format: fc.constant("vsmmu-lab-progress/1" as const),
  lessons: fc.dictionary(slug, fc.record({ step: small, done: fc.boolean(), right: small, wrong: small })),
  challenges: fc.dictionary(
    slug,
    fc.record({ best: fc.option(fc.integer({ min: 1, max: 9 })), hints: small }),
  ),
  rules: fc.dictionary(slug, fc.record({ box: small, due: small, right: small, wrong: small })),
  asked: small,
});

test("property: merging loses nothing, in either order, and twice is once", () => {
  const norm = (p: Progress): unknown => JSON.parse(exportProgress(p));
  fc.assert(
    fc.property(progress, progress, (a, b) => {
      const m = mergeProgress(a, b);
      expect(norm(mergeProgress(m, b))).toEqual(norm(m));
      expect(norm(mergeProgress(m, m))).toEqual(norm(m));
      expect(norm(mergeProgress(b, a))).toEqual(norm(m));
      for (const p of [a, b]) {
        for (const [k, l] of Object.entries(p.lessons)) {
          expect(m.lessons[k]?.step).toBeGreaterThanOrEqual(l.step);
          expect(m.lessons[k]?.done || !l.done).toBe(true);
        }
        for (const [k, c] of Object.entries(p.challenges))
          if (c.best !== null) expect(m.challenges[k]?.best).toBeLessThanOrEqual(c.best);
        for (const k of Object.keys(p.rules)) expect(m.rules[k]).toBeDefined();
      }
      expect(importProgress(exportProgress(m)).ok).toBe(true);
    }),
  );
});
