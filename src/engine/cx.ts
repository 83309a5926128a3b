/**
 * The context of one step: the draft of the next world, the tracer and the objects this step owns.
 * The model is written as the C is, with assignments, but never touches the world it was given: `own()`
 * clones an object the first time a step changes it, so whatever a step leaves alone keeps its identity.
 */
import type { Mapping } from "./memory.ts";
import type { Setup } from "./setup.ts";
import type { Tracer } from "./tracer.ts";
import type { World } from "./world.ts";

/** Removes `readonly` one level deep: what `own()` hands out. */
export type Draft<T> = T extends readonly (infer U)[] ? U[] : { -readonly [K in keyof T]: T[K] };

export interface Cx {
  readonly setup: Setup;
  /** Draft root; read freely, change only through `own()`. */
  readonly w: Draft<World>;
  readonly t: Tracer;
  /** Objects cloned by this step. */
  readonly owned: Set<object>;
  /** Who follows this step closely, or null. */
  readonly watch: Watch | null;
}

/** What a vSMMU's caches must be told of guest memory: a word was replaced, or a range of a stage-1 table goes. */
export type MemoryNote =
  | { readonly kind: "store"; readonly addr: bigint; readonly old: bigint; readonly now: bigint }
  | { readonly kind: "unmap"; readonly ttb: bigint; readonly range: Mapping };

/** A register write that the architecture's column of the vSMMU is still to be told of (guest/mmio.ts). */
export interface WriteNote {
  readonly kind: "write";
  readonly offset: number;
  readonly size: 4 | 8;
  readonly value: bigint;
  readonly wait: boolean;
  readonly late: boolean;
  readonly noUpdate: "ignore" | "store" | "effect";
  /** What QEMU's register held before, where the meaning of the write depends on it. */
  readonly held: bigint;
  /** QEMU shows no error of the command queue after the write. */
  readonly calm: boolean;
}

export type Note = MemoryNote | WriteNote;

/**
 * The explorer learns what a step depends on, and a step depends on less if it is done in parts: what the guest of one
 * vSMMU does means to the caches of the others, and where that is asked for to the architecture's column of its own, is
 * noted down for later.
 */
export interface Watch {
  /** Clones an object that knows who reads it, without that being a read; null for an ordinary one. */
  readonly copy: (object: object) => object | null;
  /** The vSMMU whose guest acts; the others are told of `notes` later. -1: everybody is told at once. */
  readonly home: number;
  /** The architecture's column of `home` is told later, too. */
  readonly apart: boolean;
  readonly notes: Note[];
}

export function makeCx(world: World, t: Tracer, watch: Watch | null = null): Cx {
  const w: Draft<World> = { ...world };
  return { setup: world.setup, w, t, owned: new Set<object>([w]), watch };
}

/**
 * The child `parent[key]` as an object this step may change: cloned (one level) and put back into `parent` the
 * first time, the same draft afterwards. `parent` must itself be owned.
 */
export function own<P extends object, K extends keyof P>(
  cx: Cx,
  parent: P,
  key: K,
): Draft<NonNullable<P[K]>> {
  const child = parent[key] as object;
  if (cx.owned.has(child)) return child as Draft<NonNullable<P[K]>>;
  const copy = cx.watch?.copy(child) ?? (Array.isArray(child) ? child.slice() : { ...child });
  cx.owned.add(copy);
  (parent as Record<PropertyKey, unknown>)[key as PropertyKey] = copy;
  return copy as Draft<NonNullable<P[K]>>;
}

/**
 * `own()` for a list that gets one more element at its end: copied once, where a copy that then grows is copied twice.
 */
export function ownAppended<P extends object, K extends keyof P>(
  cx: Cx,
  parent: P,
  key: K,
  item: unknown,
): void {
  const list = parent[key] as readonly unknown[];
  if (cx.watch !== null || cx.owned.has(list)) (own(cx, parent, key) as unknown[]).push(item);
  else (parent as Record<PropertyKey, unknown>)[key as PropertyKey] = fresh(cx, list.concat([item]));
}

/** Registers an object made by this step, so that later `own()` calls do not clone it again. */
export function fresh<T extends object>(cx: Cx, object: T): T {
  cx.owned.add(object);
  return object;
}
