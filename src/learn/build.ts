/**
 * Making lessons and challenges from a session. Drafts are the very lessons and challenges that files hold: what was
 * built is printed, read and checked like any other, so an author sees what the build would say.
 */

import type { ShareView } from "../review/share/share.ts";
import { claimsHere, recordStep } from "../review/walk/record.ts";
import { statementText } from "../script/ast.ts";
import type { LineProblem } from "../script/marked.ts";
import type { NodeId, Session } from "../script/session.ts";
import { type Catalog, readCatalog } from "./catalog.ts";
import { type Challenge, printChallenge, readGoalLines } from "./challenge.ts";
import { type CheckedFile, checkFile } from "./check-file.ts";
import { type Lesson, type LessonStep, printLesson } from "./lesson.ts";
import { playLesson } from "./play.ts";
import { type Prediction, readPrediction } from "./prediction.ts";
import { firedRules } from "./situation.ts";

export interface LessonDraft {
  readonly lesson: Lesson;
  /** Node that the last recorded step stands at; null when the next one begins the script anew. */
  readonly last: NodeId | null;
}

export const NO_LESSON_YET: LessonDraft = {
  lesson: { title: "", about: "", tracks: ["kernel", "qemu"], minutes: 5, rules: [], steps: [] },
  last: null,
};

/** A lesson that is there already, to be gone on with: its next step begins a script of its own. */
export const draftOf = (lesson: Lesson): LessonDraft => ({ lesson, last: null });

export interface ToldStep {
  readonly title: string;
  readonly prose: string;
  /** Expectations, with or without `expect`. */
  readonly claim: string;
  /** Lines as a predict block has them. */
  readonly predict: string;
  /** One source a line. */
  readonly source: string;
  readonly notes: string;
  readonly view: ShareView;
}

const NOWHERE = { title: 0, lab: 0, claim: 0 } as const;

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "");

/** The lines of a predict block, or what is wrong with them (by their own lines). */
export function readPredict(
  text: string,
):
  | { readonly ok: true; readonly value: readonly Prediction[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] } {
  const read = lines(text).map((l, i) => readPrediction(l, i + 1));
  const problems = read.filter((p): p is LineProblem => "message" in p);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: read.filter((p): p is Prediction => "ask" in p) };
}

/** Adds the step the session stands at: what was played since the step before. A wrong predict line leaves it out. */
export function recordLessonStep(draft: LessonDraft, session: Session, told: ToldStep): LessonDraft {
  const { lesson, last } = draft;
  const before = { review: { title: "", about: "", steps: lesson.steps }, last };
  const recorded = recordStep(before, session, told);
  const step = recorded.review.steps.at(-1);
  if (step === undefined) return draft;
  const predictions = readPredict(told.predict);
  const added: LessonStep = {
    ...step,
    predictions: predictions.ok && step.script !== "" ? predictions.value : [],
    sources: lines(told.source),
    links: [],
    at: NOWHERE,
  };
  return {
    lesson: { ...lesson, steps: [...lesson.steps, added] },
    last: recorded.last,
  };
}

/** Another text for a step that stands; what it plays stays. */
export function editStep(
  lesson: Lesson,
  index: number,
  change: Partial<Omit<LessonStep, "script" | "fresh">>,
): Lesson {
  const steps = lesson.steps.map((s, i) => (i === index ? { ...s, ...change } : s));
  return { ...lesson, steps };
}

/** Without one step. What it played is played by the next one, unless that begins anew: nothing behind it changes. */
export function removeStep(lesson: Lesson, index: number): Lesson {
  const gone = lesson.steps[index];
  if (gone === undefined) return lesson;
  const steps = lesson.steps.flatMap((s, i) => {
    if (i === index) return [];
    if (i !== index + 1 || s.fresh) return [s];
    const script = [gone.script, s.script].filter((t) => t !== "").join("\n");
    return [{ ...s, script, fresh: gone.fresh, seen: null }];
  });
  return { ...lesson, steps };
}

/** Claims recorded anew where they hold: what was stale is so no more, what is broken stays for the author to see. */
export function refreshClaims(lesson: Lesson): Lesson {
  const { moments } = playLesson(lesson);
  const steps = moments.map(({ step, judgement, seen }) =>
    judgement === "held" || judgement === "stale" ? { ...step, seen } : step,
  );
  return { ...lesson, steps };
}

/** Rules that the steps fire, in the order they first do: from these an author chooses what the lesson teaches. */
export function rulesShown(lesson: Lesson): string[] {
  const { session, moments } = playLesson(lesson);
  const out = new Set<string>();
  for (const m of moments)
    for (const n of session.path(m.node)) {
      const outcome = n.kind === "command" ? session.outcome(n.id) : null;
      if (outcome !== null) for (const r of firedRules(outcome)) out.add(r.id);
    }
  return [...out];
}

export interface ToldChallenge {
  readonly title: string;
  readonly about: string;
  readonly grade: Challenge["grade"];
  readonly rules: readonly string[];
  readonly prose: string;
  readonly insight: string;
  readonly hints: readonly string[];
  readonly view: ShareView;
  /** Lines as a goal block has them; empty: what is so at the session's node, see `goalsHere`. */
  readonly goal: string;
  /** Lines as an allow block has them; empty: the commands of the solution. */
  readonly allow: string;
}

/** What could be a goal of a state: a line a device, which holds where the session stands. */
export const goalsHere = (session: Session): string[] =>
  claimsHere(session).map((l) => l.replace(/^expect /, "").replace(/ diverges=no$/, ""));

const numbered = (text: string) => lines(text).map((l) => ({ text: l, line: 0 }));

/**
 * A challenge from a session: it starts at `start`, and the commands from there to where the session stands solve it.
 * Null if the session does not stand behind that node.
 */
export function challengeFrom(session: Session, start: NodeId, told: ToldChallenge): Challenge | null {
  const path = session.path();
  const at = path.findIndex((n) => n.id === start);
  if (at < 0) return null;
  const commands = path
    .slice(at + 1)
    .flatMap((n) => (n.item?.kind === "command" && !n.rejected ? [statementText(n.item)] : []));
  const goal = lines(told.goal).length > 0 ? told.goal : goalsHere(session).join("\n");
  const allow = lines(told.allow).length > 0 ? told.allow : [...new Set(commands)].join("\n");
  return {
    title: told.title.trim() || "Challenge",
    about: told.about.trim(),
    grade: told.grade,
    rules: told.rules,
    prose: told.prose.trim(),
    insight: told.insight.trim(),
    start: { text: session.script(start).trimEnd(), line: 0 },
    // What is wrong with it the check will say, with its line.
    goal: readGoalLines(numbered(goal), 0, []),
    allow: numbered(allow),
    hints: told.hints.map((h) => h.trim()).filter((h) => h !== ""),
    solution: commands.length === 0 ? null : { text: commands.join("\n"), line: 0 },
    view: told.view,
    links: [],
  };
}

/** A built lesson or challenge as a file, checked as the build checks it. Nothing is thrown away when it is refused. */
export interface Built extends CheckedFile {
  readonly text: string;
}

export function checkText(path: string, text: string, catalog: Catalog = readCatalog([])): Built {
  return { ...checkFile({ path, text }, catalog), text };
}

export const checkLessonDraft = (path: string, lesson: Lesson, catalog?: Catalog): Built =>
  checkText(path, printLesson(lesson), catalog);

export const checkChallengeDraft = (path: string, challenge: Challenge, catalog?: Catalog): Built =>
  checkText(path, printChallenge(challenge), catalog);
