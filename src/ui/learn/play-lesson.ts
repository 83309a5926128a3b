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
  readonly asked: readonly Question[];
}

export interface PlayedCourse {
  readonly session: Session;
  readonly steps: readonly PlayedStep[];
}

export function playSteps(lesson: Lesson): PlayedCourse {
  const played = playLesson(lesson);
  const { session, moments } = played;
  const steps = moments.map((moment, i): PlayedStep => {
    const { step, node } = moment;
    const from = step.fresh ? null : (moments[i - 1]?.node ?? null);
    // A script that begins anew has no step before: all but its last command is there when it is asked about.
    const last = commandAt(session, session.node(node));
    const asked = step.predictions.flatMap((one) => {
      const question = predictionQuestion(played, moment, one, i + 1);
      return typeof question === "string" ? [] : [question];
    });
    return { moment, from, before: from ?? last?.parent ?? node, asked };
  });
  return { session, steps };
}
