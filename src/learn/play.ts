/** A lesson played: where each step stands in one session, what has become of its claim, what is asked before it. */
import { type Moment, playWalk } from "../review/walk/play.ts";
import type { CommandItem } from "../script/ast.ts";
import type { NodeId, Session, TimelineNode } from "../script/session.ts";
import { answerOf } from "./answer.ts";
import type { Lesson, LessonStep } from "./lesson.ts";
import type { Prediction } from "./prediction.ts";
import { type Question, questionOf } from "./question.ts";
import { Chance } from "./random.ts";
import { playOn, type Situation } from "./situation.ts";

export interface LessonMoment extends Moment<LessonStep> {
  /** Node before the step's lab block has run: where its predictions are asked. */
  readonly before: NodeId;
}

export interface PlayedLesson {
  readonly lesson: Lesson;
  readonly session: Session;
  readonly moments: readonly LessonMoment[];
}

export function playLesson(lesson: Lesson): PlayedLesson {
  const { session, moments } = playWalk(lesson);
  const out = moments.map((m, i) => {
    const start = session.path(m.node)[0]?.id ?? 0;
    const before = m.step.fresh ? start : (moments[i - 1]?.node ?? start);
    return { ...m, before };
  });
  return { lesson, session, moments: out };
}

const commandsOf = (nodes: readonly TimelineNode[]): CommandItem[] =>
  nodes.flatMap((n) => (n.item?.kind === "command" ? [n.item] : []));

/** What a step runs, and what ran before it. */
export function situationOf(session: Session, m: LessonMoment): Situation {
  const path = session.path(m.node);
  const split = path.findIndex((n) => n.id === m.before) + 1;
  return {
    setup: session.node(m.node).setup,
    lead: commandsOf(path.slice(0, split)),
    act: commandsOf(path.slice(split)),
  };
}

/** The question of one prediction; a string says why it cannot be asked. The seed orders its choices. */
export function predictionQuestion(
  played: PlayedLesson,
  m: LessonMoment,
  prediction: Prediction,
  seed = 1,
): Question | string {
  const situation = situationOf(played.session, m);
  const { ask, text } = prediction;
  if (situation.act.length === 0) return "the step runs nothing that could be predicted";
  const moment = playOn(
    played.session.world(m.before),
    situation.act.map((i) => i.action),
    true,
  );
  if (moment === null) return "a command of the step cannot be done there";
  const { devices } = moment.world.setup;
  if ("dev" in ask && !devices.some((d) => d.name === ask.dev))
    return `no device "${ask.dev}" here; there are ${devices.map((d) => d.name).join(", ")}`;
  const right = answerOf(ask, moment);
  if (right === null)
    return `nothing is said of ${"dev" in ask ? ask.dev : "it"} there: the guest does not have it`;
  if (
    right === "none" &&
    ask.kind === "users" &&
    answerOf(ask, { ...moment, world: moment.before }) === "none"
  )
    return `there is no object ${ask.object}, before or after`;
  if (right === "none" && ask.kind === "call" && ask.n > 1) {
    const earlier = answerOf({ kind: "call", n: ask.n - 1 }, moment);
    if (earlier === "none") return `the last command makes fewer than ${ask.n - 1} host calls that count`;
  }
  return questionOf(ask, situation, moment, new Chance(seed), text) ?? "only one answer could be offered";
}
