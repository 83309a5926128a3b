/** The replay of one run as a script, with the log's line numbers as comments. */
import { quote } from "../../script/lexer.ts";
import { lineText, type ReplayRun, type ReplayStep, titleText } from "./steps.ts";

export interface ScriptOptions {
  readonly title?: string;
  /** Log lines and inferences as comments. Default true. */
  readonly comments?: boolean;
}

const range = (s: ReplayStep): string => (s.first === s.last ? `${s.first}` : `${s.first}-${s.last}`);

/** Everything that could end a comment or break a line is taken out of text that comes from a log. */
export function plain(text: string): string {
  let out = "";
  for (const ch of text) {
    const c = ch.codePointAt(0) as number;
    out += c < 32 || c === 127 || (c >= 0x80 && c < 0xa0) || c === 0x2028 || c === 0x2029 ? " " : ch;
  }
  return out;
}

/** Lines of the script; `starts[i]` is the number of lines before step i (0-based line of its first). */
export interface ScriptText {
  readonly text: string;
  readonly starts: readonly number[];
}

export function scriptText(run: ReplayRun, options: ScriptOptions = {}): ScriptText {
  const comments = options.comments ?? true;
  const lines: string[] = [];
  if (options.title !== undefined) lines.push(`title ${quote(plain(options.title).slice(0, 60))}`);
  lines.push(...run.header, "");
  const starts: number[] = [];
  for (const step of run.steps) {
    starts.push(lines.length);
    if (comments) for (const note of step.notes) lines.push(`# ${plain(note)}`);
    if (comments && step.lines.length > 1) lines.push(`# ${range(step)}: ${plain(titleText(step))}`);
    for (const l of step.lines) {
      const text = lineText(l);
      if (!comments) lines.push(text);
      else if (l.inferred !== null) lines.push(`${text}  # inferred, ${plain(l.inferred)}`);
      else lines.push(step.lines.length > 1 ? text : `${text}  # ${range(step)}`);
    }
  }
  return { text: `${lines.join("\n")}\n`, starts };
}
