/** A lesson played through once: each step's place in one session, what it asks, and where one stands when asked. */
import type { Lesson } from "../../learn/lesson.ts";
import { type LessonMoment, playLesson, predictionQuestion } from "../../learn/play.ts";
import type { Question } from "../../learn/question.ts";
import type { NodeId, Session } from "../../script/session.ts";
import { commandAt } from "./live-graph.tsx";

export interface PlayedStep {
  readonly moment: LessonMoment;
  /** Where the step before ended; null where the script begins anew. */
  readonly from: NodeId | null;
  /** Where the learner stands when asked. */
  readonly before: NodeId;
  /** Made when they are first wanted: each plays the step under other setups, too. */
  asked(): readonly Question[];
}

export interface PlayedCourse {
  readonly session: Session;
  readonly steps: readonly PlayedStep[];
}

const known = new WeakMap<Lesson, PlayedCourse>();

/** Plays a lesson, or finds it played: whoever points at one is likely to open it. */
export function playSteps(lesson: Lesson): PlayedCourse {
  const found = known.get(lesson);
  if (found !== undefined) return found;
  const made = playAnew(lesson);
  known.set(lesson, made);
  return made;
}

/** Its session goes to the lab, where it will grow: the next one who opens the lesson shall have another. */
export function giveAway(lesson: Lesson): void {
  known.delete(lesson);
}

function playAnew(lesson: Lesson): PlayedCourse {
  const played = playLesson(lesson);
  const { session, moments } = played;
  const steps = moments.map((moment, i): PlayedStep => {
    const { step, node } = moment;
    const from = step.fresh ? null : (moments[i - 1]?.node ?? null);
    // A script that begins anew has no step before: all but its last command is there when it is asked about.
    const last = commandAt(session, session.node(node));
    let questions: readonly Question[] | null = null;
    const asked = (): readonly Question[] => {
      questions ??= step.predictions.flatMap((one) => {
        const question = predictionQuestion(played, moment, one, i + 1);
        return typeof question === "string" ? [] : [question];
      });
      return questions;
    };
    return { moment, from, before: from ?? last?.parent ?? node, asked };
  });
  return { session, steps };
}
