/**
 * Lines and words. A physical line that ends in a backslash goes on in the next one; a word that ends in a comma
 * goes on in the next word; neighbouring quoted strings are one string. These three let any command be written
 * within 76 columns without changing what a line means.
 */
import type { Problem } from "./problem.ts";

export interface Token {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** What stands before `=`, or null for a plain word. */
  readonly key: string | null;
  /** The word, or what stands behind `=`; without its quotes. */
  readonly text: string;
  readonly quoted: boolean;
  /** Where `text` begins. */
  readonly textLine: number;
  readonly textColumn: number;
}

export interface LogicalLine {
  readonly line: number;
  readonly lastLine: number;
  readonly tokens: readonly Token[];
  /** Behind `#`, trimmed at the end; null without one. */
  readonly comment: string | null;
}

const problem = (
  line: number,
  column: number,
  message: string,
  expected: string | null = null,
  length = 1,
): Problem => ({ line, column, length, message, expected, suggestion: null });

/** A word under construction. */
interface Draft {
  line: number;
  column: number;
  key: string | null;
  text: string;
  quoted: boolean;
  textLine: number;
  textColumn: number;
  end: number;
}

const SPACE = /[\t \u00a0]/;

/** Splits a text into logical lines. Problems are appended to `problems`; the lines are still usable. */
export function lex(source: string, problems: Problem[]): LogicalLine[] {
  const physical = source.replace(/^\ufeff/, "").split(/\r\n|\n/);
  if (physical[physical.length - 1] === "") physical.pop();
  const out: LogicalLine[] = [];
  for (let i = 0; i < physical.length; ) {
    const first = i;
    const tokens: Draft[] = [];
    let comment: string | null = null;
    let more = true;
    while (more) {
      const scan = scanLine(physical[i] as string, i + 1, tokens, problems);
      comment = scan.comment;
      more = scan.more;
      i++;
      if (more && i >= physical.length) {
        problems.push(
          problem(
            i,
            [...(physical[i - 1] as string)].length,
            "nothing follows this backslash",
            "one more line",
          ),
        );
        more = false;
      }
    }
    out.push({
      line: first + 1,
      lastLine: i,
      tokens: join(tokens).map((d) => ({
        line: d.line,
        column: d.column,
        length: Math.max(1, d.end - d.column),
        key: d.key,
        text: d.text,
        quoted: d.quoted,
        textLine: d.textLine,
        textColumn: d.textColumn,
      })),
      comment,
    });
  }
  return out;
}

/** Neighbouring strings are one; a word that ends in a comma takes the next word. */
function join(tokens: readonly Draft[]): Draft[] {
  const out: Draft[] = [];
  for (const t of tokens) {
    const last = out[out.length - 1];
    if (last !== undefined && t.key === null) {
      if (last.quoted && t.quoted) {
        last.text += t.text;
        last.end = last.line === t.line ? t.end : last.end;
        continue;
      }
      if (!last.quoted && !t.quoted && last.text.endsWith(",")) {
        last.text += t.text;
        last.end = last.line === t.line ? t.end : last.end;
        continue;
      }
    } else if (last !== undefined && !last.quoted && last.text.endsWith(",") && !t.quoted) {
      // `cmds=a, b:va=1`: a list element may itself hold an equals sign.
      if (last.key !== null && t.key?.includes(":")) {
        last.text += `${t.key}=${t.text}`;
        continue;
      }
    }
    out.push({ ...t });
  }
  return out;
}

function scanLine(
  source: string,
  line: number,
  tokens: Draft[],
  problems: Problem[],
): { comment: string | null; more: boolean } {
  const chars = [...source];
  let word: Draft | null = null;
  const close = (end: number): void => {
    if (word === null) return;
    word.end = end + 1;
    if (word.key === "") {
      problems.push(problem(line, word.column, 'a stray "="', "key=value without spaces"));
    } else if (word.key !== null && word.text === "" && !word.quoted) {
      problems.push(
        problem(line, word.column, `nothing behind "${word.key}="`, "a value", word.end - word.column),
      );
    } else tokens.push(word);
    word = null;
  };
  for (let c = 0; c < chars.length; c++) {
    const ch = chars[c] as string;
    if (SPACE.test(ch)) {
      close(c);
      continue;
    }
    if (ch === "#") {
      close(c);
      return {
        comment: chars
          .slice(c + 1)
          .join("")
          .trimEnd(),
        more: false,
      };
    }
    if (ch === "\\") {
      close(c);
      if (chars.slice(c + 1).every((x) => SPACE.test(x))) return { comment: null, more: true };
      problems.push(
        problem(line, c + 1, "a backslash inside a line", "a backslash only at the end of a line"),
      );
      continue;
    }
    if (ch === '"') {
      const string = scanString(chars, c, line, problems);
      if (word === null || word.text !== "" || word.quoted) {
        if (word !== null)
          problems.push(problem(line, c + 1, "a quotation mark inside a word", "a space before it"));
        close(c);
        word = blankWord(line, c);
      }
      word.textColumn = c + 1;
      word.text = string.text;
      word.quoted = true;
      c = string.end;
      continue;
    }
    if (ch.charCodeAt(0) < 0x20 || ch === "\u007f" || ch === "\u2028" || ch === "\u2029") {
      problems.push(problem(line, c + 1, `an unexpected control character (U+${hex4(ch)})`));
      continue;
    }
    if (word?.quoted) {
      problems.push(problem(line, c + 1, "text right behind a quoted string", "a space between them"));
      close(c);
    }
    if (word === null) word = blankWord(line, c);
    if (ch === "=" && word.key === null) {
      word.key = word.text;
      word.text = "";
      word.textColumn = c + 2;
    } else word.text += ch;
  }
  close(chars.length);
  return { comment: null, more: false };
}

const hex4 = (ch: string): string => ch.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

const blankWord = (line: number, c: number): Draft => ({
  line,
  column: c + 1,
  key: null,
  text: "",
  quoted: false,
  textLine: line,
  textColumn: c + 1,
  end: c + 1,
});

/** Reads `"…"` from its opening mark; knows `\"` and `\\`. */
function scanString(
  chars: readonly string[],
  open: number,
  line: number,
  problems: Problem[],
): { text: string; end: number } {
  let text = "";
  for (let c = open + 1; c < chars.length; c++) {
    const ch = chars[c] as string;
    if (ch === '"') return { text, end: c };
    if (ch === "\\" && (chars[c + 1] === '"' || chars[c + 1] === "\\")) {
      text += chars[++c];
      continue;
    }
    if (ch === "\\")
      problems.push(problem(line, c + 1, "an unknown escape in a string", 'only \\" and \\\\'));
    text += ch.charCodeAt(0) < 0x20 ? " " : ch;
  }
  problems.push(
    problem(line, open + 1, "this string has no end", "a closing quotation mark", chars.length - open),
  );
  return { text, end: chars.length };
}

/** A string as a script writes it. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
