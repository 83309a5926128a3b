/**
 * A log's bytes as text, piece by piece: gzip (also several members one after the other) is recognised by its first
 * bytes. Nothing is kept, so memory does not grow with the file; what cannot be a log is refused early.
 */
import { Gunzip } from "fflate";

export type LogFault =
  | "empty"
  | "binary"
  | "compression"
  | "damaged-gzip"
  | "truncated-gzip"
  | "bomb"
  | "not-a-log"
  | "too-large"
  | "cancelled";

/** Why reading ended before the end, or what is wrong with what was read. */
export class LogError extends Error {
  readonly fault: LogFault;

  constructor(fault: LogFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface ByteLimits {
  /** Inflated bytes in all. */
  readonly maxBytes: number;
  /** Beyond this many inflated bytes the ratio is looked at. */
  readonly bombBytes: number;
  /** Inflated bytes a compressed byte. Trace logs stay below 60. */
  readonly bombRatio: number;
}

export const BYTE_LIMITS: ByteLimits = { maxBytes: 16 * 2 ** 30, bombBytes: 64 * 2 ** 20, bombRatio: 250 };

/** Compressed bytes given to the inflater at once: bounds what one call can produce to about 16 MB. */
const SLICE = 16 * 1024;
/** Bytes kept of a line that has not ended. */
const MAX_REST = 64 * 1024;
/** Bytes looked at before anything is decided. */
const HEAD = 4096;

const MAGIC: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  bytes.length >= magic.length && magic.every((b, i) => bytes[i] === b);

const truncated = (): LogError =>
  new LogError("truncated-gzip", "the gzip data end too early; what came before the cut was read");

/** Throws unless the first bytes of the (inflated) data may be text. */
function checkText(head: Uint8Array): void {
  for (const [name, magic] of MAGIC)
    if (startsWith(head, magic))
      throw new LogError(
        "compression",
        `this file is compressed with ${name}; the lab reads plain text and gzip`,
      );
  let odd = 0;
  const n = Math.min(head.length, HEAD);
  for (let i = 0; i < n; i++) {
    const b = head[i] as number;
    if (b === 0) throw new LogError("binary", "this file is binary, not a QEMU trace log");
    if (b < 32 && b !== 9 && b !== 10 && b !== 13 && b !== 27) odd++;
  }
  if (odd * 10 > n) throw new LogError("binary", "this file is binary, not a QEMU trace log");
}

/** Turns chunks of bytes into chunks of text. Call `push` for each and `end` once; texts go to `out`. */
export class TextSource {
  /** Bytes given so far. */
  bytesIn = 0;
  /** Bytes of text so far. */
  bytesOut = 0;
  private readonly out: (text: string) => void;
  private readonly limits: ByteLimits;
  private readonly onBytes: ((bytes: Uint8Array) => void) | undefined;
  private readonly decoder = new TextDecoder("utf-8");
  /** The beginning of a line whose end has not come. */
  private rest: Uint8Array | null = null;
  private head: Uint8Array | null = new Uint8Array(0);
  private gunzip: Gunzip | null = null;
  /** Inflated bytes of the present gzip member, and the last compressed bytes: its trailer says how many they must be. */
  private memberOut = 0;
  private tail: readonly number[] = [];
  /** Padding behind the last member: the rest of the file is nothing. */
  private padding = false;
  private checked = false;

  /** `onBytes` sees the inflated bytes as they are; it may not keep them. */
  constructor(
    out: (text: string) => void,
    limits: ByteLimits = BYTE_LIMITS,
    onBytes?: (bytes: Uint8Array) => void,
  ) {
    this.out = out;
    this.limits = limits;
    this.onBytes = onBytes;
  }

  push(bytes: Uint8Array): void {
    this.bytesIn += bytes.length;
    if (this.head === null) {
      this.feed(bytes);
      return;
    }
    const head = new Uint8Array(this.head.length + bytes.length);
    head.set(this.head);
    head.set(bytes, this.head.length);
    this.head = head;
    if (head.length >= 2) this.begin();
  }

  end(): void {
    if (this.head !== null) this.begin();
    if (this.bytesIn === 0) throw new LogError("empty", "the file is empty");
    if (this.gunzip !== null && !this.padding) {
      this.inflate(new Uint8Array(0), true);
      this.checkTrailer();
    }
    if (this.rest !== null) this.out(this.decoder.decode(this.rest));
    this.rest = null;
  }

  private begin(): void {
    const head = this.head as Uint8Array;
    this.head = null;
    if (startsWith(head, [0x1f, 0x8b])) {
      this.gunzip = new Gunzip((chunk) => this.text(chunk));
      this.gunzip.onmember = () => {
        this.memberOut = 0;
      };
    }
    this.feed(head);
  }

  private feed(bytes: Uint8Array): void {
    if (this.gunzip === null) {
      this.text(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += SLICE) this.inflate(bytes.subarray(at, at + SLICE), false);
  }

  private inflate(bytes: Uint8Array, final: boolean): void {
    if (this.padding) return;
    if (bytes.length > 0) this.tail = [...this.tail, ...bytes.subarray(-4)].slice(-4);
    try {
      (this.gunzip as Gunzip).push(bytes, final);
    } catch (error) {
      if (error instanceof LogError) throw error;
      const what = (error as Error).message;
      // No member where one might follow: some tools pad their files. What was read stands.
      if (what === "invalid gzip data" && this.bytesOut > 0) {
        this.padding = true;
        return;
      }
      if (final || /EOF/.test(what)) throw truncated();
      throw new LogError("damaged-gzip", `the gzip data are damaged (${what}); what came before was read`);
    }
  }

  /** The last four bytes of a gzip member are its length. */
  private checkTrailer(): void {
    const [a = 0, b = 0, c = 0, d = 0] = this.tail;
    const length = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    if (this.tail.length < 4 || length !== this.memberOut % 2 ** 32) throw truncated();
  }

  private text(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (!this.checked) {
      checkText(chunk);
      this.checked = true;
    }
    this.bytesOut += chunk.length;
    this.memberOut += chunk.length;
    if (this.bytesOut > this.limits.maxBytes)
      throw new LogError("too-large", `more than ${Math.round(this.limits.maxBytes / 2 ** 30)} GiB of text`);
    if (
      this.gunzip !== null &&
      this.bytesOut > this.limits.bombBytes &&
      this.bytesOut > this.limits.bombRatio * this.bytesIn
    )
      throw new LogError(
        "bomb",
        `these gzip data grow more than ${this.limits.bombRatio}-fold: no trace log does, so reading was stopped`,
      );
    this.onBytes?.(chunk);
    this.lines(chunk);
  }

  /** Whole lines are decoded at once: several times faster than a decoder that keeps half characters. */
  private lines(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.rest !== null) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    const end = bytes.lastIndexOf(10) + 1;
    // A line without an end is handed on in pieces: somebody else counts how long it gets.
    const whole = end === 0 && bytes.length > MAX_REST ? bytes.length : end;
    if (whole > 0) this.out(this.decoder.decode(bytes.subarray(0, whole)));
    this.rest = whole === bytes.length ? null : bytes.slice(whole);
  }
}
