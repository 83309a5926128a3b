/**
 * A review is a Markdown file: a head with title, one heading a step, prose, and fenced blocks that the lab reads: `lab`
 * (what is played, going on from the step before unless it says `lab fresh`), `claim` (expectations that must hold then),
 * `view` (what is looked at) and `notes` (for whoever presents).
 */

import {
  blockLines,
  headLines,
  type LineProblem,
  lineProblemText,
  type MarkedBlock,
  type MarkedSection,
  oneLine,
  proseOf,
  readMarked,
  trimmedText,
} from "../../script/marked.ts";
import type { ShareView } from "../share/share.ts";
import type { Result } from "../sides.ts";
import { blocksOf, formatMismatch, readView, seenOf, wrongInClaim } from "./step-blocks.ts";

export const REVIEW_FORMAT = "vsmmu-lab-review/1";

export interface ReviewStep {
  readonly title: string;
  /** Markdown. */
  readonly prose: string;
  /** Script lines; empty for a step that shows what is there. */
  readonly script: string;
  /** The script begins anew here, with its own header. */
  readonly fresh: boolean;
  /** `expect` lines; empty without a claim. */
  readonly claim: string;
  /** What the step did when the claim was recorded, as a checksum; null: nobody has recorded it. */
  readonly seen: string | null;
  readonly view: ShareView;
  readonly notes: string;
}

export interface Review {
  readonly title: string;
  /** One sentence for lists. */
  readonly about: string;
  readonly steps: readonly ReviewStep[];
}

export const MOST_REVIEW_BYTES = 1 << 20;
export const MOST_REVIEW_STEPS = 300;
const BLOCKS = ["lab", "claim", "view", "notes"] as const;

const isOurs = (b: MarkedBlock): boolean => BLOCKS.some((k) => k === b.kind);

function readStep(section: MarkedSection, first: boolean, problems: LineProblem[]): ReviewStep {
  const blocks = blocksOf(section, ["lab", "claim", "notes"], problems);
  const view: Record<string, string> = {};
  for (const p of section.parts)
    if (p.kind === "block" && p.block.kind === "view") readView(p.block, view, problems);
  const claim = blocks.get("claim");
  const wrong = claim === undefined ? null : wrongInClaim(claim);
  if (wrong !== null) problems.push(wrong);
  return {
    title: section.title,
    prose: proseOf(section.parts, isOurs),
    script: trimmedText(blocks.get("lab")?.lines ?? null),
    fresh: first || blocks.get("lab")?.words.includes("fresh") === true,
    claim: trimmedText(claim?.lines ?? null),
    seen: claim === undefined ? null : seenOf(claim),
    view,
    notes: trimmedText(blocks.get("notes")?.lines ?? null),
  };
}

export function parseReview(text: string): Result<Review> {
  if (text.length > MOST_REVIEW_BYTES)
    return { ok: false, problems: [`a review has at most ${MOST_REVIEW_BYTES >> 20} MB of text`] };
  const marked = readMarked(text);
  const format = formatMismatch(marked, REVIEW_FORMAT, "review");
  if (format !== null) return { ok: false, problems: [format] };
  const problems = [...marked.problems];
  for (const part of marked.opening) {
    const at = part.kind === "prose" ? part.lines.findIndex((l) => l.trim() !== "") : 0;
    if (at < 0) continue;
    const line = (part.kind === "prose" ? part.line : part.block.line) + at;
    problems.push({ line, message: 'text before the first step\'s "## Title"' });
  }
  const { sections } = marked;
  const steps = sections.map((s, i) => readStep(s, i === 0, problems));
  const all = problems.sort((a, b) => a.line - b.line).map(lineProblemText);
  if (steps.length === 0) all.push("the review has no step");
  if (steps.length > MOST_REVIEW_STEPS) all.push(`a review has at most ${MOST_REVIEW_STEPS} steps`);
  if (all.length > 0) return { ok: false, problems: all };
  const { head } = marked;
  return {
    ok: true,
    value: { title: head.get("title")?.text ?? "Review", about: head.get("about")?.text ?? "", steps },
  };
}

/** `parseReview(printReview(r))` gives `r` back. */
export function printReview(review: Review): string {
  const out = headLines([
    ["format", REVIEW_FORMAT],
    ["title", review.title],
    ["about", review.about],
  ]);
  review.steps.forEach((s, i) => {
    out.push("", `## ${oneLine(s.title)}`);
    if (s.prose !== "") out.push("", s.prose);
    if (s.script !== "" || (s.fresh && i > 0))
      out.push(...blockLines(s.fresh && i > 0 ? "lab fresh" : "lab", s.script));
    if (s.claim !== "") out.push(...blockLines(s.seen === null ? "claim" : `claim seen=${s.seen}`, s.claim));
    const view = Object.entries(s.view).map(([k, v]) => `${k}=${v}`);
    if (view.length > 0) out.push(...blockLines("view", view.join(" ")));
    if (s.notes !== "") out.push(...blockLines("notes", s.notes));
  });
  return `${out.join("\n")}\n`;
}
