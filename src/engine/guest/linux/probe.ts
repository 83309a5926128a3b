/**
 * Linux driver start: stream table, RMR bypass entries, and the register sequence of arm_smmu_device_reset
 * (model/smmuv3.md 6.1; register order and values as a recorded boot shows them).
 */
import { memRead64 } from "../../memory.ts";
import { cmdqBase, eventqBase, l1Strtab, l2Strtab, linearStrtab } from "../layout.ts";
import { CR0_ATSCHK, CR0_CMDQEN, CR0_EVENTQEN, CR0_PRIQEN, CR0_SMMUEN, REG } from "../regs.ts";
import { readReg, smmuOf } from "../software.ts";
import type { LinuxSmmu } from "../types.ts";
import { cfgiAll, tlbiEl2All, tlbiNsnhAll } from "./cmds.ts";
import {
  command,
  type Env,
  ownSmmu,
  poll,
  read,
  type Sequence,
  SequenceStop,
  store,
  write,
  writeSync,
} from "./driver.ts";

export interface ProbeOptions {
  /** Firmware names RMRs over the buses of the vSMMU. */
  readonly rmr: boolean;
  readonly fmt: "linear" | "2lvl" | "auto";
  /** LOG2SIZE of a linear table; the driver takes IDR1.SIDSIZE. */
  readonly log2size: number | null;
  /** Crash kernel: event and page-request queues stay off. */
  readonly kdump: boolean;
}

const RA = 1n << 62n;
/** log2 of the queues a kernel with 4 KiB pages and the usual maximum order asks for. */
const CMDQ_SHIFT = 18n;
const EVTQ_SHIFT = 17n;

const GBPA_UPDATE = 1n << 31n;
const GBPA_ABORT = 1n << 20n;

const bit = (word: bigint, n: number): boolean => ((word >> BigInt(n)) & 1n) === 1n;
const field = (word: bigint, hi: number, lo: number): bigint =>
  (word >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

interface Idrs {
  readonly idr0: bigint;
  readonly idr1: bigint;
  readonly idr3: bigint;
}

/** arm-smmu-v3.c:arm_smmu_device_hw_probe: the registers it reads, in its order. */
function* hwProbe(env: Env): Sequence<Idrs> {
  const idr0 = yield* read(env, "IDR0");
  const idr1 = yield* read(env, "IDR1");
  const idr3 = yield* read(env, "IDR3");
  yield* read(env, "IDR5");
  yield* read(env, "IIDR");
  return { idr0, idr1, idr3 };
}

/** Words of `[base, base+size)` that are not zero become zero: what an allocation of zeroed memory means here. */
export function* zeroed(env: Env, what: string, base: bigint, size: bigint): Sequence {
  for (const page of env.cx.w.memory.pages) {
    const start = BigInt(page.no) << 12n;
    if (start + 4096n <= base || start >= base + size) continue;
    const first = start < base ? base : start;
    const end = start + 4096n < base + size ? start + 4096n : base + size;
    let used = false;
    for (let a = first; a < end && !used; a += 8n) used = memRead64(env.cx.w.memory, a) !== 0n;
    if (!used) continue;
    yield {
      text: `M ${what}: zeroed memory`,
      action: {
        kind: "store",
        addr: first,
        words: [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
        count: Number((end - first) / 64n),
        stride: 64,
      },
    };
  }
}

/** `count` STEs from `first` on with word 0 = `q0`: arm-smmu-v3.c:arm_smmu_init_initial_stes and the RMR's bypass. */
export function* fillStes(base: bigint, first: number, count: number, q0: bigint): Sequence {
  const last = first + count - 1;
  yield {
    text: `M STE[0x${first.toString(16)}..0x${last.toString(16)}]=0x${q0.toString(16)}`,
    action: { kind: "store", addr: base, words: [q0, 0n, 0n, 0n, 0n, 0n, 0n, 0n], count, stride: 64 },
  };
}

/** arm-smmu-v3.c:arm_smmu_init_l2_strtab: a new level-2 table, then the descriptor that names it. No CFGI follows. */
export function* initL2Strtab(env: Env, linux: LinuxSmmu, sid: number, q0: bigint): Sequence {
  const { split } = linux;
  const gen = smmuOf(env).sw.gen;
  const block = sid >> split;
  const l1 = l1Strtab(env.v, gen) + BigInt(block) * 8n;
  if ((memRead64(env.cx.w.memory, l1) ?? 0n) !== 0n) return;
  const l2 = l2Strtab(env.v, gen, sid, split);
  yield* fillStes(l2, block << split, 1 << split, q0);
  yield* store(`L1STD[0x${block.toString(16)}]`, l1, l2 | BigInt(split + 1));
}

/** Buses that hold a function of the machine: what firmware's RMR of a vSMMU spans (observation X11). */
function rmrBuses(env: Env): readonly number[] {
  const buses = env.cx.setup.devices.map((d) => d.bdf >> 8);
  const lo = Math.min(...buses);
  const hi = Math.max(...buses);
  return buses.length === 0 ? [] : Array.from({ length: hi - lo + 1 }, (_, i) => lo + i);
}

/** arm-smmu-v3.c:arm_smmu_init_strtab, arm_smmu_rmr_install_bypass_ste */
function* initStructures(env: Env, linux: LinuxSmmu): Sequence {
  const gen = smmuOf(env).sw.gen;
  if (linux.fmt === "2lvl") {
    const entries = 1n << BigInt(Math.max(0, linux.log2size - linux.split));
    yield* zeroed(env, "L1STD", l1Strtab(env.v, gen), entries * 8n);
    if (linux.rmr)
      for (const bus of rmrBuses(env)) {
        for (let sid = bus << 8; sid < (bus + 1) << 8; sid += 1 << linux.split)
          if (sid < 1 << linux.log2size) yield* initL2Strtab(env, linux, sid, 0x9n);
      }
    return;
  }
  const base = linearStrtab(env.v, gen);
  yield* fillStes(base, 0, 1 << linux.log2size, 0x1n);
  if (linux.rmr)
    for (const bus of rmrBuses(env)) {
      const first = bus << 8;
      const count = Math.min(256, (1 << linux.log2size) - first);
      if (count > 0) yield* fillStes(base + BigInt(first) * 64n, first, count, 0x9n);
    }
}

/** arm-smmu-v3.c:arm_smmu_device_reset, steps 1 to 15 of 6.1 */
export function* deviceReset(env: Env, linux: LinuxSmmu, kdump: boolean): Sequence {
  const gen = smmuOf(env).sw.gen;
  const idr0 = readReg(env, REG.IDR0);
  const idr1 = readReg(env, REG.IDR1);
  const cr0 = yield* read(env, "CR0");
  if ((cr0 & CR0_SMMUEN) !== 0n) {
    const gbpa = yield* poll(env, "GBPA", 0n, GBPA_UPDATE);
    yield* write(env, "GBPA", gbpa | GBPA_ABORT | GBPA_UPDATE);
    yield* poll(env, "GBPA", 0n, GBPA_UPDATE);
  }
  yield* writeSync(env, "CR0", 0n);
  yield* write(env, "CR1", 0x0d75n);
  yield* write(env, "CR2", bit(idr0, 9) ? 0x7n : 0x6n);

  const twoLevel = linux.fmt === "2lvl";
  const table = twoLevel ? l1Strtab(env.v, gen) : linearStrtab(env.v, gen);
  const cfg = BigInt(linux.log2size) | (twoLevel ? (1n << 16n) | (BigInt(linux.split) << 6n) : 0n);
  yield* write(env, "STRTAB_BASE", table | RA);
  yield* write(env, "STRTAB_BASE_CFG", cfg);

  yield* write(env, "CMDQ_BASE", cmdqBase(env.v, gen) | RA | min(CMDQ_SHIFT, field(idr1, 25, 21)));
  yield* write(env, "CMDQ_PROD", 0n);
  yield* write(env, "CMDQ_CONS", 0n);
  let enables = CR0_CMDQEN;
  yield* writeSync(env, "CR0", enables);

  yield* command(env, cfgiAll(), true);
  if (bit(idr0, 9)) yield* command(env, tlbiEl2All(), true);
  yield* command(env, tlbiNsnhAll(), true);

  yield* write(env, "EVENTQ_BASE", eventqBase(env.v, gen) | RA | min(EVTQ_SHIFT, field(idr1, 20, 16)));
  yield* write(env, "EVENTQ_PROD", 0n);
  yield* write(env, "EVENTQ_CONS", 0n);
  enables |= CR0_EVENTQEN;
  yield* writeSync(env, "CR0", enables);
  const pri = bit(idr0, 16);
  if (pri) {
    yield* write(
      env,
      "PRIQ_BASE",
      (eventqBase(env.v, gen) + 0x100_0000n) | RA | min(15n, field(idr1, 15, 11)),
    );
    yield* write(env, "PRIQ_PROD", 0n);
    yield* write(env, "PRIQ_CONS", 0n);
    enables |= CR0_PRIQEN;
    yield* writeSync(env, "CR0", enables);
  }
  if (linux.ats) {
    enables |= CR0_ATSCHK;
    yield* writeSync(env, "CR0", enables);
  }

  yield* writeSync(env, "IRQ_CTRL", 0n);
  yield* write(env, "GERROR_IRQ_CFG0", 0n);
  yield* write(env, "EVENTQ_IRQ_CFG0", 0n);
  yield* writeSync(env, "IRQ_CTRL", pri ? 7n : 5n);
  if (kdump) enables &= ~(CR0_EVENTQEN | CR0_PRIQEN);
  yield* writeSync(env, "CR0", enables | CR0_SMMUEN);
}

/** arm-smmu-v3.c:arm_smmu_device_probe (rules G-LX-PROBE, G-LX-PROBE-LIVE, G-LX-RMR). */
export function* probe(env: Env, opts: ProbeOptions): Sequence {
  const { idr0, idr1 } = yield* hwProbe(env);
  const smmu = ownSmmu(env);
  // Another driver instance used this area: its tables stay as they are, the new kernel allocates elsewhere.
  if (smmu.linux !== null) nextKernel(env);
  const sidSize = Number(field(idr1, 5, 0));
  const canTwoLevel = field(idr0, 28, 27) === 1n;
  const fmt = opts.fmt === "auto" ? (canTwoLevel ? "2lvl" : "linear") : opts.fmt;
  const linux: LinuxSmmu = {
    fmt,
    log2size: fmt === "linear" ? (opts.log2size ?? sidSize) : sidSize,
    split: 8,
    ats: bit(idr0, 10),
    rmr: opts.rmr,
    masters: [],
  };
  ownSmmu(env).linux = linux;
  yield* initStructures(env, linux);
  try {
    yield* deviceReset(env, linux, opts.kdump);
  } catch (stop) {
    if (!(stop instanceof SequenceStop)) throw stop;
    // err_disable: a failed reset leaves the SMMU off (rule G-LX-FAIL).
    yield* write(env, "CR0", 0n);
    yield { text: "P CR0ACK==0x0", action: { kind: "ack", vsmmu: env.v } };
    ownSmmu(env).linux = null;
    throw stop;
  }
}

/** A kernel that starts with the old one's memory still in place takes the other area (rule G-LX-KEXEC). */
export function nextKernel(env: Env): void {
  const smmu = ownSmmu(env);
  smmu.linux = null;
  smmu.sw = { ...smmu.sw, gen: smmu.sw.gen === 0 ? 1 : 0, cdTables: [] };
}
