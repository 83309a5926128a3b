/**
 * A world taken apart into slots: pieces small enough that most steps read and change only a few, each interned to a
 * small number. A slot belongs to a group: the host's side, one a vSMMU, what is left of memory, and what the search
 * itself remembers. A state of a group is a vector of numbers, a world is one state a group.
 *
 * Slots appear as a search meets them (objects, lines of memory). 0 is "nothing there", so that a slot nobody has
 * met yet needs no place in older vectors.
 */
import { areaBase } from "../engine/guest/layout.ts";
import { hashOf, isSame } from "./same.ts";

export const HOST = 0;

/** A structural key: equal values have equal keys, whatever the order their fields were written in. */
export function keyOf(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `n${value.toString(36)}`;
    case "string":
      return JSON.stringify(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) {
        let out = "[";
        for (let i = 0; i < value.length; i++) out += `${keyOf(value[i])},`;
        return `${out}]`;
      }
      let out = "{";
      const o = value as Record<string, unknown>;
      for (const k of Object.keys(o).sort()) if (o[k] !== undefined) out += `${k}:${keyOf(o[k])},`;
      return `${out}}`;
    }
    default:
      return String(value);
  }
}

/** Two 32-bit hashes of a text (FNV-1a and a multiplicative one): the same in every process. */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b + c, 0x85ebca6b);
    b ^= b >>> 15;
  }
  a = Math.imul(a ^ (a >>> 16), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 13), 0x27d4eb2f);
  return [a ^ (a >>> 15), b ^ (b >>> 16)];
}

export class Slot {
  readonly group: number;
  readonly index: number;
  readonly path: string;
  private readonly byHash = new Map<number, number[]>();
  private readonly byObject = new WeakMap<object, number>();
  private readonly byPrimitive = new Map<unknown, number>();
  /** Index = value id; 0 is absence. */
  readonly raw: unknown[] = [undefined];
  readonly hashLo: number[] = [0];
  readonly hashHi: number[] = [0];
  /** A line of guest memory. */
  isLine = false;
  /** The last run that read it. */
  seen = 0;

  constructor(group: number, index: number, path: string) {
    this.group = group;
    this.index = index;
    this.path = path;
  }

  intern(value: unknown): number {
    if (value === undefined) return 0;
    if (typeof value !== "object" || value === null)
      return this.byPrimitive.get(value) ?? this.add(value, this.byPrimitive);
    const known = this.byObject.get(value);
    if (known !== undefined) return known;
    const hash = hashOf(value);
    const alike = this.byHash.get(hash);
    let id = alike?.find((x) => isSame(this.raw[x], value));
    if (id === undefined) {
      id = this.add(value, this.byObject);
      if (alike === undefined) this.byHash.set(hash, [id]);
      else alike.push(id);
    }
    this.byObject.set(value, id);
    return id;
  }

  private add<K>(value: K, known: { set(value: K, id: number): unknown }): number {
    const id = this.raw.length;
    this.raw.push(value);
    const [lo, hi] = hashText(`${this.path}=${keyOf(value)}`);
    this.hashLo.push(lo);
    this.hashHi.push(hi);
    known.set(value, id);
    return id;
  }
}

/** States of a group, numbered by what some of its slots hold. */
export class Classes {
  /** By state, -1 unknown. */
  table = new Int32Array(256).fill(-1);
  private readonly group: Group;
  private readonly slots: readonly number[];
  private readonly known = new Map<string, number>();

  constructor(group: Group, slots: readonly number[]) {
    this.group = group;
    this.slots = slots;
  }

  of(id: number): number {
    const cls = id < this.table.length ? (this.table[id] as number) : -1;
    return cls < 0 ? this.learn(id) : cls;
  }

  private learn(id: number): number {
    while (id >= this.table.length) this.table = grown(this.table, -1);
    const { data, stride } = this.group;
    let key = "";
    for (const i of this.slots) {
      const value = data[id * stride + i] as number;
      key += String.fromCharCode(value & 0xffff, value >>> 16);
    }
    let cls = this.known.get(key);
    if (cls === undefined) {
      cls = this.known.size;
      this.known.set(key, cls);
    }
    this.table[id] = cls;
    return cls;
  }
}

/** Slots of one group, and every vector met. */
export class Group {
  readonly no: number;
  readonly slots: Slot[] = [];
  private readonly byPath = new Map<string, Slot>();
  private readonly classes = new Map<string, Classes>();
  /** Places a vector has in `data`. */
  stride = 64;
  data = new Int32Array(64 * 64);
  count = 0;
  lo = new Int32Array(64);
  hi = new Int32Array(64);
  private table = new Int32Array(256).fill(-1);
  private scratch = new Int32Array(64);

  constructor(no: number) {
    this.no = no;
  }

  slot(path: string): Slot {
    let s = this.byPath.get(path);
    if (s === undefined) {
      s = new Slot(this.no, this.slots.length, path);
      this.slots.push(s);
      this.byPath.set(path, s);
      if (this.slots.length > this.stride) this.widen();
    }
    return s;
  }

  has(path: string): boolean {
    return this.byPath.has(path);
  }

  /** The states by these slots: one object for the same slots. */
  classesBy(slots: ReadonlySet<number>): Classes {
    const list = [...slots].sort((a, b) => a - b);
    const key = list.join();
    let classes = this.classes.get(key);
    if (classes === undefined) {
      classes = new Classes(this, list);
      this.classes.set(key, classes);
    }
    return classes;
  }

  private widen(): void {
    const stride = this.stride * 2;
    const data = new Int32Array((this.data.length / this.stride) * stride);
    for (let i = 0; i < this.count; i++)
      data.set(this.data.subarray(i * this.stride, (i + 1) * this.stride), i * stride);
    this.data = data;
    this.stride = stride;
    const scratch = new Int32Array(stride);
    scratch.set(this.scratch);
    this.scratch = scratch;
  }

  get(id: number, index: number): number {
    return this.data[id * this.stride + index] as number;
  }

  value(id: number, slot: Slot): unknown {
    return slot.raw[this.get(id, slot.index)];
  }

  /** The state with these slots changed: `changes` is index, value, index, value … */
  changed(id: number, changes: ArrayLike<number>): number {
    const { scratch, stride } = this;
    const from = id * stride;
    let lo = this.lo[id] as number;
    let hi = this.hi[id] as number;
    for (let i = 0; i < stride; i++) scratch[i] = this.data[from + i] as number;
    for (let i = 0; i < changes.length; i += 2) {
      const at = changes[i] as number;
      const slot = this.slots[at] as Slot;
      const old = scratch[at] as number;
      const now = changes[i + 1] as number;
      lo ^= (slot.hashLo[old] as number) ^ (slot.hashLo[now] as number);
      hi ^= (slot.hashHi[old] as number) ^ (slot.hashHi[now] as number);
      scratch[at] = now;
    }
    return this.find(lo, hi);
  }

  /** The state of these slot values, by slot. */
  intern(values: ReadonlyMap<Slot, number>): number {
    this.scratch.fill(0);
    let lo = 0;
    let hi = 0;
    for (const [slot, value] of values) {
      this.scratch[slot.index] = value;
      lo ^= slot.hashLo[value] as number;
      hi ^= slot.hashHi[value] as number;
    }
    return this.find(lo, hi);
  }

  private find(lo: number, hi: number): number {
    const mask = this.table.length - 1;
    for (let at = lo & mask; ; at = (at + 1) & mask) {
      const id = this.table[at] as number;
      if (id < 0) return this.add(at, lo, hi);
      if (this.lo[id] === lo && this.hi[id] === hi && this.same(id)) return id;
    }
  }

  private same(id: number): boolean {
    const from = id * this.stride;
    for (let i = 0; i < this.stride; i++) if (this.data[from + i] !== this.scratch[i]) return false;
    return true;
  }

  private add(at: number, lo: number, hi: number): number {
    const id = this.count++;
    if ((id + 1) * this.stride > this.data.length) {
      const data = new Int32Array(this.data.length * 2);
      data.set(this.data);
      this.data = data;
    }
    if (id >= this.lo.length) {
      this.lo = grown(this.lo);
      this.hi = grown(this.hi);
    }
    this.data.set(this.scratch, id * this.stride);
    this.lo[id] = lo;
    this.hi[id] = hi;
    this.table[at] = id;
    if (this.count * 2 > this.table.length) this.rehash();
    return id;
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 4).fill(-1);
    const mask = table.length - 1;
    for (let id = 0; id < this.count; id++) {
      let at = (this.lo[id] as number) & mask;
      while ((table[at] as number) >= 0) at = (at + 1) & mask;
      table[at] = id;
    }
    this.table = table;
  }

  /** Bytes held by the vectors. */
  get bytes(): number {
    return this.data.byteLength + this.table.byteLength + 2 * this.lo.byteLength;
  }
}

export function grown(a: Int32Array, fill = 0): Int32Array<ArrayBuffer> {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  if (fill !== 0) b.fill(fill, a.length);
  return b;
}

const AREA = areaBase(1, 0) - areaBase(0, 0);

const NO_SLOTS: ReadonlyMap<number, Slot> = new Map();

/** Slots of a search: groups, and the pages of guest memory that were ever written. */
export class Slots {
  readonly vsmmus: number;
  readonly groups: readonly Group[];
  private readonly lines = new Map<number, Map<number, Slot>>();
  /** Page numbers, ascending. */
  readonly pages: number[] = [];
  /** Grows when a page appears: what was learnt before did not ask for it. */
  epoch = 0;

  constructor(vsmmus: number) {
    this.vsmmus = vsmmus;
    this.groups = Array.from({ length: vsmmus + 3 }, (_, i) => new Group(i));
  }

  host(path: string): Slot {
    return (this.groups[HOST] as Group).slot(path);
  }

  vsmmu(v: number, path: string): Slot {
    return (this.groups[1 + v] as Group).slot(path);
  }

  rest(path: string): Slot {
    return (this.groups[this.vsmmus + 1] as Group).slot(path);
  }

  /** The slot of a path as another process calls it. */
  slotAt(group: number, path: string): Slot {
    const [, page = "", index = ""] = /^l([0-9a-f]+)\.(\d+)$/.exec(path) ?? [];
    if (page === "") return (this.groups[group] as Group).slot(path);
    const no = Number.parseInt(page, 16);
    this.knowPage(no);
    return this.line(no, Number(index));
  }

  /** The line at this place belongs to the vSMMU whose area it is in. */
  line(page: number, index: number): Slot {
    let known = this.lines.get(page);
    if (known === undefined) {
      known = new Map();
      this.lines.set(page, known);
    }
    let slot = known.get(index);
    if (slot === undefined) {
      slot = (this.groups[this.groupOf(page)] as Group).slot(`l${page.toString(16)}.${index}`);
      slot.isLine = true;
      known.set(index, slot);
    }
    return slot;
  }

  /** The slot of a line if anybody ever asked for it. */
  knownLine(page: number, index: number): Slot | null {
    return this.lines.get(page)?.get(index) ?? null;
  }

  /** The slot of the line that a guest address is in, if anybody ever asked for it. */
  lineAt(addr: bigint): Slot | null {
    return this.knownLine(Number(addr >> 12n), Number((addr >> 6n) & 63n));
  }

  knownLines(page: number): Iterable<readonly [number, Slot]> {
    return this.lines.get(page) ?? NO_SLOTS;
  }

  /** Group of the lines of a page. */
  groupOf(page: number): number {
    const at = BigInt(page) * 4096n;
    const v = at < areaBase(0, 0) ? -1 : Number((at - areaBase(0, 0)) / AREA);
    return v >= 0 && v < this.vsmmus ? 1 + v : this.vsmmus + 1;
  }

  knowPage(no: number): void {
    if (this.pages.includes(no)) return;
    this.pages.push(no);
    this.pages.sort((a, b) => a - b);
    this.epoch++;
  }
}
