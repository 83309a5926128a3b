/**
 * The text behind an event's name, as a template that reads and writes it. A template is QEMU's format string with
 * named fields: `iommufd={iommufd:d} id={id:u} ({ret:d})`.
 *
 *   d  decimal, may be negative     u  decimal     x  0x and hex     X  hex without 0x
 *   s  text up to the next literal (or the end)    p  pointer: 0x and hex, or `(nil)`
 */
import type { TraceArgs, TraceValue } from "../../engine/tracer.ts";

/** Numbers that fit exactly are numbers, larger ones bigint. */
export type FieldValue = number | bigint | string;
export type Fields = Readonly<Record<string, FieldValue>>;

type Format = "d" | "u" | "x" | "X" | "s" | "p";

interface Part {
  readonly name: string;
  readonly format: Format;
  /** Literal behind the field. */
  readonly after: string;
}

export interface Template {
  readonly source: string;
  /** Literal before the first field. */
  readonly before: string;
  readonly parts: readonly Part[];
}

export function template(source: string): Template {
  const pieces = source.split(/\{([a-z0-9_]+):([duxXsp])\}/);
  const parts: Part[] = [];
  for (let i = 1; i < pieces.length; i += 3)
    parts.push({
      name: pieces[i] as string,
      format: pieces[i + 1] as Format,
      after: pieces[i + 2] as string,
    });
  return { source, before: pieces[0] as string, parts };
}

/** Where the last number ended; the scanner's second result without an object a call. */
let stop = 0;

/** Hex digits from `at`; NaN when there is none. */
function readHex(s: string, at: number, end: number): number | bigint {
  let value = 0;
  let i = at;
  for (; i < end; i++) {
    const c = s.charCodeAt(i);
    let digit: number;
    if (c >= 48 && c <= 57) digit = c - 48;
    else if (c >= 97 && c <= 102) digit = c - 87;
    else if (c >= 65 && c <= 70) digit = c - 55;
    else break;
    value = value * 16 + digit;
  }
  stop = i;
  if (i === at || i - at > 16) return Number.NaN;
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  return BigInt(`0x${s.slice(at, i)}`);
}

function readDecimal(s: string, at: number, end: number): number | bigint {
  let i = at;
  const negative = s.charCodeAt(i) === 45;
  if (negative) i++;
  const first = i;
  let value = 0;
  for (; i < end; i++) {
    const c = s.charCodeAt(i);
    if (c < 48 || c > 57) break;
    value = value * 10 + (c - 48);
  }
  stop = i;
  if (i === first || i - first > 20) return Number.NaN;
  if (value > Number.MAX_SAFE_INTEGER) return BigInt(s.slice(at, i));
  return negative ? -value : value;
}

function readField(s: string, at: number, end: number, part: Part): FieldValue {
  switch (part.format) {
    case "d":
    case "u":
      return readDecimal(s, at, end);
    case "p":
      if (s.startsWith("(nil)", at)) {
        stop = at + 5;
        return 0;
      }
      return s.charCodeAt(at) === 48 && s.charCodeAt(at + 1) === 120 ? readHex(s, at + 2, end) : Number.NaN;
    case "x":
      return s.charCodeAt(at) === 48 && s.charCodeAt(at + 1) === 120 ? readHex(s, at + 2, end) : Number.NaN;
    case "X":
      return readHex(s, at, end);
    case "s": {
      const found = part.after === "" ? end : s.indexOf(part.after, at);
      if (found < 0 || found > end) return Number.NaN;
      stop = found;
      return s.slice(at, found);
    }
  }
}

/** `s` has `literal` at `at`; a loop, because a call a field is what a log of millions of lines spends its time on. */
function has(s: string, literal: string, at: number): boolean {
  for (let i = 0; i < literal.length; i++) if (s.charCodeAt(at + i) !== literal.charCodeAt(i)) return false;
  return true;
}

/** Reads `s[at…end)`; null when it is not this template's text. Blanks at the end do not matter. */
export function readTemplate(t: Template, s: string, at: number, end: number): Fields | null {
  if (!has(s, t.before, at)) {
    // A format that is empty, or ends in a blank, loses that blank in logs that went through an editor.
    if (t.parts.length > 0 || t.before.trimEnd() !== s.slice(at, end).trimEnd()) return null;
    return {};
  }
  let i = at + t.before.length;
  if (i > end) return t.parts.length === 0 && i - end <= 1 ? {} : null;
  const out: Record<string, FieldValue> = {};
  const last = t.parts.length - 1;
  for (let n = 0; n <= last; n++) {
    const part = t.parts[n] as Part;
    const value = readField(s, i, end, part);
    if (typeof value === "number" && Number.isNaN(value)) return null;
    out[part.name] = value;
    i = stop;
    if (i + part.after.length <= end && has(s, part.after, i)) i += part.after.length;
    else if (n === last && part.after.trimEnd() === s.slice(i, end).trimEnd()) return out;
    else return null;
  }
  for (; i < end; i++) if (s.charCodeAt(i) !== 32) return null;
  return out;
}

function writeValue(value: TraceValue | undefined, format: Format): string {
  if (format === "s") return typeof value === "string" ? value : String(value ?? "");
  if (typeof value === "boolean") return value ? "1" : "0";
  const number = typeof value === "bigint" || typeof value === "number" ? value : 0;
  if (format === "d" || format === "u") return number.toString(10);
  const digits = (number < 0 ? BigInt.asUintN(64, BigInt(number)) : number).toString(16);
  return format === "X" ? digits : `0x${digits}`;
}

/** The text behind the name. */
export function writeTemplate(t: Template, args: TraceArgs): string {
  let out = t.before;
  for (const part of t.parts) out += writeValue(args[part.name], part.format) + part.after;
  return out;
}
