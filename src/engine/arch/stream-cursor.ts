/**
 * STE addresses of many streams in ascending order, as registers and memory are now: the level-1 descriptor is read once
 * for all streams under it. For questions about every stream of a vSMMU; one transaction uses find-ste.ts.
 */
import type { StreamTable } from "./find-ste.ts";
import { l1stdPtr, l1stdSpan } from "./l1std.ts";

export class StreamCursor {
  readonly table: StreamTable;
  private readonly read: (addr: bigint) => bigint | null;
  private readonly base: number;
  private block = -1;
  /** Address of STE 0 under the block's L1STD, and how many there are. */
  private leaf = 0;
  private count = 0;

  constructor(table: StreamTable, read: (addr: bigint) => bigint | null) {
    this.table = table;
    this.read = read;
    // Table bases have 56 bits, but with their low six clear they are exact as numbers.
    this.base = Number(table.base);
  }

  /** Address of the L1STD over this StreamID; -1 in a linear table. */
  l1std(sid: number): number {
    return this.table.twoLevel ? this.base + 8 * Math.floor(sid / 2 ** this.table.split) : -1;
  }

  /** Address of the STE; -1 if the stream has none. */
  ste(sid: number): number {
    const { table } = this;
    if (sid >= 2 ** table.log2size) return -1;
    if (!table.twoLevel) return this.base + 64 * sid;
    const block = Math.floor(sid / 2 ** table.split);
    if (block !== this.block) this.enter(block);
    const index = sid % 2 ** table.split;
    return index < this.count ? this.leaf + 64 * index : -1;
  }

  private enter(block: number): void {
    this.block = block;
    const word = this.read(BigInt(this.base + 8 * block)) ?? 0n;
    const span = l1stdSpan(word);
    this.count = span === 0 || span > this.table.split + 1 ? 0 : 2 ** (span - 1);
    this.leaf = this.count === 0 ? 0 : Number(l1stdPtr(word));
  }
}
