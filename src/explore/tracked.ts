/**
 * Objects that tell when they are read. A step runs on a world made of them, and what it read is all that it can
 * depend on: another state that agrees in those slots has the same successor. Nothing here knows any rule of the model.
 *
 * Three kinds: a leaf (one slot; any look at it is a read), a node (a slot a field), a list (a slot an index, one for
 * the length). Nodes and lists can be cloned without being read (`Cx.copy`); the clone remembers what was written.
 */
import type { Slot } from "./slots.ts";

const LEAVES = new WeakMap<object, { readonly slot: Slot; readonly raw: object }>();
const NODES = new WeakMap<object, NodeInside>();
const LISTS = new WeakMap<object, ListInside>();

export interface NodeField {
  /** Null for a container, which is never read itself. */
  readonly slot: Slot | null;
  /** A primitive, a leaf, or a container. */
  readonly value: unknown;
}

export interface NodeInside {
  readonly fields: Readonly<Record<string, NodeField>>;
  readonly written: Record<string, unknown>;
}

export interface ListInside {
  readonly slots: (i: number) => Slot;
  readonly length: Slot | null;
  readonly items: unknown[];
  readonly before: number;
  readonly dirty: Set<number>;
}

export const leafOf = (x: object): { readonly slot: Slot; readonly raw: object } | undefined => LEAVES.get(x);
export const nodeOf = (x: object): NodeInside | undefined => NODES.get(x);
export const listOf = (x: object): ListInside | undefined => LISTS.get(x);

export class Tracker {
  private run = 0;
  /** Slots read in this run, in order, each once. */
  readonly log: Slot[] = [];
  private readonly leaves = new WeakMap<object, object>();

  begin(stamp: number): void {
    this.run = stamp;
    this.log.length = 0;
  }

  read(slot: Slot): void {
    if (slot.seen === this.run) return;
    slot.seen = this.run;
    this.log.push(slot);
  }

  /** `quiet`: a field that is a leaf of its own and may be passed on without a look at this one. */
  leaf<T>(slot: Slot, value: T, quiet?: string): T {
    if (typeof value !== "object" || value === null) return value;
    // One a value: worlds share what they have in common, tracked ones too.
    const known = quiet === undefined ? this.leaves.get(value) : undefined;
    if (known !== undefined && LEAVES.get(known)?.slot === slot) return known as T;
    const read = (): void => this.read(slot);
    const proxy = new Proxy(value as object, {
      get(target, key, receiver) {
        if (key !== quiet) read();
        return Reflect.get(target, key, receiver);
      },
      has(target, key) {
        read();
        return Reflect.has(target, key);
      },
      ownKeys(target) {
        read();
        return Reflect.ownKeys(target);
      },
      getOwnPropertyDescriptor(target, key) {
        read();
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
      set() {
        throw new Error(`a step wrote into the world it was given (${slot.path})`);
      },
    });
    LEAVES.set(proxy, { slot, raw: value as object });
    if (quiet === undefined) this.leaves.set(value, proxy);
    return proxy as T;
  }

  node(fields: Readonly<Record<string, NodeField>>, written: Record<string, unknown> = {}): object {
    const read = (slot: Slot): void => this.read(slot);
    const inside: NodeInside = { fields, written };
    const get = (key: string): unknown => {
      if (key in written) return written[key];
      const f = fields[key];
      if (f === undefined) return undefined;
      // Whether there is a leaf or null is a read, too.
      if (f.slot !== null) read(f.slot);
      return f.value;
    };
    const proxy = new Proxy({} as Record<string, unknown>, {
      get: (_, key) => (typeof key === "string" ? get(key) : undefined),
      has: (_, key) => typeof key === "string" && (key in written || key in fields),
      ownKeys: () => [...new Set([...Object.keys(fields), ...Object.keys(written)])],
      getOwnPropertyDescriptor: (_, key) => ({
        configurable: true,
        enumerable: true,
        writable: true,
        value: typeof key === "string" ? get(key) : undefined,
      }),
      set(_, key, value) {
        written[key as string] = value;
        return true;
      },
    });
    NODES.set(proxy, inside);
    return proxy;
  }

  /** `length` null for a list that never grows or shrinks. */
  list(
    items: unknown[],
    slots: (i: number) => Slot,
    length: Slot | null,
    before = items.length,
    dirty: Set<number> = new Set(),
  ): unknown[] {
    const read = (slot: Slot): void => this.read(slot);
    const inside: ListInside = { slots, length, items, before, dirty };
    let resized = false;
    const proxy: unknown[] = new Proxy(items, {
      get: (target, key, receiver) => {
        if (key === "slice")
          return (...range: number[]) =>
            range.length > 0
              ? Array.from(receiver as unknown[]).slice(...range)
              : this.list(items.slice(), slots, length, before, new Set(dirty));
        if (key === "length") {
          if (length !== null && !resized) read(length);
        } else if (typeof key === "string" && key.charCodeAt(0) >= 48 && key.charCodeAt(0) <= 57) {
          const i = Number(key);
          if (!dirty.has(i)) {
            if (i < before) read(slots(i));
            else if (length !== null && !resized) read(length);
          }
        }
        return Reflect.get(target, key, receiver) as unknown;
      },
      set(target, key, value) {
        if (key === "length") {
          for (let i = value as number; i < target.length; i++) dirty.add(i);
          resized = true;
        } else if (typeof key === "string") {
          if (Number(key) >= target.length) resized = true;
          dirty.add(Number(key));
        }
        return Reflect.set(target, key, value);
      },
      deleteProperty(target, key) {
        dirty.add(Number(key));
        return Reflect.deleteProperty(target, key);
      },
    });
    LISTS.set(proxy, inside);
    return proxy;
  }

  /** `Cx.copy`. */
  readonly copy = (x: object): object | null => {
    const node = NODES.get(x);
    if (node !== undefined) return this.node(node.fields, { ...node.written });
    const list = LISTS.get(x);
    return list === undefined
      ? null
      : this.list(list.items.slice(), list.slots, list.length, list.before, new Set(list.dirty));
  };
}

/** The value behind a leaf, wherever in `value` one is; reads of them are told, because their content moves. */
export function plain(value: unknown, read: (slot: Slot) => void): unknown {
  if (typeof value !== "object" || value === null) return value;
  const leaf = LEAVES.get(value);
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
