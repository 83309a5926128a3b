/**
 * The answers of a search for a page that is put to sleep and thrown away: kept by the tab, read back through a schema,
 * and marked as partial when the search was not over. The states themselves are gone with the worker.
 */
import * as z from "zod/mini";
import type { Run } from "./explore-store.ts";
import { readQuestion } from "./question.ts";

const KEY = "vsmmu-lab.explore.answers";
const MOST = 2_000_000;

const text = z.string();
const texts = z.array(text);
const number = z.number();
const ending = z.enum(["complete", "depth", "states", "bytes", "cancelled"]);
const counts = {
  states: number,
  raw: number,
  transitions: number,
  frontier: number,
  depth: number,
  bytes: number,
};
const promise = { id: text, sentence: text, source: text, goal: z.boolean() };
const limits = z.object({ depth: number, states: number, bytes: number });

const example = z.object({
  cls: text,
  depth: number,
  lines: texts,
  why: text,
  rules: z.array(z.object({ id: text, text, source: text, within: text })),
  before: texts,
  after: texts,
  state: number,
});

const report = z.object({
  alphabet: text,
  moves: number,
  symmetries: number,
  rawExact: z.boolean(),
  counts: z.object(counts),
  ending,
  endingText: text,
  complete: z.boolean(),
  histogram: z.array(number),
  verdicts: z.array(
    z.object({
      ...promise,
      state: z.enum(["holds", "broken", "reached", "unreached", "open"]),
      examples: z.array(example),
    }),
  ),
  classes: z.array(z.object({ cls: text, title: text, depth: number, state: number, promises: texts })),
});

const schema = z.object({
  spec: z.object({
    script: text,
    alphabet: text,
    promises: texts,
    limits,
    symmetry: z.boolean(),
  }),
  question: z.unknown(),
  from: text,
  setup: text,
  head: z.object({
    alphabet: text,
    moves: texts,
    symmetries: number,
    rawExact: z.boolean(),
    promises: z.array(z.object(promise)),
    limits,
    warnings: texts,
  }),
  progress: z.object({
    ...counts,
    ending: z.nullable(ending),
    findings: z.array(z.object({ promise: text, cls: text, depth: number, state: number })),
    histogram: z.array(number),
  }),
  report: z.nullable(report),
  ms: number,
  rate: number,
});

/** Null where there is nothing to keep. */
export function answersText({
  spec,
  question,
  from,
  setup,
  head,
  progress,
  report: told,
  ms,
  rate,
}: Run): string | null {
  if (head === null || progress === null) return null;
  return JSON.stringify({ spec, question, from, setup, head, progress, report: told, ms, rate });
}

/** Null for anything that this page does not write. */
export function readAnswers(kept: string | null): Run | null {
  if (kept === null || kept.length > MOST) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(kept);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return null;
  const { question, ...rest } = parsed.data;
  const over = rest.progress.ending !== null;
  return {
    ...rest,
    side: null,
    question: readQuestion(JSON.stringify(question)),
    phase: over ? "over" : "failed",
    graph: null,
    cancelling: false,
    failure: over ? null : "The page was put away while it ran.",
    problems: [],
    client: null,
  };
}

export function keepAnswers(run: Run | null): void {
  try {
    const kept = run === null ? null : answersText(run);
    if (kept === null || kept.length > MOST) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, kept);
  } catch {
    // A tab that keeps nothing loses them; they can be searched again.
  }
}

export function keptAnswers(): Run | null {
  try {
    return readAnswers(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
