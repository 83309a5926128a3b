/**
 * The way of a physical event to the guest: the host driver's decision, the vEVENTQ, QEMU's reader, the guest's EVENTQ;
 * or where on that way it was lost, and why. Beside it, what the architecture would have recorded.
 */

import { archRecordEvent, type RecordResult } from "../arch/eventq.ts";
import { type EventWords, eventName, eventSlug } from "../arch/events.ts";
import type { Cx } from "../cx.ts";
import { memRead64 } from "../memory.ts";
import type { MmioPort } from "./ports.ts";
import { QUEUE_ADDR, REG } from "./regs.ts";
import { ownGuestSmmu, reader, setArch } from "./store.ts";
import type { GuestSmmu } from "./types.ts";

/** What the host's event handler did with a record. */
export interface KernelFate {
  readonly to: "veventq" | "fault" | "host-log";
  readonly vsid: bigint | null;
  readonly why: string;
  readonly rule: string;
}

export interface EventPorts {
  readonly mmio: MmioPort;
  /** The host driver's handler of the physical event queue. */
  handleEvent(cx: Cx, psmmu: number, words: EventWords): KernelFate;
  /** QEMU's fd handler of this vSMMU runs until its vEVENTQ is empty; false if it has none to read. */
  readVeventq(cx: Cx, v: number): boolean;
}

export interface EventFate {
  readonly code: number;
  /** `F_TRANSLATION`. */
  readonly name: string;
  /** The record in the physical event queue. */
  readonly words: EventWords;
  /** How far it came. */
  readonly at: "guest" | "qemu" | "veventq" | "fault" | "host-log";
  readonly why: string;
  readonly rule: string;
  /** StreamID the host put in, where it went on. */
  readonly vsid: bigint | null;
  /** Records that this one made appear in the guest's EVENTQ. */
  readonly delivered: readonly EventWords[];
}

const EVENTQ_ABT_ERR = 4n;

/** Index and geometry of the event queue as the guest reads it. */
function queueState(cx: Cx, port: MmioPort, v: number) {
  const base = port.peek(cx, v, REG.EVENTQ_BASE.offset, 8);
  return {
    base: base & QUEUE_ADDR,
    log2: base & 31n,
    prod: port.peek(cx, v, REG.EVENTQ_PROD.offset, 4),
    cons: port.peek(cx, v, REG.EVENTQ_CONS.offset, 4),
    abt: (port.peek(cx, v, REG.GERROR.offset, 4) ^ port.peek(cx, v, REG.GERRORN.offset, 4)) & EVENTQ_ABT_ERR,
  };
}

function entry(cx: Cx, base: bigint, log2: bigint, index: bigint): EventWords {
  const size = 1n << log2;
  const at = (base & ~(size * 32n - 1n)) + (index & (size - 1n)) * 32n;
  const w = (i: bigint): bigint => memRead64(cx.w.memory, at + i * 8n) ?? 0n;
  return [w(0n), w(1n), w(2n), w(3n)];
}

/** Records between two values of PROD (index with wrap bit). */
function between(cx: Cx, base: bigint, log2: bigint, from: bigint, to: bigint): EventWords[] {
  const mask = (2n << log2) - 1n;
  const out: EventWords[] = [];
  for (let i = from & mask; i !== (to & mask) && out.length < 1 << Number(log2); i = (i + 1n) & mask)
    out.push(entry(cx, base, log2, i));
  return out;
}

/** What waits in the guest's EVENTQ (QEMU's column), oldest first. */
export function guestEvents(cx: Cx, port: MmioPort, v: number): readonly EventWords[] {
  const q = queueState(cx, port, v);
  return between(cx, q.base, q.log2, q.cons, q.prod);
}

/**
 * One physical record goes its way (rule G-EVT-1). `v` = the vSMMU whose QEMU side reads the queue the record may land
 * in, null for a device no vSMMU has.
 */
export function deliverEvent(
  cx: Cx,
  ports: EventPorts,
  psmmu: number,
  v: number | null,
  words: EventWords,
): EventFate {
  const code = Number(words[0] & 0xffn);
  const fate = ports.handleEvent(cx, psmmu, words);
  const base = { code, name: eventName(code), words, vsid: fate.vsid, rule: fate.rule };
  if (fate.to !== "veventq") return { ...base, at: fate.to, why: fate.why, delivered: [] };
  const stays: EventFate = { ...base, at: "veventq", why: "nobody reads the vEVENTQ", delivered: [] };
  if (v === null) return stays;
  const before = queueState(cx, ports.mmio, v);
  if (!ports.readVeventq(cx, v)) return stays;
  const after = queueState(cx, ports.mmio, v);
  const delivered = between(cx, after.base, after.log2, before.prod, after.prod);
  if (delivered.length > 0) return { ...base, at: "guest", why: "written to the guest's EVENTQ", delivered };
  const why =
    after.abt !== 0n
      ? "QEMU could not write the guest's EVENTQ (disabled, full or unbacked): EVENTQ_ABT_ERR"
      : "QEMU read no record";
  return { ...base, at: "qemu", why, delivered };
}

/** The architecture's own event goes into its own event queue (rule G-EVT-2); guest memory is QEMU's column's. */
export function recordExpected(cx: Cx, v: number, words: EventWords): RecordResult {
  const smmu = cx.w.guest.smmus[v] as GuestSmmu;
  const got = archRecordEvent(smmu.arch, words, reader(cx));
  setArch(cx, v, got.smmu);
  if (got.reason === "written") {
    const draft = ownGuestSmmu(cx, v);
    draft.expected = [...draft.expected, words];
  }
  return got;
}

/** `c-bad-ste:0x100`, as `expect events` writes it. */
export function eventText(words: readonly bigint[]): string {
  const e0 = words[0] ?? 0n;
  return `${eventSlug(Number(e0 & 0xffn))}:0x${((e0 >> 32n) & 0xffff_ffffn).toString(16)}`;
}
