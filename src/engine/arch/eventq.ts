/** The event queue (sections 5.1, 7.2): when a record can be written, where, and what a full queue does. */

import { patched } from "../patched.ts";
import { alwaysMergeable, type EventWords } from "./events.ts";
import type { EventqState } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";
import { type ArchSmmu, CR0 } from "./smmu.ts";

const QUEUE_ADDR = 0x00ff_ffff_ffff_ffe0n;
const EVENTQ_ABT_ERR = 4;
const OVFLG = 0x8000_0000;

/** Log2 of the entries in effect. */
export function eventqLog2(s: ArchSmmu): number {
  return Math.min(Number(s.eventqBase & 31n), s.idr.eventqs);
}

/** Whether a record offered now would be written, and if not, why. */
export function eventqState(s: ArchSmmu): EventqState {
  if ((s.cr0ack & CR0.EVENTQEN) === 0) return "eventqen";
  if (((s.gerror ^ s.gerrorn) & EVENTQ_ABT_ERR) !== 0) return "abt-err";
  return isFull(s) ? "full" : "writable";
}

function isFull(s: ArchSmmu): boolean {
  const log2 = eventqLog2(s);
  const mask = 2 ** (log2 + 1) - 1;
  return ((s.eventqProd ^ s.eventqCons) & mask) === 2 ** log2;
}

/** Address of entry `index` (wrap bit ignored). */
export function eventqAddr(s: ArchSmmu, index: number): bigint {
  const log2 = eventqLog2(s);
  const align = (1n << BigInt(log2 + 5)) - 1n;
  return (s.eventqBase & QUEUE_ADDR & ~align) + BigInt(32 * (index & (2 ** log2 - 1)));
}

export interface RecordOptions {
  /** STE.MEV of the stream: an equal record already in the queue and not yet consumed stands for this one too. */
  readonly mev?: boolean;
  /** Merge where merging is allowed. Default false: one record an event. */
  readonly merge?: boolean;
}

export interface RecordResult {
  readonly smmu: ArchSmmu;
  /** What the caller has to store in guest memory, or null. */
  readonly written: { readonly addr: bigint; readonly words: EventWords } | null;
  readonly reason: "written" | "merged" | "eventqen" | "full" | "abt-err" | "write-abort" | "kept";
  readonly rule: ArchRule;
  /** The queue went from empty to non-empty with its interrupt enabled, or GERROR's interrupt is due. */
  readonly irq: boolean;
}

/** Offers a record to the queue. `read` tells whether the slot is backed (and what the last record was, for merging). */
export function archRecordEvent(
  s: ArchSmmu,
  words: EventWords,
  read: (addr: bigint) => bigint | null,
  opts: RecordOptions = {},
): RecordResult {
  const none = (
    smmu: ArchSmmu,
    reason: RecordResult["reason"],
    rule: ArchRule,
    irq = false,
  ): RecordResult => ({
    smmu,
    written: null,
    reason,
    rule,
    irq,
  });
  const stall = ((words[1] >> 31n) & 1n) === 1n;
  const state = eventqState(s);
  if (state !== "writable" && stall) return none(s, "kept", "A-EVQ-STALL");
  if (state === "eventqen") return none(s, "eventqen", "A-EVQ-EN");
  if (state === "abt-err") return none(s, "abt-err", "A-EVQ-ABT-ACTIVE");
  if (state === "full") {
    const overflowing = ((s.eventqProd ^ s.eventqCons) & OVFLG) !== 0;
    const smmu = overflowing ? s : patched(s, { eventqProd: (s.eventqProd ^ OVFLG) >>> 0 });
    return none(smmu, "full", "A-EVQ-FULL");
  }
  const log2 = eventqLog2(s);
  const mask = 2 ** (log2 + 1) - 1;
  const empty = ((s.eventqProd ^ s.eventqCons) & mask) === 0;
  if (opts.merge === true && !empty && !stall) {
    const code = Number(words[0] & 0xffn);
    const last = eventqAddr(s, s.eventqProd - 1);
    if ((opts.mev === true || alwaysMergeable(code)) && sameRecord(last, words, read)) {
      return none(s, "merged", "A-EVQ-MERGE");
    }
  }
  const addr = eventqAddr(s, s.eventqProd);
  if (read(addr) === null) {
    const smmu = patched(s, { gerror: s.gerror ^ EVENTQ_ABT_ERR });
    return none(smmu, "write-abort", "A-EVQ-ABT", (s.irqCtrlAck & 1) !== 0);
  }
  const next = ((s.eventqProd & mask) + 1) & mask;
  return {
    smmu: patched(s, { eventqProd: ((s.eventqProd & OVFLG) | next) >>> 0 }),
    written: { addr, words },
    reason: "written",
    rule: "A-EVQ-WRITTEN",
    irq: empty && (s.irqCtrlAck & 4) !== 0,
  };
}

function sameRecord(addr: bigint, words: EventWords, read: (addr: bigint) => bigint | null): boolean {
  return words.every((w, i) => read(addr + BigInt(8 * i)) === w);
}

/** Records waiting, oldest first: what the guest's handler will read. */
export function pendingEvents(s: ArchSmmu, read: (addr: bigint) => bigint | null): readonly EventWords[] {
  const log2 = eventqLog2(s);
  const mask = 2 ** (log2 + 1) - 1;
  const count = Math.min((s.eventqProd - s.eventqCons) & mask, 2 ** log2);
  const out: EventWords[] = [];
  for (let i = 0; i < count; i++) {
    const at = eventqAddr(s, (s.eventqCons & mask) + i);
    out.push([0n, 8n, 16n, 24n].map((d) => read(at + d) ?? 0n) as unknown as EventWords);
  }
  return out;
}
