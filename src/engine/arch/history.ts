/**
 * Which old words configuration caches may hold (section 3.6, rule A-SET-WORD): a value is remembered when the word it leaves
 * was reachable with SMMUEN=1 (rule A-SET-REACH; what could not be fetched is not, A-SET-FAIL), and forgotten when a CFGI that covers it and a following CMD_SYNC have completed.
 */

import { patched } from "../patched.ts";
import { type Caches, quiet, type StreamHistory, type WordHistory, type WordKind } from "./caches.ts";
import { l1stdAddr, steUnder, streamTable } from "./find-ste.ts";
import { l1cdPtr, l1cdValid, l1stdSpan } from "./l1std.ts";
import { type ArchSmmu, mayFetch } from "./smmu.ts";
import { s1ContextPtr } from "./ste.ts";
import { StreamCursor } from "./stream-cursor.ts";

export type ReadWord = (addr: bigint) => bigint | null;

/**
 * Most old values remembered of one word: keeps a script that never invalidates bounded. The earliest stay, for they are
 * what an implementation that acts only on CFGI still holds.
 */
const MOST_VALUES = 16;

const NO_WORDS: readonly WordHistory[] = [];
const NOTHING: Omit<StreamHistory, "sid"> = Object.freeze({
  words: NO_WORDS,
  tables: [],
  tablesFrozen: false,
  atschk: "no",
});

export function historyOf(c: Caches, sid: number): StreamHistory | null {
  for (const h of c.streams) if (h.sid === sid) return h;
  return null;
}

/** Streams with `h` put in place of its StreamID's entry, or taken out if it says nothing. */
export function putHistory(streams: readonly StreamHistory[], h: StreamHistory): readonly StreamHistory[] {
  const rest = streams.filter((x) => x.sid !== h.sid);
  if (h.words.length === 0 && h.tables.length === 0 && !h.tablesFrozen && h.atschk === "no") return rest;
  rest.push(h);
  return rest.sort((a, b) => a.sid - b.sid);
}

/** Calls `visit` with each value the word may have for a cache that fills or filled: old ones, and today's if visible. */
function eachValue(
  h: StreamHistory | null,
  addr: bigint,
  read: ReadWord,
  visit: (value: bigint) => void,
): void {
  let frozen = false;
  if (h !== null) {
    for (const w of h.words) {
      if (w.addr !== addr) continue;
      for (const v of w.olds) visit(v);
      for (const v of w.dying) visit(v);
      frozen ||= w.frozen;
    }
  }
  if (frozen) return;
  const now = read(addr);
  if (now !== null) visit(now);
}

export interface StructureVisitor {
  l1std?(addr: bigint): void;
  ste?(addr: bigint): void;
  /** Level-1 CD table: address, number of descriptors. */
  l1cds?(addr: bigint, count: number): void;
  /** A run of CDs: address of the first, their number, index of the first. */
  cds(addr: bigint, count: number, first: number): void;
}

/** Every structure that a transaction of this stream may reach, through old values and new. */
export function walkStructures(
  s: ArchSmmu,
  sid: number,
  h: StreamHistory | null,
  read: ReadWord,
  v: StructureVisitor,
): void {
  if (h !== null) for (const t of h.tables) walkTable(s, t.base, t.cfg, sid, h, read, v);
  if (h === null || !h.tablesFrozen) walkTable(s, s.strtabBase, s.strtabCfg, sid, h, read, v);
}

function walkTable(
  s: ArchSmmu,
  base: bigint,
  cfg: number,
  sid: number,
  h: StreamHistory | null,
  read: ReadWord,
  v: StructureVisitor,
): void {
  const table = streamTable(s.idr, base, cfg);
  if (sid >= 2 ** table.log2size) return;
  if (!table.twoLevel) {
    walkSte(s, table.base + BigInt(64 * sid), h, read, v);
    return;
  }
  const l1 = l1stdAddr(table, sid);
  v.l1std?.(l1);
  eachValue(h, l1, read, (word) => {
    const at = steUnder(table, word, sid);
    if (typeof at === "bigint") walkSte(s, at, h, read, v);
  });
}

function walkSte(
  s: ArchSmmu,
  addr: bigint,
  h: StreamHistory | null,
  read: ReadWord,
  v: StructureVisitor,
): void {
  v.ste?.(addr);
  eachValue(h, addr, read, (q0) => {
    // Only V=1 and Config=1x1 lead to a CD.
    if ((q0 & 0xbn) !== 0xbn) return;
    const cdmax = s.idr.ssidSize === 0 ? 0 : Number(q0 >> 59n);
    if (cdmax > s.idr.ssidSize) return;
    const ptr = s1ContextPtr(q0);
    const fmt = Number((q0 >> 4n) & 3n);
    if (cdmax === 0 || fmt === 0 || fmt === 3) {
      v.cds(ptr, 2 ** cdmax, 0);
      return;
    }
    if (!s.idr.cd2l) return;
    const leafBits = fmt === 1 ? 6 : 10;
    const count = 2 ** Math.max(0, cdmax - leafBits);
    v.l1cds?.(ptr, count);
    for (let i = 0; i < count; i++) {
      eachValue(h, ptr + BigInt(8 * i), read, (word) => {
        if (l1cdValid(word)) v.cds(l1cdPtr(word), 2 ** leafBits, i << leafBits);
      });
    }
  });
}

interface Match {
  readonly kind: WordKind;
  readonly index: number;
}

/** As which structures this stream may reach the word at `addr`. */
function matches(s: ArchSmmu, sid: number, h: StreamHistory | null, read: ReadWord, addr: bigint): Match[] {
  const found: Match[] = [];
  const add = (kind: WordKind, index: number): void => {
    if (!found.some((m) => m.kind === kind && m.index === index)) found.push({ kind, index });
  };
  const inside = (base: bigint, bytes: number): number => {
    const d = addr - base;
    return d >= 0n && d < BigInt(bytes) ? Number(d) : -1;
  };
  walkStructures(s, sid, h, read, {
    l1std: (at) => {
      if (at === addr) add("l1std", 0);
    },
    ste: (at) => {
      if (inside(at, 64) >= 0) add("ste", 0);
    },
    l1cds: (at, count) => {
      const d = inside(at, 8 * count);
      if (d >= 0) add("l1cd", d / 8);
    },
    cds: (at, count, first) => {
      const d = inside(at, 64 * count);
      if (d >= 0) add("cd", first + Math.floor(d / 64));
    },
  });
  return found;
}

/** Quick refusal for streams without history: nearly every store is to nothing that a given stream reaches. */
class Near {
  private readonly s: ArchSmmu;
  private readonly at: number;
  private readonly streams: StreamCursor;
  private readonly read: ReadWord;

  constructor(s: ArchSmmu, addr: bigint, read: ReadWord) {
    this.s = s;
    this.at = Number(addr);
    this.read = read;
    this.streams = new StreamCursor(streamTable(s.idr, s.strtabBase, s.strtabCfg), read);
  }

  /** False if the word is certainly none that this stream's walk reads. */
  may(sid: number): boolean {
    const { at } = this;
    if (at === this.streams.l1std(sid)) return true;
    const ste = this.streams.ste(sid);
    if (ste < 0) return false;
    if (at >= ste && at < ste + 64) return true;
    const q0 = this.read(BigInt(ste)) ?? 0n;
    if ((Number(q0 & 0xfn) & 0xb) !== 0xb) return false;
    const cdmax = this.s.idr.ssidSize === 0 ? 0 : Number(q0 >> 59n);
    if (cdmax !== 0 && (q0 & 0x30n) !== 0n) return true;
    const cd = Number(s1ContextPtr(q0));
    return at >= cd && at < cd + 64 * 2 ** cdmax;
  }
}

/**
 * A guest store is about to replace (or has just replaced) `old` by `now` in the 64-bit word at `addr`, which is backed.
 * To be called for every vSMMU of the VM: memory is shared. Returns `s` itself unless a cache may hold the old value.
 */
export function noteStore(s: ArchSmmu, addr: bigint, old: bigint, now: bigint, read: ReadWord): ArchSmmu {
  const c = s.caches;
  if (c.cfg === "cold" || old === now) return s;
  const word = addr & ~7n;
  let streams = c.streams;
  const near = new Near(s, word, read);
  for (const sid of s.watch) {
    const h = c.streams.length === 0 ? null : historyOf(c, sid);
    if (h === null && !near.may(sid)) continue;
    if (c.cold.includes(sid)) continue;
    const found = matches(s, sid, h, read, word);
    if (found.length === 0) continue;
    let next = h ?? { sid, ...NOTHING };
    const dying = c.cfg === "cooling" || c.cooling.includes(sid);
    for (const m of found) next = remember(next, word, m, old, now, !mayFetch(s), dying);
    if (next !== h) streams = putHistory(streams, next);
  }
  return streams === c.streams ? s : patched(s, { caches: patched(c, { streams }) });
}

function remember(
  h: StreamHistory,
  addr: bigint,
  m: Match,
  old: bigint,
  now: bigint,
  off: boolean,
  dying: boolean,
): StreamHistory {
  const at = h.words.findIndex((w) => w.addr === addr && w.kind === m.kind && w.index === m.index);
  const w = h.words[at];
  if (w?.frozen === true) return h;
  // Rule A-SET-SPAN0: an invalid L1STD is never cached: the Linux driver fills one in without any CFGI.
  const cacheable = !(m.kind === "l1std" && l1stdSpan(old) === 0);
  let olds = w?.olds ?? [];
  let doomed = w?.dying ?? [];
  if (cacheable && dying) doomed = withValue(doomed, old);
  else if (cacheable) olds = withValue(olds, old);
  if (!off) {
    olds = without(olds, now);
    doomed = without(doomed, now);
  }
  const next: WordHistory = { addr, kind: m.kind, index: m.index, olds, dying: doomed, frozen: off };
  const words = at < 0 ? [...h.words, next] : h.words.with(at, next);
  return { ...h, words: tidy(words) };
}

function withValue(values: readonly bigint[], v: bigint): readonly bigint[] {
  if (values.includes(v) || values.length >= MOST_VALUES) return values;
  return [...values, v].sort((a, b) => (a < b ? -1 : 1));
}

function without(values: readonly bigint[], v: bigint): readonly bigint[] {
  return values.includes(v) ? values.filter((x) => x !== v) : values;
}

const KINDS: readonly WordKind[] = ["l1std", "ste", "l1cd", "cd"];

function tidy(words: readonly WordHistory[]): readonly WordHistory[] {
  return words
    .filter((w) => w.olds.length > 0 || w.dying.length > 0 || w.frozen)
    .sort((a, b) =>
      a.addr !== b.addr
        ? a.addr < b.addr
          ? -1
          : 1
        : KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.index - b.index,
    );
}

/** STRTAB_BASE or _CFG is about to be rewritten (SMMUEN=0): an STE of the old table may be cached (rule A-SET-TABLE). */
export function noteStrtab(s: ArchSmmu): ArchSmmu {
  const c = s.caches;
  if (c.cfg === "cold") return s;
  let streams = c.streams;
  for (const sid of s.watch) {
    if (c.cold.includes(sid)) continue;
    const h = historyOf(c, sid) ?? { sid, ...NOTHING };
    if (h.tablesFrozen) continue;
    const dying = c.cfg === "cooling" || c.cooling.includes(sid);
    const known = h.tables.some((t) => t.base === s.strtabBase && t.cfg === s.strtabCfg && t.dying === dying);
    const tables = known ? h.tables : [...h.tables, { base: s.strtabBase, cfg: s.strtabCfg, dying }];
    streams = putHistory(streams, { ...h, tables, tablesFrozen: true });
  }
  return streams === c.streams ? s : patched(s, { caches: patched(c, { streams }) });
}

/** CR0.ATSCHK changes: STEs cached before carry the old value until invalidated (rule A-SET-ATSCHK). */
export function noteAtschk(s: ArchSmmu): ArchSmmu {
  const c = s.caches;
  if (c.cfg === "cold") return s;
  let streams = c.streams;
  for (const sid of s.watch) {
    if (c.cold.includes(sid)) continue;
    const h = historyOf(c, sid) ?? { sid, ...NOTHING };
    if (h.atschk !== "old") streams = putHistory(streams, { ...h, atschk: "old" });
  }
  return streams === c.streams ? s : patched(s, { caches: patched(c, { streams }) });
}

/**
 * SMMUEN is or may be 1 from here: what memory and STRTAB_* say now becomes visible to the caches. They keep what they had
 * (rule A-SET-SMMUEN).
 */
export function beginEnable(s: ArchSmmu): ArchSmmu {
  const c = s.caches;
  const frozen = c.streams.some((h) => h.tablesFrozen || h.words.some((w) => w.frozen));
  if (c.cfg === "warm" && c.tlb === "warm" && c.cold.length === 0 && c.cooling.length === 0 && !frozen)
    return s;
  let streams = c.streams;
  if (frozen) {
    for (const h of c.streams) {
      const words = tidy(h.words.map((w) => (w.frozen ? { ...w, frozen: false } : w)));
      // The table named before and named again is no old table.
      const tables = h.tables.filter((t) => t.base !== s.strtabBase || t.cfg !== s.strtabCfg);
      streams = putHistory(streams, { ...h, words, tables, tablesFrozen: false });
    }
  }
  return patched(s, {
    caches: quiet(patched(c, { cfg: "warm", tlb: "warm", cold: [], cooling: [], streams })),
  });
}
