/** What a learner has done: plain data, kept on the device, passed on as a file. Every function gives a new value. */
import * as z from "zod/mini";
import { allRules, ruleOf } from "../engine/all-rules.ts";
import type { Question } from "./question.ts";
import { answered, type Card, LAST_BOX, type Mastery, masteryOf } from "./schedule.ts";

export const PROGRESS_FORMAT = "vsmmu-lab-progress/1";
const FAMILY = "vsmmu-lab-progress/";

const count = z.int().check(z.nonnegative());
const name = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/));
const lesson = z.strictObject({
  /** Steps seen: the furthest one's number, from 1. */
  step: count,
  done: z.boolean(),
  right: count,
  wrong: count,
});
const challenge = z.strictObject({
  /** Fewest commands of a solution; null: not solved. */
  best: z.nullable(z.int().check(z.positive())),
  /** Hints looked at, most ever. */
  hints: count,
});
const card = z.strictObject({
  box: z.int().check(z.nonnegative(), z.maximum(LAST_BOX)),
  due: count,
  right: count,
  wrong: count,
});
const schema = z.strictObject({
  format: z.literal(PROGRESS_FORMAT),
  lessons: z.record(name, lesson),
  challenges: z.record(name, challenge),
  /** By rule id. */
  rules: z.record(z.string().check(z.maxLength(64)), card),
  /** Questions made so far: the next one's seed. */
  asked: count,
});

export type Progress = z.infer<typeof schema>;
export type LessonProgress = z.infer<typeof lesson>;
export type ChallengeProgress = z.infer<typeof challenge>;

export const NO_PROGRESS: Progress = Object.freeze({
  format: PROGRESS_FORMAT,
  lessons: {},
  challenges: {},
  rules: {},
  asked: 0,
});

const NO_LESSON: LessonProgress = { step: 0, done: false, right: 0, wrong: 0 };
const NO_CHALLENGE: ChallengeProgress = { best: null, hints: 0 };

const own = <T>(all: Readonly<Record<string, T>>, key: string): T | null =>
  Object.hasOwn(all, key) ? (all[key] ?? null) : null;

export const lessonProgress = (p: Progress, slug: string): LessonProgress =>
  own(p.lessons, slug) ?? NO_LESSON;
export const challengeProgress = (p: Progress, slug: string): ChallengeProgress =>
  own(p.challenges, slug) ?? NO_CHALLENGE;

/** A step of a lesson was reached, from 1; with the last one the lesson is done. */
export function withStep(p: Progress, slug: string, step: number, steps: number): Progress {
  const old = lessonProgress(p, slug);
  const now = { ...old, step: Math.max(old.step, step), done: old.done || step >= steps };
  return { ...p, lessons: { ...p.lessons, [slug]: now } };
}

/** Rules that nearly every command of their kind fires: an answer says little about whether they are known. */
const COMMON =
  /^(G-CMDQ-SETUP|G-LATE-SETUP|G-CMD-\d+|Q-CMDQ-OFF|K-ID-1|K-STE-\d+|K-ATS-\d+|K-INFO-\d+|K-BIND-12|Q-SET-9)$/;

/** Rules an answer counts for: those among the question's that were asked for, else the first that says something. */
export function creditedRules(q: Question, wanted: readonly string[]): string[] {
  const fired = q.rules.map((r) => r.id);
  const hit = fired.filter((id) => wanted.includes(id));
  if (hit.length > 0) return hit;
  const telling = fired.filter((id) => !COMMON.test(id));
  return (telling.length > 0 ? telling : fired).slice(0, 1);
}

export function withAnswer(p: Progress, rules: readonly string[], right: boolean, now: number): Progress {
  const cards = { ...p.rules };
  for (const id of rules) cards[id] = answered(own(cards, id), right, now);
  return { ...p, rules: cards };
}

/** An answer to a lesson's own prediction. */
export function withPrediction(
  p: Progress,
  slug: string,
  rules: readonly string[],
  right: boolean,
  now: number,
): Progress {
  const old = lessonProgress(p, slug);
  const counted = right ? { ...old, right: old.right + 1 } : { ...old, wrong: old.wrong + 1 };
  return withAnswer({ ...p, lessons: { ...p.lessons, [slug]: counted } }, rules, right, now);
}

export const withAsked = (p: Progress): Progress => ({ ...p, asked: p.asked + 1 });

export function withHint(p: Progress, slug: string, hints: number): Progress {
  const old = challengeProgress(p, slug);
  const now = { ...old, hints: Math.max(old.hints, hints) };
  return { ...p, challenges: { ...p.challenges, [slug]: now } };
}

export function withSolved(p: Progress, slug: string, commands: number): Progress {
  const old = challengeProgress(p, slug);
  const best = old.best === null ? commands : Math.min(old.best, commands);
  return { ...p, challenges: { ...p.challenges, [slug]: { ...old, best } } };
}

export interface MapRow {
  readonly id: string;
  readonly text: string;
  readonly mastery: Mastery;
  readonly right: number;
  readonly wrong: number;
}

export const AREAS: readonly (readonly [prefix: string, title: string])[] = [
  ["K-", "Host kernel"],
  ["Q-", "QEMU"],
  ["A-", "Architecture"],
  ["G-", "Guest"],
  ["H-", "Hardware"],
];

/** The map of rules: every rule of the model, or those given, by area. */
export function ruleMap(
  p: Progress,
  now: number,
  ids: readonly string[] = Object.keys(allRules()),
): { readonly title: string; readonly rows: readonly MapRow[] }[] {
  const rows = ids.flatMap((id): MapRow[] => {
    const rule = ruleOf(id);
    if (rule === null) return [];
    const c = own(p.rules, id);
    return [{ id, text: rule.text, mastery: masteryOf(c, now), right: c?.right ?? 0, wrong: c?.wrong ?? 0 }];
  });
  const isOf = (prefix: string, r: MapRow): boolean => r.id.startsWith(prefix);
  const other = rows.filter((r) => !AREAS.some(([prefix]) => isOf(prefix, r)));
  return [
    ...AREAS.map(([prefix, title]) => ({ title, rows: rows.filter((r) => isOf(prefix, r)) })),
    { title: "Other", rows: other },
  ].filter((a) => a.rows.length > 0);
}

export const exportProgress = (p: Progress): string => `${JSON.stringify(p, null, 2)}\n`;

export const MOST_PROGRESS_BYTES = 1 << 20;

/** Reads a file of progress. All or nothing: every problem is told, and nothing of a wrong file is taken. */
export function importProgress(
  text: string,
):
  | { readonly ok: true; readonly value: Progress }
  | { readonly ok: false; readonly problems: readonly string[] } {
  const no = (...problems: string[]) => ({ ok: false as const, problems });
  if (text.length > MOST_PROGRESS_BYTES) return no("a file of progress has at most 1 MB");
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return no("this is no file of progress: it is not JSON");
  }
  const format =
    typeof json === "object" && json !== null ? (json as { format?: unknown }).format : undefined;
  if (format !== PROGRESS_FORMAT)
    return no(
      typeof format === "string" && format.startsWith(FAMILY)
        ? `the progress is of format ${format}; this lab reads ${PROGRESS_FORMAT}`
        : `this is no file of progress: it does not say "format": "${PROGRESS_FORMAT}"`,
    );
  const read = schema.safeParse(json);
  if (read.success) return { ok: true, value: read.data };
  return no(...read.error.issues.map((i) => `${i.path.join(".") || "the file"}: ${i.message}`));
}

/** Both learners' best: whatever either has done is done. Merging twice changes nothing more. */
export function mergeProgress(a: Progress, b: Progress): Progress {
  const both = <T>(
    x: Readonly<Record<string, T>>,
    y: Readonly<Record<string, T>>,
    one: (l: T, r: T) => T,
  ) => {
    const out: Record<string, T> = {};
    for (const key of [...Object.keys(x), ...Object.keys(y)].sort()) {
      const [l, r] = [own(x, key), own(y, key)];
      if (l !== null && r !== null) out[key] = one(l, r);
      else if (l !== null) out[key] = l;
      else if (r !== null) out[key] = r;
    }
    return out;
  };
  const least = (x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : Math.min(x, y);
  return {
    format: PROGRESS_FORMAT,
    lessons: both(a.lessons, b.lessons, (l, r) => ({
      step: Math.max(l.step, r.step),
      done: l.done || r.done,
      right: Math.max(l.right, r.right),
      wrong: Math.max(l.wrong, r.wrong),
    })),
    challenges: both(a.challenges, b.challenges, (l, r) => ({
      best: least(l.best, r.best),
      hints: Math.max(l.hints, r.hints),
    })),
    // The card asked most often knows most; of those alike, the one that asks again sooner.
    rules: both(a.rules, b.rules, (l, r) => {
      const order = (c: Card): readonly number[] => [-(c.right + c.wrong), c.due, c.box, c.right];
      const [x, y] = [order(l), order(r)];
      const at = x.findIndex((n, i) => n !== y[i]);
      return at < 0 || (x[at] as number) < (y[at] as number) ? l : r;
    }),
    asked: Math.max(a.asked, b.asked),
  };
}
