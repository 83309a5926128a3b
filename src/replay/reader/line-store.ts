/**
 * A log's lines by number, read back from where its bytes lie. Only every so many lines' places are remembered, and for
 * an unpacked file not even its bytes are kept: it can be read again.
 */

/** Lines between two remembered places, */
const EVERY = 256;
/** and bytes, whichever comes first. */
const EVERY_BYTES = 1 << 18;
/** Bytes of packed text that are put away at once. */
const PART = 1 << 22;
/** Unpacked text that is kept; lines behind it cannot be shown. */
const MOST_KEPT = 1 << 29;
/** Bytes read for one block of lines at most: a line without an end is cut. */
const MOST_READ = 1 << 21;
/** Characters of a line that are shown. */
const WIDTH = 2000;

export class LineStore {
  /** First line (from 1) and its offset of every remembered place. */
  private readonly firsts: number[] = [1];
  private readonly offsets: number[] = [0];
  private line = 1;
  private offset = 0;
  private kept = 0;
  private readonly parts: Blob[] = [];
  private part: Uint8Array<ArrayBuffer>[] = [];
  private partBytes = 0;
  private text: Blob | null;
  private readonly limit: number;

  /** `plain`: the file itself is the text. Null: the text comes out of packed data and is kept here. */
  constructor(plain: Blob | null, limit = MOST_KEPT) {
    this.text = plain;
    this.limit = limit;
  }

  /** The next bytes of the text. */
  readonly push = (bytes: Uint8Array): void => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
      this.line++;
      const start = this.offset + at + 1;
      const last = this.firsts.length - 1;
      if (
        this.line - (this.firsts[last] as number) >= EVERY ||
        start - (this.offsets[last] as number) >= EVERY_BYTES
      ) {
        this.firsts.push(this.line);
        this.offsets.push(start);
      }
    }
    this.offset += bytes.length;
    if (this.text !== null || this.kept >= this.limit) return;
    this.kept += bytes.length;
    this.part.push(new Uint8Array(bytes));
    this.partBytes += bytes.length;
    if (this.partBytes >= PART) this.putAway();
  };

  private putAway(): void {
    this.parts.push(new Blob(this.part));
    this.part = [];
    this.partBytes = 0;
  }

  /** No more bytes follow. */
  end(): void {
    if (this.text !== null) return;
    this.putAway();
    this.text = new Blob(this.parts);
    this.parts.length = 0;
  }

  /** Lines `from` to `to`, both included, from 1. Lines that are not there, or not kept, are left out at the end. */
  async lines(from: number, to: number): Promise<string[]> {
    const out: string[] = [];
    for (let block = this.blockOf(from); block < this.firsts.length; block++) {
      const first = this.firsts[block] as number;
      if (first > to) break;
      const lines = await this.block(block);
      for (let i = Math.max(0, from - first); i < lines.length && first + i <= to; i++)
        out.push(lines[i] as string);
    }
    return out;
  }

  private blockOf(line: number): number {
    let lo = 0;
    let hi = this.firsts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((this.firsts[mid] as number) <= line) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  private async block(block: number): Promise<string[]> {
    if (this.text === null) return [];
    const start = this.offsets[block] as number;
    const end = this.offsets[block + 1] ?? this.offset;
    const text = await this.text.slice(start, Math.min(end, start + MOST_READ)).text();
    const lines = text.split("\n");
    // Behind the last line's end there is no further line.
    if (text.endsWith("\n") || text === "") lines.pop();
    return lines.map((line) => {
      const l = line.endsWith("\r") ? line.slice(0, -1) : line;
      return l.length <= WIDTH ? l : `${l.slice(0, WIDTH)}…`;
    });
  }
}
