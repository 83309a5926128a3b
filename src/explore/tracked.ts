/**
 * Objects that tell when they are read. A step runs on a world made of them, and what it read is all that it can
 * depend on: another state that agrees in those slots has the same successor. Nothing here knows any rule of the model.
 *
 * Three kinds: a leaf (one slot; any look at it is a read), a node (a slot a field), a list (a slot an index, one for
 * the length). Nodes and lists can be cloned without being read (`Cx.copy`); the clone remembers what was written.
 */
import type { Line, MemPage } from "../engine/memory.ts";
import { expectOwnCopies, PATCH } from "../engine/patched.ts";
import type { Slot } from "./slots.ts";

type Value = (slot: Slot) => unknown;

/** What a node of one kind is made of: the names of its fields and where each is. */
export interface NodeKind {
  readonly names: readonly string[];
  readonly slots: readonly Slot[];
  readonly index: ReadonlyMap<string, number>;
}

export function nodeKind(names: readonly string[], slots: readonly Slot[]): NodeKind {
  return { names, slots, index: new Map(names.map((n, i) => [n, i])) };
}

type Containers = Readonly<Record<string, unknown>>;

/** Asked of a tracked object for what it is; nobody reads anything by that, and no other object has an answer. */
const SELF: unique symbol = Symbol("tracked");

interface Tracked {
  readonly [SELF]?: LeafHandler | NodeHandler | ListHandler;
}

class LeafHandler implements ProxyHandler<object> {
  readonly slot: Slot;
  readonly raw: object;
  private readonly tracker: Tracker;

  constructor(slot: Slot, raw: object, tracker: Tracker) {
    this.slot = slot;
    this.raw = raw;
    this.tracker = tracker;
  }

  get(target: object, key: PropertyKey): unknown {
    if (key === SELF) return this;
    this.tracker.read(this.slot);
    return (target as Record<PropertyKey, unknown>)[key];
  }

  has(target: object, key: PropertyKey): boolean {
    this.tracker.read(this.slot);
    return key in target;
  }

  ownKeys(target: object): (string | symbol)[] {
    this.tracker.read(this.slot);
    return Reflect.ownKeys(target);
  }

  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    this.tracker.read(this.slot);
    return Reflect.getOwnPropertyDescriptor(target, key);
  }

  set(): boolean {
    throw new Error(`a step wrote into the world it was given (${this.slot.path})`);
  }
}

class NodeHandler implements ProxyHandler<object> {
  readonly kind: NodeKind;
  /** Fields that are containers: they are never read themselves. */
  readonly inside: Containers;
  readonly written: Record<string, unknown>;
  readonly value: Value;
  private readonly tracker: Tracker;

  constructor(
    tracker: Tracker,
    kind: NodeKind,
    inside: Containers,
    value: Value,
    written: Record<string, unknown>,
  ) {
    this.tracker = tracker;
    this.kind = kind;
    this.inside = inside;
    this.value = value;
    this.written = written;
  }

  get(_: object, key: PropertyKey): unknown {
    if (typeof key !== "string") return key === PATCH ? this.patch : key === SELF ? this : undefined;
    if (key in this.written) return this.written[key];
    const i = this.kind.index.get(key);
    if (i === undefined) return this.inside[key];
    const slot = this.kind.slots[i] as Slot;
    // Whether there is an object or null is a read, too.
    this.tracker.read(slot);
    return this.tracker.leaf(slot, this.value(slot));
  }

  /** A copy with some fields changed: nobody has read the others. */
  readonly patch = (fields: Containers): object => this.tracker.patched(this, fields);

  has(_: object, key: PropertyKey): boolean {
    return typeof key === "string" && (key in this.written || this.kind.index.has(key) || key in this.inside);
  }

  ownKeys(): string[] {
    return [...new Set([...this.kind.names, ...Object.keys(this.inside), ...Object.keys(this.written)])];
  }

  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor {
    return { configurable: true, enumerable: true, writable: true, value: this.get(target, key) };
  }

  set(_: object, key: PropertyKey, value: unknown): boolean {
    this.written[key as string] = value;
    return true;
  }
}

class ListHandler implements ProxyHandler<unknown[]> {
  readonly slots: (i: number) => Slot;
  readonly length: Slot | null;
  readonly items: unknown[];
  readonly before: number;
  readonly dirty: Set<number>;
  private resized = false;
  private readonly tracker: Tracker;

  constructor(
    tracker: Tracker,
    items: unknown[],
    slots: (i: number) => Slot,
    length: Slot | null,
    before: number,
    dirty: Set<number>,
  ) {
    this.tracker = tracker;
    this.items = items;
    this.slots = slots;
    this.length = length;
    this.before = before;
    this.dirty = dirty;
  }

  copy(): unknown[] {
    return this.tracker.listOf(
      new ListHandler(
        this.tracker,
        this.items.slice(),
        this.slots,
        this.length,
        this.before,
        new Set(this.dirty),
      ),
    );
  }

  get(target: unknown[], key: PropertyKey, receiver: unknown): unknown {
    const { tracker, length } = this;
    if (key === SELF) return this;
    if (key === "slice")
      return (...range: number[]) =>
        range.length > 0 ? Array.from(receiver as unknown[]).slice(...range) : this.copy();
    if (key === "length") {
      if (length !== null && !this.resized) tracker.read(length);
      return target.length;
    }
    if (typeof key === "string" && key.charCodeAt(0) >= 48 && key.charCodeAt(0) <= 57) {
      const i = Number(key);
      const value = target[i];
      if (this.dirty.has(i)) return value;
      if (i < this.before) {
        const slot = this.slots(i);
        tracker.read(slot);
        return tracker.leaf(slot, value);
      }
      if (length !== null && !this.resized) tracker.read(length);
      return value;
    }
    return Reflect.get(target, key, receiver);
  }

  set(target: unknown[], key: PropertyKey, value: unknown): boolean {
    if (key === "length") {
      for (let i = value as number; i < target.length; i++) this.dirty.add(i);
      this.resized = true;
    } else if (typeof key === "string") {
      if (Number(key) >= target.length) this.resized = true;
      this.dirty.add(Number(key));
    }
    return Reflect.set(target, key, value);
  }

  deleteProperty(target: unknown[], key: PropertyKey): boolean {
    this.dirty.add(Number(key));
    return Reflect.deleteProperty(target, key);
  }
}

/** A page of memory whose lines are made when somebody looks at them. */
export class LazyPage implements MemPage {
  readonly no: number;
  private known: (Line | null)[] | null = null;
  private readonly make: (no: number) => (Line | null)[];

  constructor(no: number, make: (no: number) => (Line | null)[]) {
    this.no = no;
    this.make = make;
  }

  get lines(): (Line | null)[] {
    this.known ??= this.make(this.no);
    return this.known;
  }

  get untouched(): boolean {
    return this.known === null;
  }
}

const selfOf = (x: object): LeafHandler | NodeHandler | ListHandler | undefined => (x as Tracked)[SELF];

export function leafOf(x: object): { readonly slot: Slot; readonly raw: object } | undefined {
  const self = selfOf(x);
  return self instanceof LeafHandler ? self : undefined;
}

/** What was written into a node, and the containers in it; undefined for anything else. */
export function nodeOf(
  x: object,
): { readonly written: Readonly<Record<string, unknown>>; readonly inside: Containers } | undefined {
  const self = selfOf(x);
  return self instanceof NodeHandler ? self : undefined;
}

export interface ListInside {
  readonly items: readonly unknown[];
  readonly before: number;
  readonly dirty: ReadonlySet<number>;
}

export function listOf(x: object): ListInside | undefined {
  const self = selfOf(x);
  return self instanceof ListHandler ? self : undefined;
}

export class Tracker {
  private run = 0;
  /** Slots read in this run, in order, each once. */
  readonly log: Slot[] = [];
  private readonly leaves = new WeakMap<object, object>();

  constructor() {
    expectOwnCopies();
  }

  begin(stamp: number): void {
    this.run = stamp;
    this.log.length = 0;
  }

  read(slot: Slot): void {
    if (slot.seen === this.run) return;
    slot.seen = this.run;
    this.log.push(slot);
  }

  leaf<T>(slot: Slot, value: T): T {
    if (typeof value !== "object" || value === null) return value;
    // One a value: worlds share what they have in common, tracked ones too.
    const known = this.leaves.get(value);
    if (known !== undefined && leafOf(known)?.slot === slot) return known as T;
    const proxy = new Proxy(value as object, new LeafHandler(slot, value as object, this));
    this.leaves.set(value, proxy);
    return proxy as T;
  }

  node(kind: NodeKind, inside: Containers, value: Value): object {
    return this.nodeOf(new NodeHandler(this, kind, inside, value, {}));
  }

  patched({ kind, inside, value, written }: NodeHandler, fields: Containers): object {
    return this.nodeOf(new NodeHandler(this, kind, inside, value, { ...written, ...fields }));
  }

  private nodeOf(handler: NodeHandler): object {
    return new Proxy({}, handler);
  }

  /** Items are values as they are; `length` null for a list that never grows or shrinks. */
  list(items: unknown[], slots: (i: number) => Slot, length: Slot | null): unknown[] {
    return this.listOf(new ListHandler(this, items, slots, length, items.length, new Set()));
  }

  listOf(handler: ListHandler): unknown[] {
    return new Proxy(handler.items, handler);
  }

  /** `Cx.copy`. */
  readonly copy = (x: object): object | null => {
    if (x instanceof LazyPage) return { no: x.no, lines: x.lines };
    const self = selfOf(x);
    if (self instanceof NodeHandler) return this.patched(self, {});
    return self instanceof ListHandler ? self.copy() : null;
  };
}

/** The value behind a leaf, wherever in `value` one is; reads of them are told, because their content moves. */
export function plain(value: unknown, read: (slot: Slot) => void): unknown {
  if (typeof value !== "object" || value === null) return value;
  const leaf = leafOf(value);
  if (leaf !== undefined) {
    read(leaf.slot);
    return plain(leaf.raw, read);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++)
      if (typeof value[i] === "object" && value[i] !== null) {
        const now = plain(value[i], read);
        if (now !== value[i]) return value.map((x: unknown) => plain(x, read));
      }
    return value;
  }
  const o = value as Record<string, unknown>;
  for (const k of Object.keys(o)) {
    const now = plain(o[k], read);
    if (now !== o[k]) return Object.fromEntries(Object.entries(o).map(([f, x]) => [f, plain(x, read)]));
  }
  return value;
}
