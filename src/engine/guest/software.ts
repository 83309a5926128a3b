/**
 * Guest software looks up its own structures: registers as it reads them back, tables in its memory. Nothing here
 * changes anything.
 */
import { l1cdPtr, l1cdValid, l1stdPtr, l1stdSpan } from "../arch/l1std.ts";
import { s1ContextPtr } from "../arch/ste.ts";
import type { Cx } from "../cx.ts";
import { memRead64 } from "../memory.ts";
import { cdTable } from "./layout.ts";
import type { GuestPorts } from "./ports.ts";
import { REG, TABLE_ADDR } from "./regs.ts";
import type { GuestSmmu, LinuxSmmu } from "./types.ts";

/** One guest, one vSMMU, this step. */
export interface Software {
  readonly cx: Cx;
  readonly ports: GuestPorts;
  readonly v: number;
}

export const smmuOf = (g: Software): GuestSmmu => g.cx.w.guest.smmus[g.v] as GuestSmmu;

export const readReg = (g: Software, reg: { readonly offset: number; readonly size: 4 | 8 }): bigint =>
  g.ports.mmio.peek(g.cx, g.v, reg.offset, reg.size);

/** A load the guest makes now. */
export const loadReg = (g: Software, reg: { readonly offset: number; readonly size: 4 | 8 }): bigint =>
  g.ports.mmio.read(g.cx, g.v, reg.offset, reg.size);

const word = (g: Software, addr: bigint): bigint => memRead64(g.cx.w.memory, addr) ?? 0n;

/** The stream table as the guest programmed it; null before the first time. */
export interface Strtab {
  readonly base: bigint;
  readonly twoLevel: boolean;
  readonly log2size: number;
  readonly split: number;
}

export function strtabOf(g: Software): Strtab | null {
  const base = readReg(g, REG.STRTAB_BASE) & TABLE_ADDR;
  const cfg = Number(readReg(g, REG.STRTAB_BASE_CFG));
  if (base === 0n && cfg === 0) return null;
  const sidSize = Number(readReg(g, REG.IDR1) & 0x3fn);
  const split = (cfg >> 6) & 0x1f;
  return {
    base,
    twoLevel: ((cfg >> 16) & 3) === 1,
    log2size: Math.min(cfg & 0x3f, sidSize),
    split: split === 8 || split === 10 ? split : 6,
  };
}

/** Address of the L1STD over `sid`. */
export const l1stdOf = (t: Strtab, sid: number): bigint => t.base + BigInt(sid >> t.split) * 8n;

export type SteSlot =
  | { readonly kind: "ste"; readonly addr: bigint }
  /** Two-level table without a level-2 table for this StreamID. */
  | { readonly kind: "no-l2"; readonly l1: bigint }
  | { readonly kind: "beyond" };

/** Where the guest's STE for `sid` is. */
export function steSlot(g: Software, t: Strtab, sid: number): SteSlot {
  if (sid >= 2 ** t.log2size) return { kind: "beyond" };
  if (!t.twoLevel) return { kind: "ste", addr: t.base + BigInt(sid) * 64n };
  const l1 = l1stdOf(t, sid);
  const std = word(g, l1);
  if (l1stdSpan(std) === 0) return { kind: "no-l2", l1 };
  return { kind: "ste", addr: l1stdPtr(std) + BigInt(sid & ((1 << t.split) - 1)) * 64n };
}

/** The CD table that a stage-1 STE of `sid` names now, or the one the guest would give it. */
export interface CdHome {
  /** Address of the CD; null if there is none for this SSID. */
  readonly addr: bigint | null;
  /** The STE in memory names it. */
  readonly live: boolean;
}

export function cdHome(g: Software, sid: number, ssid: number): CdHome {
  const table = strtabOf(g);
  const slot = table === null ? null : steSlot(g, table, sid);
  const q0 = slot?.kind === "ste" ? word(g, slot.addr) : 0n;
  if ((q0 & 3n) !== 3n) {
    const own = ownCdTable(g, sid);
    return { addr: own === null ? null : own + BigInt(ssid) * 64n, live: false };
  }
  const base = s1ContextPtr(q0);
  const cdmax = Number(q0 >> 59n);
  const fmt = Number((q0 >> 4n) & 3n);
  if (cdmax === 0 || fmt === 0 || fmt === 3) return { addr: base + BigInt(ssid) * 64n, live: true };
  const leaf = fmt === 1 ? 6 : 10;
  const l1 = word(g, base + BigInt(ssid >> leaf) * 8n);
  if (!l1cdValid(l1)) return { addr: null, live: true };
  return { addr: l1cdPtr(l1) + BigInt(ssid & ((1 << leaf) - 1)) * 64n, live: true };
}

/** Base of the CD table the guest allocated for `sid`, if it did. */
export function ownCdTable(g: Software, sid: number): bigint | null {
  const { sw } = smmuOf(g);
  const n = sw.cdTables.findIndex((t) => t.sid === sid);
  return n < 0 ? null : cdTable(g.v, sw.gen, n);
}

/** The address belongs to the upper half of the input range (TTB1). */
export const isUpper = (iova: bigint): boolean => ((iova >> 55n) & 1n) === 1n;

/** TTB of the half of the CD that translates `iova`; null without a valid CD. */
export function ttbFor(g: Software, cd: bigint, iova: bigint): bigint | null {
  const q0 = word(g, cd);
  if (((q0 >> 31n) & 1n) === 0n) return null;
  const upper = isUpper(iova);
  const epd = (q0 >> (upper ? 30n : 14n)) & 1n;
  return epd === 1n ? null : word(g, cd + (upper ? 16n : 8n)) & 0x00ff_ffff_ffff_fff0n;
}

/** ASIDs in use by the Linux driver of a vSMMU. */
export function linuxAsids(linux: LinuxSmmu | null): readonly number[] {
  const out: number[] = [];
  for (const m of linux?.masters ?? []) {
    if (m.domain?.kind === "dma") out.push(m.domain.asid);
    for (const p of m.pasids) out.push(p.asid);
  }
  return out;
}
