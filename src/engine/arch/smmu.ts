/**
 * The architecture's own view of one vSMMU: register file with handshakes, queues, and what its caches may hold.
 * Plain immutable data; every function returns the same object when nothing changed.
 *
 * Contract for callers (guest/, step):
 *   archInit(idr, watch)                       -> ArchSmmu     power-on state
 *   archWrite(s, offset, size, value, opts)    -> { smmu, notes }   write.ts; consumes no command
 *   archRead(s, offset, size)                  -> bigint            write.ts
 *   archAck(s)                                 -> ArchSmmu     open CR0 / IRQ_CTRL / GBPA handshakes complete
 *   archReset(s)                               -> ArchSmmu     system reset (section 7)
 *   archConsume(s, read, opts)                 -> ConsumeResult     cmdq.ts; call after each write of CR0, CMDQ_PROD, GERRORN
 *   archRecordEvent(s, words, read, opts)      -> RecordResult      eventq.ts; the caller stores `written`
 *   noteStore(s, addr, old, now, read)         -> ArchSmmu     history.ts; BEFORE the store, for every vSMMU of the VM
 *   noteUnmap(s, ttb, range, read)             -> ArchSmmu     tlb.ts; for each piece, before a valid stage-1 range is removed or replaced
 *   legal(s, txn, read, lookup)                -> Answer[]     legal.ts; first = the current (newest) answer
 *   oracle(input, txn, trace)                  -> Answer       oracle.ts; one decision; `oracleInput(s, read, lookup)` makes an input
 * `read(addr)` = 64-bit word of guest memory, null where unbacked; `lookup(ttb, va)` = memory.ts:lookupMapping.
 */

import { patched } from "../patched.ts";
import { type Caches, COLD } from "./caches.ts";
import type { Idr } from "./idr.ts";

/** Bits of CR0. */
export const CR0 = { SMMUEN: 1, PRIQEN: 2, EVENTQEN: 4, CMDQEN: 8, ATSCHK: 0x10, VMW: 0x1c0 } as const;

export interface ArchSmmu {
  readonly idr: Idr;
  /**
   * StreamIDs whose transactions may be asked about (every device that is or may come behind this vSMMU): histories
   * are kept for these. Constant for the life of a session as far as possible; see `archWatch`.
   */
  readonly watch: readonly number[];
  /** As written; a field differs from cr0ack while it is mid-Update. */
  readonly cr0: number;
  /** In effect (the old value while mid-Update). */
  readonly cr0ack: number;
  readonly cr1: number;
  readonly cr2: number;
  /** As read, bit 31 = Update. */
  readonly gbpa: number;
  /** In effect (the old fields while mid-Update). */
  readonly gbpaEff: number;
  /** True while old and new fields of GBPA are both legal. */
  readonly gbpaOpen: boolean;
  readonly irqCtrl: number;
  readonly irqCtrlAck: number;
  readonly gerror: number;
  readonly gerrorn: number;
  readonly strtabBase: bigint;
  readonly strtabCfg: number;
  readonly cmdqBase: bigint;
  readonly cmdqProd: number;
  readonly cmdqCons: number;
  readonly eventqBase: bigint;
  readonly eventqProd: number;
  readonly eventqCons: number;
  /** Registers that exist only with MSI=1 or PRI=1, sorted by offset; empty in an accelerated vSMMU. */
  readonly other: readonly { readonly offset: number; readonly value: bigint }[];
  /** An ATC_INV was consumed and no SYNC since. */
  readonly atcPending: boolean;
  /** What configuration caches and TLBs may hold beside what memory says now. */
  readonly caches: Caches;
}

/** GBPA's reset value: the implementation's choice, taken as QEMU has it (bypass, shareability incoming). */
export const GBPA_RESET = 0x1000;

/** Power-on: everything zero, GBPA at its reset value, caches empty. `watch`: StreamIDs that may be asked about. */
export function archInit(idr: Idr, watch: readonly number[]): ArchSmmu {
  return {
    idr,
    watch: [...new Set(watch)].sort((a, b) => a - b),
    cr0: 0,
    cr0ack: 0,
    cr1: 0,
    cr2: 0,
    gbpa: GBPA_RESET,
    gbpaEff: GBPA_RESET,
    gbpaOpen: false,
    irqCtrl: 0,
    irqCtrlAck: 0,
    gerror: 0,
    gerrorn: 0,
    strtabBase: 0n,
    strtabCfg: 0,
    cmdqBase: BigInt(idr.cmdqs),
    cmdqProd: 0,
    cmdqCons: 0,
    eventqBase: BigInt(idr.eventqs),
    eventqProd: 0,
    eventqCons: 0,
    other: [],
    atcPending: false,
    caches: COLD,
  };
}

/** Adds a StreamID to those whose histories are kept (a device plugged at an unforeseen BDF). */
export function archWatch(s: ArchSmmu, sid: number): ArchSmmu {
  if (s.watch.includes(sid)) return s;
  return patched(s, { watch: [...s.watch, sid].sort((a, b) => a - b) });
}

/** The same vSMMU with other identification registers (`auto` properties resolved at the first device). */
export function archSetIdr(s: ArchSmmu, idr: Idr): ArchSmmu {
  return s.idr === idr ? s : patched(s, { idr });
}

/** CR0's open handshake completes: the new values, and only they, are in effect from here. */
export function ackCr0(s: ArchSmmu): ArchSmmu {
  return s.cr0 === s.cr0ack ? s : patched(s, { cr0ack: s.cr0 });
}

/** A requested GBPA Update completes. */
export function ackGbpa(s: ArchSmmu): ArchSmmu {
  if (!s.gbpaOpen) return s;
  const gbpa = s.gbpa & 0x7fff_ffff;
  return patched(s, { gbpa, gbpaEff: gbpa, gbpaOpen: false });
}

/** Every open handshake completes: CR0, IRQ_CTRL, GBPA. */
export function archAck(s: ArchSmmu): ArchSmmu {
  const next = ackGbpa(ackCr0(s));
  return next.irqCtrl === next.irqCtrlAck ? next : patched(next, { irqCtrlAck: next.irqCtrl });
}

/** True while the SMMU may fetch configuration or translations: SMMUEN is 1 or may still be. */
export function mayFetch(s: ArchSmmu): boolean {
  return ((s.cr0 | s.cr0ack) & CR0.SMMUEN) !== 0;
}

/**
 * System reset (section 7, rules A-RESET and A-SET-RESET). Where the architecture says UNKNOWN, CR1, CR2 and STRTAB_* keep their value, queue indices
 * become 0 and queue sizes the largest, as in QEMU; caches keep what they may hold, so that software which does not
 * invalidate before enabling gets a set of answers, not one.
 */
export function archReset(s: ArchSmmu): ArchSmmu {
  return patched(s, {
    cr0: 0,
    cr0ack: 0,
    gbpa: GBPA_RESET,
    gbpaEff: GBPA_RESET,
    gbpaOpen: false,
    irqCtrl: 0,
    irqCtrlAck: 0,
    gerror: 0,
    gerrorn: 0,
    cmdqBase: (s.cmdqBase & ~31n) | BigInt(s.idr.cmdqs),
    cmdqProd: 0,
    cmdqCons: 0,
    eventqBase: (s.eventqBase & ~31n) | BigInt(s.idr.eventqs),
    eventqProd: 0,
    eventqCons: 0,
    atcPending: false,
  });
}
