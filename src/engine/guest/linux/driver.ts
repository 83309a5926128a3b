/**
 * The ground under the Linux sequences: each is a generator of single parts (a write, a store, a command), resumed
 * with what the part gave. Between two parts the world may be looked at, so that each part's effect can be told; a
 * draft from `own…` must therefore not be kept across a part.
 */
import type { Action, GuestCommand } from "../../actions.ts";
import { memRead64 } from "../../memory.ts";
import type { MacroPart, PartResult } from "../ports.ts";
import { REG } from "../regs.ts";
import { loadReg, readReg, type Software, smmuOf } from "../software.ts";
import { ownGuestSmmu } from "../store.ts";
import type { LinuxMaster, LinuxSmmu } from "../types.ts";
import { CMD_SYNC } from "./cmds.ts";
import { armSmmuWriteEntry, type Entry, type EntryStep } from "./entry.ts";

export type Sequence<T = void> = Generator<MacroPart, T, PartResult>;

/** What a sequence works on. */
export type Env = Software;

/** A sequence that cannot go on: the driver's error path (rule G-LX-FAIL). */
export class SequenceStop extends Error {}

export const ownSmmu = (env: Env): ReturnType<typeof ownGuestSmmu> => ownGuestSmmu(env.cx, env.v);

/** The driver's state; the sequence stops if `probe` never ran. */
export function linuxOf(env: Env): LinuxSmmu {
  const linux = smmuOf(env).linux;
  if (linux === null) throw new SequenceStop("the driver has not probed this SMMU");
  return linux;
}

export function setLinux(env: Env, change: Partial<LinuxSmmu>): void {
  ownSmmu(env).linux = { ...linuxOf(env), ...change };
}

export function masterOf(env: Env, dev: number): LinuxMaster | null {
  return linuxOf(env).masters.find((m) => m.dev === dev) ?? null;
}

export function setMaster(env: Env, dev: number, change: Partial<LinuxMaster>): LinuxMaster {
  const masters = linuxOf(env).masters.map((m) => (m.dev === dev ? { ...m, ...change } : m));
  setLinux(env, { masters });
  return masters.find((m) => m.dev === dev) as LinuxMaster;
}

const hex = (x: bigint): string => `0x${x.toString(16)}`;

/** `R IDR0`: the value the guest got comes back. */
export function* read(env: Env, name: keyof typeof REG): Sequence<bigint> {
  const { offset, size } = REG[name];
  yield { text: `R ${name}`, action: { kind: "read", vsmmu: env.v, offset, size } };
  return readReg(env, REG[name]);
}

/** `W reg=value`. */
export function* write(env: Env, name: keyof typeof REG, value: bigint, size?: 4 | 8): Sequence {
  const reg = REG[name];
  const wait = reg.ack === null;
  yield {
    text: `W ${name}=${hex(value)}`,
    action: { kind: "write", vsmmu: env.v, offset: reg.offset, size: size ?? reg.size, value, wait },
  };
}

/** `P ack==value`: the architecture's handshake completes, and the driver looks at what the SMMU it has says. */
export function* poll(env: Env, name: keyof typeof REG, want: bigint, mask = 0xffff_ffffn): Sequence<bigint> {
  const text = mask === 0xffff_ffffn ? `P ${name}==${hex(want)}` : `P ${name}&${hex(mask)}==${hex(want)}`;
  yield { text, action: { kind: "ack", vsmmu: env.v } };
  const got = loadReg(env, REG[name]);
  if ((got & mask) !== want) throw new SequenceStop(`${name} did not follow within a second`);
  return got;
}

/** arm-smmu-v3.c:arm_smmu_write_reg_sync */
export function* writeSync(env: Env, name: "CR0" | "IRQ_CTRL", value: bigint): Sequence {
  yield* write(env, name, value);
  yield* poll(env, name === "CR0" ? "CR0ACK" : "IRQ_CTRLACK", value);
}

export function* store(what: string, addr: bigint, value: bigint): Sequence {
  yield { text: `M ${what}=${hex(value)}`, action: { kind: "store", addr, words: [value] } };
}

/** The name a command has in the sequence tables: `CFGI_STE(0x100)`. */
export function commandLabel(cmd: GuestCommand): string {
  const op = Number(cmd.q0 & 0xffn);
  const sid = hex((cmd.q0 >> 32n) & 0xffff_ffffn);
  if (op === 0x03 || op === 0x01) return `${cmd.name}(${sid})`;
  if (op === 0x05 || op === 0x40) return `${cmd.name}(${sid},${(cmd.q0 >> 12n) & 0xf_ffffn})`;
  if (op === 0x11 || op === 0x12) return `${cmd.name}(${cmd.q0 >> 48n})`;
  return cmd.name;
}

/** `C cmd` or `C cmd, S`: with a SYNC the driver fills both entries and rings once (as recorded). */
export function* command(env: Env, cmd: GuestCommand, sync: boolean): Sequence {
  const text = `C ${commandLabel(cmd)}${sync ? ", S" : ""}`;
  const action: Action = { kind: "cmd", vsmmu: env.v, cmd, sync, cmdqen: "asis" };
  yield { text, action };
  if (cmdqError(env)) yield* gerror(env);
}

/** GERROR.CMDQ_ERR is active: the queue has stopped. */
export function cmdqError(env: Env): boolean {
  return ((readReg(env, REG.GERROR) ^ readReg(env, REG.GERRORN)) & 1n) !== 0n;
}

const CERROR_ILL = 1n;

/**
 * arm-smmu-v3.c:arm_smmu_gerror_handler and arm_smmu_cmdq_skip_err (rule G-LX-RECOVER): a bad entry is overwritten by
 * a SYNC, a fetch abort left as it is; the acknowledgement restarts the queue. Without its interrupt the driver
 * never gets here and the SYNC times out.
 */
export function* gerror(env: Env): Sequence {
  if ((readReg(env, REG.IRQ_CTRLACK) & 1n) === 0n)
    throw new SequenceStop("CMD_SYNC timed out: the queue stopped on an error and GERROR interrupts are off");
  yield* recover(env);
}

export function* recover(env: Env): Sequence {
  const errors = yield* read(env, "GERROR");
  const acked = yield* read(env, "GERRORN");
  if (((errors ^ acked) & 1n) !== 0n) {
    const cons = yield* read(env, "CMDQ_CONS");
    if (((cons >> 24n) & 0x7fn) === CERROR_ILL) {
      const base = readReg(env, REG.CMDQ_BASE);
      const index = cons & ((1n << (base & 31n)) - 1n);
      const addr = (base & 0x00ff_ffff_ffff_ffe0n) + index * 16n;
      const { q0, q1 } = CMD_SYNC;
      yield {
        text: `M CMDQ[${index}]=SYNC`,
        action: { kind: "store", addr, words: [q0, q1] },
      };
    }
  }
  yield* write(env, "GERRORN", errors);
}

/** The entry in memory; unbacked words read as 0 (the driver would have faulted long before). */
export function readEntry(env: Env, addr: bigint): Entry {
  const out: bigint[] = [];
  for (let i = 0n; i < 8n; i++) out.push(memRead64(env.cx.w.memory, addr + i * 8n) ?? 0n);
  return out;
}

/** arm-smmu-v3.c:arm_smmu_write_entry as parts; `sync` is the CFGI that makes the SMMU look. */
export function* writeEntry(
  env: Env,
  what: (qword: number) => string,
  addr: bigint,
  target: Entry,
  sync: GuestCommand,
  getUsed: (e: Entry) => bigint[],
  safe: Entry,
): Sequence {
  const steps: readonly EntryStep[] = armSmmuWriteEntry(readEntry(env, addr), target, getUsed, safe);
  for (const step of steps) {
    if (step.kind === "sync") yield* command(env, sync, true);
    else yield* store(what(step.qword), addr + BigInt(step.qword) * 8n, step.value);
  }
}
