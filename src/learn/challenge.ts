/**
 * A challenge is a Markdown file: a head, what it is about, where it starts, what must come true, and which actions are
 * allowed. How many it takes at least (par) is no part of it: the explorer proves that.
 */
import { ASPECTS, type Aspect } from "../review/differences.ts";
import type { ShareView } from "../review/share/share.ts";
import { formatMismatch, readView } from "../review/walk/step-blocks.ts";
import {
  blockLines,
  headLines,
  type LineProblem,
  type MarkedBlock,
  type MarkedPart,
  proseOf,
  readMarked,
  trimmedText,
} from "../script/marked.ts";
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

export const CHALLENGE_FORMAT = "vsmmu-lab-challenge/1";

/** Lines of a block with the file's line of the first. */
export interface Lines {
  readonly text: string;
  readonly line: number;
}

export type Goal =
  /** All lines hold at once; each as `expect` takes it of a state, with and, or, not. */
  | { readonly kind: "state"; readonly lines: readonly Lines[] }
  /** The same commands under two setups end so that anybody could tell: `differ qemu=v5 from qemu=v6 in dma`. */
  | {
      readonly kind: "apart";
      readonly a: string;
      readonly b: string;
      /** Which differences count; all of them when empty. */
      readonly aspects: readonly Aspect[];
      readonly line: number;
    };

export interface Challenge {
  readonly title: string;
  readonly grade: 1 | 2 | 3 | 4;
  readonly about: string;
  readonly rules: readonly string[];
  /** Markdown: the situation, before it is solved. */
  readonly prose: string;
  /** Markdown: what it was about, once it is solved; empty if there is nothing to add. */
  readonly insight: string;
  /** A whole script. */
  readonly start: Lines;
  readonly goal: Goal;
  /** Script lines with `a|b` and `d*`; a verb alone stands for what it can do to every device or vSMMU. */
  readonly allow: readonly Lines[];
  /** Markdown, in the order they are given. */
  readonly hints: readonly string[];
  /** The author's way, null for the proved one. */
  readonly solution: Lines | null;
  readonly view: ShareView;
  readonly links: readonly LearnLink[];
}

/** Characters of a goal about two setups. */
const MOST_GOAL = 400;

const KINDS = ["start", "goal", "allow", "hint", "solution", "insight", "view"];
const isOurs = (b: MarkedBlock): boolean => KINDS.includes(b.kind);

const linesOf = (b: MarkedBlock | undefined): Lines[] =>
  (b?.lines ?? []).flatMap((raw, i) => {
    const text = raw.replace(/(^|\s)#.*$/, "").trim();
    return text === "" ? [] : [{ text, line: (b?.line ?? 0) + 1 + i }];
  });

const whole = (b: MarkedBlock | undefined): Lines => ({
  text: (b?.lines ?? []).join("\n").trimEnd(),
  line: b === undefined ? 0 : b.line + 1,
});

/** The lines of a goal block; `at` is where it is said that there are none. */
export function readGoalLines(lines: readonly Lines[], at: number, problems: LineProblem[]): Goal {
  const first = lines[0];
  if (first === undefined) {
    problems.push({ line: at, message: "a challenge needs a goal block: what must come true" });
    return { kind: "state", lines };
  }
  if (!first.text.startsWith("differ"))
    return { kind: "state", lines: lines.map((l) => ({ ...l, text: l.text.replace(/^expect\s+/, "") })) };
  const { line } = first;
  const [, words = "", list] =
    /^differ\s+(\S.*?)(?:\s+in\s+(\S+))?$/.exec(first.text.slice(0, MOST_GOAL)) ?? [];
  const from = words.split(/\s+from\s+/);
  const [a = "", b = ""] = from;
  if (a === "" || b === "" || from.length !== 2)
    problems.push({ line, message: 'expected such as "differ qemu=v5 from qemu=v6 in dma"' });
  if (lines.length > 1)
    problems.push({ line: lines[1]?.line ?? line, message: "a goal of two setups is one line" });
  const wanted = list === undefined ? [] : list.split(",");
  for (const w of wanted)
    if (!ASPECTS.some((x) => x === w))
      problems.push({ line, message: `"${w}" is nothing setups differ in; expected ${ASPECTS.join(", ")}` });
  return { kind: "apart", a, b, aspects: ASPECTS.filter((x) => wanted.includes(x)), line };
}

export function parseChallenge(text: string): Read<Challenge> {
  const large = tooLarge(text, "challenge");
  if (large !== null) return { ok: false, problems: [large] };
  const marked = readMarked(text);
  const format = formatMismatch(marked, CHALLENGE_FORMAT, "challenge");
  if (format !== null) return { ok: false, problems: [{ line: 1, message: format }] };
  const head = new HeadReader(marked);
  const told = {
    title: head.text("title"),
    grade: head.number("grade", 1, 4) as Challenge["grade"],
    about: head.text("about"),
    rules: head.rules("rules"),
  };
  head.rest();
  const problems: LineProblem[] = [...marked.problems, ...head.problems];
  for (const s of marked.sections)
    problems.push({ line: s.line, message: "a challenge has no headings; its parts are blocks" });
  const parts: readonly MarkedPart[] = marked.opening;
  const much = tooMuchScript(parts, ["start", "goal", "allow", "solution"]);
  if (much !== null) return { ok: false, problems: [much] };
  problems.push(...unknownBlocks(parts, KINDS));
  const of = (kind: string): MarkedBlock[] =>
    parts.flatMap((p) => (p.kind === "block" && p.block.kind === kind ? [p.block] : []));
  for (const kind of KINDS) {
    const second = of(kind)[1];
    if (second !== undefined && kind !== "hint")
      problems.push({ line: second.line, message: `a second ${kind} block` });
  }
  const view: Record<string, string> = {};
  for (const b of of("view")) readView(b, view, problems);
  const [start, goal, allow, solution] = ["start", "goal", "allow", "solution"].map((k) => of(k)[0]);
  if (start === undefined)
    problems.push({ line: 0, message: "a challenge needs a start block: a script, even an empty one" });
  const allowed = linesOf(allow);
  if (allowed.length === 0)
    problems.push({ line: allow?.line ?? 0, message: "a challenge needs an allow block: what may be done" });
  const value: Challenge = {
    ...told,
    prose: proseOf(parts, isOurs),
    insight: trimmedText(of("insight")[0]?.lines ?? null),
    start: whole(start),
    goal: readGoalLines(linesOf(goal), goal?.line ?? 0, problems),
    allow: allowed,
    hints: of("hint").map((b) => trimmedText(b.lines)),
    solution: solution === undefined ? null : whole(solution),
    view,
    links: linksIn(parts, problems),
  };
  return problems.length > 0 ? { ok: false, problems: byLine(problems) } : { ok: true, value };
}

export const goalText = (g: Goal): string =>
  g.kind === "state"
    ? g.lines.map((l) => l.text).join("\n")
    : `differ ${g.a} from ${g.b}${g.aspects.length > 0 ? ` in ${g.aspects.join(",")}` : ""}`;

/** `parseChallenge(printChallenge(x))` gives `x` back but for its lines. */
export function printChallenge(c: Challenge): string {
  const out = headLines([
    ["format", CHALLENGE_FORMAT],
    ["title", c.title],
    ["grade", String(c.grade)],
    ["about", c.about],
    ["rules", c.rules.join(", ")],
  ]);
  if (c.prose !== "") out.push("", c.prose);
  out.push(...blockLines("start", c.start.text));
  out.push(...blockLines("goal", goalText(c.goal)));
  out.push(...blockLines("allow", c.allow.map((l) => l.text).join("\n")));
  for (const h of c.hints) out.push(...blockLines("hint", h));
  if (c.solution !== null) out.push(...blockLines("solution", c.solution.text));
  if (c.insight !== "") out.push(...blockLines("insight", c.insight));
  const view = Object.entries(c.view).map(([k, v]) => `${k}=${v}`);
  if (view.length > 0) out.push(...blockLines("view", view.join(" ")));
  return `${out.join("\n")}\n`;
}
