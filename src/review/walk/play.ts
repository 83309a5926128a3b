/** A review played: each step's place in one session, and what has become of its claim. */
import { deviceFacts } from "../../engine/observe.ts";
import type { Outcome } from "../../engine/outcome.ts";
import { parseLines } from "../../script/parse.ts";
import { formatProblem } from "../../script/problem.ts";
import { gotOf } from "../../script/runner.ts";
import { type NodeId, Session } from "../../script/session.ts";
import { callTexts, endText } from "../mail/steps.ts";
import { checksum } from "../share/crc32.ts";
import type { Review, ReviewStep } from "./review.ts";

/**
 * `held`: the expectations hold. `stale`: they hold, but the step no longer does what it did when the claim was recorded,
 * so what is written beside it should be read again. `broken`: one does not hold, or the step cannot be played.
 */
export type Judgement = "held" | "stale" | "broken" | "none";

export interface Moment {
  readonly step: ReviewStep;
  /** Node of the session to stand at; the last good one where the step cannot be played. */
  readonly node: NodeId;
  readonly judgement: Judgement;
  /** One sentence for everything that is not as claimed. */
  readonly reasons: readonly string[];
  /** What the step did this time; goes into `seen` when the claim is recorded. */
  readonly seen: string;
}

export interface PlayedReview {
  readonly review: Review;
  readonly session: Session;
  readonly moments: readonly Moment[];
}

/** What a step did, for comparison with the day it was recorded: its commands' ends and calls, and every device. */
export function seenAt(session: Session, from: NodeId, to: NodeId): string {
  const words: string[] = [];
  for (const node of session.path(to)) {
    if (node.id <= from && node.parent !== null) continue;
    if (node.kind !== "command") continue;
    const outcome = session.outcome(node.id) as Outcome;
    words.push(node.text, endText(outcome), ...callTexts(node.setup, outcome));
  }
  const world = session.world(to);
  world.setup.devices.forEach(({ name }, dev) => {
    const f = deviceFacts(world, dev);
    words.push(`${name} ${f.attached} ${f.pste} ${f.legal.join(",")} ${f.hardware} ${f.diverges}`);
  });
  return checksum(words.join("\n"));
}

/** Plays and judges every step; nothing throws, whatever the review holds. */
export function playReview(review: Review): PlayedReview {
  const opened = Session.open("");
  if (!opened.ok) throw new Error("the empty script does not open");
  const session = opened.value;
  const moments: Moment[] = [];
  /** Since a step that could not be played, those that go on from it cannot be either. */
  let lost = false;
  for (const step of review.steps) {
    const from = session.current.id;
    const problems = playStep(session, step, lost);
    lost = problems.length > 0;
    const node = session.current.id;
    const seen = lost ? "" : seenAt(session, step.fresh ? -1 : from, node);
    const judged = lost ? { judgement: "broken" as const, reasons: problems } : judge(session, step, seen);
    session.goTo(node);
    moments.push({ step, node, seen, ...judged });
  }
  const first = moments[0];
  if (first !== undefined) session.goTo(first.node);
  return { review, session, moments };
}

function playStep(session: Session, step: ReviewStep, lost: boolean): string[] {
  if (step.fresh) {
    const edited = session.edit(step.script === "" ? "" : `${step.script}\n`);
    return edited.ok ? [] : edited.problems.map((p) => `line ${formatProblem(p)}`);
  }
  if (lost) return ["the step before could not be played"];
  if (step.script === "") return [];
  const appended = session.append(step.script);
  return appended.ok ? [] : appended.problems.map((p) => `line ${formatProblem(p)}`);
}

/** Judges the claim where the session stands. The expectations become steps of the session, and are left again. */
function judge(
  session: Session,
  step: ReviewStep,
  seen: string,
): { readonly judgement: Judgement; readonly reasons: readonly string[] } {
  if (step.claim === "") return { judgement: "none", reasons: [] };
  const { setup, scope } = session.current;
  const parsed = parseLines(step.claim, setup, scope);
  if (!parsed.ok)
    return { judgement: "broken", reasons: parsed.problems.map((p) => `claim ${formatProblem(p)}`) };
  if (parsed.value.items.some((i) => i.kind === "command"))
    return { judgement: "broken", reasons: ["a claim holds expectations, no commands"] };
  const reasons: string[] = [];
  const added = session.append(step.claim);
  for (const node of added.ok ? added.nodes : []) {
    if (node.kind !== "expect" || node.ok) continue;
    const failed = session.verdicts(node.id).filter((v) => !v.held);
    const got = gotOf(failed);
    reasons.push(`${node.text}: got ${typeof got === "string" ? got : JSON.stringify(got)}`);
  }
  if (reasons.length > 0) return { judgement: "broken", reasons };
  if (step.seen !== null && step.seen !== seen)
    return {
      judgement: "stale",
      reasons: ["it holds, but the step no longer does what it did when this was recorded"],
    };
  return { judgement: "held", reasons: [] };
}

/** The claims' standing in one line: `7 held, 1 stale`. */
export function tally(moments: readonly Moment[]): string {
  const count = (j: Judgement): number => moments.filter((m) => m.judgement === j).length;
  const parts = (["held", "stale", "broken"] as const).flatMap((j) =>
    count(j) === 0 ? [] : [`${count(j)} ${j}`],
  );
  return parts.length === 0 ? "no claims" : parts.join(", ");
}
