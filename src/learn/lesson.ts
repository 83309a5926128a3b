/**
 * A lesson is a Markdown file that the lab plays: a head, one heading a step, prose, and blocks. Beside those of a review
 * (`lab`, `claim`, `view`, `notes`) there are `predict` (asked before the step's lab block runs) and `source` (where
 * the facts of the step come from).
 */
import type { ReviewStep } from "../review/walk/review.ts";
import { blocksOf, formatMismatch, readView, seenOf, wrongInClaim } from "../review/walk/step-blocks.ts";
import {
  blockLines,
  headLines,
  type LineProblem,
  type MarkedBlock,
  type MarkedSection,
  oneLine,
  proseOf,
  readMarked,
  trimmedText,
} from "../script/marked.ts";
import { type Prediction, predictionText, readPredictions } from "./prediction.ts";
import {
  byLine,
  HeadReader,
  type LearnLink,
  linksIn,
  type Read,
  tooLarge,
  tooMuchScript,
  unknownBlocks,
} from "./reading.ts";

export const LESSON_FORMAT = "vsmmu-lab-lesson/1";
export const TRACKS = ["kernel", "qemu"] as const;
export type Track = (typeof TRACKS)[number];

/** Lines of the file where the parts of a step begin; 0 for a part that is not there, or of no file. */
export interface StepPlaces {
  readonly title: number;
  /** First line inside the block, so that line 1 of its script is this one. */
  readonly lab: number;
  readonly claim: number;
}

export interface LessonStep extends ReviewStep {
  readonly predictions: readonly Prediction[];
  /** One a line. */
  readonly sources: readonly string[];
  readonly links: readonly LearnLink[];
  readonly at: StepPlaces;
}

export interface Lesson {
  readonly title: string;
  readonly about: string;
  readonly tracks: readonly Track[];
  readonly minutes: number;
  /** Ids of the rules it teaches. */
  readonly rules: readonly string[];
  readonly steps: readonly LessonStep[];
}

const KINDS = ["lab", "claim", "predict", "view", "source", "notes"];
const MOST_STEPS = 100;

const isOurs = (b: MarkedBlock): boolean => KINDS.includes(b.kind);

/** File line of the first line that is kept when a block's text is trimmed. */
function firstLine(block: MarkedBlock | undefined): number {
  if (block === undefined) return 0;
  const blank = block.lines.findIndex((l) => l !== "");
  return block.line + 1 + Math.max(0, blank);
}

function readStep(section: MarkedSection, first: boolean, problems: LineProblem[]): LessonStep {
  const once = ["lab", "claim", "predict", "source", "notes"];
  const blocks = blocksOf(section, once, problems);
  problems.push(...unknownBlocks(section.parts, KINDS));
  const view: Record<string, string> = {};
  for (const p of section.parts)
    if (p.kind === "block" && p.block.kind === "view") readView(p.block, view, problems);
  const lab = blocks.get("lab");
  const claim = blocks.get("claim");
  const predict = blocks.get("predict");
  for (const w of lab?.words ?? [])
    if (w !== "fresh")
      problems.push({
        line: lab?.line ?? 0,
        message: `"lab ${w}" is no lab block; expected lab or lab fresh`,
      });
  const wrong = claim === undefined ? null : wrongInClaim(claim);
  if (wrong !== null) problems.push(wrong);
  if (predict !== undefined && trimmedText(lab?.lines ?? null) === "")
    problems.push({
      line: predict.line,
      message: "a prediction needs a lab block in its step: something must happen",
    });
  if (section.title === "") problems.push({ line: section.line, message: "a step without a title" });
  return {
    title: section.title,
    prose: proseOf(section.parts, isOurs),
    script: trimmedText(lab?.lines ?? null),
    fresh: first || lab?.words.includes("fresh") === true,
    claim: trimmedText(claim?.lines ?? null),
    seen: claim === undefined ? null : seenOf(claim),
    view,
    notes: trimmedText(blocks.get("notes")?.lines ?? null),
    predictions: predict === undefined ? [] : readPredictions(predict, problems),
    sources: (blocks.get("source")?.lines ?? []).map((l) => l.trim()).filter((l) => l !== ""),
    links: linksIn(section.parts, problems),
    at: { title: section.line, lab: firstLine(lab), claim: firstLine(claim) },
  };
}

/** Reads a lesson without playing it; every problem at once, with its line. */
export function parseLesson(text: string): Read<Lesson> {
  const large = tooLarge(text, "lesson");
  if (large !== null) return { ok: false, problems: [large] };
  const marked = readMarked(text);
  const format = formatMismatch(marked, LESSON_FORMAT, "lesson");
  if (format !== null) return { ok: false, problems: [{ line: 1, message: format }] };
  const problems: LineProblem[] = [...marked.problems];
  const head = new HeadReader(marked);
  const lesson = {
    title: head.text("title"),
    about: head.text("about"),
    tracks: head.words("tracks", TRACKS),
    minutes: head.number("minutes", 1, 60),
    rules: head.rules("rules"),
  };
  head.rest();
  problems.push(...head.problems);
  for (const part of marked.opening) {
    const at = part.kind === "prose" ? part.lines.findIndex((l) => l.trim() !== "") : 0;
    if (at >= 0)
      problems.push({
        line: (part.kind === "prose" ? part.line : part.block.line) + at,
        message: 'text before the first step\'s "## Title"',
      });
  }
  const much = tooMuchScript(
    marked.sections.flatMap((s) => s.parts),
    ["lab", "claim", "predict"],
  );
  if (much !== null) return { ok: false, problems: [much] };
  const steps = marked.sections.map((s, i) => readStep(s, i === 0, problems));
  if (steps.length === 0) problems.push({ line: 0, message: "the lesson has no step" });
  if (steps.length > MOST_STEPS)
    problems.push({ line: 0, message: `a lesson has at most ${MOST_STEPS} steps` });
  if (problems.length > 0) return { ok: false, problems: byLine(problems) };
  return { ok: true, value: { ...lesson, steps } };
}

/** `parseLesson(printLesson(x))` gives `x` back but for its places. */
export function printLesson(lesson: Lesson): string {
  const out = headLines([
    ["format", LESSON_FORMAT],
    ["title", lesson.title],
    ["about", lesson.about],
    ["tracks", lesson.tracks.join(", ")],
    ["minutes", String(lesson.minutes)],
    ["rules", lesson.rules.join(", ")],
  ]);
  lesson.steps.forEach((s, i) => {
    const fresh = s.fresh && i > 0;
    out.push("", `## ${oneLine(s.title)}`);
    if (s.prose !== "") out.push("", s.prose);
    if (s.predictions.length > 0)
      out.push(...blockLines("predict", s.predictions.map(predictionText).join("\n")));
    if (s.script !== "" || fresh) out.push(...blockLines(fresh ? "lab fresh" : "lab", s.script));
    if (s.claim !== "") out.push(...blockLines(s.seen === null ? "claim" : `claim seen=${s.seen}`, s.claim));
    const view = Object.entries(s.view).map(([k, v]) => `${k}=${v}`);
    if (view.length > 0) out.push(...blockLines("view", view.join(" ")));
    if (s.sources.length > 0) out.push(...blockLines("source", s.sources.join("\n")));
    if (s.notes !== "") out.push(...blockLines("notes", s.notes));
  });
  return `${out.join("\n")}\n`;
}
