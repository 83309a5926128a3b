/**
 * The canonical printer. A statement is its words with single spaces; one that is too long for a line is broken
 * between words, inside a list behind a comma, or inside a string, always with a backslash at the end of the line.
 */
import type { Item, Script } from "./ast.ts";
import { quote } from "./lexer.ts";

export const WIDTH = 76;
const INDENT = "  ";

const width = (s: string): number => [...s].length;

/** One item; without the last line's end. */
export function printItem(item: Item): string {
  if (item.kind === "blank") return "";
  if (item.kind === "comment") return commentText(item.text);
  const code = printWords(item.words);
  return item.comment === null ? code : `${code}  ${commentText(item.comment)}`;
}

export function printItems(items: readonly Item[]): string {
  return items.map((i) => `${printItem(i)}\n`).join("");
}

export function printScript(script: Script): string {
  return printItems(script.items);
}

export const commentText = (text: string): string => (text === "" ? "#" : `# ${text}`);

/** True if a comment may stand behind these words on their line. */
export function commentFits(words: readonly string[], comment: string): boolean {
  const code = printWords(words);
  return !code.includes("\n") && width(code) + 2 + width(commentText(comment)) <= WIDTH;
}

/** Pieces a word may be broken into, in order, each with what glues it to the next on one line. */
interface Piece {
  readonly text: string;
  /** Nothing between this piece and the one before it (inside a list). */
  readonly glued: boolean;
}

function printWords(words: readonly string[]): string {
  const line = words.join(" ");
  if (width(line) <= WIDTH) return line;
  const lines: string[] = [];
  let current = "";
  const room = WIDTH - 2;
  for (const piece of words.flatMap(pieces)) {
    const joined = current === "" ? piece.text : `${current}${piece.glued ? "" : " "}${piece.text}`;
    if (current === "" || width(joined) <= room) {
      current = joined;
      continue;
    }
    lines.push(`${current} \\`);
    current = `${INDENT}${piece.text}`;
  }
  return [...lines, current].join("\n");
}

/** A list in its elements, a long string in parts; anything else whole. */
function pieces(word: string): Piece[] {
  if (width(word) <= WIDTH - INDENT.length - 2) return [{ text: word, glued: false }];
  const open = word.indexOf('"');
  if (open >= 0) return stringPieces(word, open);
  const elements = word.split(",");
  return elements.map((e, i) => ({
    text: i < elements.length - 1 ? `${e},` : e,
    glued: i > 0,
  }));
}

/** `key="long"` as `key="lo"` and `"ng"`: the reader joins neighbouring strings. */
function stringPieces(word: string, open: number): Piece[] {
  const text = word.slice(open + 1, -1).replace(/\\([\\"])/g, "$1");
  const room = WIDTH - INDENT.length - 2 - 2 - open;
  const out: Piece[] = [];
  let part = "";
  const flush = (): void => {
    out.push({ text: `${out.length === 0 ? word.slice(0, open) : ""}${quote(part)}`, glued: false });
    part = "";
  };
  for (const ch of text) {
    if (width(quote(part + ch)) - 2 > room) flush();
    part += ch;
  }
  flush();
  return out;
}

/** A comment's text in pieces that each fit on a line of their own. */
export function wrapComment(text: string): string[] {
  const room = WIDTH - 2;
  const clean = [...text].map((c) => (c.charCodeAt(0) < 0x20 ? " " : c)).join("");
  const body = (clean.startsWith(" ") ? clean.slice(1) : clean).trimEnd();
  if (width(body) <= room) return [body];
  const out: string[] = [];
  // Breaks where words are; a word that is longer than a line is broken too.
  let rest = [...body];
  while (rest.length > room) {
    let cut = room;
    while (cut > 0 && rest[cut] !== " ") cut--;
    const at = rest.slice(0, cut).some((c) => c !== " ") ? cut : room;
    out.push(rest.slice(0, at).join("").trimEnd());
    rest = rest.slice(at);
    while (rest[0] === " ") rest.shift();
  }
  if (rest.length > 0) out.push(rest.join(""));
  return out;
}
