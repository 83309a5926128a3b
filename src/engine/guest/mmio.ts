/**
 * One register access of the guest happens twice: in the architecture's column (what the oracle believes) and in QEMU's
 * (what the guest really gets back). Reads, and with them everything guest software decides, come from QEMU's.
 */
import type { GbpaNoUpdate } from "../actions.ts";
import { archConsume, cmdqLog2 } from "../arch/cmdq.ts";
import { eventqLog2 } from "../arch/eventq.ts";
import { type ArchSmmu, archAck, CR0 } from "../arch/smmu.ts";
import { archRead, archWrite } from "../arch/write.ts";
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { MmioPort } from "./ports.ts";
import { REG } from "./regs.ts";
import { ownGuestSmmu, reader, setArch } from "./store.ts";
import type { GuestSmmu } from "./types.ts";

export interface GuestWriteResult {
  readonly ok: boolean;
  readonly errno: Errno | null;
  /** What QEMU printed. */
  readonly messages: readonly string[];
  /** What the architecture says about the write (ignored, guarded, …). */
  readonly notes: readonly string[];
}

export interface WriteOptions {
  /** False leaves the architecture's handshake open until `ack`. */
  readonly wait: boolean;
  /**
   * The guest is taken to have written this before it enabled anything: the architecture's column stores it even where
   * the enable bit guards the register now (rule G-LATE-SETUP).
   */
  readonly late?: boolean;
  /** arch/write.ts:WriteOptions.gbpaNoUpdate. Default `ignore`. */
  readonly noUpdate?: GbpaNoUpdate;
}

const page0 = (offset: number): number => offset & ~0x10000;

/** Registers whose write makes the architecture look at the command queue. */
function consumes(offset: number): boolean {
  const o = page0(offset);
  return o === REG.CR0.offset || o === REG.CMDQ_PROD.offset || o === REG.GERRORN.offset;
}

/** A guest register write (rule G-MMIO-1). */
export function guestWrite(
  cx: Cx,
  port: MmioPort,
  v: number,
  offset: number,
  size: 4 | 8,
  value: bigint,
  opts: WriteOptions,
): GuestWriteResult {
  const smmu = cx.w.guest.smmus[v] as GuestSmmu;
  const seen = archValue(cx, port, v, smmu.arch, offset, value);
  const late = opts.late === true;
  const w = archWrite(late ? beforeEnable(smmu.arch) : smmu.arch, offset, size, seen, {
    wait: opts.wait,
    gbpaNoUpdate: opts.noUpdate ?? "ignore",
  });
  const written = late ? { ...w.smmu, cr0: smmu.arch.cr0, cr0ack: smmu.arch.cr0ack } : w.smmu;
  const notes: string[] = [...w.notes];
  const runs = consumes(offset);
  setArch(cx, v, runs ? archConsume(written, reader(cx)).smmu : written);
  noteQueues(cx, v, offset);
  if (page0(offset) === page0(REG.EVENTQ_CONS.offset)) trimExpected(cx, v);
  for (const n of notes) cx.t.rule(n);
  const real = port.write(cx, v, offset, size, value);
  if (runs) followQueue(cx, port, v, notes);
  return { ok: real.ok, errno: real.errno, messages: real.messages, notes };
}

/** The register file as it was before SMMUEN, CMDQEN and EVENTQEN were set. */
function beforeEnable(s: ArchSmmu): ArchSmmu {
  const off = ~(CR0.SMMUEN | CR0.CMDQEN | CR0.EVENTQEN);
  return { ...s, cr0: s.cr0 & off, cr0ack: s.cr0ack & off };
}

const CMDQ_ERR = 1;
const RD = 0xfffff;

/**
 * A command that only the architecture refuses stops nothing the guest can see, so nobody would ever acknowledge it: the
 * architecture's column steps over it, as if the guest had replaced it by a SYNC (rule G-CMD-5).
 */
function followQueue(cx: Cx, port: MmioPort, v: number, notes: string[]): void {
  const real = port.peek(cx, v, REG.GERROR.offset, 4) ^ port.peek(cx, v, REG.GERRORN.offset, 4);
  if ((real & 1n) !== 0n) return;
  for (;;) {
    const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
    if (((arch.gerror ^ arch.gerrorn) & CMDQ_ERR) === 0) return;
    const mask = 2 ** (cmdqLog2(arch) + 1) - 1;
    const rd = ((arch.cmdqCons & mask) + 1) & mask;
    const error = CERROR_NAMES[(arch.cmdqCons >>> 24) & 3];
    cx.t.rule("G-CMD-5", error);
    notes.push(`command refused (${error}), not seen by the guest`);
    const skipped = { ...arch, cmdqCons: (arch.cmdqCons & ~RD) | rd, gerrorn: arch.gerrorn ^ CMDQ_ERR };
    setArch(cx, v, archConsume(skipped, reader(cx)).smmu);
  }
}

const CERROR_NAMES = ["no error", "CERROR_ILL", "CERROR_ABT", "CERROR_ATC_INV_SYNC"] as const;

/**
 * Where the two columns may stand at different places, the guest's write is taken for what it means: an acknowledgement
 * of the errors it saw, or the reading of the events it got (rule G-MMIO-2).
 */
function archValue(cx: Cx, port: MmioPort, v: number, s: ArchSmmu, offset: number, value: bigint): bigint {
  const o = page0(offset);
  if (o === REG.GERRORN.offset) {
    const acked = value ^ port.peek(cx, v, REG.GERRORN.offset, 4);
    const active = BigInt((s.gerror ^ s.gerrorn) >>> 0);
    return BigInt(s.gerrorn >>> 0) ^ (acked & active);
  }
  if (o === page0(REG.EVENTQ_CONS.offset)) {
    const drained = (value & 0xfffffn) === (port.peek(cx, v, REG.EVENTQ_PROD.offset, 4) & 0xfffffn);
    const enabled = (s.cr0ack & CR0.EVENTQEN) !== 0;
    if (drained && enabled) return BigInt(s.eventqProd & 0xfffff) | (value & 0x8000_0000n);
  }
  return value;
}

/** The guest remembers that it programmed its queues. */
function noteQueues(cx: Cx, v: number, offset: number): void {
  const o = page0(offset);
  const { sw } = cx.w.guest.smmus[v] as GuestSmmu;
  if ((o === REG.CMDQ_BASE.offset || o === REG.CMDQ_BASE.offset + 4) && !sw.cmdqReady)
    ownGuestSmmu(cx, v).sw = { ...sw, cmdqReady: true };
  if ((o === REG.EVENTQ_BASE.offset || o === REG.EVENTQ_BASE.offset + 4) && !sw.evtqReady)
    ownGuestSmmu(cx, v).sw = { ...sw, evtqReady: true };
}

/** Of the architecture's records only those that CONS has not passed are waiting. */
export function trimExpected(cx: Cx, v: number): void {
  const { arch, expected } = cx.w.guest.smmus[v] as GuestSmmu;
  const mask = 2 ** (eventqLog2(arch) + 1) - 1;
  const pending = (arch.eventqProd - arch.eventqCons) & mask;
  if (pending < expected.length) ownGuestSmmu(cx, v).expected = expected.slice(expected.length - pending);
}

export interface GuestReadResult {
  /** What the guest gets: QEMU's answer. */
  readonly value: bigint;
  /** What the architecture's register file holds. */
  readonly arch: bigint;
}

export function guestRead(cx: Cx, port: MmioPort, v: number, offset: number, size: 4 | 8): GuestReadResult {
  const smmu = cx.w.guest.smmus[v] as GuestSmmu;
  return { value: port.read(cx, v, offset, size), arch: archRead(smmu.arch, offset, size) };
}

/** `ack v0`: open handshakes complete in the architecture's column (QEMU's never are open). */
export function guestAck(cx: Cx, v: number): boolean {
  const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
  const acked = archAck(arch);
  if (acked === arch) return false;
  setArch(cx, v, archConsume(acked, reader(cx)).smmu);
  return true;
}
