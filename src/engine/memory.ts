/**
 * Guest physical memory (IPA space of the one VM): 64-bit words where structures live, everything else zero.
 * Stage-1 page tables are abstract: a table is named by its TTB and holds ranges instead of descriptors.
 *
 * Words are kept in 64-byte lines, lines in 4 KiB pages, so that a store copies one line and two short spines.
 */
import { type Cx, type Draft, fresh, own } from "./cx.ts";

/** Eight 64-bit words, lowest address first. */
export type Line = readonly bigint[];

export interface MemPage {
  /** Address >> 12. */
  readonly no: number;
  /** 64 lines; null = all zero. */
  readonly lines: readonly (Line | null)[];
}

/** One range of an abstract stage-1 table. Addresses and size in bytes, 4 KiB aligned. */
export interface Mapping {
  readonly iova: bigint;
  readonly gpa: bigint;
  readonly size: bigint;
  readonly read: boolean;
  readonly write: boolean;
  /** Access flag; clear gives F_ACCESS. */
  readonly af: boolean;
  /** The lab's own default mapping of a translate STE nobody described further; the first explicit `map` removes it. */
  readonly auto: boolean;
}

export interface PageTable {
  /** Base as a CD's TTB field holds it. */
  readonly ttb: bigint;
  /** Sorted by iova, disjoint. */
  readonly maps: readonly Mapping[];
}

export interface GuestMemory {
  /** Backed ranges; an access elsewhere aborts. */
  readonly ram: readonly { readonly base: bigint; readonly size: bigint }[];
  /** Sorted by page number. */
  readonly pages: readonly MemPage[];
  /** Sorted by ttb. */
  readonly tables: readonly PageTable[];
}

/** Backed unless a script says otherwise: the low terabyte, so that huge addresses are unbacked ones. */
export const DEFAULT_RAM = [{ base: 0n, size: 1n << 40n }] as const;

export const EMPTY_MEMORY: GuestMemory = { ram: DEFAULT_RAM, pages: [], tables: [] };

const ZERO_LINE: Line = Object.freeze([0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
const EMPTY_LINES: readonly null[] = Object.freeze(new Array<null>(64).fill(null));

/** True if the byte at `addr` is guest RAM. */
export function isBacked(mem: GuestMemory, addr: bigint): boolean {
  for (const r of mem.ram) if (addr >= r.base && addr - r.base < r.size) return true;
  return false;
}

/** First index whose key is not below `no`. */
function lowerBound<T>(items: readonly T[], below: (item: T) => boolean): number {
  let lo = 0;
  let hi = items.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (below(items[mid] as T)) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** The line holding `addr` (all zero if never written); null if unbacked. `addr` may have any alignment. */
export function memLine(mem: GuestMemory, addr: bigint): Line | null {
  if (!isBacked(mem, addr)) return null;
  const no = Number(addr >> 12n);
  const i = lowerBound(mem.pages, (p) => p.no < no);
  const page = mem.pages[i];
  if (page === undefined || page.no !== no) return ZERO_LINE;
  return page.lines[Number((addr >> 6n) & 63n)] ?? ZERO_LINE;
}

/** The 64-bit word at `addr` (low 3 bits ignored); null if unbacked. */
export function memRead64(mem: GuestMemory, addr: bigint): bigint | null {
  const line = memLine(mem, addr);
  return line === null ? null : (line[Number((addr >> 3n) & 7n)] as bigint);
}

/** Stores a 64-bit word; false (and no change) if unbacked. An equal store changes nothing. */
export function memWrite64(cx: Cx, addr: bigint, value: bigint): boolean {
  const old = memRead64(cx.w.memory, addr);
  if (old === null) return false;
  if (old === value) return true;
  const mem = own(cx, cx.w, "memory");
  const pages = own(cx, mem, "pages") as MemPage[];
  const no = Number(addr >> 12n);
  const i = lowerBound(pages, (p) => p.no < no);
  if (pages[i]?.no !== no) pages.splice(i, 0, fresh(cx, { no, lines: EMPTY_LINES }));
  const page = own(cx, pages, i);
  const lines = own(cx, page as { lines: readonly (Line | null)[] }, "lines") as (Line | null)[];
  const at = Number((addr >> 6n) & 63n);
  const line = (lines[at] ?? ZERO_LINE).slice();
  line[Number((addr >> 3n) & 7n)] = value & 0xffff_ffff_ffff_ffffn;
  lines[at] = line;
  return true;
}

export function findTable(mem: GuestMemory, ttb: bigint): PageTable | null {
  const i = lowerBound(mem.tables, (t) => t.ttb < ttb);
  const t = mem.tables[i];
  return t !== undefined && t.ttb === ttb ? t : null;
}

/** Draft of the table at `ttb`, made empty if there is none. */
function ownTable(cx: Cx, ttb: bigint): Draft<PageTable> {
  const mem = own(cx, cx.w, "memory");
  const tables = own(cx, mem, "tables") as PageTable[];
  const i = lowerBound(tables, (t) => t.ttb < ttb);
  if (tables[i]?.ttb !== ttb) tables.splice(i, 0, fresh(cx, { ttb, maps: [] }));
  return own(cx, tables, i) as Draft<PageTable>;
}

/** Adds a range to a stage-1 table, replacing what it overlaps. An explicit mapping removes the table's auto one. */
export function mapRange(cx: Cx, ttb: bigint, m: Mapping): void {
  const table = ownTable(cx, ttb);
  const kept = table.maps.filter((x) => m.auto || !x.auto);
  table.maps = insertSorted(cutOut(kept, m.iova, m.size), m);
}

/** Removes a range; true if anything was mapped there. */
export function unmapRange(cx: Cx, ttb: bigint, iova: bigint, size: bigint): boolean {
  const before = findTable(cx.w.memory, ttb);
  if (before === null || !before.maps.some((x) => x.iova < iova + size && iova < x.iova + x.size))
    return false;
  const table = ownTable(cx, ttb);
  table.maps = cutOut(table.maps, iova, size);
  return true;
}

function insertSorted(maps: readonly Mapping[], m: Mapping): Mapping[] {
  const out = maps.slice();
  out.splice(
    lowerBound(out, (x) => x.iova < m.iova),
    0,
    m,
  );
  return out;
}

function cutOut(maps: readonly Mapping[], iova: bigint, size: bigint): Mapping[] {
  const end = iova + size;
  const out: Mapping[] = [];
  for (const x of maps) {
    const xEnd = x.iova + x.size;
    if (xEnd <= iova || x.iova >= end) {
      out.push(x);
      continue;
    }
    if (x.iova < iova) out.push({ ...x, size: iova - x.iova });
    if (xEnd > end) out.push({ ...x, iova: end, gpa: x.gpa + (end - x.iova), size: xEnd - end });
  }
  return out;
}

/** The mapping that covers `iova`, or null. */
export function lookupMapping(mem: GuestMemory, ttb: bigint, iova: bigint): Mapping | null {
  const table = findTable(mem, ttb);
  if (table === null) return null;
  const i = lowerBound(table.maps, (x) => x.iova <= iova) - 1;
  const m = table.maps[i];
  return m !== undefined && iova < m.iova + m.size ? m : null;
}
