/** States of a search by number: what they are, where they were first reached from, and a table to find them again. */
import { grown } from "./slots.ts";

export class StateStore {
  readonly width: number;
  count = 0;
  private ids: Int32Array;
  /** Parent state, -1 of the first. */
  parents = new Int32Array(1024);
  /** Move and symmetry that led here: move | symmetry << 16. */
  vias = new Int32Array(1024);
  private table = new Int32Array(4096).fill(-1);

  constructor(width: number) {
    this.width = width;
    this.ids = new Int32Array(1024 * width);
  }

  /** The number of a state, or the complement of the number a new one would get. */
  add(ids: Int32Array, hash: number, parent: number, via: number): number {
    const { width, table } = this;
    const mask = table.length - 1;
    let at = hash & mask;
    for (let known = table[at] as number; known >= 0; known = table[at] as number) {
      const from = known * width;
      let i = 0;
      while (i < width && this.ids[from + i] === ids[i]) i++;
      if (i === width) return known;
      at = (at + 1) & mask;
    }
    const id = this.count++;
    if (id >= this.parents.length) {
      this.parents = grown(this.parents);
      this.vias = grown(this.vias);
      this.ids = grown(this.ids);
    }
    for (let i = 0; i < width; i++) this.ids[id * width + i] = ids[i] as number;
    this.parents[id] = parent;
    this.vias[id] = via;
    table[at] = id;
    return ~id;
  }

  /** The number of a state, -1 if it is none of these. */
  find(ids: Int32Array, hash: number): number {
    const { width, table } = this;
    const mask = table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const known = table[at] as number;
      if (known < 0) return -1;
      const from = known * width;
      let i = 0;
      while (i < width && this.ids[from + i] === ids[i]) i++;
      if (i === width) return known;
    }
  }

  get full(): boolean {
    return this.count * 2 > this.table.length;
  }

  /** Makes the table larger; `hash` gives a stored state's hash again. */
  rehash(hash: (ids: Int32Array) => number): void {
    const table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = table.length - 1;
    const one = new Int32Array(this.width);
    for (let id = 0; id < this.count; id++) {
      this.read(id, one);
      let at = hash(one) & mask;
      while ((table[at] as number) >= 0) at = (at + 1) & mask;
      table[at] = id;
    }
    this.table = table;
  }

  read(id: number, out: Int32Array): Int32Array {
    const from = id * this.width;
    for (let i = 0; i < this.width; i++) out[i] = this.ids[from + i] as number;
    return out;
  }

  get bytes(): number {
    return this.ids.byteLength + this.parents.byteLength + this.vias.byteLength + this.table.byteLength;
  }
}
