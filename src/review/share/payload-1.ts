/**
 * Format 1's compressed form. A share is lines: script lines as they are, and lines that begin with a sign for what is no
 * step. Every distinct line stands once, in the order of first use; behind them, a number a line says which one it is.
 * That way a session that does the same things again and again costs a few bits a step.
 */
import { deflateSync, Inflate } from "fflate";
import type { SessionData } from "../../script/session.ts";
import type { Result } from "../sides.ts";
import { DICTIONARY_1 } from "./dictionary-1.ts";
import { isViewPart, NOTE_MAX, plainText, type Share } from "./share.ts";

const START = "@";
const PARENT = "^";
const CURRENT = "=";
const LABEL = "'";
const VIEW = "?";
const NOTE = "!";
const SCRIPT = "$";
/** Line ends inside of a line. No script line holds a control character. */
const BREAK = "\v";

const fold = (text: string): string => plainText(text).replaceAll("\n", BREAK);
const unfold = (text: string): string => text.replaceAll(BREAK, "\n");

function linesOf({ content, view, note }: Share): string[] {
  const lines: string[] = [];
  if (content.kind === "script") {
    // One script: its lines are not told apart into header and steps.
    lines.push(`${SCRIPT}${content.at ?? ""}`);
    lines.push(...content.text.split("\n").slice(0, -1).map(fold));
    lines.push(CURRENT);
  } else {
    const headers = new Map(content.data.starts.map((s) => [s.id, s.header]));
    for (const [i, [parent, text]] of content.data.nodes.entries()) {
      if (parent < 0) lines.push(`${START}${fold(headers.get(i) ?? "")}`);
      else {
        if (parent !== i - 1) lines.push(`${PARENT}${parent}`);
        lines.push(fold(text));
      }
    }
    lines.push(`${CURRENT}${content.data.current}`);
    for (const [id, label] of content.data.labels) lines.push(`${LABEL}${id} ${fold(label)}`);
  }
  for (const [key, value] of Object.entries(view)) lines.push(`${VIEW}${key}=${value}`);
  if (note !== "") lines.push(`${NOTE}${fold(note)}`);
  return lines;
}

/** One byte up to 223, else two: indices of a share rarely get that far. */
function pushIndex(out: number[], index: number): void {
  if (index < 224) out.push(index);
  else if (index < 224 + 31 * 256) out.push(224 + ((index - 224) >> 8), (index - 224) & 0xff);
  else out.push(255, (index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff);
}

function readIndices(bytes: Uint8Array): number[] | null {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i] as number;
    if (b < 224) out.push(b);
    else if (b < 255) {
      if (i + 1 >= bytes.length) return null;
      out.push(224 + ((b - 224) << 8) + (bytes[++i] as number));
    } else {
      if (i + 3 >= bytes.length) return null;
      out.push(((bytes[++i] as number) << 16) | ((bytes[++i] as number) << 8) | (bytes[++i] as number));
    }
  }
  return out;
}

export function pack(share: Share): Uint8Array {
  const lines = linesOf(share);
  const index = new Map<string, number>();
  const sequence: number[] = [];
  for (const line of lines) {
    let at = index.get(line);
    if (at === undefined) {
      at = index.size;
      index.set(line, at);
    }
    pushIndex(sequence, at);
  }
  const text = new TextEncoder().encode([...index.keys()].join("\n"));
  const bytes = new Uint8Array(text.length + 1 + sequence.length);
  bytes.set(text);
  bytes.set(sequence, text.length + 1);
  return deflateSync(bytes, { level: 9, dictionary: DICTIONARY_1 });
}

/** What a packed share may grow to. */
export const MOST_BYTES = 8 << 20;
/** Input a turn: a turn's output stays bounded, whatever the ratio. */
const TURN = 1024;

function inflate(packed: Uint8Array): Uint8Array | null | "too long" {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const stream = new Inflate({ dictionary: DICTIONARY_1 });
  stream.ondata = (part, final) => {
    parts.push(part);
    size += part.length;
    ended ||= final;
  };
  try {
    for (let at = 0; at < packed.length; at += TURN) {
      stream.push(packed.subarray(at, at + TURN), at + TURN >= packed.length);
      if (size > MOST_BYTES) return "too long";
    }
  } catch {
    return null;
  }
  if (!ended) return null;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const damaged: Result<never> = { ok: false, problems: ["Its content is damaged."] };

export function unpack(packed: Uint8Array): Result<Share> {
  const bytes = inflate(packed);
  if (bytes === "too long")
    return {
      ok: false,
      problems: [`It unpacks to more than ${MOST_BYTES >> 20} MB, more than any session needs.`],
    };
  const end = bytes?.indexOf(0) ?? -1;
  if (bytes === null || end < 0) return damaged;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end));
  } catch {
    return damaged;
  }
  const distinct = text.split("\n");
  const indices = readIndices(bytes.subarray(end + 1));
  if (indices === null) return damaged;
  const lines: string[] = [];
  let size = 0;
  for (const i of indices) {
    const line = distinct[i];
    if (line === undefined) return damaged;
    size += line.length + 1;
    if (size > MOST_BYTES) return { ok: false, problems: ["It holds more text than any session needs."] };
    lines.push(line);
  }
  return read(lines);
}

const whole = (text: string): number | null => (/^\d{1,7}$/.test(text) ? Number(text) : null);

function read(lines: readonly string[]): Result<Share> {
  const problems: string[] = [];
  const script = lines[0]?.startsWith(SCRIPT) === true ? ([] as string[]) : null;
  const starts: { id: number; header: string }[] = [];
  const nodes: [number, string][] = [];
  const labels: [number, string][] = [];
  const view: Record<string, string> = {};
  let note = "";
  let parent: number | null = null;
  let current: number | null = null;
  let at: number | null = null;
  let body = true;
  for (const [i, line] of lines.entries()) {
    const rest = line.slice(1);
    if (i === 0 && script !== null) {
      at = whole(rest);
      if (rest !== "" && at === null) problems.push(`"${rest}" is no step`);
    } else if (body && line.startsWith(CURRENT)) {
      body = false;
      current = whole(rest);
    } else if (body && script !== null) script.push(unfold(line));
    else if (body && line.startsWith(START)) {
      starts.push({ id: nodes.length, header: unfold(rest) });
      nodes.push([-1, ""]);
    } else if (body && line.startsWith(PARENT)) {
      parent = whole(rest);
      if (parent === null) problems.push(`"${rest}" is no step`);
    } else if (body) {
      nodes.push([parent ?? nodes.length - 1, unfold(line)]);
      parent = null;
    } else if (line.startsWith(LABEL)) {
      const space = rest.indexOf(" ");
      const id = whole(rest.slice(0, space));
      if (id === null) problems.push("a label names no step");
      else labels.push([id, unfold(rest.slice(space + 1))]);
    } else if (line.startsWith(VIEW)) {
      const eq = rest.indexOf("=");
      const [key, value] = [rest.slice(0, eq), rest.slice(eq + 1)];
      if (isViewPart(key, value)) view[key] = value;
      else problems.push("a part of its view makes no sense");
    } else if (line.startsWith(NOTE)) note = unfold(rest).slice(0, NOTE_MAX);
    else problems.push(`it holds a line of a kind that format 1 does not have`);
  }
  if (body) problems.push("its end is missing");
  if (script === null && (current === null || starts.length === 0))
    problems.push("it says not where to stand");
  if (problems.length > 0) return { ok: false, problems };
  const data: SessionData = { starts, nodes, labels, current: current ?? 0 };
  return {
    ok: true,
    value: {
      content:
        script === null
          ? { kind: "session", data }
          : { kind: "script", text: script.map((l) => `${l}\n`).join(""), at },
      view,
      note,
    },
  };
}
