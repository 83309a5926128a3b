/** A small text file, plain or gzip, as lines: for the host SMMU's log, which is laid beside another. */
import { BYTE_LIMITS, LogError, TextSource } from "./bytes.ts";

/** Enough for a few million lines; the host log of a long run has thousands. */
const MAX_BYTES = 256 * 2 ** 20;

export class LineCollector {
  readonly lines: string[] = [];
  private carry = "";
  private problem: string | null = null;
  private readonly source = new TextSource((t) => this.text(t), { ...BYTE_LIMITS, maxBytes: MAX_BYTES });

  private text(t: string): void {
    const parts = (this.carry + t).split("\n");
    this.carry = parts.pop() ?? "";
    for (const p of parts) this.lines.push(p.endsWith("\r") ? p.slice(0, -1) : p);
  }

  private try(work: () => void): void {
    if (this.problem !== null) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      this.problem = error.message;
    }
  }

  push(bytes: Uint8Array): void {
    this.try(() => this.source.push(bytes));
  }

  /** Null, or why the file could not be read to its end. */
  end(): string | null {
    this.try(() => this.source.end());
    if (this.carry !== "") this.lines.push(this.carry);
    return this.problem;
  }
}
