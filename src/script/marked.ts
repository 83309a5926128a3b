/**
 * Markdown files that the lab can play: a head of `key: value` lines between `---`, one `## heading` a section, prose,
 * and fenced blocks. Read here without knowing what the blocks mean; reviews, lessons, challenges and the glossary do.
 */

/** Something wrong in a file, at a line of it (1-based; 0: the file as a whole). */
export interface LineProblem {
  readonly line: number;
  readonly message: string;
}

/** `line 7: …` */
export const lineProblemText = (p: LineProblem): string =>
  p.line === 0 ? p.message : `line ${p.line}: ${p.message}`;

/** `content/lessons/03-s2.md:7: …`, as compilers write it. */
export const fileProblemText = (file: string, p: LineProblem): string =>
  p.line === 0 ? `${file}: ${p.message}` : `${file}:${p.line}: ${p.message}`;

export interface MarkedBlock {
  /** First word behind the fence; empty for a bare fence. */
  readonly kind: string;
  readonly words: readonly string[];
  readonly lines: readonly string[];
  /** Line of the opening fence. The first line inside is the next one. */
  readonly line: number;
  /** With its fences, for a reader to whom it is prose. */
  readonly whole: readonly string[];
}

export type MarkedPart =
  | { readonly kind: "prose"; readonly lines: readonly string[]; readonly line: number }
  | { readonly kind: "block"; readonly block: MarkedBlock };

export interface MarkedSection {
  readonly title: string;
  readonly line: number;
  readonly parts: readonly MarkedPart[];
}

export interface HeadValue {
  readonly text: string;
  readonly line: number;
}

export interface Marked {
  readonly head: ReadonlyMap<string, HeadValue>;
  /** What stands before the first heading. */
  readonly opening: readonly MarkedPart[];
  readonly sections: readonly MarkedSection[];
  readonly problems: readonly LineProblem[];
}

export const textLines = (text: string): string[] =>
  text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .split("\n");

function readHead(lines: readonly string[], problems: LineProblem[]): [Map<string, HeadValue>, number] {
  const head = new Map<string, HeadValue>();
  if (lines[0] !== "---") return [head, 0];
  const end = lines.indexOf("---", 1);
  if (end < 0) {
    problems.push({ line: 1, message: 'this head has no closing "---"' });
    return [head, lines.length];
  }
  for (let at = 1; at < end; at++) {
    const text = lines[at] as string;
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon)).trim();
    if (text.trim() === "") continue;
    if (name === "")
      problems.push({ line: at + 1, message: `"${text.trim()}" is no "name: value" of a head` });
    else if (head.has(name)) problems.push({ line: at + 1, message: `a second "${name}:" in the head` });
    else head.set(name, { text: text.slice(colon + 1).trim(), line: at + 1 });
  }
  return [head, end + 1];
}

/** Reads everything it can; what it cannot is in `problems`, in the order of the lines. */
export function readMarked(text: string): Marked {
  const lines = textLines(text);
  const problems: LineProblem[] = [];
  const [head, start] = readHead(lines, problems);
  const opening: MarkedPart[] = [];
  const sections: { title: string; line: number; parts: MarkedPart[] }[] = [];
  let prose: { kind: "prose"; lines: string[]; line: number } | null = null;
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.startsWith("## ")) {
      sections.push({ title: line.slice(3).trim(), line: at + 1, parts: [] });
      prose = null;
      continue;
    }
    const parts = sections.at(-1)?.parts ?? opening;
    const fence = /^(`{3,})([^`]*)$/.exec(line);
    if (fence === null) {
      if (prose === null) {
        prose = { kind: "prose", lines: [], line: at + 1 };
        parts.push(prose);
      }
      prose.lines.push(line);
      continue;
    }
    const end = lines.indexOf(fence[1] as string, at + 1);
    if (end < 0) {
      problems.push({ line: at + 1, message: "this block has no end" });
      break;
    }
    const [kind = "", ...words] = (fence[2] ?? "").trim().split(/\s+/);
    const whole = lines.slice(at, end + 1);
    parts.push({
      kind: "block",
      block: { kind, words, lines: whole.slice(1, -1), line: at + 1, whole },
    });
    prose = null;
    at = end;
  }
  return { head, opening, sections, problems };
}

/** Without empty lines at its beginning and blanks at its end. */
export const trimmedText = (lines: readonly string[] | null): string =>
  (lines ?? []).join("\n").replace(/^\n+/, "").trimEnd();

/** Prose and the blocks that are prose to this reader, as one text; blocks that `takes` accepts are left out. */
export function proseOf(parts: readonly MarkedPart[], takes: (b: MarkedBlock) => boolean): string {
  const out: string[] = [];
  for (const p of parts) {
    if (p.kind === "prose") out.push(...p.lines);
    else if (!takes(p.block)) out.push(...p.block.whole);
  }
  return trimmedText(out);
}

export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

export function headLines(values: readonly (readonly [name: string, value: string])[]): string[] {
  return ["---", ...values.map(([name, value]) => `${name}: ${oneLine(value)}`.trimEnd()), "---"];
}

/** An empty line and a fence longer than any run of backquotes inside. */
export function blockLines(info: string, text: string): string[] {
  const longest = Math.max(2, ...(text.match(/^`+/gm) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return ["", `${fence}${info}`, ...text.split("\n"), fence];
}
