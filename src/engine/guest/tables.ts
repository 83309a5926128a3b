/**
 * Guest software builds stream tables, context descriptors and page tables. What a script does not say, it does as a
 * driver would (rules G-STE-1 … G-MAP-1); every such addition is said in the messages.
 */
import type { GuestAction, SteValue } from "../actions.ts";
import { encodeCd, makeCd } from "../arch/cd.ts";
import { makeL1std } from "../arch/l1std.ts";
import { makeSte } from "../arch/ste.ts";
import { memLine, memRead64 } from "../memory.ts";
import { patched } from "../patched.ts";
import {
  AUTO_SIZE,
  autoTarget,
  cdTable,
  DEFAULT_LOG2SIZE,
  l1Strtab,
  l2Strtab,
  linearStrtab,
  pageTable,
} from "./layout.ts";
import { put, Report, rejected, told } from "./queue.ts";
import { REG } from "./regs.ts";
import {
  cdHome,
  isUpper,
  l1stdOf,
  linuxAsids,
  ownCdTable,
  readReg,
  type Software,
  type Strtab,
  smmuOf,
  steSlot,
  strtabOf,
  ttbFor,
} from "./software.ts";
import { guestMap, guestStore, guestStoreWords, guestUnmap, ownGuestSmmu } from "./store.ts";
import type { GuestResult } from "./types.ts";

const RA = 1n << 62n;
const LINEAR_CDMAX = 10;
const MAIR = 0xf404_ff44n;

const hex = (x: number | bigint): string => `0x${x.toString(16)}`;

type StrtabAction = Extract<GuestAction, { kind: "strtab" }>;

/** `strtab`: two register writes; what stands in memory at the table's place stays there. */
export function strtabVerb(g: Software, a: StrtabAction): GuestResult {
  const report = new Report();
  programStrtab(g, report, a, false);
  return report.done();
}

function programStrtab(
  g: Software,
  report: Report,
  a: Pick<StrtabAction, "fmt" | "log2size" | "split" | "base">,
  late: boolean,
): void {
  const { gen } = smmuOf(g).sw;
  const twoLevel = a.fmt === "2lvl";
  const base = a.base ?? (twoLevel ? l1Strtab(g.v, gen) : linearStrtab(g.v, gen));
  const cfg = BigInt(a.log2size & 0x3f) | (twoLevel ? (1n << 16n) | (BigInt(a.split & 0x1f) << 6n) : 0n);
  put(g, report, REG.STRTAB_BASE, base | RA, late);
  put(g, report, REG.STRTAB_BASE_CFG, cfg, late);
}

/** The stream table; a guest that never programmed one makes a linear one first (rule G-STE-3). */
function ensureStrtab(g: Software, report: Report): Strtab {
  const known = strtabOf(g);
  if (known !== null) return known;
  told(g, report, "G-STE-3", `linear stream table of 2^${DEFAULT_LOG2SIZE} entries programmed first`);
  programStrtab(g, report, { fmt: "linear", log2size: DEFAULT_LOG2SIZE, split: 0 }, true);
  return strtabOf(g) as Strtab;
}

function fail(report: Report, why: string): void {
  report.ok = false;
  report.messages.push(`guest: ${why}`);
}

/** Fills the level-2 table of the block with abort entries where it holds nothing yet; its base. */
function buildL2(g: Software, t: Strtab, sid: number): bigint {
  const { gen } = smmuOf(g).sw;
  const l2 = l2Strtab(g.v, gen, sid, t.split);
  for (let i = 0; i < 1 << t.split; i++) {
    const at = l2 + BigInt(i) * 64n;
    if ((memLine(g.cx.w.memory, at) ?? []).every((w) => w === 0n)) guestStore(g.cx, at, 1n);
  }
  return l2;
}

/** `l1std`: without a pointer the guest builds the level-2 table first. */
export function l1stdVerb(g: Software, a: Extract<GuestAction, { kind: "l1std" }>): GuestResult {
  const t = strtabOf(g);
  if (t === null || !t.twoLevel) return rejected("the guest has no two-level stream table");
  if (a.sid >= 2 ** t.log2size) return rejected(`StreamID ${hex(a.sid)} is outside the stream table`);
  const report = new Report();
  const ptr = a.ptr ?? (a.span === 0 ? 0n : buildL2(g, t, a.sid));
  if (!guestStore(g.cx, l1stdOf(t, a.sid), makeL1std(a.span, ptr)))
    fail(report, "the table is not backed by RAM");
  return report.done();
}

/** `ste`: eight words, the first one last; no command follows. */
export function steVerb(g: Software, sid: number, value: SteValue): GuestResult {
  const report = new Report();
  const table = ensureStrtab(g, report);
  let slot = steSlot(g, table, sid);
  if (slot.kind === "beyond") {
    const why = `StreamID ${hex(sid)} is outside the stream table (2^${table.log2size} entries)`;
    if (report.messages.length === 0) return rejected(why);
    fail(report, why);
    return report.done();
  }
  if (slot.kind === "no-l2") {
    const l2 = buildL2(g, table, sid);
    told(g, report, "G-STE-4", `level-2 table of ${hex((sid >> table.split) << table.split)} built first`);
    guestStore(g.cx, slot.l1, makeL1std(table.split + 1, l2));
    slot = steSlot(g, table, sid);
  }
  if (slot.kind !== "ste") {
    fail(report, "the level-1 table is not backed by RAM");
    return report.done();
  }
  const words = steWords(g, report, sid, slot.addr, value);
  const stored =
    guestStoreWords(g.cx, slot.addr + 8n, words.slice(1)) && guestStore(g.cx, slot.addr, words[0] as bigint);
  if (!stored) fail(report, `the STE at ${hex(slot.addr)} is not backed by RAM`);
  return report.done({ addr: hex(slot.addr) });
}

function steWords(
  g: Software,
  report: Report,
  sid: number,
  addr: bigint,
  value: SteValue,
): readonly bigint[] {
  if (value.as === "words") {
    const now = memLine(g.cx.w.memory, addr) ?? [];
    return Array.from({ length: 8 }, (_, i) => value.words[i] ?? now[i] ?? 0n);
  }
  if (value.as !== "translate") return makeSte(value.as);
  const cdmax = cdMax(g);
  const cdptr = ensureCdTable(g, sid);
  ensureCd(g, report, cdptr);
  const eats = ((readReg(g, REG.IDR0) >> 10n) & 1n) === 1n ? 1 : 0;
  return makeSte("translate", { cdptr, cdmax, eats });
}

/** log2 of the CDs a stream gets: substreams as far as a linear table goes. */
function cdMax(g: Software): number {
  return Math.min(Number((readReg(g, REG.IDR1) >> 6n) & 0x1fn), LINEAR_CDMAX);
}

function ensureCdTable(g: Software, sid: number): bigint {
  const known = ownCdTable(g, sid);
  if (known !== null) return known;
  const { sw } = smmuOf(g);
  const n = sw.cdTables.length;
  ownGuestSmmu(g.cx, g.v).sw = patched(sw, { cdTables: [...sw.cdTables, { sid, log2: cdMax(g) }] });
  return cdTable(g.v, sw.gen, n);
}

const CD_V = 1n << 31n;

/** A valid CD with an ASID and a page table of its own, unless one is there already (rule G-STE-2). */
function ensureCd(g: Software, report: Report, cd: bigint): void {
  if (((memRead64(g.cx.w.memory, cd) ?? 0n) & CD_V) !== 0n) return;
  const words = freshCd(g, report);
  guestStoreWords(g.cx, cd + 8n, words.slice(1));
  if (!guestStore(g.cx, cd, words[0] as bigint)) fail(report, `the CD at ${hex(cd)} is not backed by RAM`);
}

function freshCd(g: Software, report: Report): readonly bigint[] {
  const { sw } = smmuOf(g);
  const [n = sw.tables, ...free] = sw.freeTables;
  const taken = linuxAsids(smmuOf(g).linux);
  let asid = sw.nextAsid;
  while (taken.includes(asid)) asid++;
  ownGuestSmmu(g.cx, g.v).sw = patched(sw, {
    nextAsid: asid + 1,
    tables: Math.max(sw.tables, n + 1),
    freeTables: free,
  });
  const ttb = pageTable(g.v, sw.gen, n);
  const gpa = autoTarget(g.v, n);
  guestUnmap(g.cx, ttb, 0n, 1n << 64n);
  guestMap(g.cx, ttb, { iova: 0n, gpa, size: AUTO_SIZE, read: true, write: true, af: true, auto: true });
  told(g, report, "G-STE-2", `CD with ASID ${asid} made, its table maps 0x0…0xffffffff to ${hex(gpa)}`);
  const ips = Number(readReg(g, REG.IDR5) & 7n);
  return makeCd({ asid: asid & 0xffff, ttb, mair: MAIR, ips });
}

/** `cd` (rule G-CD-1): fields by name or whole words; an empty CD starts as a valid one unless whole words are given. */
export function cdVerb(
  g: Software,
  sid: number,
  ssid: number,
  fields: Readonly<Record<string, bigint>>,
): GuestResult {
  const report = new Report();
  const named: Record<string, bigint> = {};
  const whole: (bigint | undefined)[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const q = /^q([0-7])$/i.exec(key);
    if (q === null) named[key] = value;
    else whole[Number(q[1])] = value;
  }
  try {
    encodeCd(named);
  } catch (e) {
    return rejected(e instanceof Error ? e.message : String(e));
  }
  const home = cdHome(g, sid, ssid);
  if (home.live && home.addr === null) return rejected("no level-2 CD table for this SSID");
  if (!home.live && ssid >= 2 ** cdMax(g)) return rejected(`SSID ${ssid}: the stream has 2^${cdMax(g)} CDs`);
  const cd = home.addr ?? ensureCdTable(g, sid) + BigInt(ssid) * 64n;
  const now = memLine(g.cx.w.memory, cd);
  if (now === null) {
    fail(report, `the CD at ${hex(cd)} is not backed by RAM`);
    return report.done();
  }
  let words: readonly bigint[] = now;
  if (whole.length === 0 && now.every((w) => w === 0n)) words = freshCd(g, report);
  words = words.map((w, i) => whole[i] ?? w);
  words = encodeCd(named, words);
  guestStoreWords(g.cx, cd + 8n, words.slice(1));
  guestStore(g.cx, cd, words[0] as bigint);
  return report.done({ addr: hex(cd) });
}

/** Table that `map` and `unmap` work on: by base, or through the stream's CD. */
function tableFor(
  g: Software,
  report: Report,
  a: { readonly sid: number; readonly ssid: number; readonly ttb?: bigint; readonly iova: bigint },
  make: boolean,
): bigint | null {
  if (a.ttb !== undefined) return a.ttb;
  const home = cdHome(g, a.sid, a.ssid);
  if (home.addr === null && (home.live || !make)) return null;
  if (!home.live && a.ssid >= 2 ** cdMax(g)) return null;
  const cd = home.addr ?? ensureCdTable(g, a.sid) + BigInt(a.ssid) * 64n;
  if (make && !isUpper(a.iova)) ensureCd(g, report, cd);
  return ttbFor(g, cd, a.iova);
}

const PAGE_MASK = 0xfffn;

/** `map` (rule G-MAP-1): a stream without a CD gets one first. */
export function mapVerb(g: Software, a: Extract<GuestAction, { kind: "map" }>): GuestResult {
  if (((a.iova | a.gpa | a.size) & PAGE_MASK) !== 0n || a.size <= 0n)
    return rejected("iova, gpa and size must be multiples of 4 KiB");
  const report = new Report();
  const ttb = tableFor(g, report, a, true);
  if (ttb === null) return rejected("no context descriptor for this stream and SSID");
  const { iova, gpa, size, read, write, af } = a;
  if (guestMap(g.cx, ttb, { iova, gpa, size, read, write, af, auto: a.auto === true }))
    told(g, report, "G-MAP-1", `the automatic mapping of table ${hex(ttb)} gone first (in a TLB until TLBI)`);
  return report.done({ ttb: hex(ttb) });
}

export function unmapVerb(g: Software, a: Extract<GuestAction, { kind: "unmap" }>): GuestResult {
  if (((a.iova | a.size) & PAGE_MASK) !== 0n || a.size <= 0n)
    return rejected("iova and size must be multiples of 4 KiB");
  const report = new Report();
  const ttb = tableFor(g, report, a, false);
  if (ttb === null) return rejected("no context descriptor for this stream and SSID");
  if (!guestUnmap(g.cx, ttb, a.iova, a.size)) report.messages.push("guest: nothing was mapped there");
  return report.done({ ttb: hex(ttb) });
}
