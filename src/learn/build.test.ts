import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Session } from "../script/session.ts";
import { attemptAt, goalWorlds, openChallenge, refusedLine } from "./attempt.ts";
import {
  challengeFrom,
  checkChallengeDraft,
  checkLessonDraft,
  checkText,
  draftOf,
  editStep,
  goalsHere,
  NO_LESSON_YET,
  readPredict,
  recordLessonStep,
  refreshClaims,
  removeStep,
  rulesShown,
} from "./build.ts";
import { type Challenge, parseChallenge } from "./challenge.ts";
import { refusalOf } from "./check-file.ts";
import { type Lesson, parseLesson, printLesson } from "./lesson.ts";
import { isCourseLink, readCourseLink, writeCourseLink } from "./link.ts";
import { playLesson, predictionQuestion } from "./play.ts";
import { impossibleWithin, prove } from "./prove.ts";
import { makeReady, type Ready } from "./start.ts";

function open(text: string): Session {
  const opened = Session.open(text);
  if (!opened.ok) throw new Error("unreadable");
  return opened.value;
}
const TOLD = { title: "", prose: "", claim: "", predict: "", source: "", notes: "", view: {} };
const HEAD = { title: "Mine", about: "One sentence.", rules: ["Q-SET-4"] };

function recorded(): Lesson {
  const session = open("plug d0 v0\nmachine-start\n");
  let draft = recordLessonStep(NO_LESSON_YET, session, {
    ...TOLD,
    title: "Boot",
    prose: "It starts.",
    source: "x.c:f",
  });
  session.append("gbpa v0 abort");
  draft = recordLessonStep(draft, session, {
    ...TOLD,
    title: "Abort",
    predict: 'attachment d0 "Where to?"\ncall 1',
    claim: "d0 attached=abort",
  });
  session.append("plug d1 v0");
  draft = recordLessonStep(draft, session, { ...TOLD, title: "Second", claim: "expect d1 diverges=D1" });
  return { ...draft.lesson, ...HEAD };
}

test("a session recorded as a lesson is one that the build takes", () => {
  const lesson = recorded();
  expect(lesson.steps.map((s) => [s.script, s.fresh])).toEqual([
    ["plug d0 v0\nmachine-start", true],
    ["gbpa v0 abort", false],
    ["plug d1 v0", false],
  ]);
  const built = checkLessonDraft("mine.md", lesson);
  expect(refusalOf(built)).toEqual([]);
  expect(built.remarks).toEqual([]);
  expect(rulesShown(lesson)).toContain("Q-SET-4");
});

test("a recorded lesson is edited again: other words, a step less, more steps", () => {
  const lesson = recorded();
  expect(editStep(lesson, 0, { title: "Power on" }).steps[0]?.title).toBe("Power on");
  const less = removeStep(lesson, 1);
  expect(less.steps.map((s) => s.script)).toEqual(["plug d0 v0\nmachine-start", "gbpa v0 abort\nplug d1 v0"]);
  expect(refusalOf(checkLessonDraft("mine.md", less))).toEqual([]);
  expect(removeStep(lesson, 0).steps[0]).toMatchObject({
    script: "plug d0 v0\nmachine-start\ngbpa v0 abort",
    fresh: true,
  });
  expect(removeStep(lesson, 9)).toBe(lesson);
  const read = parseLesson(printLesson(lesson));
  if (!read.ok) throw new Error("unreadable");
  const more = recordLessonStep(draftOf(read.value), open("plug d2 v1\n"), { ...TOLD, title: "Elsewhere" });
  expect(more.lesson.steps.at(-1)).toMatchObject({ script: "plug d2 v1", fresh: true });
});

test("a stale claim is told and can be refreshed; a broken one is refused and stays", () => {
  const lesson = recorded();
  const stale = editStep(lesson, 1, { seen: "0000000" });
  const built = checkLessonDraft("mine.md", stale);
  expect(built.problems).toEqual([]);
  expect(built.remarks.map((r) => r.message).join()).toContain("stale claim");
  expect(checkLessonDraft("mine.md", refreshClaims(stale)).remarks).toEqual([]);
  const broken = editStep(lesson, 1, { claim: "expect d0 attached=s2" });
  expect(refusalOf(checkLessonDraft("mine.md", broken)).join()).toContain('got {"attached":"abort"}');
  expect(refreshClaims(broken).steps[1]?.claim).toBe("expect d0 attached=s2");
});

test("what is refused is kept: the text comes back as it was", () => {
  const text = "---\nformat: vsmmu-lab-lesson/1\n---\nnonsense ```";
  const built = checkText("import.md", text);
  expect(built.problems.length).toBeGreaterThan(1);
  expect(built.text).toBe(text);
});

test("wrong predict lines are told by their own lines", () => {
  expect(readPredict("dma d0\n\nusers\nwhat")).toEqual({
    ok: false,
    problems: [
      { line: 2, message: '"users" needs an object, such as users d0.s2' },
      expect.objectContaining({ line: 3 }),
    ],
  });
});

const CHALLENGE = {
  title: "Mine",
  about: "One sentence.",
  grade: 1 as const,
  rules: ["Q-SET-4"],
  prose: "p",
  insight: "i",
  hints: ["h"],
  view: {},
  goal: "",
  allow: "",
};

test("a session recorded as a challenge starts, is solved and is proved", () => {
  const session = open("plug d0 v0\nmachine-start\n");
  const start = session.current.id;
  session.append("gbpa v0 abort\nplug d1 v0");
  const draft = challengeFrom(session, start, CHALLENGE);
  expect(draft?.solution?.text).toBe("gbpa v0 abort\nplug d1 v0");
  expect(goalsHere(session)).toContain("d1 attached=s2 legal=abort dma=pass-s2 diverges=D1");
  const built = checkChallengeDraft("mine.md", draft as Challenge);
  expect(refusalOf(built)).toEqual([]);
  expect(built.proof?.par).toBe(2);
  const apart = challengeFrom(session, start, { ...CHALLENGE, goal: "differ fix=none from fix=D1" });
  // With the repair the second device is attached at its plug: nothing has to be aborted to see that.
  expect(refusalOf(checkChallengeDraft("mine.md", apart as Challenge)).join()).toContain(
    "the solution takes 2 commands, par is 1",
  );
  session.goTo(0);
  expect(challengeFrom(session, start, CHALLENGE)).toBeNull();
});

function ready(parts: string): Ready {
  const read = parseChallenge(
    `---\nformat: vsmmu-lab-challenge/1\ntitle: T\ngrade: 1\nabout: A\nrules: Q-SET-4\n---\n${parts}`,
  );
  const made = read.ok ? makeReady(read.value) : read;
  if (!made.ok) throw new Error(made.problems.map((p) => p.message).join());
  return made.value;
}
const block = (kind: string, text: string): string => `\`\`\`${kind}\n${text}\n\`\`\`\n`;
const ESCAPE = ready(
  block("start", "plug d0 v0\nmachine-start") +
    block("goal", "d1 dma=pass-s2 legal=abort\nv0 gbpa=abort") +
    block("allow", "plug d1 v0\nunplug d*\ngbpa"),
);

test("an attempt counts what was done, says which lines of the goal hold, and when it is solved", () => {
  const { session } = openChallenge(ESCAPE);
  expect(attemptAt(ESCAPE, session)).toMatchObject({ commands: [], solved: false });
  session.append("gbpa v0 abort\ngbpa v0 abort\nunplug d1");
  const half = attemptAt(ESCAPE, session);
  // Unplugging what is not there makes no sense and does not count.
  expect(half?.commands).toEqual(["gbpa v0 abort", "gbpa v0 abort"]);
  expect(half?.clauses.map((c) => c.holds)).toEqual([false, true]);
  session.append("plug d1 v0");
  expect(attemptAt(ESCAPE, session)).toMatchObject({ solved: true, foreign: [] });
});

test("what is not allowed is refused beforehand, and does not solve anything", () => {
  const { session } = openChallenge(ESCAPE);
  expect(refusedLine(ESCAPE, session, "gbpa v0 abort")).toBeNull();
  expect(refusedLine(ESCAPE, session, "# a thought")).toBeNull();
  expect(refusedLine(ESCAPE, session, "cr0 v0 +smmuen")).toBe('"cr0 v0 +smmuen" is not allowed here');
  expect(refusedLine(ESCAPE, session, "gbap v0 abort")).toContain('unknown verb "gbap"');
  session.append("gbpa v0 abort\nplug d1 v0\ncr0 v0 +eventqen");
  expect(attemptAt(ESCAPE, session)).toMatchObject({ solved: false, foreign: ["cr0 v0 +eventqen"] });
});

test("a session that does not begin with the start is no attempt", () => {
  expect(attemptAt(ESCAPE, open("plug d0 v0\n"))).toBeNull();
  expect(attemptAt(ESCAPE, open("qemu v6\nplug d0 v0\nmachine-start\n"))).toBeNull();
  expect(attemptAt(ESCAPE, open("plug d0 v0\nmachine-start\n"))).not.toBeNull();
});

test("a name that still names an object cannot be given again", () => {
  const raw = ready(
    block("start", "ioas-alloc as a") +
      block("goal", "count ioas=2") +
      block("allow", "ioas-alloc as a|b\ndestroy a"),
  );
  const { session } = openChallenge(raw);
  expect(refusedLine(raw, session, "ioas-alloc as a")).toBe("a still names an object");
  session.append("destroy a");
  expect(refusedLine(raw, session, "ioas-alloc as a")).toBeNull();
  const proof = prove(raw);
  expect(proof.ok && proof.value.par).toBe(1);
});

test("a goal of two setups is judged on both", () => {
  const apart = ready(
    block("start", "plug d0 v0\nmachine-start") +
      block("goal", "differ fix=none from fix=D1 in dma") +
      block("allow", "gbpa\nplug d1 v0"),
  );
  const { session } = openChallenge(apart);
  expect(attemptAt(apart, session)).toMatchObject({ solved: false });
  session.append("gbpa v0 abort\nplug d1 v0");
  const attempt = attemptAt(apart, session);
  expect(attempt?.solved).toBe(true);
  expect(attempt?.apart?.worlds).toHaveLength(2);
  expect(attempt?.apart?.differences.map((d) => d.what)).toContain("d1 dma");
  const proof = prove(apart);
  expect(proof.ok && goalWorlds(apart, proof.value)).toHaveLength(2);
});

test("one command less is impossible, par itself is not", () => {
  expect([0, 1, 2].map((n) => impossibleWithin(ESCAPE, n))).toEqual([true, true, false]);
});

test("the world of the goal is the one behind the proved way", () => {
  const proof = prove(ESCAPE);
  if (!proof.ok || ESCAPE.goal.kind !== "state") throw new Error("unproved");
  const [world] = goalWorlds(ESCAPE, proof.value);
  expect(world !== undefined && ESCAPE.goal.reached(world)).toBe(true);
});

test("a lesson's prediction has the engine's answer, whatever words ask for it", () => {
  const played = playLesson(recorded());
  const m = played.moments[1];
  if (m === undefined) throw new Error("no step");
  const [where, call] = m.step.predictions.map((p) => predictionQuestion(played, m, p));
  if (typeof where !== "object" || typeof call !== "object") throw new Error("unasked");
  expect(where.text).toBe("Where to?");
  expect(where.choices[where.right]).toMatchObject({ value: "abort", label: "the abort HWPT" });
  expect(call.choices[call.right]?.value).toBe("attach");
  expect(where.choices.some((c) => c.value === "bypass" && c.why === "So it was before.")).toBe(true);
});

test("links carry a lesson; a cut, changed or foreign one is refused", () => {
  const text = printLesson(recorded());
  const link = writeCourseLink(text);
  expect(isCourseLink(`#${link}`)).toBe(true);
  expect(readCourseLink(`#${link}`)).toEqual({ ok: true, text });
  const problem = (l: string): string => {
    const r = readCourseLink(l);
    return r.ok ? "" : r.problem;
  };
  expect(problem(link.slice(0, -9))).toContain("cut short");
  expect(problem(link.replace(/.(?=.{20}$)/, (c) => (c === "A" ? "B" : "A")))).toContain("checksum");
  expect(problem(link.replace("course1", "course2"))).toContain("format 2");
  expect(problem("lab1:plug")).toContain("no link");
  expect(problem(writeCourseLink("x".repeat(1 << 21)))).toContain("at most 1 MB");
});

test("property: any text survives a link", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      expect(readCourseLink(writeCourseLink(text))).toEqual({ ok: true, text });
    }),
  );
});
