import { expect, test } from "vitest";
import { parse } from "../script/parse.ts";
import { runAll } from "../script/runner.ts";
import { answerLines } from "./answer.ts";
import { makeQuestion } from "./ask-scene.ts";
import { askableRules, makeRuleQuestion } from "./course-questions.ts";
import { parseLesson } from "./lesson.ts";
import { playLesson } from "./play.ts";

const LESSON = `---
format: vsmmu-lab-lesson/1
title: T
about: A
tracks: qemu
minutes: 5
rules: Q-SET-4
---
## One
\`\`\`lab
qemu m1
device d7 sid=0x100
device d8 sid=0x108
vsmmu v3 bus=pcie.1
plug d7 v3
machine-start
gbpa v3 abort
plug d8 v3
\`\`\`
## Another script
\`\`\`lab fresh
plug d0 v0
machine-start
gbpa v0 abort
plug d1 v0
\`\`\`
`;
const read = parseLesson(LESSON);
if (!read.ok) throw new Error("unreadable");
const lessons = [playLesson(read.value)];

test("questions about a rule come from the lessons that show it, and have the engine's answer", {
  timeout: 120_000,
}, () => {
  const leads = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const q = makeRuleQuestion(lessons, seed, { rule: "Q-SET-4" });
    if (q === null) throw new Error(`seed ${seed}: no question`);
    expect(q.rules.map((r) => r.id)).toContain("Q-SET-4");
    leads.add(q.lead);
    const claim = (i: number): string | null => answerLines(q.ask, q.choices[i]?.value ?? "");
    q.choices.forEach((_, i) => {
      const line = claim(i);
      if (line === null) return;
      const parsed = parse(`${q.lead}${q.act.join("\n")}\n${line}\n`);
      if (!parsed.ok) throw new Error(`seed ${seed}: ${parsed.problems.map((p) => p.message).join()}`);
      expect([seed, i, runAll(parsed.value).failed === 0]).toEqual([seed, i, i === q.right]);
    });
  }
  // A command more now and then makes others of them, in either topology.
  expect(leads.size).toBeGreaterThan(10);
  expect([...leads].some((l) => l.includes("d7"))).toBe(true);
});

test("the same seed and wish give the same question", () => {
  const wish = { rule: "Q-SET-4", kinds: ["dma"] as const };
  expect(makeRuleQuestion(lessons, 7, wish)).toEqual(makeRuleQuestion(lessons, 7, wish));
  expect(makeQuestion(7)).toEqual(makeQuestion(7));
  expect(makeRuleQuestion(lessons, 7, wish)?.ask.kind).toBe("dma");
});

test("a wish that nothing meets gives no question, and never another one", { timeout: 120_000 }, () => {
  expect(makeRuleQuestion([], 1, { rule: "NO-SUCH-RULE" })).toBeNull();
  for (let seed = 1; seed <= 15; seed++) {
    const q = makeQuestion(seed, { kinds: ["users"], difficulty: 2 });
    if (q !== null) expect([q.ask.kind, q.difficulty]).toEqual(["users", 2]);
  }
});

test("what can be asked about is what the lessons fire", () => {
  const rules = askableRules(lessons);
  expect(rules.has("Q-SET-4")).toBe(true);
  expect(rules.has("Q-SET-ASSERT")).toBe(false);
});
