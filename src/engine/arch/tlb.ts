/** Which stage-1 translations a TLB may hold beside what the tables say (section 3.6: TLB entries obey TLBI, not CFGI). */

import { patched } from "../patched.ts";
import type { Caches, StaleMap, StaleRoot } from "./caches.ts";
import { TTB_MASK } from "./cd.ts";
import { streamTable } from "./find-ste.ts";
import { historyOf, type ReadWord, walkStructures } from "./history.ts";
import type { TableRange } from "./oracle-types.ts";
import type { ArchSmmu } from "./smmu.ts";
import { s1ContextPtr } from "./ste.ts";
import { StreamCursor } from "./stream-cursor.ts";

/** A table under an ASID: what a TLB fill needs to know. */
export interface Root {
  readonly asid: number;
  readonly ttb: bigint;
}

/** Tables that a transaction of this stream may use for a fill, through every old and new value on its way. */
export function rootsOf(s: ArchSmmu, sid: number, read: ReadWord): Root[] {
  const c = s.caches;
  const out: Root[] = [];
  if (c.cfg === "cold" || c.cold.includes(sid)) return out;
  const h = historyOf(c, sid);
  const values = (addr: bigint): bigint[] => {
    const words = h?.words.filter((w) => w.addr === addr) ?? [];
    const found = words.flatMap((w) => [...w.olds, ...w.dying]);
    if (!words.some((w) => w.frozen)) {
      const now = read(addr);
      if (now !== null && !found.includes(now)) found.push(now);
    }
    return found;
  };
  const half = (q0: bigint, off: bigint, at: bigint): void => {
    if (((q0 >> off) & 1n) === 1n) return;
    for (const q of values(at)) {
      const root = { asid: Number(q0 >> 48n), ttb: q & TTB_MASK };
      if (!hasRoot(out, root)) out.push(root);
    }
  };
  walkStructures(s, sid, h, read, {
    cds: (addr, count) => {
      for (let i = 0; i < count; i++) {
        const at = addr + BigInt(64 * i);
        for (const q0 of values(at)) {
          if (((q0 >> 31n) & 1n) === 0n) continue;
          half(q0, 14n, at + 8n);
          half(q0, 30n, at + 16n);
        }
      }
    },
  });
  return out;
}

/** The same over every stream. */
export function allRoots(s: ArchSmmu, read: ReadWord): readonly Root[] {
  const c = s.caches;
  if (c.cfg === "cold") return NO_ROOTS;
  const out: Root[] = [];
  const cursor = new StreamCursor(streamTable(s.idr, s.strtabBase, s.strtabCfg), read);
  for (const sid of s.watch) {
    if (c.cold.length > 0 && c.cold.includes(sid)) continue;
    if (c.streams.length > 0 && historyOf(c, sid) !== null) addRoots(out, rootsOf(s, sid, read));
    else quietRoots(s, cursor, sid, read, out);
  }
  return out;
}

const NO_ROOTS: readonly Root[] = [];

const known = new WeakMap<ArchSmmu, { readonly memory: object; readonly roots: readonly Root[] }>();

/**
 * `allRoots` of a state that will not change any more: `memory` is the (immutable) object behind `read`, by whose identity
 * the result is found again. For a draft that is still being written use `allRoots`.
 */
export function rootsIn(s: ArchSmmu, memory: object, read: ReadWord): readonly Root[] {
  const found = known.get(s);
  if (found?.memory === memory) return found.roots;
  const roots = allRoots(s, read);
  known.set(s, { memory, roots });
  return roots;
}

function addRoots(out: Root[], more: readonly Root[]): void {
  for (const r of more) if (!hasRoot(out, r)) out.push(r);
}

/** Of a stream without history: what its STE and CD name now. */
function quietRoots(s: ArchSmmu, cursor: StreamCursor, sid: number, read: ReadWord, out: Root[]): void {
  const ste = cursor.ste(sid);
  if (ste < 0) return;
  const q0 = read(BigInt(ste)) ?? 0n;
  if ((Number(q0 & 0xfn) & 0xb) !== 0xb) return;
  if (s.idr.ssidSize !== 0 && q0 >> 59n !== 0n) {
    addRoots(out, rootsOf(s, sid, read));
    return;
  }
  const cd = s1ContextPtr(q0);
  const cd0 = read(cd);
  if (cd0 === null) return;
  const low = Number(cd0 & 0xffff_ffffn);
  if (low >>> 31 === 0) return;
  const asid = Number(cd0 >> 48n);
  if (((low >>> 14) & 1) === 0) addRoots(out, [{ asid, ttb: (read(cd + 8n) ?? 0n) & TTB_MASK }]);
  if (((low >>> 30) & 1) === 0) addRoots(out, [{ asid, ttb: (read(cd + 16n) ?? 0n) & TTB_MASK }]);
}

export function hasRoot(roots: readonly Root[], r: Root): boolean {
  return roots.some((x) => x.asid === r.asid && x.ttb === r.ttb);
}

/**
 * Rule A-SET-TLB: a range that was valid in the stage-1 table at `ttb` is removed or replaced: a TLB may keep it until TLBI and SYNC, under
 * every ASID that may reach the table. Invalid-to-valid needs no note: faulting entries are not cached.
 */
export function noteUnmap(s: ArchSmmu, ttb: bigint, range: TableRange, read: ReadWord): ArchSmmu {
  const c = s.caches;
  if (c.tlb === "cold" || !range.af || range.size === 0n) return s;
  const asids: number[] = [];
  for (const r of [...allRoots(s, read), ...c.roots]) {
    if (r.ttb === (ttb & TTB_MASK) && !asids.includes(r.asid)) asids.push(r.asid);
  }
  if (asids.length === 0) return s;
  const { iova, size, gpa, read: r, write: w } = range;
  const added = asids.map((asid) => ({
    asid,
    iova,
    size,
    gpa,
    read: r,
    write: w,
    dying: c.tlb === "cooling",
  }));
  return patched(s, { caches: patched(c, { maps: sortMaps([...c.maps, ...added]) }) });
}

function order(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorted, no two equal; of two that differ only in `dying` the living one stays. */
function sortMaps(maps: readonly StaleMap[]): readonly StaleMap[] {
  const sorted = maps
    .slice()
    .sort(
      (a, b) =>
        order(a.asid, b.asid) ||
        order(a.iova, b.iova) ||
        order(a.size, b.size) ||
        order(a.gpa, b.gpa) ||
        Number(a.read) - Number(b.read) ||
        Number(a.write) - Number(b.write) ||
        Number(a.dying) - Number(b.dying),
    );
  return sorted.filter((m, i) => {
    const p = sorted[i - 1];
    return !(
      p !== undefined &&
      p.asid === m.asid &&
      p.iova === m.iova &&
      p.size === m.size &&
      p.gpa === m.gpa &&
      p.read === m.read &&
      p.write === m.write
    );
  });
}

/** Tables that no configuration reaches any more join the stale ones. */
export function addStaleRoots(roots: readonly StaleRoot[], lost: readonly Root[]): readonly StaleRoot[] {
  let out = roots;
  for (const r of lost) {
    // A table lost again may have refilled what was invalidated by address before.
    const rest = out.filter((x) => x.asid !== r.asid || x.ttb !== r.ttb);
    out = [...rest, { asid: r.asid, ttb: r.ttb, dying: false, holes: [] }];
  }
  return out.slice().sort((a, b) => order(a.asid, b.asid) || order(a.ttb, b.ttb));
}

/** Rule A-SET-TLBI: TLBI_NH_ALL, TLBI_NSNH_ALL, or by ASID: takes effect at the next completed SYNC. */
export function tlbiAsid(c: Caches, asid: number | null): Caches {
  if (c.maps.length === 0 && c.roots.length === 0) return c;
  const hit = (x: { readonly asid: number }): boolean => asid === null || x.asid === asid;
  const maps = sortMaps(c.maps.map((m) => (hit(m) && !m.dying ? { ...m, dying: true } : m)));
  const roots = c.roots.map((r) => (hit(r) && !r.dying ? { ...r, dying: true } : r));
  return patched(c, { maps, roots });
}

/** TLBI_NH_VA (or VAA with `asid` null) over [iova, iova+size). */
export function tlbiRange(c: Caches, asid: number | null, iova: bigint, size: bigint): Caches {
  if (c.maps.length === 0 && c.roots.length === 0) return c;
  const end = iova + size;
  const maps: StaleMap[] = [];
  for (const m of c.maps) {
    const mEnd = m.iova + m.size;
    if ((asid !== null && m.asid !== asid) || mEnd <= iova || m.iova >= end) {
      maps.push(m);
      continue;
    }
    const lo = m.iova > iova ? m.iova : iova;
    const hi = mEnd < end ? mEnd : end;
    if (m.iova < lo) maps.push({ ...m, size: lo - m.iova });
    maps.push({ ...m, iova: lo, size: hi - lo, gpa: m.gpa + (lo - m.iova), dying: true });
    if (hi < mEnd) maps.push({ ...m, iova: hi, size: mEnd - hi, gpa: m.gpa + (hi - m.iova) });
  }
  const roots = c.roots.map((r) => {
    if (asid !== null && r.asid !== asid) return r;
    if (r.holes.some((h) => h.iova <= iova && h.iova + h.size >= end)) return r;
    const holes = [...r.holes, { iova, size, sync: false }].sort(
      (a, b) => order(a.iova, b.iova) || order(a.size, b.size),
    );
    return { ...r, holes };
  });
  return patched(c, { maps: sortMaps(maps), roots });
}

const NO_HITS: readonly TableRange[] = [];

/** Rules A-SET-TLB and A-SET-ALIAS: translations, beside a walk of `ttb`, that a lookup of `va` under `asid` may hit. */
export function staleHits(
  c: Caches,
  roots: readonly Root[],
  asid: number,
  ttb: bigint,
  va: bigint,
  lookup: (ttb: bigint, va: bigint) => TableRange | null,
): readonly TableRange[] {
  if (c.maps.length === 0 && c.roots.length === 0 && roots.length <= 1) return NO_HITS;
  const out: TableRange[] = [];
  for (const m of c.maps) {
    if (m.asid === asid && m.iova <= va && va < m.iova + m.size) out.push({ ...m, af: true });
  }
  const add = (other: bigint): void => {
    const r = lookup(other, va);
    if (r?.af === true) out.push(r);
  };
  for (const r of c.roots) {
    if (r.asid !== asid || r.ttb === ttb) continue;
    if (!r.holes.some((h) => h.sync && h.iova <= va && va < h.iova + h.size)) add(r.ttb);
  }
  for (const r of roots) if (r.asid === asid && r.ttb !== ttb && !hasRoot(c.roots, r)) add(r.ttb);
  return out;
}
