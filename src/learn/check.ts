/**
 * Whether a lesson, a challenge or the glossary can stand: everything in it is played. The build, `lab learn` and the
 * page's import refuse with the same words, because they all ask here.
 */
import { deviceFacts } from "../engine/observe.ts";
import type { LineProblem } from "../script/marked.ts";
import { parse } from "../script/parse.ts";
import { runAll } from "../script/runner.ts";
import type { Challenge } from "./challenge.ts";
import type { GlossaryEntry } from "./glossary.ts";
import type { Lesson } from "./lesson.ts";
import { type LessonMoment, type PlayedLesson, playLesson, predictionQuestion } from "./play.ts";
import { PROVE_LIMITS, type Proof, type ProveLimits, prove, solutionProblems } from "./prove.ts";
import { byLine } from "./reading.ts";
import { firedRules } from "./situation.ts";
import { blockProblems, makeReady } from "./start.ts";

export interface Checked {
  /** It is refused for these. */
  readonly problems: readonly LineProblem[];
  /** It may stand, but somebody should read it again: stale claims, rules it names and does not show. */
  readonly remarks: readonly LineProblem[];
}

function momentProblems(played: PlayedLesson, m: LessonMoment): LineProblem[] {
  const { at } = m.step;
  const out: LineProblem[] = m.faults.map((f) => {
    const first = f.part === "script" ? at.lab : at.claim;
    const line = f.line === 0 || first === 0 ? at.title : first + f.line - 1;
    return { line, message: f.message.replace(/^(\d+): /, "column $1: ") };
  });
  if (out.length > 0) return out;
  const { session } = played;
  const path = session.path(m.node);
  const since = path.findIndex((n) => n.id === m.before) + 1;
  for (const n of path.slice(since)) {
    const text = n.text.replace(/\s*\\?\n\s*/g, " ");
    if (n.kind === "expect" && !n.ok) out.push({ line: at.lab, message: `${text}: does not hold` });
    if (n.rejected && !m.step.claim.includes("rejected"))
      out.push({
        line: at.lab,
        message: `"${text}" cannot be done there: ${session.outcome(n.id)?.messages.join("; ")}`,
      });
  }
  for (const p of m.step.predictions) {
    const asked = predictionQuestion(played, m, p);
    if (typeof asked === "string") out.push({ line: p.line, message: `this cannot be asked: ${asked}` });
  }
  return out;
}

/** Ids of all rules that fire anywhere in the lesson. */
function shownRules(played: PlayedLesson): Set<string> {
  const out = new Set<string>();
  const { session } = played;
  for (const m of played.moments)
    for (const n of session.path(m.node)) {
      if (n.kind !== "command") continue;
      const outcome = session.outcome(n.id);
      if (outcome !== null) for (const r of firedRules(outcome)) out.add(r.id);
      const world = session.world(n.id);
      world.setup.devices.forEach((_, dev) => {
        for (const r of deviceFacts(world, dev).legalRules) out.add(r);
      });
    }
  return out;
}

export function checkLesson(lesson: Lesson): Checked {
  const played = playLesson(lesson);
  const problems = played.moments.flatMap((m) => momentProblems(played, m));
  const remarks: LineProblem[] = [];
  for (const m of played.moments)
    if (m.judgement === "stale")
      remarks.push({ line: m.step.at.claim, message: `stale claim: ${m.reasons.join("; ")}` });
  if (problems.length === 0) {
    const shown = shownRules(played);
    const linked = new Set(
      lesson.steps.flatMap((s) => s.links.map((l) => (l.kind === "rule" ? l.target : ""))),
    );
    for (const id of lesson.rules)
      if (!shown.has(id) && !linked.has(id))
        remarks.push({ line: 1, message: `the head names ${id}; no step fires it, no link leads to it` });
  }
  if (lesson.steps.every((s) => s.sources.length === 0))
    remarks.push({ line: 0, message: "no step says where its facts come from" });
  return { problems: byLine(problems), remarks: byLine(remarks) };
}

export interface CheckedChallenge extends Checked {
  readonly proof: Proof | null;
}

/** Proves par unless `known` is a proof of this very text. */
export function checkChallenge(
  challenge: Challenge,
  known: Proof | null = null,
  limits: ProveLimits = PROVE_LIMITS,
): CheckedChallenge {
  const ready = makeReady(challenge);
  if (!ready.ok) return { problems: ready.problems, remarks: [], proof: null };
  const proof = known === null ? prove(ready.value, limits) : { ok: true as const, value: known };
  if (!proof.ok) return { problems: proof.problems, remarks: [], proof: null };
  return {
    problems: byLine(solutionProblems(ready.value, proof.value.par)),
    remarks: challenge.hints.length === 0 ? [{ line: 0, message: "the challenge has no hint" }] : [],
    proof: proof.value,
  };
}

export function checkGlossary(entries: readonly GlossaryEntry[]): Checked {
  const problems: LineProblem[] = [];
  for (const e of entries) {
    const parsed = parse(`${e.script}\n`);
    if (!parsed.ok) {
      problems.push(...blockProblems(parsed.problems, e.at.lab));
      continue;
    }
    for (const event of runAll(parsed.value).events) {
      const line = e.at.lab + event.line - 1;
      if (event.kind === "expect" && !event.held) {
        const { expect, got } = event.record();
        problems.push({ line, message: `expect ${expect}: got ${JSON.stringify(got)}` });
      }
      if (event.kind === "command" && event.outcome.rejected)
        problems.push({ line, message: `this cannot be done there: ${event.outcome.messages.join("; ")}` });
    }
  }
  return { problems: byLine(problems), remarks: [] };
}
