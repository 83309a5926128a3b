/** Register accesses as the architecture has them: who may write what when, handshakes, reads (section 1). */

import { patched } from "../patched.ts";
import { beginEnable, noteAtschk, noteStrtab } from "./history.ts";
import { type Enable, fieldGuards, findRegister, ID_BLOCK, type RegisterSpec } from "./registers.ts";
import type { ArchRule } from "./rules.ts";
import { type ArchSmmu, ackCr0, ackGbpa, CR0 } from "./smmu.ts";

export interface WriteOptions {
  /** False: handshakes (CR0, IRQ_CTRL, GBPA) stay open until archAck. Default true: the write completes at once. */
  readonly wait?: boolean;
  /**
   * What a GBPA write without Update=1 does. v3.2 and later must ignore it; v3.0 and v3.1 may instead `store` it
   * (readable, no effect) or let it take effect at some time (`effect`). Default `ignore`.
   */
  readonly gbpaNoUpdate?: "ignore" | "store" | "effect";
}

export interface WriteResult {
  readonly smmu: ArchSmmu;
  /** Rules that decided about this write, in order. */
  readonly notes: readonly ArchRule[];
}

const NO_NOTES: readonly ArchRule[] = [];
const GBPA_UPDATE = 0x8000_0000;
const GBPA_FIELDS = 0x001f_3f1f;
const GERROR_BITS = 0x1fd;

interface Place {
  readonly reg: RegisterSpec;
  /** Upper half of a 64-bit register. */
  readonly upper: boolean;
}

function locate(offset: number): Place | null {
  const reg = findRegister(offset);
  if (reg !== null) return { reg, upper: false };
  const below = findRegister(offset - 4);
  return below !== null && below.size === 8 ? { reg: below, upper: true } : null;
}

function locked(s: ArchSmmu, enables: readonly Enable[]): boolean {
  for (const e of enables) if (((s.cr0 | s.cr0ack) & CR0[e]) !== 0) return true;
  return false;
}

/** Writes a register. Consumes no command: see cmdq.ts:archConsume. */
export function archWrite(
  s: ArchSmmu,
  offset: number,
  size: 4 | 8,
  value: bigint,
  opts: WriteOptions = {},
): WriteResult {
  const refuse = (rule: ArchRule): WriteResult => ({ smmu: s, notes: [rule] });
  if (offset % size !== 0) return refuse("A-REG-ALIGN");
  const place = locate(offset);
  if (place === null) return refuse(isIdBlock(offset) ? "A-REG-RO" : "A-REG-RES");
  const { reg, upper } = place;
  if (size > reg.size) return refuse("A-REG-SIZE");
  if (reg.access === "ro") return refuse("A-REG-RO");
  if (reg.access === "impl") return refuse("A-REG-RES");
  if (!hasFeature(s, reg)) return refuse("A-REG-FEATURE");
  if (isPreset(s, reg)) return refuse("A-REG-PRESET");
  if (reg.guards.length > 0 && locked(s, reg.guards)) return refuse("A-REG-GUARD");
  if (reg.size === 4) return write32(s, reg, Number(BigInt.asUintN(32, value)), opts);
  let v = BigInt.asUintN(64, value);
  if (size === 4) {
    const old = readRegister(s, reg);
    const half = v & 0xffff_ffffn;
    v = upper ? (old & 0xffff_ffffn) | (half << 32n) : (old & ~0xffff_ffffn) | half;
  }
  return { smmu: write64(s, reg, v), notes: NO_NOTES };
}

function isIdBlock(offset: number): boolean {
  return offset >= 0xfd0 && offset <= 0xffc;
}

function hasFeature(s: ArchSmmu, reg: RegisterSpec): boolean {
  return reg.needs === null || (reg.needs === "msi" ? s.idr.msi : s.idr.pri);
}

function isPreset(s: ArchSmmu, reg: RegisterSpec): boolean {
  if (reg.name.startsWith("STRTAB_")) return s.idr.tablesPreset;
  return s.idr.queuesPreset && (reg.name === "CMDQ_BASE" || reg.name === "EVENTQ_BASE");
}

/** Bits of CR0 that exist here. */
export function cr0Mask(s: ArchSmmu): number {
  let mask: number = CR0.SMMUEN | CR0.EVENTQEN | CR0.CMDQEN;
  if (s.idr.pri) mask |= CR0.PRIQEN;
  if (s.idr.ats) mask |= CR0.ATSCHK;
  if (s.idr.vmw) mask |= CR0.VMW;
  return mask;
}

function write32(s: ArchSmmu, reg: RegisterSpec, v: number, opts: WriteOptions): WriteResult {
  const wait = opts.wait !== false;
  const set = (patch: Partial<ArchSmmu>): WriteResult => ({ smmu: patchSmmu(s, patch), notes: NO_NOTES });
  switch (reg.name) {
    case "CR0":
      return writeCr0(s, v, wait);
    case "CR1":
      return writeCr1(s, reg, v);
    case "CR2": {
      let mask = 2;
      if (s.idr.hyp) mask |= 1;
      if (s.idr.btm) mask |= 4;
      if (s.idr.atsRecErr) mask |= 8;
      return set({ cr2: v & mask });
    }
    case "GBPA":
      return writeGbpa(s, v, opts);
    case "IRQ_CTRL": {
      const irqCtrl = v & (s.idr.pri ? 7 : 5);
      return set(wait ? { irqCtrl, irqCtrlAck: irqCtrl } : { irqCtrl });
    }
    case "GERRORN":
      return writeGerrorn(s, v);
    case "STRTAB_BASE_CFG": {
      const smmu = noteStrtab(s);
      return { smmu: patchSmmu(smmu, { strtabCfg: v & 0x307ff }), notes: NO_NOTES };
    }
    case "CMDQ_PROD":
      return set({ cmdqProd: v & 0xfffff });
    case "CMDQ_CONS":
      return set({ cmdqCons: v & 0x7f0f_ffff });
    case "EVENTQ_PROD":
      return set({ eventqProd: (v & 0x800f_ffff) >>> 0 });
    case "EVENTQ_CONS":
      return set({ eventqCons: (v & 0x800f_ffff) >>> 0 });
    default:
      return { smmu: writeOther(s, reg, BigInt(v)), notes: NO_NOTES };
  }
}

function write64(s: ArchSmmu, reg: RegisterSpec, v: bigint): ArchSmmu {
  const queue = v & ((1n << 62n) | 0x00ff_ffff_ffff_ffffn);
  if (reg.name === "STRTAB_BASE") {
    const top = BigInt(Math.max(48, s.idr.oas));
    const strtabBase = v & ((1n << 62n) | (((1n << top) - 1n) & ~0x3fn));
    return strtabBase === s.strtabBase ? s : patchSmmu(noteStrtab(s), { strtabBase });
  }
  if (reg.name === "CMDQ_BASE") return patchSmmu(s, { cmdqBase: queue });
  if (reg.name === "EVENTQ_BASE") return patchSmmu(s, { eventqBase: queue });
  return writeOther(s, reg, v);
}

/** The same object if the patch changes nothing. */
function patchSmmu(s: ArchSmmu, patch: Partial<ArchSmmu>): ArchSmmu {
  for (const [key, value] of Object.entries(patch)) {
    if (s[key as keyof ArchSmmu] !== value) return patched(s, patch);
  }
  return s;
}

function writeOther(s: ArchSmmu, reg: RegisterSpec, v: bigint): ArchSmmu {
  let mask = 0n;
  for (const f of reg.fields) mask |= ((1n << BigInt(f.hi - f.lo + 1)) - 1n) << BigInt(f.lo);
  const kept = s.other.filter((o) => o.offset !== reg.offset);
  const value = v & mask;
  if (readRegister(s, reg) === value) return s;
  const other = value === 0n ? kept : [...kept, { offset: reg.offset, value }];
  return patched(s, { other: other.sort((a, b) => a.offset - b.offset) });
}

/**
 * Each field has its own handshake (rule A-CR0-ACK); a field still mid-Update keeps what was written first. Bits of absent
 * features stay 0 (rule A-CR0-RES0).
 */
function writeCr0(s: ArchSmmu, v: number, wait: boolean): WriteResult {
  const mask = cr0Mask(s);
  let mid = (s.cr0 ^ s.cr0ack) & mask;
  if ((mid & CR0.VMW) !== 0) mid |= CR0.VMW;
  const cr0 = (v & mask & ~mid) | (s.cr0 & mid);
  const ignored = ((v ^ s.cr0) & mid) !== 0;
  let next = s;
  if (cr0 !== s.cr0) {
    next = patched(s, { cr0 });
    if (((cr0 ^ s.cr0) & CR0.ATSCHK) !== 0) next = noteAtschk(next);
    if ((cr0 & CR0.SMMUEN) !== 0) next = beginEnable(next);
  }
  if (wait) next = ackCr0(next);
  return { smmu: next, notes: ignored ? ["A-CR0-MID"] : NO_NOTES };
}

function writeCr1(s: ArchSmmu, reg: RegisterSpec, v: number): WriteResult {
  let writable = 0;
  let blocked = false;
  for (const f of reg.fields) {
    const bits = ((1 << (f.hi - f.lo + 1)) - 1) << f.lo;
    if (locked(s, fieldGuards("CR1", f.name))) blocked ||= ((v ^ s.cr1) & bits) !== 0;
    else writable |= bits;
  }
  const cr1 = (s.cr1 & ~writable) | (v & writable);
  return { smmu: patchSmmu(s, { cr1 }), notes: blocked ? ["A-REG-GUARD"] : NO_NOTES };
}

function writeGbpa(s: ArchSmmu, v: number, opts: WriteOptions): WriteResult {
  const wait = opts.wait !== false;
  if ((s.gbpa & GBPA_UPDATE) !== 0) {
    return { smmu: wait ? ackGbpa(s) : s, notes: ["A-GBPA-BUSY"] };
  }
  const fields = v & GBPA_FIELDS;
  if ((v & GBPA_UPDATE) === 0) {
    const variant = s.idr.minor < 2 ? (opts.gbpaNoUpdate ?? "ignore") : "ignore";
    if (variant === "ignore") return { smmu: s, notes: ["A-GBPA-NOUPDATE"] };
    const patch = variant === "store" ? { gbpa: fields } : { gbpa: fields, gbpaOpen: true };
    return { smmu: patchSmmu(s, patch), notes: ["A-GBPA-NOUPDATE-V31"] };
  }
  if (wait) {
    return {
      smmu: patchSmmu(s, { gbpa: fields, gbpaEff: fields, gbpaOpen: false }),
      notes: ["A-GBPA-UPDATE"],
    };
  }
  return {
    smmu: patched(s, { gbpa: (fields | GBPA_UPDATE) >>> 0, gbpaOpen: true }),
    notes: ["A-GBPA-UPDATE"],
  };
}

/** Only toggles of active errors count: software that toggles an inactive one changes nothing. */
function writeGerrorn(s: ArchSmmu, v: number): WriteResult {
  const active = s.gerror ^ s.gerrorn;
  const toggled = (v ^ s.gerrorn) & GERROR_BITS;
  const gerrorn = s.gerrorn ^ (toggled & active);
  return {
    smmu: patchSmmu(s, { gerrorn }),
    notes: (toggled & ~active) !== 0 ? ["A-GERRORN-INACTIVE"] : NO_NOTES,
  };
}

/** Value of a register as read now, all its bits. */
export function readRegister(s: ArchSmmu, reg: RegisterSpec): bigint {
  if (!hasFeature(s, reg)) return 0n;
  switch (reg.name) {
    case "STRTAB_BASE":
      return s.strtabBase;
    case "CMDQ_BASE":
      return s.cmdqBase;
    case "EVENTQ_BASE":
      return s.eventqBase;
    default:
      break;
  }
  const narrow = read32(s, reg.name);
  if (narrow !== null) return BigInt(narrow >>> 0);
  return s.other.find((o) => o.offset === reg.offset)?.value ?? 0n;
}

function read32(s: ArchSmmu, name: string): number | null {
  switch (name) {
    case "IDR0":
      return s.idr.idr0;
    case "IDR1":
      return s.idr.idr1;
    case "IDR2":
      return s.idr.idr2;
    case "IDR3":
      return s.idr.idr3;
    case "IDR4":
      return s.idr.idr4;
    case "IDR5":
      return s.idr.idr5;
    case "IIDR":
      return s.idr.iidr;
    case "AIDR":
      return s.idr.aidr;
    case "CR0":
      return s.cr0;
    case "CR0ACK":
      return s.cr0ack;
    case "CR1":
      return s.cr1;
    case "CR2":
      return s.cr2;
    case "GBPA":
      return s.gbpa;
    case "IRQ_CTRL":
      return s.irqCtrl;
    case "IRQ_CTRLACK":
      return s.irqCtrlAck;
    case "GERROR":
      return s.gerror;
    case "GERRORN":
      return s.gerrorn;
    case "STRTAB_BASE_CFG":
      return s.strtabCfg;
    case "CMDQ_PROD":
      return s.cmdqProd;
    case "CMDQ_CONS":
      return s.cmdqCons;
    case "EVENTQ_PROD":
      return s.eventqProd;
    case "EVENTQ_CONS":
      return s.eventqCons;
    default:
      return null;
  }
}

/** Reads a register; what does not exist, is misaligned or too wide reads as zero. */
export function archRead(s: ArchSmmu, offset: number, size: 4 | 8): bigint {
  if (offset % size !== 0) return 0n;
  if (isIdBlock(offset) && size === 4) return BigInt(ID_BLOCK[(offset - 0xfd0) / 4] ?? 0);
  const place = locate(offset);
  if (place === null || size > place.reg.size) return 0n;
  const v = readRegister(s, place.reg);
  if (size === 8) return v;
  return place.upper ? v >> 32n : v & 0xffff_ffffn;
}
