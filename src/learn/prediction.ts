/**
 * What a learner is asked before something runs. A lesson names the question alone: the answer is what the engine then
 * does. Written `attachment d1`, `dma d1`, `legal d1`, `errno`, `users d0.s2`, `call 2`; words in quotes replace the
 * lab's own.
 */
import type { LineProblem, MarkedBlock } from "../script/marked.ts";
import { nearest } from "../script/suggest.ts";
import { meant } from "./reading.ts";

export const ASKS = ["attachment", "dma", "legal", "errno", "users", "call"] as const;
export type AskKind = (typeof ASKS)[number];

export type Ask =
  /** What the device is attached to afterwards; what its DMA gets; what the architecture allows it to get. */
  | { readonly kind: "attachment" | "dma" | "legal"; readonly dev: string }
  /** What the last command returns. */
  | { readonly kind: "errno" }
  /** The object's users count afterwards. */
  | { readonly kind: "users"; readonly object: string }
  /** The n-th host call of the last command, from 1; those that only keep house are not counted. */
  | { readonly kind: "call"; readonly n: number };

export interface Prediction {
  readonly ask: Ask;
  /** The author's words, or null for the lab's. */
  readonly text: string | null;
  readonly line: number;
}

const OBJECT = /^[a-z][a-z0-9_-]*(\.[a-z0-9]+)?$|^id:\d+$/;

function askOf(kind: AskKind, word: string | undefined): Ask | string {
  switch (kind) {
    case "attachment":
    case "dma":
    case "legal":
      if (word === undefined || !/^[a-z][a-z0-9_-]*$/.test(word))
        return `"${kind}" needs a device, such as ${kind} d1`;
      return { kind, dev: word };
    case "errno":
      return word === undefined ? { kind } : `"errno" stands alone: it is about the last command`;
    case "users":
      if (word === undefined || !OBJECT.test(word)) return `"users" needs an object, such as users d0.s2`;
      return { kind, object: word };
    case "call": {
      const n = Number(word);
      if (word === undefined || !/^\d{1,3}$/.test(word) || n < 1)
        return `"call" needs a number from 1 on, such as call 2`;
      return { kind, n };
    }
  }
}

export function readPrediction(text: string, line: number): Prediction | LineProblem {
  const parts = /^(\S+)(?:\s+([^\s"]+))?(?:\s+"([^"]*)")?$/.exec(text.trim());
  if (parts === null)
    return { line, message: `"${text.trim()}" asks nothing; expected such as dma d1 "What gets through?"` };
  const [, word = "", operand, words] = parts;
  const kind = ASKS.find((k) => k === word);
  if (kind === undefined)
    return {
      line,
      message: `no question "${word}"; expected ${ASKS.join(", ")}${meant(nearest(word, ASKS))}`,
    };
  const ask = askOf(kind, operand);
  if (typeof ask === "string") return { line, message: ask };
  return { ask, text: words === undefined || words.trim() === "" ? null : words.trim(), line };
}

export function readPredictions(block: MarkedBlock, problems: LineProblem[]): Prediction[] {
  const out: Prediction[] = [];
  block.lines.forEach((text, i) => {
    if (text.trim() === "" || text.trim().startsWith("#")) return;
    const got = readPrediction(text, block.line + 1 + i);
    if ("message" in got) problems.push(got);
    else out.push(got);
  });
  if (out.length === 0 && problems.every((p) => p.line <= block.line))
    problems.push({ line: block.line, message: "this predict block asks nothing" });
  return out;
}

export function askText(ask: Ask): string {
  switch (ask.kind) {
    case "errno":
      return "errno";
    case "users":
      return `users ${ask.object}`;
    case "call":
      return `call ${ask.n}`;
    default:
      return `${ask.kind} ${ask.dev}`;
  }
}

export const predictionText = (p: Prediction): string =>
  p.text === null ? askText(p.ask) : `${askText(p.ask)} "${p.text}"`;
