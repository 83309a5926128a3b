/**
 * The guest's side of a world in normal form: registers of the vSMMUs, the architecture's register file and caches,
 * guest software and guest memory.
 *
 * What is dropped, and why nothing that follows can tell:
 * - how often the command queue went round: the guest reads PROD and CONS only to find the next free entry, both
 *   register files only to find the next one to run. Both indices are moved down together, with the entries between
 *   them; consumed entries are nobody's. Only where both columns agree about the queue.
 * - the same for the event queue when it is empty in both columns.
 * - what is left in the registers of a queue that is off and that guest software has not programmed since the last reset:
 *   it programs base, PROD and CONS before it puts the queue to use.
 * - that it has programmed a queue that is off and empty: it would program it to what it is. Only where it stands as guest
 *   software of the lab makes it, in both columns, without an error.
 * - that caches hold nothing of any stream, one by one or as a whole: no stream comes that is not known yet.
 * - a table that no CD in force names, and that a TLB may still hold: while it can only be met again under the ASID and
 *   the CD that it was met under, and no alphabet of the search changes tables, what the TLB holds is what the table says.
 * - whether GBPA says "use incoming" because of a reset or, with no attribute, because of a write: no attribute is changed.
 * - which way GERROR and GERRORN have toggled: an error is active while they differ, and the guest acknowledges by
 *   making them equal.
 * - memory that holds zeroes is memory never written.
 */
import { type Caches, quiet, type StaleRoot, type StreamHistory } from "../engine/arch/caches.ts";
import { TTB_MASK } from "../engine/arch/cd.ts";
import type { ArchSmmu } from "../engine/arch/smmu.ts";
import { areaBase, cmdqBase, eventqBase, QUEUE_LOG2 } from "../engine/guest/layout.ts";
import type { GuestSmmu } from "../engine/guest/types.ts";
import type { GuestMemory, Line, MemPage } from "../engine/memory.ts";
import type { Smmuv3Regs, Smmuv3State } from "../engine/qemu/types.ts";
import type { World } from "../engine/world.ts";
import { commandWord, contextPtr, MOST_VSMMUS, type Renaming, regionOf, sidWord } from "./renaming.ts";

/** What may be taken for the same in a search; decided once from the alphabet. */
export interface GuestFreedom {
  /** What registers hold beyond their meaning: nobody reads or writes them, or the entries of queues, by hand. */
  readonly queues: boolean;
  /** Every StreamID that comes is watched already. */
  readonly streams: boolean;
  /** CDs and tables are made by guest software alone, and stay as they are made. */
  readonly tables: boolean;
}

const QUEUE_ADDR = 0x00ff_ffff_ffff_ffe0n;
const ENTRY = 16n;
const PAGE = 4096n;

/** Memory as a map of lines while it is rearranged. */
type Lines = Map<bigint, Line>;

function linesOf(memory: GuestMemory): Lines {
  const out: Lines = new Map();
  for (const p of memory.pages)
    p.lines.forEach((line, i) => {
      if (line !== null) out.set(BigInt(p.no) * PAGE + BigInt(i * 64), line);
    });
  return out;
}

function pagesOf(lines: Lines): MemPage[] {
  const pages = new Map<number, (Line | null)[]>();
  for (const [at, line] of lines) {
    if (line.every((w) => w === 0n)) continue;
    const no = Number(at / PAGE);
    let list = pages.get(no);
    if (list === undefined) {
      list = new Array<Line | null>(64).fill(null);
      pages.set(no, list);
    }
    list[Number((at % PAGE) / 64n)] = line;
  }
  return [...pages].sort((a, b) => a[0] - b[0]).map(([no, list]) => ({ no, lines: list }));
}

const word = (lines: Lines, at: bigint): bigint => lines.get(at & ~63n)?.[Number((at >> 3n) & 7n)] ?? 0n;

function put(lines: Lines, at: bigint, value: bigint): void {
  const base = at & ~63n;
  const line = (lines.get(base) ?? [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]).slice();
  line[Number((at >> 3n) & 7n)] = value;
  lines.set(base, line);
}

function drop(lines: Lines, from: bigint, size: bigint): void {
  for (const at of [...lines.keys()]) if (at >= from && at < from + size) lines.delete(at);
}

interface Queues {
  readonly regs: Smmuv3Regs;
  readonly arch: ArchSmmu;
  readonly sw: GuestSmmu["sw"];
}

const RD = 0xfffff;

/** Entries of the queues that guest software of the lab makes. */
const ENTRIES = 1 << QUEUE_LOG2;

/** Command queue: indices moved down to CONS=0, the waiting entries with them. */
function normalCmdq(q: Queues, base: bigint, lines: Lines): Queues {
  const { regs, arch } = q;
  const log2 = Number(regs.cmdqBase & 31n);
  // Only a queue that guest software of the lab has made.
  if ((regs.cmdqBase & QUEUE_ADDR) !== base || Number(arch.cmdqBase & 31n) !== log2) return q;
  const size = 2 ** log2;
  const mask = 2 * size - 1;
  const prod = regs.cmdqProd;
  if (prod > mask || arch.cmdqProd !== prod) return q;
  // The columns may stand at different entries: one has stopped at what the other has run.
  const behind = (prod - regs.cmdqCons) & mask;
  const archBehind = (prod - arch.cmdqCons) & mask;
  const kept = Math.max(behind, archBehind);
  // A reset leaves the address and says the largest size: the entries are then old ones, and none is waiting.
  if (kept > size || (kept > 0 && size > ENTRIES)) return q;
  const entries: bigint[] = [];
  for (let i = 0; i < kept; i++) {
    const entry = base + BigInt((prod - kept + i) & (size - 1)) * ENTRY;
    entries.push(word(lines, entry), word(lines, entry + 8n));
  }
  drop(lines, base, BigInt(ENTRIES) * ENTRY);
  entries.forEach((w, i) => {
    if (w !== 0n) put(lines, base + BigInt(i) * 8n, w);
  });
  const at = (cons: number, left: number): number => ((cons & ~RD) | (kept - left)) >>> 0;
  return {
    ...q,
    regs: { ...regs, cmdqProd: kept, cmdqCons: at(regs.cmdqCons, behind) },
    arch: { ...arch, cmdqProd: kept, cmdqCons: at(arch.cmdqCons, archBehind) },
  };
}

/** Event queue: an empty one starts at zero. */
function normalEventq(q: Queues, base: bigint, g: GuestSmmu, lines: Lines): Queues {
  const { regs, arch } = q;
  if ((regs.eventqBase & QUEUE_ADDR) !== base || g.expected.length > 0) return q;
  if (regs.eventqProd !== regs.eventqCons || arch.eventqProd !== arch.eventqCons) return q;
  drop(lines, base, BigInt(ENTRIES) * 32n);
  return {
    ...q,
    regs: { ...regs, eventqProd: 0, eventqCons: 0 },
    arch: { ...arch, eventqProd: 0, eventqCons: 0 },
  };
}

const CMDQ_ERR = 1;
const CMDQEN = 8;
const EVENTQEN = 4;

const RA = 1n << 62n;
const INDEX = 0xfffff;

/** Command queue as guest software programs it, empty and without an error. */
function isFreshCmdq({ regs, arch }: Queues, base: bigint): boolean {
  const made = base | RA | BigInt(QUEUE_LOG2);
  return (
    regs.cmdqBase === made &&
    arch.cmdqBase === made &&
    regs.cmdqLog2size === QUEUE_LOG2 &&
    regs.cmdqProd === regs.cmdqCons &&
    arch.cmdqProd === arch.cmdqCons &&
    (regs.cmdqCons & ~INDEX) === 0 &&
    (arch.cmdqCons & ~INDEX) === 0
  );
}

function isFreshEventq({ regs, arch }: Queues, base: bigint): boolean {
  const made = base | RA | BigInt(QUEUE_LOG2);
  return regs.eventqBase === made && arch.eventqBase === made && regs.eventqLog2size === QUEUE_LOG2;
}

/** Queues that have to be programmed anew before anybody looks at them, or might as well be. */
function normalIdle(q: Queues, v: number, g: GuestSmmu, lines: Lines): Queues {
  const { regs, arch, sw } = q;
  const off = (bit: number): boolean => ((regs.cr0 | regs.cr0ack | arch.cr0 | arch.cr0ack) & bit) === 0;
  const stopped = (((regs.gerror ^ regs.gerrorn) | (arch.gerror ^ arch.gerrorn)) & CMDQ_ERR) !== 0;
  let out = q;
  const cmdq = cmdqBase(v, sw.gen);
  if (off(CMDQEN) && !stopped && (!sw.cmdqReady || isFreshCmdq(q, cmdq))) {
    drop(lines, cmdq, BigInt(ENTRIES) * ENTRY);
    out = {
      sw: sw.cmdqReady ? { ...sw, cmdqReady: false } : sw,
      regs: { ...out.regs, cmdqBase: 0n, cmdqLog2size: 0, cmdqProd: 0, cmdqCons: 0 },
      arch: { ...out.arch, cmdqBase: 0n, cmdqProd: 0, cmdqCons: 0 },
    };
  }
  const empty = regs.eventqProd === regs.eventqCons && arch.eventqProd === arch.eventqCons;
  const eventq = eventqBase(v, sw.gen);
  if (off(EVENTQEN) && empty && g.expected.length === 0 && (!sw.evtqReady || isFreshEventq(q, eventq))) {
    drop(lines, eventq, BigInt(ENTRIES) * 32n);
    out = {
      sw: out.sw.evtqReady ? { ...out.sw, evtqReady: false } : out.sw,
      regs: { ...out.regs, eventqBase: 0n, eventqLog2size: 0, eventqProd: 0, eventqCons: 0 },
      arch: { ...out.arch, eventqBase: 0n, eventqProd: 0, eventqCons: 0 },
    };
  }
  return out;
}

/** GBPA.SHCFG as a reset leaves it: use incoming. */
const INCOMING = 0x1000;
const ATTRIBUTES = 0xf_ffff;

function normalGbpa(q: Queues): Queues {
  const plain = (gbpa: number): number =>
    (gbpa & ATTRIBUTES) === INCOMING ? (gbpa & ~INCOMING) >>> 0 : gbpa;
  const { regs, arch } = q;
  return {
    ...q,
    regs: { ...regs, gbpa: plain(regs.gbpa) },
    arch: { ...arch, gbpa: plain(arch.gbpa), gbpaEff: plain(arch.gbpaEff) },
  };
}

function normalErrors(q: Queues): Queues {
  return {
    ...q,
    regs: { ...q.regs, gerror: (q.regs.gerror ^ q.regs.gerrorn) >>> 0, gerrorn: 0 },
    arch: { ...q.arch, gerror: (q.arch.gerror ^ q.arch.gerrorn) >>> 0, gerrorn: 0 },
  };
}

const AREA = areaBase(0, 1) - areaBase(0, 0);
/** CD: TTB1 is not used. */
const EPD1 = 1n << 30n;

/** True if no other CD that guest software of this vSMMU has made bears the ASID, and the one that does names the table. */
function isOwnRoot({ asid, ttb }: StaleRoot, v: number, gen: number, lines: Lines): boolean {
  const area = areaBase(v, gen);
  let found = 0;
  for (const [at, line] of lines) {
    if (at < area || at >= area + AREA || regionOf(at, MOST_VSMMUS) !== "cd") continue;
    const [q0 = 0n, q1 = 0n] = line;
    if (Number(q0 >> 48n) !== asid) continue;
    if ((q1 & TTB_MASK) !== ttb || (q0 & EPD1) === 0n) return false;
    found++;
  }
  return found === 1;
}

function normalCaches(
  arch: ArchSmmu,
  v: number,
  { sw }: GuestSmmu,
  lines: Lines,
  freedom: GuestFreedom,
): ArchSmmu {
  let c = arch.caches;
  const empty = c.cfg !== "cold" && c.streams.length === 0 && arch.watch.every((sid) => c.cold.includes(sid));
  if (freedom.streams && empty) c = { ...c, cfg: "cold", cold: [], cooling: [] };
  if (freedom.tables && c.roots.some((r) => isOwnRoot(r, v, sw.gen, lines)))
    c = { ...c, roots: c.roots.filter((r) => !isOwnRoot(r, v, sw.gen, lines)) };
  return c === arch.caches ? arch : { ...arch, caches: quiet(c) };
}

/** TTB0 and TTB1 of a CD, bits 51:4. */
const TTB = 0x000f_ffff_ffff_fff0n;

function ttb(q: bigint, r: Renaming): bigint {
  const at = q & TTB;
  return at === 0n ? q : (q & ~TTB) | (r.address(at) & TTB);
}

/** A word of a structure, by what its place says it is. */
function renamedWord(at: bigint, value: bigint, vsmmus: number, r: Renaming): bigint {
  const region = regionOf(at, vsmmus);
  const index = Number((at >> 3n) & 7n);
  if (region === "strtab" && index === 0) return contextPtr(value, r);
  if (region === "cmdq" && (index & 1) === 0) return commandWord(value, r);
  if (region === "eventq" && (index & 3) === 0) return sidWord(value, r);
  if (region === "cd" && (index === 1 || index === 2)) return ttb(value, r);
  return value;
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function renamedCaches(c: Caches, vsmmus: number, r: Renaming): Caches {
  const values = (at: bigint, list: readonly bigint[]): bigint[] =>
    list.map((x) => renamedWord(at, x, vsmmus, r)).sort(byValue);
  const stream = (h: StreamHistory): StreamHistory => ({
    ...h,
    sid: r.sid(h.sid),
    words: h.words
      .map((w) => ({
        ...w,
        addr: r.address(w.addr),
        olds: values(w.addr, w.olds),
        dying: values(w.addr, w.dying),
      }))
      .sort(
        (a, b) => byValue(a.addr, b.addr) || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.index - b.index),
      ),
    tables: h.tables.map((t) => ({ ...t, base: renamedBase(t.base, r) })),
  });
  const sids = (list: readonly number[]): number[] => list.map((s) => r.sid(s)).sort((a, b) => a - b);
  return {
    ...c,
    cold: sids(c.cold),
    cooling: sids(c.cooling),
    streams: c.streams.map(stream).sort((a, b) => a.sid - b.sid),
    maps: c.maps
      .map((m) => ({ ...m, gpa: r.address(m.gpa) }))
      .sort((a, b) => a.asid - b.asid || byValue(a.iova, b.iova) || byValue(a.gpa, b.gpa)),
    roots: c.roots
      .map((x) => ({ ...x, ttb: r.address(x.ttb) }))
      .sort((a, b) => a.asid - b.asid || byValue(a.ttb, b.ttb)),
  };
}

const BASE_ADDR = 0x00ff_ffff_ffff_ffc0n;

/** A base register: its address field renamed, the rest kept. */
function renamedBase(reg: bigint, r: Renaming): bigint {
  const at = reg & BASE_ADDR;
  // Of a queue the low bits of the address field are its size.
  const aligned = at & ~0xfffn;
  return aligned === 0n ? reg : reg - aligned + r.address(aligned);
}

function renamedRegs(regs: Smmuv3Regs, r: Renaming): Smmuv3Regs {
  return {
    ...regs,
    strtabBase: renamedBase(regs.strtabBase, r),
    cmdqBase: renamedBase(regs.cmdqBase, r),
    eventqBase: renamedBase(regs.eventqBase, r),
  };
}

function renamedGuest(g: GuestSmmu, vsmmus: number, r: Renaming): GuestSmmu {
  const { arch, sw } = g;
  return {
    ...g,
    expected: g.expected.map(([q0, q1, q2, q3]) => [sidWord(q0, r), q1, q2, q3] as const),
    arch: {
      ...arch,
      watch: arch.watch.map((s) => r.sid(s)).sort((a, b) => a - b),
      strtabBase: renamedBase(arch.strtabBase, r),
      cmdqBase: renamedBase(arch.cmdqBase, r),
      eventqBase: renamedBase(arch.eventqBase, r),
      caches: renamedCaches(arch.caches, vsmmus, r),
    },
    sw: { ...sw, cdTables: sw.cdTables.map((t) => ({ ...t, sid: r.sid(t.sid) })) },
  };
}

function renamedMemory(memory: GuestMemory, vsmmus: number, r: Renaming): GuestMemory {
  const lines: Lines = new Map();
  for (const [at, line] of linesOf(memory))
    lines.set(
      r.address(at),
      line.map((w, i) => renamedWord(at + BigInt(i * 8), w, vsmmus, r)),
    );
  return {
    ...memory,
    pages: pagesOf(lines),
    tables: memory.tables
      .map((t) => ({
        ttb: r.address(t.ttb),
        maps: t.maps.map((m) => ({ ...m, gpa: r.address(m.gpa) })),
      }))
      .sort((a, b) => byValue(a.ttb, b.ttb)),
  };
}

/** The world with its guest side in normal form; the host side is left alone. */
export function normalGuest(w: World, r: Renaming, freedom: GuestFreedom): World {
  const lines = linesOf(w.memory);
  const queues: Queues[] = w.guest.smmus.map((g, v) => {
    const { regs } = w.qemu.smmus[v] as Smmuv3State;
    const arch = normalCaches(g.arch, v, g, lines, freedom);
    if (!freedom.queues) return { regs, arch, sw: g.sw };
    let q = normalGbpa(normalErrors({ regs, arch, sw: g.sw }));
    q = normalIdle(q, v, g, lines);
    q = normalCmdq(q, cmdqBase(v, g.sw.gen), lines);
    return normalEventq(q, eventqBase(v, g.sw.gen), g, lines);
  });
  const memory: GuestMemory = { ...w.memory, pages: pagesOf(lines) };
  const guests = w.guest.smmus.map((g, v) => {
    const { arch, sw } = queues[v] as Queues;
    return { ...g, arch, sw };
  });
  const smmus = w.qemu.smmus.map((s, v) => ({ ...s, regs: (queues[v] as Queues).regs }));
  if (r.identity) return { ...w, guest: { smmus: guests }, qemu: { ...w.qemu, smmus }, memory };
  const n = smmus.length;
  const to = r.symmetry.vsmmus;
  const place = <T>(list: readonly T[]): T[] => {
    const out: T[] = new Array(list.length);
    list.forEach((x, i) => {
      out[to[i] as number] = x;
    });
    return out;
  };
  const regs = place(queues.map((q) => renamedRegs(q.regs, r)));
  return {
    ...w,
    guest: { smmus: place(guests.map((g) => renamedGuest(g, n, r))) },
    qemu: { ...w.qemu, smmus: w.qemu.smmus.map((s, v) => ({ ...s, regs: regs[v] as Smmuv3Regs })) },
    memory: renamedMemory(memory, n, r),
  };
}
