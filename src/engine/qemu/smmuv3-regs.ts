/** The register file of QEMU's SMMUv3: offsets, values at realize and at reset, reads (hw/arm/smmuv3.c). */
import type { Draft } from "../cx.ts";
import type { VsmmuSpec } from "../setup.ts";
import type { Smmuv3Regs } from "./types.ts";

export const A_IDR0 = 0x00;
export const A_IDR5 = 0x14;
export const A_AIDR = 0x1c;
export const A_CR0 = 0x20;
export const A_CR0ACK = 0x24;
export const A_CR1 = 0x28;
export const A_CR2 = 0x2c;
export const A_STATUSR = 0x40;
export const A_GBPA = 0x44;
export const A_IRQ_CTRL = 0x50;
export const A_IRQ_CTRL_ACK = 0x54;
export const A_GERROR = 0x60;
export const A_GERRORN = 0x64;
export const A_GERROR_IRQ_CFG0 = 0x68;
export const A_GERROR_IRQ_CFG1 = 0x70;
export const A_GERROR_IRQ_CFG2 = 0x74;
export const A_STRTAB_BASE = 0x80;
export const A_STRTAB_BASE_CFG = 0x88;
export const A_CMDQ_BASE = 0x90;
export const A_CMDQ_PROD = 0x98;
export const A_CMDQ_CONS = 0x9c;
export const A_EVENTQ_BASE = 0xa0;
export const A_EVENTQ_PROD = 0xa8;
export const A_EVENTQ_CONS = 0xac;
export const A_EVENTQ_IRQ_CFG0 = 0xb0;
export const A_EVENTQ_IRQ_CFG1 = 0xb8;
export const A_EVENTQ_IRQ_CFG2 = 0xbc;
export const A_IDREGS = 0xfd0;

export const CR0_SMMUEN = 1;
export const CR0_EVENTQEN = 1 << 2;
export const CR0_CMDQEN = 1 << 3;
/** Bits of CR0 that CR0ACK never shows. */
export const CR0_RESERVED = 0xfffffc20;
export const GBPA_ABORT = 1 << 20;
export const GBPA_UPDATE = 0x8000_0000;
export const GBPA_RESET_VAL = 0x1000;
export const GERROR_CMDQ_ERR = 1;
export const GERROR_EVENTQ_ABT_ERR = 1 << 2;
export const IRQ_CTRL_GERROR_IRQEN = 1;
export const IRQ_CTRL_EVENTQ_IRQEN = 1 << 2;
export const IDR0_S2P = 1;
export const IDR0_ATS = 1 << 10;
export const IDR3_RIL = 1 << 10;
const IDR3_XNX = 1 << 4;
/** log2 of the largest command and event queue. */
export const SMMU_QUEUES_MAX = 19;
export const SMMU_IDR1_SIDSIZE = 16;
export const SMMU_FEATURE_2LVL_STE = 1;
/** Address bits 51:6 of STRTAB_BASE, CMDQ_BASE and EVENTQ_BASE. */
export const SMMU_BASE_ADDR_MASK = 0xf_ffff_ffff_ffc0n;

const MASK32 = 0xffff_ffffn;

/** PrimeCell identification of an MMU-600, offsets 0xfd0 … 0xffc. */
const IDREGS = [0x04, 0, 0, 0, 0x84, 0xb4, 0xf0, 0x10, 0x0d, 0xf0, 0x05, 0xb1] as const;

/** smmuv3.c:smmuv3_init_id_regs with smmuv3-accel.c:smmuv3_accel_idr_override. */
export function smmuv3InitIdRegs(v: VsmmuSpec): number[] {
  const nested = !v.accel && v.stage === "nested";
  let idr0 = 0x0d44101a;
  if (nested) idr0 |= IDR0_S2P;
  if (v.ats === "on") idr0 |= IDR0_ATS;
  let idr3 = 0x1404;
  if (nested) idr3 |= IDR3_XNX;
  if (v.ril === "off") idr3 &= ~IDR3_RIL;
  const ssid = v.ssidsize === "auto" ? 0 : v.ssidsize;
  return [idr0, 0x02730010 | (ssid << 6), 0, idr3, 0, v.oas === 48 ? 0x75 : 0x74];
}

/** The device object before any reset: all zero but the identification registers. GBPA is 0, so ABORT is 0. */
export function smmuv3InitialRegs(v: VsmmuSpec): Smmuv3Regs {
  return {
    idr: smmuv3InitIdRegs(v),
    cr0: 0,
    cr1: 0,
    cr2: 0,
    cr0ack: 0,
    statusr: 0,
    gbpa: 0,
    irqCtrl: 0,
    gerror: 0,
    gerrorn: 0,
    gerrorIrqCfg0: 0n,
    gerrorIrqCfg1: 0,
    gerrorIrqCfg2: 0,
    strtabBase: 0n,
    strtabBaseCfg: 0,
    cmdqBase: 0n,
    cmdqProd: 0,
    cmdqCons: 0,
    cmdqLog2size: 0,
    eventqBase: 0n,
    eventqProd: 0,
    eventqCons: 0,
    eventqLog2size: 0,
    eventqIrqCfg0: 0n,
    eventqIrqCfg1: 0,
    eventqIrqCfg2: 0,
    features: 0,
    sidSplit: 0,
  };
}

/** smmuv3.c:smmuv3_reset. CR1, CR2, STRTAB_*, the queues' log2size and the IRQ configuration keep their values. */
export function smmuv3Reset(regs: Draft<Smmuv3Regs>): void {
  regs.cmdqBase = (regs.cmdqBase & ~31n) | BigInt(SMMU_QUEUES_MAX);
  regs.cmdqProd = 0;
  regs.cmdqCons = 0;
  regs.eventqBase = (regs.eventqBase & ~31n) | BigInt(SMMU_QUEUES_MAX);
  regs.eventqProd = 0;
  regs.eventqCons = 0;
  regs.features = 0;
  regs.sidSplit = 0;
  regs.cr0 = 0;
  regs.cr0ack = 0;
  regs.irqCtrl = 0;
  regs.gerror = 0;
  regs.gerrorn = 0;
  regs.statusr = 0;
  regs.gbpa = GBPA_RESET_VAL;
}

/** smmuv3.c:smmu_readll. */
function smmuReadll(s: Smmuv3Regs, offset: number): bigint {
  switch (offset) {
    case A_GERROR_IRQ_CFG0:
      return s.gerrorIrqCfg0;
    case A_STRTAB_BASE:
      return s.strtabBase;
    case A_CMDQ_BASE:
      return s.cmdqBase;
    case A_EVENTQ_BASE:
      return s.eventqBase;
    default:
      return 0n;
  }
}

const low = (x: bigint): number => Number(x & MASK32);
const high = (x: bigint): number => Number((x >> 32n) & MASK32);

/** smmuv3.c:smmu_readl. Offsets it does not name read as zero, among them EVENTQ_IRQ_CFG*. */
function smmuReadl(s: Smmuv3Regs, offset: number): number {
  if (offset >= A_IDREGS && offset < A_IDREGS + 0x30 && (offset & 3) === 0)
    return IDREGS[(offset - A_IDREGS) >> 2] ?? 0;
  if (offset >= A_IDR0 && offset <= A_IDR5 && (offset & 3) === 0) return s.idr[offset >> 2] ?? 0;
  switch (offset) {
    case A_AIDR:
      return 1;
    case A_CR0:
      return s.cr0;
    case A_CR0ACK:
      return s.cr0ack;
    case A_CR1:
      return s.cr1;
    case A_CR2:
      return s.cr2;
    case A_STATUSR:
      return s.statusr;
    case A_GBPA:
      return s.gbpa;
    case A_IRQ_CTRL:
    case A_IRQ_CTRL_ACK:
      return s.irqCtrl;
    case A_GERROR:
      return s.gerror;
    case A_GERRORN:
      return s.gerrorn;
    case A_GERROR_IRQ_CFG0:
      return low(s.gerrorIrqCfg0);
    case A_GERROR_IRQ_CFG0 + 4:
      return high(s.gerrorIrqCfg0);
    case A_GERROR_IRQ_CFG1:
      return s.gerrorIrqCfg1;
    case A_GERROR_IRQ_CFG2:
      return s.gerrorIrqCfg2;
    case A_STRTAB_BASE:
      return low(s.strtabBase);
    case A_STRTAB_BASE + 4:
      return high(s.strtabBase);
    case A_STRTAB_BASE_CFG:
      return s.strtabBaseCfg;
    case A_CMDQ_BASE:
      return low(s.cmdqBase);
    case A_CMDQ_BASE + 4:
      return high(s.cmdqBase);
    case A_CMDQ_PROD:
      return s.cmdqProd;
    case A_CMDQ_CONS:
      return s.cmdqCons;
    case A_EVENTQ_BASE:
      return low(s.eventqBase);
    case A_EVENTQ_BASE + 4:
      return high(s.eventqBase);
    case A_EVENTQ_PROD:
      return s.eventqProd;
    case A_EVENTQ_CONS:
      return s.eventqCons;
    default:
      return 0;
  }
}

/** Pages 0 and 1 are exact aliases: bit 16 of the offset is dropped. */
export function smmuOffset(offset: number): number {
  return offset & ~0x10000;
}

/** smmuv3.c:smmu_read_mmio without its trace event. */
export function smmuRead(s: Smmuv3Regs, offset: number, size: 4 | 8): bigint {
  const at = smmuOffset(offset);
  return size === 8 ? smmuReadll(s, at) : BigInt(smmuReadl(s, at));
}
