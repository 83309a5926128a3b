/** What the readers of lessons, challenges and the glossary share: heads, kinds of blocks, rules, links. */
import { allRules, ruleOf } from "../engine/all-rules.ts";
import type { HeadValue, LineProblem, Marked, MarkedPart } from "../script/marked.ts";
import { nearest } from "../script/suggest.ts";

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

export const MOST_BYTES = 1 << 20;
/** Lines of script in one file: everything in it is played, and more than once. */
const MOST_COMMANDS = 2_000;
/** Behind so many problems nobody reads on, and looking for what was meant costs time. */
const MOST_PROBLEMS = 100;
const MOST_WORDS = 100;

/** Where a link of the prose leads: `[S2 HWPT](glossary:s2-hwpt)`. */
export const LINK_KINDS = ["glossary", "rule", "challenge", "lesson"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export interface LearnLink {
  readonly kind: LinkKind;
  readonly target: string;
  readonly line: number;
}

export const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Fences that show text and nothing more. */
const PLAIN = ["", "text", "c", "sh", "console", "log", "diff"];

export const byLine = (problems: readonly LineProblem[]): LineProblem[] =>
  [...problems].sort((a, b) => a.line - b.line);

export const meant = (close: string | null): string => (close === null ? "" : `; did you mean "${close}"?`);

/** Fences that are neither a block of this format nor plain text: a slip of the finger must not become prose. */
export function unknownBlocks(parts: readonly MarkedPart[], kinds: readonly string[]): LineProblem[] {
  const out: LineProblem[] = [];
  for (const part of parts) {
    if (part.kind !== "block") continue;
    const { kind, line } = part.block;
    if (kinds.includes(kind) || PLAIN.includes(kind)) continue;
    const close = nearest(kind, kinds);
    out.push({ line, message: `unknown block "${kind}"; expected ${kinds.join(", ")}${meant(close)}` });
  }
  return out;
}

/** Reads the values of a head one by one, and at the end tells which nobody asked for. */
export class HeadReader {
  private readonly head: ReadonlyMap<string, HeadValue>;
  private readonly asked = new Set<string>(["format"]);
  readonly problems: LineProblem[] = [];

  constructor(marked: Marked) {
    this.head = marked.head;
  }

  private take(name: string): HeadValue | null {
    this.asked.add(name);
    const value = this.head.get(name);
    return value === undefined || value.text === "" ? null : value;
  }

  text(name: string): string {
    const value = this.take(name);
    if (value === null) this.problems.push({ line: 1, message: `the head has no "${name}:"` });
    return value?.text ?? "";
  }

  number(name: string, least: number, most: number): number {
    const value = this.take(name);
    const n = value !== null && /^\d+$/.test(value.text) ? Number(value.text) : Number.NaN;
    if (n >= least && n <= most) return n;
    const message =
      value === null
        ? `the head has no "${name}:"`
        : `${name} is "${value.text}"; expected a number from ${least} to ${most}`;
    this.problems.push({ line: value?.line ?? 1, message });
    return least;
  }

  /** A comma list; every word must be one of `words`. */
  words<W extends string>(name: string, words: readonly W[]): readonly W[] {
    const out: W[] = [];
    for (const { text, line } of this.list(name)) {
      const word = words.find((w) => w === text);
      if (word !== undefined) out.push(word);
      else
        this.problems.push({
          line,
          message: `${name}: "${text}" is none of ${words.join(", ")}${meant(nearest(text, words))}`,
        });
    }
    return out;
  }

  rules(name: string): readonly string[] {
    const listed = this.list(name);
    for (const { text, line } of listed) {
      const message = unknownRule(text);
      if (message !== null) this.problems.push({ line, message });
    }
    return listed.map((x) => x.text);
  }

  private list(name: string): HeadValue[] {
    const value = this.take(name);
    const words = (value?.text ?? "").split(",");
    if (words.length > MOST_WORDS) {
      const message = `${name}: has ${words.length} words; at most ${MOST_WORDS} are read`;
      this.problems.push({ line: value?.line ?? 1, message });
      return [];
    }
    const out = words
      .map((text) => ({ text: text.trim(), line: value?.line ?? 1 }))
      .filter((x) => x.text !== "");
    if (out.length === 0)
      this.problems.push({ line: value?.line ?? 1, message: `the head has no "${name}:"` });
    return out;
  }

  /** Call last. */
  rest(): void {
    for (const [name, { line }] of this.head) {
      if (this.asked.has(name)) continue;
      const close = nearest(name, this.asked);
      this.problems.push({ line, message: `unknown "${name}:" in the head${meant(close)}` });
    }
  }
}

export function unknownRule(id: string): string | null {
  if (ruleOf(id) !== null) return null;
  return `unknown rule "${id}"${meant(nearest(id, Object.keys(allRules())))}`;
}

const LINK = /\[[^[\]]*\]\(([^)\s]*)\)/g;

/** Links in the prose; a scheme the lab does not know is a problem. Code between backquotes is no link. */
export function linksIn(parts: readonly MarkedPart[], problems: LineProblem[]): LearnLink[] {
  const out: LearnLink[] = [];
  for (const part of parts) {
    if (part.kind !== "prose" || problems.length > MOST_PROBLEMS) continue;
    part.lines.forEach((text, i) => {
      if (problems.length > MOST_PROBLEMS) return;
      const line = part.line + i;
      for (const [, address = ""] of text.replace(/`[^`]*`/g, "").matchAll(LINK)) {
        const colon = address.indexOf(":");
        const kind = LINK_KINDS.find((k) => k === address.slice(0, colon));
        const target = address.slice(colon + 1);
        if (kind !== undefined) {
          const wrong = kind === "rule" ? unknownRule(target) : null;
          if (wrong !== null) problems.push({ line, message: wrong });
          out.push({ kind, target, line });
        } else if (!address.startsWith("https://"))
          problems.push({
            line,
            message: `the link "${address}" leads nowhere; expected ${LINK_KINDS.map((k) => `${k}:…`).join(", ")} or https://…`,
          });
      }
    });
  }
  return out;
}

/** More script than is played of one file; null if it may be played. */
export function tooMuchScript(parts: readonly MarkedPart[], kinds: readonly string[]): LineProblem | null {
  let lines = 0;
  for (const part of parts) {
    if (part.kind !== "block" || !kinds.includes(part.block.kind)) continue;
    lines += part.block.lines.filter((l) => l.trim() !== "").length;
    if (lines > MOST_COMMANDS)
      return {
        line: part.block.line,
        message: `more than ${MOST_COMMANDS.toLocaleString("en-GB")} lines of script in one file`,
      };
  }
  return null;
}

export function tooLarge(text: string, what: string): LineProblem | null {
  if (text.length <= MOST_BYTES) return null;
  return { line: 0, message: `a ${what} has at most ${MOST_BYTES >> 20} MB of text` };
}
