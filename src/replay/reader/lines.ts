/**
 * Text to events: splits lines (LF or CRLF, however the chunks fall), takes the prefix off, looks the event's name up.
 * Lines of other events and lines that are no events are counted and kept as samples; none stops the reading.
 */
import { EVENT_COUNT, type EventSpec, eventNames, eventSpec, quickSpec } from "../events/table.ts";

/** Longer lines are no trace lines; only their number is remembered. */
const MAX_LINE = 64 * 1024;
const MAX_SAMPLES = 8;
const MAX_SAMPLE = 160;
const MAX_NAMES = 1000;

/** Gets every line of an event of the table. False: the text behind the name does not fit the event. */
export type EventSink = (
  spec: EventSpec,
  s: string,
  at: number,
  end: number,
  line: number,
  start: number,
) => boolean;

export interface Sample {
  readonly line: number;
  readonly text: string;
}

/** What a log was made of. */
export interface Census {
  readonly lines: number;
  /** Lines of events the lab knows, by name. */
  readonly events: Readonly<Record<string, number>>;
  readonly known: number;
  /** Lines of other trace events. */
  readonly others: Readonly<Record<string, number>>;
  readonly other: number;
  /** Lines that are no trace events. */
  readonly foreign: number;
  readonly foreignSamples: readonly Sample[];
  /** Lines with a known name whose rest does not fit: cut off, or of a release the lab has not met. */
  readonly damaged: number;
  readonly damagedSamples: readonly Sample[];
  readonly overlong: number;
}

const CR = 13;
const SPACE = 32;

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isNameChar = (c: number): boolean => (c >= 97 && c <= 122) || c === 95 || isDigit(c);

/** Index behind the prefix of the line `s[at…end)`: ISO stamp and blank, `tid@secs.usecs:`, or nothing. */
export function skipPrefix(s: string, at: number, end: number): number {
  if (!isDigit(s.charCodeAt(at))) return at;
  if (s.charCodeAt(at + 4) === 45 && s.charCodeAt(at + 10) === 84) {
    const blank = s.indexOf(" ", at);
    return blank < 0 || blank >= end ? at : blank + 1;
  }
  let i = at;
  while (i < end && isDigit(s.charCodeAt(i))) i++;
  if (s.charCodeAt(i) !== 64) return at;
  i++;
  while (i < end && (isDigit(s.charCodeAt(i)) || s.charCodeAt(i) === 46)) i++;
  return s.charCodeAt(i) === 58 ? i + 1 : at;
}

export class LineScanner {
  lines = 0;
  known = 0;
  private readonly sink: EventSink;
  private readonly counts = new Uint32Array(EVENT_COUNT);
  private readonly others = new Map<string, number>();
  private other = 0;
  private foreign = 0;
  private damaged = 0;
  private overlong = 0;
  private readonly foreignSamples: Sample[] = [];
  private readonly damagedSamples: Sample[] = [];
  private carry = "";
  /** Inside a line that is too long: everything up to its end is dropped. */
  private dropping = false;

  constructor(sink: EventSink) {
    this.sink = sink;
  }

  push(chunk: string): void {
    let at = 0;
    if (this.dropping) {
      const nl = chunk.indexOf("\n");
      if (nl < 0) return;
      this.dropping = false;
      at = nl + 1;
    }
    const s = this.carry === "" ? chunk : this.carry + chunk;
    this.carry = "";
    for (;;) {
      const nl = s.indexOf("\n", at);
      if (nl < 0) break;
      this.line(s, at, s.charCodeAt(nl - 1) === CR && nl > at ? nl - 1 : nl);
      at = nl + 1;
    }
    if (s.length - at > MAX_LINE) {
      this.dropping = true;
      this.lines++;
      this.overlong++;
    } else this.carry = at === 0 ? s : s.slice(at);
  }

  end(): void {
    if (this.carry !== "") this.push("\n");
  }

  private line(s: string, start: number, end: number): void {
    this.lines++;
    if (end - start > MAX_LINE) {
      this.overlong++;
      return;
    }
    const at = skipPrefix(s, start, end);
    const blank = s.indexOf(" ", at);
    const nameEnd = blank < 0 || blank > end ? end : blank;
    const known = quickSpec(s, at, nameEnd);
    if (known !== null) {
      this.event(known, s, start, nameEnd, end);
      return;
    }
    let i = at;
    let underscore = false;
    for (; i < end; i++) {
      const c = s.charCodeAt(i);
      if (c === 95) underscore = true;
      else if (!isNameChar(c)) break;
    }
    if (!underscore || (i < end && s.charCodeAt(i) !== SPACE)) {
      if (end > start) {
        this.foreign++;
        keep(this.foreignSamples, this.lines, s, start, end);
      }
      return;
    }
    const name = s.slice(at, i);
    const spec = eventSpec(name);
    if (spec === null) {
      this.other++;
      const before = this.others.get(name);
      if (before !== undefined || this.others.size < MAX_NAMES) this.others.set(name, (before ?? 0) + 1);
      return;
    }
    this.event(spec, s, start, i, end);
  }

  private event(spec: EventSpec, s: string, start: number, nameEnd: number, end: number): void {
    if (this.sink(spec, s, nameEnd < end ? nameEnd + 1 : end, end, this.lines, start)) {
      this.known++;
      this.counts[spec.index] = (this.counts[spec.index] as number) + 1;
    } else {
      this.damaged++;
      keep(this.damagedSamples, this.lines, s, start, end);
    }
  }

  census(): Census {
    const events: Record<string, number> = {};
    for (const [index, name] of eventNames().entries()) {
      const n = this.counts[index] as number;
      if (n > 0) events[name] = n;
    }
    return {
      lines: this.lines,
      events,
      known: this.known,
      others: Object.fromEntries(this.others),
      other: this.other,
      foreign: this.foreign,
      foreignSamples: this.foreignSamples,
      damaged: this.damaged,
      damagedSamples: this.damagedSamples,
      overlong: this.overlong,
    };
  }
}

function keep(samples: Sample[], line: number, s: string, start: number, end: number): void {
  if (samples.length < MAX_SAMPLES)
    samples.push({ line, text: s.slice(start, Math.min(end, start + MAX_SAMPLE)) });
}
