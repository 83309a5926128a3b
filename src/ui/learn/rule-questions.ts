/** Questions about one rule, from the lessons that teach it; each of them is played once. */
import type { MadeQuestion, Wish } from "../../learn/ask-scene.ts";
import { makeRuleQuestion } from "../../learn/course-questions.ts";
import type { Lesson } from "../../learn/lesson.ts";
import { type PlayedLesson, playLesson } from "../../learn/play.ts";
import { lessons } from "./library.ts";

const known = new WeakMap<Lesson, PlayedLesson>();

function played(lesson: Lesson): PlayedLesson {
  let one = known.get(lesson);
  if (one === undefined) {
    one = playLesson(lesson);
    known.set(lesson, one);
  }
  return one;
}

/** Null where neither these lessons nor chance have a question like the wish. */
export function ruleQuestion(seed: number, wish: Wish & { readonly rule: string }): MadeQuestion | null {
  const teaching = lessons().filter(({ value }) => value.rules.includes(wish.rule));
  return makeRuleQuestion(
    teaching.map(({ value }) => played(value)),
    seed,
    wish,
  );
}
