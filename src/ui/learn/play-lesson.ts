/** A lesson played through once: each step's place in one session, and where it stands before what it asks about runs. */
import type { Lesson, LessonStep } from "../../learn/lesson.ts";
import { type Moment, playReview } from "../../review/walk/play.ts";
import type { NodeId, Session } from "../../script/session.ts";
import { commandAt } from "./live-graph.tsx";

export interface PlayedStep {
  readonly step: LessonStep;
  readonly moment: Moment;
  /** Where the step before ended; null where the script begins anew. */
  readonly from: NodeId | null;
  /** Where the learner stands when asked. */
  readonly before: NodeId;
}

export interface PlayedLesson {
  readonly session: Session;
  readonly steps: readonly PlayedStep[];
}

export function playLesson(lesson: Lesson): PlayedLesson {
  const { session, moments } = playReview(lesson);
  const steps = lesson.steps.map((step, i): PlayedStep => {
    const moment = moments[i] as Moment;
    const from = step.fresh ? null : (moments[i - 1]?.node ?? null);
    // A script that begins anew has no step before: all but its last command have run when it is asked about.
    const last = commandAt(session, session.node(moment.node));
    return { step, moment, from, before: from ?? last?.parent ?? moment.node };
  });
  return { session, steps };
}
