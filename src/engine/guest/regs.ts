/** The registers guest software uses, as it addresses them: queue indices of events and page requests in page 1. */
import { findRegister } from "../arch/registers.ts";
import { CR0 } from "../arch/smmu.ts";

export interface GuestReg {
  readonly offset: number;
  readonly size: 4 | 8;
  /** The register that shows when a write has taken effect; null if it does at once. */
  readonly ack: "CR0ACK" | "IRQ_CTRLACK" | "GBPA" | null;
}

function reg(name: string, ack: GuestReg["ack"] = null): GuestReg {
  const spec = findRegister(name);
  if (spec === null) throw new Error(`no register ${name}`);
  return Object.freeze({ offset: spec.offset, size: spec.size, ack });
}

export const REG = {
  IDR0: reg("IDR0"),
  IDR1: reg("IDR1"),
  IDR3: reg("IDR3"),
  IDR5: reg("IDR5"),
  IIDR: reg("IIDR"),
  CR0: reg("CR0", "CR0ACK"),
  CR0ACK: reg("CR0ACK"),
  CR1: reg("CR1"),
  CR2: reg("CR2"),
  GBPA: reg("GBPA", "GBPA"),
  IRQ_CTRL: reg("IRQ_CTRL", "IRQ_CTRLACK"),
  IRQ_CTRLACK: reg("IRQ_CTRLACK"),
  GERROR: reg("GERROR"),
  GERRORN: reg("GERRORN"),
  GERROR_IRQ_CFG0: reg("GERROR_IRQ_CFG0"),
  STRTAB_BASE: reg("STRTAB_BASE"),
  STRTAB_BASE_CFG: reg("STRTAB_BASE_CFG"),
  CMDQ_BASE: reg("CMDQ_BASE"),
  CMDQ_PROD: reg("CMDQ_PROD"),
  CMDQ_CONS: reg("CMDQ_CONS"),
  EVENTQ_BASE: reg("EVENTQ_BASE"),
  EVENTQ_IRQ_CFG0: reg("EVENTQ_IRQ_CFG0"),
  EVENTQ_PROD: reg("EVENTQ_PROD"),
  EVENTQ_CONS: reg("EVENTQ_CONS"),
  PRIQ_BASE: reg("PRIQ_BASE"),
  PRIQ_IRQ_CFG0: reg("PRIQ_IRQ_CFG0"),
  PRIQ_PROD: reg("PRIQ_PROD"),
  PRIQ_CONS: reg("PRIQ_CONS"),
} as const;

export const CR0_SMMUEN = BigInt(CR0.SMMUEN);
export const CR0_PRIQEN = BigInt(CR0.PRIQEN);
export const CR0_EVENTQEN = BigInt(CR0.EVENTQEN);
export const CR0_CMDQEN = BigInt(CR0.CMDQEN);
export const CR0_ATSCHK = BigInt(CR0.ATSCHK);

/** Address fields of STRTAB_BASE and L1STD, and of the queue bases. */
export const TABLE_ADDR = 0x00ff_ffff_ffff_ffc0n;
export const QUEUE_ADDR = 0x00ff_ffff_ffff_ffe0n;
