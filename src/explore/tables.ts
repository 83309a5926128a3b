/** Tables from the numbers of states to others. */
import { grown } from "./slots.ts";

/** A lossy table from two numbers to one: forgetting costs time, never truth. */
export class PairCache {
  private readonly mask: number;
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly value: Int32Array;

  constructor(log2: number) {
    const n = 1 << log2;
    this.mask = n - 1;
    this.a = new Int32Array(n).fill(-1);
    this.b = new Int32Array(n);
    this.value = new Int32Array(n);
  }

  private at(a: number, b: number): number {
    const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    return (h ^ (h >>> 15)) & this.mask;
  }

  get(a: number, b: number): number {
    const i = this.at(a, b);
    return this.a[i] === a && this.b[i] === b ? (this.value[i] as number) : -1;
  }

  set(a: number, b: number, value: number): void {
    const i = this.at(a, b);
    this.a[i] = a;
    this.b[i] = b;
    this.value[i] = value;
  }
}

/** A function from states of one group to states of one group, learnt value by value. */
export class GroupMap {
  private table = new Int32Array(256).fill(-1);

  get(id: number): number {
    return id < this.table.length ? (this.table[id] as number) : -1;
  }

  set(id: number, to: number): void {
    while (id >= this.table.length) this.table = grown(this.table, -1);
    this.table[id] = to;
  }
}
