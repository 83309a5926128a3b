/**
 * A review is a Markdown file: a head with title, one heading a step, prose, and fenced blocks that the lab reads: `lab`
 * (what is played, going on from the step before unless it says `lab fresh`), `claim` (expectations that must hold then),
 * `view` (what is looked at) and `notes` (for whoever presents).
 */

import { isViewPart, type ShareView } from "../share/share.ts";
import type { Result } from "../sides.ts";

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

interface Draft {
  title: string;
  line: number;
  prose: string[];
  script: string[] | null;
  fresh: boolean;
  claim: string[] | null;
  seen: string | null;
  view: Record<string, string>;
  notes: string[] | null;
}

function readView(lines: readonly string[], draft: Draft, problems: string[], line: number): void {
  for (const part of lines.join(" ").split(/\s+/)) {
    if (part === "") continue;
    const eq = part.indexOf("=");
    const [key, value] = [part.slice(0, Math.max(0, eq)), part.slice(eq + 1)];
    if (isViewPart(key, value)) draft.view[key] = value;
    else problems.push(`line ${line}: "${part}" is no part of a view; expected key=value, such as select=d1`);
  }
}

/** Puts a fenced block where its kind belongs; an unknown kind is prose, like any code block. */
function takeBlock(
  draft: Draft,
  info: string,
  lines: readonly string[],
  line: number,
  problems: string[],
): boolean {
  const [kind = "", ...more] = info.trim().split(/\s+/);
  if (!BLOCKS.some((b) => b === kind)) return false;
  const twice = (): void => {
    problems.push(`line ${line}: a second ${kind} block in “${draft.title}”; a step has one idea`);
  };
  if (kind === "view") readView(lines, draft, problems, line);
  else if (kind === "notes") {
    if (draft.notes !== null) twice();
    draft.notes = lines.slice();
  } else if (kind === "lab") {
    if (draft.script !== null) twice();
    draft.script = lines.slice();
    draft.fresh = more.includes("fresh");
  } else {
    if (draft.claim !== null) twice();
    draft.claim = lines.slice();
    draft.seen = more.find((w) => /^seen=[0-9a-z]{7}$/.test(w))?.slice(5) ?? null;
    const wrong = lines.find((l) => l.trim() !== "" && !/^\s*(expect\s|#)/.test(l));
    if (wrong !== undefined) problems.push(`line ${line}: a claim holds expect lines, not "${wrong.trim()}"`);
  }
  return true;
}

const trimmed = (lines: readonly string[] | null): string =>
  (lines ?? []).join("\n").replace(/^\n+|\s+$/g, "");

export function parseReview(text: string): Result<Review> {
  if (text.length > MOST_REVIEW_BYTES)
    return { ok: false, problems: [`a review has at most ${MOST_REVIEW_BYTES >> 20} MB of text`] };
  const lines = text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .split("\n");
  const problems: string[] = [];
  const head = new Map<string, string>();
  let at = 0;
  if (lines[0] === "---") {
    for (at = 1; at < lines.length && lines[at] !== "---"; at++) {
      const colon = lines[at]?.indexOf(":") ?? -1;
      if (colon > 0)
        head.set(lines[at]?.slice(0, colon).trim() ?? "", lines[at]?.slice(colon + 1).trim() ?? "");
    }
    at++;
  }
  const format = head.get("format") ?? "";
  if (format !== REVIEW_FORMAT)
    return {
      ok: false,
      problems: [
        format.startsWith("vsmmu-lab-review/")
          ? `the review is of format ${format}; this lab reads ${REVIEW_FORMAT}`
          : `this is no review: its head does not say "format: ${REVIEW_FORMAT}"`,
      ],
    };
  const drafts: Draft[] = [];
  for (; at < lines.length; at++) {
    const line = lines[at] as string;
    const draft = drafts.at(-1);
    if (line.startsWith("## ")) {
      const empty = { prose: [], script: null, fresh: false, claim: null, seen: null, view: {}, notes: null };
      drafts.push({ ...empty, title: line.slice(3).trim(), line: at + 1 });
      continue;
    }
    if (draft === undefined) {
      if (line.trim() !== "") problems.push(`line ${at + 1}: text before the first step's "## Title"`);
      continue;
    }
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (fence === null) {
      draft.prose.push(line);
      continue;
    }
    const begin = at;
    const end = lines.indexOf(fence[1] as string, at + 1);
    if (end < 0) {
      problems.push(`line ${at + 1}: this block has no end`);
      break;
    }
    const body = lines.slice(at + 1, end);
    if (!takeBlock(draft, fence[2] ?? "", body, begin + 1, problems))
      draft.prose.push(...lines.slice(at, end + 1));
    at = end;
  }
  if (drafts.length === 0) problems.push("the review has no step");
  if (drafts.length > MOST_REVIEW_STEPS) problems.push(`a review has at most ${MOST_REVIEW_STEPS} steps`);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      title: head.get("title") ?? "Review",
      about: head.get("about") ?? "",
      steps: drafts.map((d, i) => ({
        title: d.title,
        prose: trimmed(d.prose),
        script: trimmed(d.script),
        fresh: d.fresh || i === 0,
        claim: trimmed(d.claim),
        seen: d.seen,
        view: d.view,
        notes: trimmed(d.notes),
      })),
    },
  };
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** A fence longer than any run of backquotes inside. */
function block(info: string, text: string): string[] {
  const longest = Math.max(2, ...(text.match(/^`+/gm) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return ["", `${fence}${info}`, ...text.split("\n"), fence];
}

/** `parseReview(printReview(r))` gives `r` back. */
export function printReview(review: Review): string {
  const out = [
    "---",
    `format: ${REVIEW_FORMAT}`,
    `title: ${oneLine(review.title)}`,
    `about: ${oneLine(review.about)}`,
    "---",
  ];
  review.steps.forEach((s, i) => {
    out.push("", `## ${oneLine(s.title)}`);
    if (s.prose !== "") out.push("", s.prose);
    if (s.script !== "" || (s.fresh && i > 0))
      out.push(...block(s.fresh && i > 0 ? "lab fresh" : "lab", s.script));
    if (s.claim !== "") out.push(...block(s.seen === null ? "claim" : `claim seen=${s.seen}`, s.claim));
    const view = Object.entries(s.view).map(([k, v]) => `${k}=${v}`);
    if (view.length > 0) out.push(...block("view", view.join(" ")));
    if (s.notes !== "") out.push(...block("notes", s.notes));
  });
  return `${out.join("\n")}\n`;
}
