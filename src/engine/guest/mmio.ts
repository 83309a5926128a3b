/**
 * One register access of the guest happens twice: in the architecture's column (what the oracle believes) and in QEMU's
 * (what the guest really gets back). Reads, and with them everything guest software decides, come from QEMU's.
 */
import type { GbpaNoUpdate } from "../actions.ts";
import { archConsume, cmdqLog2 } from "../arch/cmdq.ts";
import { eventqLog2 } from "../arch/eventq.ts";
import { beginEnable } from "../arch/history.ts";
import { type ArchSmmu, archAck, CR0 } from "../arch/smmu.ts";
import { archRead, archWrite } from "../arch/write.ts";
import type { Cx, Note, WriteNote } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { patched } from "../patched.ts";
import type { MmioPort } from "./ports.ts";
import { REG } from "./regs.ts";
import { ownGuestSmmu, reader, setArch, tellMemory } from "./store.ts";
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

/** A guest register write (rule G-MMIO-1): what each column makes of it. */
export function guestWrite(
  cx: Cx,
  port: MmioPort,
  v: number,
  offset: number,
  size: 4 | 8,
  value: bigint,
  opts: WriteOptions,
): GuestWriteResult {
  const { wait, late = false, noUpdate = "ignore" } = opts;
  const held = heldBefore(cx, port, v, offset);
  const write = { kind: "write", offset, size, value, wait, late, noUpdate, held } as const;
  const later = cx.watch?.apart === true && cx.watch.home === v;
  const notes = later ? [] : tellWrite(cx, v, write);
  noteQueues(cx, v, offset);
  for (const n of notes) cx.t.rule(n);
  const real = port.write(cx, v, offset, size, value);
  const runs = consumes(offset);
  if (later) cx.watch?.notes.push({ ...write, calm: runs && queueCalm(cx, port, v) });
  else if (runs && archStopped(cx, v) && queueCalm(cx, port, v)) followQueue(cx, v, notes);
  return { ok: real.ok, errno: real.errno, messages: real.messages, notes };
}

/** Enabled as it was. The stream table is in the caches' view when both of its registers are written. */
function enabledAgain(s: ArchSmmu, before: ArchSmmu, offset: number): ArchSmmu {
  const on = patched(s, { cr0: before.cr0, cr0ack: before.cr0ack });
  const seen = page0(offset) === REG.STRTAB_BASE_CFG.offset && ((on.cr0 | on.cr0ack) & CR0.SMMUEN) !== 0;
  return seen ? beginEnable(on) : on;
}

/** The architecture's column of a register write, up to the first command that it refuses; rules that decided. */
function tellWrite(cx: Cx, v: number, n: Omit<WriteNote, "calm">): string[] {
  const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
  const seen = archValue(arch, n);
  const w = archWrite(n.late ? beforeEnable(arch) : arch, n.offset, n.size, seen, {
    wait: n.wait,
    gbpaNoUpdate: n.noUpdate,
  });
  const after = n.late ? enabledAgain(w.smmu, arch, n.offset) : w.smmu;
  setArch(cx, v, consumes(n.offset) ? archConsume(after, reader(cx)).smmu : after);
  if (page0(n.offset) === page0(REG.EVENTQ_CONS.offset)) trimExpected(cx, v);
  return [...w.notes];
}

/** What was noted down, for one vSMMU, in its order; register writes are its own guest's. */
export function tellNote(cx: Cx, v: number, n: Note): void {
  if (n.kind !== "write") {
    tellMemory(cx, v, n);
    return;
  }
  tellWrite(cx, v, n);
  if (n.calm) followQueue(cx, v, []);
}

/** The register file as it was before SMMUEN, CMDQEN and EVENTQEN were set. */
function beforeEnable(s: ArchSmmu): ArchSmmu {
  const off = ~(CR0.SMMUEN | CR0.CMDQEN | CR0.EVENTQEN);
  return patched(s, { cr0: s.cr0 & off, cr0ack: s.cr0ack & off });
}

const CMDQ_ERR = 1;
const RD = 0xfffff;

/** No error of the command queue is active in the register file that the guest sees. */
function queueCalm(cx: Cx, port: MmioPort, v: number): boolean {
  return ((port.peek(cx, v, REG.GERROR.offset, 4) ^ port.peek(cx, v, REG.GERRORN.offset, 4)) & 1n) === 0n;
}

/** The error of the command queue is active in the architecture's register file. */
function archStopped(cx: Cx, v: number): boolean {
  const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
  return ((arch.gerror ^ arch.gerrorn) & CMDQ_ERR) !== 0;
}

/**
 * A command that only the architecture refuses stops nothing the guest can see, so nobody would ever acknowledge it: the
 * architecture's column steps over it, as if the guest had replaced it by a SYNC (rule G-CMD-5).
 */
function followQueue(cx: Cx, v: number, notes: string[]): void {
  for (;;) {
    if (!archStopped(cx, v)) return;
    const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
    const mask = 2 ** (cmdqLog2(arch) + 1) - 1;
    const rd = ((arch.cmdqCons & mask) + 1) & mask;
    const error = CERROR_NAMES[(arch.cmdqCons >>> 24) & 3];
    cx.t.rule("G-CMD-5", error);
    notes.push(`command refused (${error}), not seen by the guest`);
    const skipped = patched(arch, {
      cmdqCons: (arch.cmdqCons & ~RD) | rd,
      gerrorn: arch.gerrorn ^ CMDQ_ERR,
    });
    setArch(cx, v, archConsume(skipped, reader(cx)).smmu);
  }
}

const CERROR_NAMES = ["no error", "CERROR_ILL", "CERROR_ABT", "CERROR_ATC_INV_SYNC"] as const;

/** QEMU's register that the meaning of a write depends on. */
function heldBefore(cx: Cx, port: MmioPort, v: number, offset: number): bigint {
  const o = page0(offset);
  if (o === REG.GERRORN.offset) return port.peek(cx, v, REG.GERRORN.offset, 4);
  if (o === page0(REG.EVENTQ_CONS.offset)) return port.peek(cx, v, REG.EVENTQ_PROD.offset, 4);
  return 0n;
}

/**
 * Where the two columns may stand at different places, the guest's write is taken for what it means: an acknowledgement
 * of the errors it saw, or the reading of the events it got (rule G-MMIO-2).
 */
function archValue(s: ArchSmmu, { offset, value, held }: Omit<WriteNote, "calm">): bigint {
  const o = page0(offset);
  if (o === REG.GERRORN.offset) {
    const active = BigInt((s.gerror ^ s.gerrorn) >>> 0);
    return BigInt(s.gerrorn >>> 0) ^ ((value ^ held) & active);
  }
  if (o === page0(REG.EVENTQ_CONS.offset)) {
    const drained = (value & 0xfffffn) === (held & 0xfffffn);
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
    ownGuestSmmu(cx, v).sw = patched(sw, { cmdqReady: true });
  if ((o === REG.EVENTQ_BASE.offset || o === REG.EVENTQ_BASE.offset + 4) && !sw.evtqReady)
    ownGuestSmmu(cx, v).sw = patched(sw, { evtqReady: true });
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
