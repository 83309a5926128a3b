/** A list of 32-bit numbers that grows, and is used again once it was taken. */
import { grown } from "./slots.ts";

export class Ints {
  private data = new Int32Array(4096);
  private length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.data = grown(this.data);
    this.data[this.length++] = value;
  }

  /** What was pushed since the last time. */
  take(): Int32Array<ArrayBuffer> {
    const out = this.data.slice(0, this.length);
    this.length = 0;
    return out;
  }
}
