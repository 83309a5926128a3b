/** A review played: each step's place in one session, and what has become of its claim. */
import { deviceFacts } from "../../engine/observe.ts";
import type { Outcome } from "../../engine/outcome.ts";
import { parseLines } from "../../script/parse.ts";
import { formatProblem, type Problem } from "../../script/problem.ts";
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

/** What is wrong with a step, in which of its blocks, at which line of that (from 1). */
export interface StepFault {
  readonly part: "script" | "claim";
  readonly line: number;
  readonly message: string;
}

export interface Moment<S extends ReviewStep = ReviewStep> {
  readonly step: S;
  /** Node of the session to stand at; the last good one where the step cannot be played. */
  readonly node: NodeId;
  readonly judgement: Judgement;
  /** One sentence for everything that is not as claimed. */
  readonly reasons: readonly string[];
  /** The same with their places; none for a claim that is merely stale. */
  readonly faults: readonly StepFault[];
  /** What the step did this time; goes into `seen` when the claim is recorded. */
  readonly seen: string;
}

/** Anything that goes step by step as a review does. */
export interface Walk<S extends ReviewStep = ReviewStep> {
  readonly steps: readonly S[];
}

export interface PlayedWalk<S extends ReviewStep = ReviewStep> {
  readonly session: Session;
  readonly moments: readonly Moment<S>[];
}

export interface PlayedReview extends PlayedWalk {
  readonly review: Review;
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
  return { review, ...playWalk(review) };
}

export function playWalk<S extends ReviewStep>(walk: Walk<S>): PlayedWalk<S> {
  const opened = Session.open("");
  if (!opened.ok) throw new Error("the empty script does not open");
  const session = opened.value;
  const moments: Moment<S>[] = [];
  /** Since a step that could not be played, those that go on from it cannot be either. */
  let lost = false;
  for (const step of walk.steps) {
    const from = session.current.id;
    const faults = playStep(session, step, lost);
    lost = faults.length > 0;
    const node = session.current.id;
    const seen = lost ? "" : seenAt(session, step.fresh ? -1 : from, node);
    const judged = lost
      ? { judgement: "broken" as const, faults, reasons: faults.map(faultText) }
      : judge(session, step, seen);
    session.goTo(node);
    moments.push({ step, node, seen, ...judged });
  }
  const first = moments[0];
  if (first !== undefined) session.goTo(first.node);
  return { session, moments };
}

const faultText = (f: StepFault): string => (f.line === 0 ? f.message : `line ${f.line}:${f.message}`);

/** `formatProblem` without the line, which stands apart. */
const scriptFault = (p: Problem): StepFault => ({
  part: "script",
  line: p.line,
  message: formatProblem(p).replace(/^\d+:/, ""),
});

function playStep(session: Session, step: ReviewStep, lost: boolean): StepFault[] {
  if (step.fresh) {
    const edited = session.edit(step.script === "" ? "" : `${step.script}\n`);
    return edited.ok ? [] : edited.problems.map(scriptFault);
  }
  if (lost) return [{ part: "script", line: 0, message: "the step before could not be played" }];
  if (step.script === "") return [];
  const appended = session.append(step.script);
  return appended.ok ? [] : appended.problems.map(scriptFault);
}

interface Judged {
  readonly judgement: Judgement;
  readonly reasons: readonly string[];
  readonly faults: readonly StepFault[];
}

const brokenClaim = (reasons: readonly string[], faults: readonly StepFault[]): Judged => ({
  judgement: "broken",
  reasons,
  faults,
});

/** Line of the claim that printed so, from 1. */
function claimLine(claim: string, text: string): number {
  const wanted = text.replace(/\s*\\?\n\s*/g, " ");
  const words = (l: string): string => l.trim().replace(/\s+/g, " ").replace(/ ?\\$/, "");
  const at = claim.split("\n").findIndex((l) => words(l) !== "" && wanted.startsWith(words(l)));
  return Math.max(0, at) + 1;
}

/** Judges the claim where the session stands. The expectations become steps of the session, and are left again. */
function judge(session: Session, step: ReviewStep, seen: string): Judged {
  if (step.claim === "") return { judgement: "none", reasons: [], faults: [] };
  const { setup, scope } = session.current;
  const parsed = parseLines(step.claim, setup, scope);
  if (!parsed.ok) {
    const faults = parsed.problems.map((p) => ({ ...scriptFault(p), part: "claim" as const }));
    return brokenClaim(
      parsed.problems.map((p) => `claim ${formatProblem(p)}`),
      faults,
    );
  }
  if (parsed.value.items.some((i) => i.kind === "command")) {
    const message = "a claim holds expectations, no commands";
    return brokenClaim([message], [{ part: "claim", line: 1, message }]);
  }
  const faults: StepFault[] = [];
  const added = session.append(step.claim);
  for (const node of added.ok ? added.nodes : []) {
    if (node.kind !== "expect" || node.ok) continue;
    const failed = session.verdicts(node.id).filter((v) => !v.held);
    const got = gotOf(failed);
    const message = `${node.text}: got ${typeof got === "string" ? got : JSON.stringify(got)}`;
    faults.push({ part: "claim", line: claimLine(step.claim, node.text), message });
  }
  if (faults.length > 0)
    return brokenClaim(
      faults.map((f) => f.message),
      faults,
    );
  if (step.seen !== null && step.seen !== seen)
    return {
      judgement: "stale",
      reasons: ["it holds, but the step no longer does what it did when this was recorded"],
      faults: [],
    };
  return { judgement: "held", reasons: [], faults: [] };
}

/** The claims' standing in one line: `7 held, 1 stale`. */
export function tally(moments: readonly Moment[]): string {
  const count = (j: Judgement): number => moments.filter((m) => m.judgement === j).length;
  const parts = (["held", "stale", "broken"] as const).flatMap((j) =>
    count(j) === 0 ? [] : [`${count(j)} ${j}`],
  );
  return parts.length === 0 ? "no claims" : parts.join(", ");
}
