/** The command queue (sections 1.4 and 4): consumption at once, errors, and what each command does to the caches. */

import { patched } from "../patched.ts";
import { type Caches, quiet, type StreamHistory, type WordHistory, type WordKind } from "./caches.ts";
import { commandName, judgeCommand, OP } from "./commands.ts";
import { streamTable } from "./find-ste.ts";
import { putHistory, type ReadWord } from "./history.ts";
import type { ArchRule } from "./rules.ts";
import { type ArchSmmu, CR0, mayFetch } from "./smmu.ts";
import { addStaleRoots, allRoots, hasRoot, rootsOf, tlbiAsid, tlbiRange } from "./tlb.ts";

const QUEUE_ADDR = 0x00ff_ffff_ffff_ffe0n;
const CMDQ_ERR = 1;

export const CERROR = { NONE: 0, ILL: 1, ABT: 2, ATC_INV_SYNC: 3 } as const;

export interface ConsumeOptions {
  /** The endpoint does not answer an ATS invalidation: the next SYNC after an ATC_INV fails. */
  readonly atcTimeout?: boolean;
}

export interface Consumed {
  readonly name: string;
  readonly q0: bigint;
  readonly q1: bigint;
}

export interface ConsumeResult {
  readonly smmu: ArchSmmu;
  /** Commands executed, in order. */
  readonly done: readonly Consumed[];
  /** Error that stopped consumption, or null. `command` is null if it could not be fetched. */
  readonly error: {
    readonly code: 1 | 2 | 3;
    readonly command: Consumed | null;
    readonly rule: ArchRule;
  } | null;
  readonly notes: readonly ArchRule[];
}

/** Log2 of the entries in effect. */
export function cmdqLog2(s: ArchSmmu): number {
  return Math.min(Number(s.cmdqBase & 31n), s.idr.cmdqs);
}

/** Address of entry `index` (wrap bit ignored). */
export function cmdqAddr(s: ArchSmmu, index: number): bigint {
  const log2 = cmdqLog2(s);
  const align = (1n << BigInt(log2 + 4)) - 1n;
  return (s.cmdqBase & QUEUE_ADDR & ~align) + BigInt(16 * (index & (2 ** log2 - 1)));
}

const NOTHING_DONE: readonly Consumed[] = [];

/** Consumes every waiting command, or up to the first error. To be called after a write of CR0, CMDQ_PROD or GERRORN. */
export function archConsume(s: ArchSmmu, read: ReadWord, opts: ConsumeOptions = {}): ConsumeResult {
  const idle = (rule: ArchRule | null): ConsumeResult => ({
    smmu: s,
    done: NOTHING_DONE,
    error: null,
    notes: rule === null ? [] : [rule],
  });
  const log2 = cmdqLog2(s);
  const mask = 2 ** (log2 + 1) - 1;
  const count = (s.cmdqProd - s.cmdqCons) & mask;
  if (count === 0) return idle(null);
  if ((s.cr0 & s.cr0ack & CR0.CMDQEN) === 0) return idle("A-CMDQ-EN");
  if (((s.gerror ^ s.gerrorn) & CMDQ_ERR) !== 0) return idle("A-CMDQ-STOP");
  if (count > 2 ** log2) return idle("A-CMDQ-INDEX");

  const done: Consumed[] = [];
  const notes: ArchRule[] = [];
  let now = s;
  for (let left = count; left > 0; left--) {
    const addr = cmdqAddr(now, now.cmdqCons);
    const q0 = read(addr);
    const q1 = read(addr + 8n);
    if (q0 === null || q1 === null) return stop(now, done, notes, CERROR.ABT, null, "A-CMDQ-ABT");
    const command = { name: commandName(q0, q1), q0, q1 };
    const ill = judgeCommand(now.idr, q0);
    if (ill !== null) return stop(now, done, notes, CERROR.ILL, command, ill);
    const op = Number(q0 & 0xffn);
    if (op === OP.SYNC && now.atcPending && opts.atcTimeout === true) {
      return stop(now, done, notes, CERROR.ATC_INV_SYNC, command, "A-CMDQ-ATC");
    }
    if ((op === OP.ATC_INV || op === OP.PRI_RESP) && (now.cr0ack & CR0.SMMUEN) === 0) notes.push("A-CMD-OFF");
    now = execute(now, op, q0, q1, read);
    const rd = ((now.cmdqCons & mask) + 1) & mask;
    now = patched(now, { cmdqCons: (now.cmdqCons & 0x7f00_0000) | rd });
    done.push(command);
  }
  return { smmu: now, done, error: null, notes };
}

/** Rule A-CMDQ-ILL and its siblings: CONS stays on the culprit, CMDQ_ERR toggles. */
function stop(
  s: ArchSmmu,
  done: readonly Consumed[],
  notes: readonly ArchRule[],
  code: 1 | 2 | 3,
  command: Consumed | null,
  rule: ArchRule,
): ConsumeResult {
  const cmdqCons = (s.cmdqCons & 0xfffff) | (code << 24);
  return {
    smmu: patched(s, { cmdqCons, gerror: s.gerror ^ CMDQ_ERR }),
    done,
    error: { code, command, rule },
    notes,
  };
}

const BELOW_STE: readonly WordKind[] = ["ste", "l1cd", "cd"];
const ALL_KINDS: readonly WordKind[] = ["l1std", "ste", "l1cd", "cd"];

function execute(s: ArchSmmu, op: number, q0: bigint, q1: bigint, read: ReadWord): ArchSmmu {
  const sid = Number(q0 >> 32n);
  switch (op) {
    case OP.CFGI_STE:
      return cfgi(s, (x) => x === sid, (q1 & 1n) === 1n ? BELOW_STE : ALL_KINDS);
    case OP.CFGI_STE_RANGE: {
      const range = Number(q1 & 31n);
      if (range === 31) return cfgiAll(s);
      const block = 2 ** (range + 1);
      const first = sid - (sid % block);
      return cfgi(s, (x) => x >= first && x < first + block, ALL_KINDS);
    }
    case OP.CFGI_CD: {
      const ssid = Number((q0 >> 12n) & 0xfffffn);
      return cfgiCd(s, sid, ssid, (q1 & 1n) === 1n);
    }
    case OP.CFGI_CD_ALL:
      return cfgiCd(s, sid, null, false);
    case OP.TLBI_NH_ALL:
    case OP.TLBI_NSNH_ALL:
      return tlbi(s, mayFetch(s) || s.caches.tlb === "cold" ? "warm" : "cooling", (c) => tlbiAsid(c, null));
    case OP.TLBI_NH_ASID:
      return tlbi(s, null, (c) => tlbiAsid(c, Number(q0 >> 48n)));
    case OP.TLBI_NH_VA:
    case OP.TLBI_NH_VAA: {
      const asid = op === OP.TLBI_NH_VA ? Number(q0 >> 48n) : null;
      return tlbi(s, null, (c) => tlbiRange(c, asid, q1 & ~0xfffn, tlbiBytes(s, q0, q1)));
    }
    case OP.ATC_INV:
      if ((s.cr0ack & CR0.SMMUEN) === 0 || s.atcPending) return s;
      return patched(s, { atcPending: true });
    case OP.SYNC:
      return sync(s, read);
    default:
      return s;
  }
}

/** Bytes a TLBI by address covers: one 4 KiB page, or (NUM+1)·2^SCALE granules with TG≠0 and RIL. */
function tlbiBytes(s: ArchSmmu, q0: bigint, q1: bigint): bigint {
  const tg = Number((q1 >> 10n) & 3n);
  if (tg === 0 || !s.idr.ril) return 4096n;
  const num = (q0 >> 12n) & 31n;
  const scale = (q0 >> 20n) & 31n;
  return ((num + 1n) << scale) << BigInt(10 + 2 * tg);
}

function tlbi(s: ArchSmmu, warmth: "warm" | "cooling" | null, apply: (c: Caches) => Caches): ArchSmmu {
  let caches = apply(s.caches);
  if (warmth === "cooling" && caches.tlb === "warm") caches = patched(caches, { tlb: "cooling" });
  return caches === s.caches ? s : patched(s, { caches });
}

/** Rule A-SET-SYNC: old values of the covered words live only until the next completed SYNC. */
function doom(h: StreamHistory, covers: (w: WordHistory) => boolean): StreamHistory {
  if (!h.words.some((w) => w.olds.length > 0 && covers(w))) return h;
  const words = h.words.map((w) => {
    if (w.olds.length === 0 || !covers(w)) return w;
    const dying = [...w.dying, ...w.olds.filter((v) => !w.dying.includes(v))];
    return { ...w, olds: [], dying: dying.sort((a, b) => (a < b ? -1 : 1)) };
  });
  return { ...h, words };
}

function withStreams(s: ArchSmmu, change: (h: StreamHistory) => StreamHistory): ArchSmmu {
  const c = s.caches;
  let streams = c.streams;
  for (const h of c.streams) {
    const next = change(h);
    if (next !== h) streams = putHistory(streams, next);
  }
  return streams === c.streams ? s : patched(s, { caches: patched(c, { streams }) });
}

function cfgi(s: ArchSmmu, covered: (sid: number) => boolean, kinds: readonly WordKind[]): ArchSmmu {
  const levelOne = kinds === ALL_KINDS;
  const next = withStreams(s, (h) => {
    if (!covered(h.sid)) return h;
    let out = doom(h, (w) => kinds.includes(w.kind));
    // Rule A-SET-LEAF: Leaf=1 leaves cached L1STDs alone, those of an earlier two-level table too.
    const gone = (t: { readonly base: bigint; readonly cfg: number; readonly dying: boolean }): boolean =>
      !t.dying && (levelOne || !streamTable(s.idr, t.base, t.cfg).twoLevel);
    if (out.tables.some(gone)) {
      out = { ...out, tables: out.tables.map((t) => (gone(t) ? { ...t, dying: true } : t)) };
    }
    return out.atschk === "old" ? { ...out, atschk: "dying" } : out;
  });
  const c = next.caches;
  if (mayFetch(s) || c.cfg !== "warm") return next;
  if (!levelOne && streamTable(s.idr, s.strtabBase, s.strtabCfg).twoLevel) return next;
  const more = s.watch.filter((sid) => covered(sid) && !c.cold.includes(sid) && !c.cooling.includes(sid));
  if (more.length === 0) return next;
  return patched(next, {
    caches: patched(c, { cooling: [...c.cooling, ...more].sort((a, b) => a - b) }),
  });
}

function cfgiAll(s: ArchSmmu): ArchSmmu {
  const next = cfgi(s, () => true, ALL_KINDS);
  if (mayFetch(s) || next.caches.cfg !== "warm") return next;
  return patched(next, { caches: patched(next.caches, { cfg: "cooling", cooling: [] }) });
}

/** One CD (its L1CD too unless `leaf`), or with `ssid` null every CD and L1CD: of this stream alone (rule A-SET-STREAM). */
function cfgiCd(s: ArchSmmu, sid: number, ssid: number | null, leaf: boolean): ArchSmmu {
  return withStreams(s, (h) => {
    if (h.sid !== sid) return h;
    return doom(h, (w) => {
      if (w.kind === "cd") return ssid === null || w.index === ssid;
      if (w.kind !== "l1cd") return false;
      // The leaf size is not known here: an L1CD of either format that leads to the SSID is covered.
      return ssid === null || (!leaf && (w.index === ssid >>> 6 || w.index === ssid >>> 10));
    });
  });
}

/**
 * CMD_SYNC completes: what was invalidated before it is gone for good (rule A-SET-SYNC). Tables that configuration loses
 * with it stay in the TLB, even past a TLBI that came before this SYNC (rules A-SET-TLB, A-SET-REFILL).
 */
function sync(s: ArchSmmu, read: ReadWord): ArchSmmu {
  const next = s.atcPending ? patched(s, { atcPending: false }) : s;
  const c = next.caches;
  const busy =
    c.streams.length > 0 ||
    c.maps.length > 0 ||
    c.roots.length > 0 ||
    c.cooling.length > 0 ||
    c.cfg === "cooling" ||
    c.tlb === "cooling";
  if (!busy) return next;

  const affected = next.watch.filter(
    (sid) =>
      c.cfg === "cooling" ||
      c.cooling.includes(sid) ||
      c.streams.some(
        (h) => h.sid === sid && (h.words.some((w) => w.dying.length > 0) || h.tables.some((t) => t.dying)),
      ),
  );
  const before = c.tlb === "warm" ? affected.flatMap((sid) => rootsOf(next, sid, read)) : [];

  let caches: Caches = {
    ...c,
    streams: c.cfg === "cooling" ? [] : afterSync(c),
    cold: c.cfg === "cooling" ? [] : [...c.cold, ...c.cooling].sort((a, b) => a - b),
    cooling: [],
    cfg: c.cfg === "cooling" ? "cold" : c.cfg,
    tlb: c.tlb === "cooling" ? "cold" : c.tlb,
    maps: c.tlb === "cooling" ? [] : c.maps.filter((m) => !m.dying),
    roots: c.tlb === "cooling" ? [] : rootsAfterSync(c),
  };
  if (before.length > 0 || caches.roots.length > 0) {
    const current = allRoots(patched(next, { caches }), read);
    const lost = before.filter((r) => !hasRoot(current, r));
    const roots = addStaleRoots(caches.roots, lost).filter((r) => !hasRoot(current, r));
    caches = patched(caches, { roots });
  }
  return patched(next, { caches: quiet(caches) });
}

function afterSync(c: Caches): readonly StreamHistory[] {
  let streams = c.streams;
  for (const h of c.streams) {
    const cooled = c.cooling.includes(h.sid);
    const words = h.words
      .map((w) => (w.dying.length === 0 ? w : { ...w, dying: [] }))
      .filter((w) => w.olds.length > 0 || (w.frozen && !cooled));
    const tables = h.tables.filter((t) => !t.dying);
    streams = putHistory(streams, {
      sid: h.sid,
      words,
      tables,
      tablesFrozen: h.tablesFrozen && !cooled,
      atschk: h.atschk === "dying" ? "no" : h.atschk,
    });
  }
  return streams;
}

function rootsAfterSync(c: Caches): Caches["roots"] {
  return c.roots
    .filter((r) => !r.dying)
    .map((r) =>
      r.holes.every((x) => x.sync)
        ? r
        : { ...r, holes: r.holes.map((x) => (x.sync ? x : { ...x, sync: true })) },
    );
}
