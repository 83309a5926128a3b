/**
 * What configuration caches and TLBs may hold beside what memory says now (section 3.6). Everything here is empty in
 * a quiet state. Tagged as the hardware tags: configuration by StreamID, translations by ASID.
 */

/**
 * `warm`: something may have been cached since the last complete invalidation. `cooling`: invalidated as a whole while
 * SMMUEN=0, CMD_SYNC outstanding. `cold`: empty for certain (only while SMMUEN=0).
 */
export type Warmth = "cold" | "cooling" | "warm";

/** Which structure a word belongs to, hence which CFGI covers it. */
export type WordKind = "l1std" | "ste" | "l1cd" | "cd";

/** Old values of one 64-bit word as one stream's caches may hold them. Value lists are sorted sets. */
export interface WordHistory {
  readonly addr: bigint;
  readonly kind: WordKind;
  /** CD index, or index of the L1CD; 0 for L1STD and STE words. */
  readonly index: number;
  /** Values that only a later CFGI removes. */
  readonly olds: readonly bigint[];
  /** Values covered by a CFGI already consumed: gone at the next completed SYNC. */
  readonly dying: readonly bigint[];
  /** Stored to while SMMUEN=0: what memory holds now cannot be cached yet. */
  readonly frozen: boolean;
}

/** A stream table that was in force before STRTAB_BASE or STRTAB_BASE_CFG was rewritten. */
export interface OldTable {
  readonly base: bigint;
  readonly cfg: number;
  readonly dying: boolean;
}

export interface StreamHistory {
  readonly sid: number;
  /** Sorted by address, then kind and index. */
  readonly words: readonly WordHistory[];
  readonly tables: readonly OldTable[];
  /** STRTAB_* rewritten while SMMUEN=0: the table they name now cannot be cached yet. */
  readonly tablesFrozen: boolean;
  /** A cached STE may carry the other value of CR0.ATSCHK: no, until the next CFGI, or until the next SYNC. */
  readonly atschk: "no" | "old" | "dying";
}

/** A stage-1 range that was valid and may still be in a TLB. */
export interface StaleMap {
  readonly asid: number;
  readonly iova: bigint;
  readonly size: bigint;
  readonly gpa: bigint;
  readonly read: boolean;
  readonly write: boolean;
  readonly dying: boolean;
}

/** A table that no CD names under this ASID any more, whose translations may still be in a TLB. */
export interface StaleRoot {
  readonly asid: number;
  readonly ttb: bigint;
  readonly dying: boolean;
  /** Ranges already invalidated by VA; `sync` false = only at the next completed SYNC. */
  readonly holes: readonly { readonly iova: bigint; readonly size: bigint; readonly sync: boolean }[];
}

export interface Caches {
  readonly cfg: Warmth;
  readonly tlb: Warmth;
  /** StreamIDs invalidated one by one while SMMUEN=0: nothing of theirs is cached. Sorted. */
  readonly cold: readonly number[];
  /** The same, CMD_SYNC outstanding. */
  readonly cooling: readonly number[];
  /** Sorted by StreamID; only streams with something stale. */
  readonly streams: readonly StreamHistory[];
  readonly maps: readonly StaleMap[];
  readonly roots: readonly StaleRoot[];
}

/** Power-on. (The architecture says UNKNOWN; an empty cache is one of the legal contents.) */
export const COLD: Caches = Object.freeze({
  cfg: "cold",
  tlb: "cold",
  cold: [],
  cooling: [],
  streams: [],
  maps: [],
  roots: [],
});

/** Enabled, nothing stale: the quiet state. */
export const WARM: Caches = Object.freeze({
  cfg: "warm",
  tlb: "warm",
  cold: [],
  cooling: [],
  streams: [],
  maps: [],
  roots: [],
});

/** The shared object if nothing is stale, so that quiet states are identical. */
export function quiet(c: Caches): Caches {
  const empty =
    c.cold.length + c.cooling.length + c.streams.length + c.maps.length + c.roots.length === 0 &&
    c.cfg === c.tlb;
  if (!empty) return c;
  return c.cfg === "warm" ? WARM : c.cfg === "cold" ? COLD : c;
}
