/** Register accesses of QEMU's SMMUv3 and what they set off (hw/arm/smmuv3.c). */
import type { Cx } from "../cx.ts";
import type { World } from "../world.ts";
import { MSG } from "./messages.ts";
import { endIfDead } from "./process.ts";
import { errorReport, errorReportErr, isDead, mmioResult, newErr, newReport, type Report } from "./qerr.ts";
import { repairFreeVeventq, repairSmmuenEdge, smmuv3AccelAttachGbpaHwpt } from "./smmuv3-accel.ts";
import { smmuv3AccelAllocVeventq } from "./smmuv3-accel-events.ts";
import { consumeAndReport } from "./smmuv3-cmdq.ts";
import {
  A_CMDQ_BASE,
  A_CMDQ_CONS,
  A_CMDQ_PROD,
  A_CR0,
  A_CR1,
  A_CR2,
  A_EVENTQ_BASE,
  A_EVENTQ_CONS,
  A_EVENTQ_IRQ_CFG0,
  A_EVENTQ_IRQ_CFG1,
  A_EVENTQ_IRQ_CFG2,
  A_EVENTQ_PROD,
  A_GBPA,
  A_GERROR_IRQ_CFG0,
  A_GERROR_IRQ_CFG1,
  A_GERROR_IRQ_CFG2,
  A_GERRORN,
  A_IRQ_CTRL,
  A_STRTAB_BASE,
  A_STRTAB_BASE_CFG,
  CR0_EVENTQEN,
  CR0_RESERVED,
  CR0_SMMUEN,
  GBPA_UPDATE,
  SMMU_FEATURE_2LVL_STE,
  SMMU_QUEUES_MAX,
  smmuOffset,
  smmuRead,
} from "./smmuv3-regs.ts";
import { ownRegs, repaired, smmuEnabled, smmuOf } from "./smmuv3-state.ts";
import type { MmioResult, Smmuv3Regs, Smmuv3State } from "./types.ts";

type CmdError = "ill" | "abt" | null;

const MASK32 = 0xffff_ffffn;

function depositLow(old: bigint, data: number): bigint {
  return (old & ~MASK32) | BigInt(data);
}

function depositHigh(old: bigint, data: number): bigint {
  return (old & MASK32) | (BigInt(data) << 32n);
}

/** Stores a register if that changes it. */
function put<K extends keyof Smmuv3Regs>(cx: Cx, v: number, key: K, value: Smmuv3Regs[K]): void {
  if (smmuOf(cx, v).regs[key] !== value)
    (ownRegs(cx, v) as { -readonly [P in keyof Smmuv3Regs]: Smmuv3Regs[P] })[key] = value;
}

/** Log2 of a queue's size from its base register, capped. */
function log2size(base: bigint): number {
  return Math.min(Number(base & 31n), SMMU_QUEUES_MAX);
}

/** smmuv3.c:smmu_writell. Offsets without a 64-bit register ignore the write. */
function smmuWritell(cx: Cx, v: number, offset: number, data: bigint): void {
  switch (offset) {
    case A_GERROR_IRQ_CFG0:
      put(cx, v, "gerrorIrqCfg0", data);
      return;
    case A_STRTAB_BASE:
      put(cx, v, "strtabBase", data);
      return;
    case A_CMDQ_BASE:
      put(cx, v, "cmdqBase", data);
      put(cx, v, "cmdqLog2size", log2size(data));
      return;
    case A_EVENTQ_BASE:
      put(cx, v, "eventqBase", data);
      put(cx, v, "eventqLog2size", log2size(data));
      return;
    case A_EVENTQ_IRQ_CFG0:
      put(cx, v, "eventqIrqCfg0", data);
      return;
    default:
      cx.t.rule("Q-REG-UNIMP");
  }
}

/** CR0: store, acknowledge, run the command queue, try the vEVENTQ. No device moves (model/qemu.md 3.6). */
function writeCr0(cx: Cx, r: Report, v: number, data: number): CmdError {
  const changed = smmuOf(cx, v).regs.cr0 ^ data;
  put(cx, v, "cr0", data);
  put(cx, v, "cr0ack", (data & ~CR0_RESERVED) >>> 0);
  cx.t.rule("Q-CR0-NO-ATTACH");
  if ((changed & CR0_SMMUEN) !== 0 && repaired(cx, "smmuen-edge")) repairSmmuenEdge(cx, r, v);
  if ((changed & CR0_EVENTQEN) !== 0 && (data & CR0_EVENTQEN) === 0 && repaired(cx, "veventq-reset"))
    repairFreeVeventq(cx, r, v);
  if (isDead(cx)) return null;
  const error = consumeAndReport(cx, r, v);
  if (isDead(cx)) return error;
  const e = newErr();
  if (!smmuv3AccelAllocVeventq(cx, e, v)) errorReportErr(cx, r, e);
  return error;
}

/** smmuv3.c:smmuv3_write_gerrorn, then the queue may go on. */
function writeGerrorn(cx: Cx, r: Report, v: number, data: number): CmdError {
  const regs = smmuOf(cx, v).regs;
  const pending = regs.gerror ^ regs.gerrorn;
  const toggled = regs.gerrorn ^ data;
  put(cx, v, "gerrorn", data);
  if (cx.t.on) cx.t.event("smmuv3_write_gerrorn", { acked: (toggled & pending) >>> 0, gerrorn: data });
  return consumeAndReport(cx, r, v);
}

/** GBPA: ignored without UPDATE; with it stored, and every device moves whatever SMMUEN says (model/qemu.md 3.5). */
function writeGbpa(cx: Cx, r: Report, v: number, data: number): void {
  if ((data & GBPA_UPDATE) === 0) {
    cx.t.rule("Q-GBPA-NO-UPDATE");
    return;
  }
  cx.t.rule("Q-GBPA-UPDATE");
  put(cx, v, "gbpa", (data & ~GBPA_UPDATE) >>> 0);
  if (!cx.setup.qemu.gbpaWrite) {
    cx.t.rule("Q-GBPA-IGNORED");
    return;
  }
  if (repaired(cx, "gbpa-guard") && smmuEnabled(smmuOf(cx, v).regs)) {
    cx.t.rule("Q-FIX-GBPA");
    return;
  }
  if (!smmuv3AccelAttachGbpaHwpt(cx, r, v, "gbpa") && !isDead(cx)) errorReport(cx, r, MSG.gbpaSummary);
}

/** smmuv3.c:smmu_writel. */
function smmuWritel(cx: Cx, r: Report, v: number, offset: number, data: number): CmdError {
  if (offset === A_GBPA) {
    writeGbpa(cx, r, v, data);
    return null;
  }
  if (offset === A_CR0) return writeCr0(cx, r, v, data);
  if (offset === A_GERRORN) return writeGerrorn(cx, r, v, data);
  const regs = smmuOf(cx, v).regs;
  switch (offset) {
    case A_CR1:
      put(cx, v, "cr1", data);
      return null;
    case A_CR2:
      put(cx, v, "cr2", data);
      return null;
    case A_IRQ_CTRL:
      put(cx, v, "irqCtrl", data);
      return null;
    case A_GERROR_IRQ_CFG0:
      put(cx, v, "gerrorIrqCfg0", depositLow(regs.gerrorIrqCfg0, data));
      return null;
    case A_GERROR_IRQ_CFG0 + 4:
      put(cx, v, "gerrorIrqCfg0", depositHigh(regs.gerrorIrqCfg0, data));
      return null;
    case A_GERROR_IRQ_CFG1:
      put(cx, v, "gerrorIrqCfg1", data);
      return null;
    case A_GERROR_IRQ_CFG2:
      put(cx, v, "gerrorIrqCfg2", data);
      return null;
    case A_STRTAB_BASE:
      put(cx, v, "strtabBase", depositLow(regs.strtabBase, data));
      return null;
    case A_STRTAB_BASE + 4:
      put(cx, v, "strtabBase", depositHigh(regs.strtabBase, data));
      return null;
    case A_STRTAB_BASE_CFG:
      put(cx, v, "strtabBaseCfg", data);
      if (((data >>> 16) & 3) === 1) {
        cx.t.rule("Q-REG-2LVL");
        put(cx, v, "sidSplit", (data >>> 6) & 31);
        put(cx, v, "features", regs.features | SMMU_FEATURE_2LVL_STE);
      }
      return null;
    case A_CMDQ_BASE:
      put(cx, v, "cmdqBase", depositLow(regs.cmdqBase, data));
      put(cx, v, "cmdqLog2size", log2size(BigInt(data)));
      return null;
    case A_CMDQ_BASE + 4:
      put(cx, v, "cmdqBase", depositHigh(regs.cmdqBase, data));
      return null;
    case A_CMDQ_PROD:
      put(cx, v, "cmdqProd", data);
      return consumeAndReport(cx, r, v);
    case A_CMDQ_CONS:
      put(cx, v, "cmdqCons", data);
      return null;
    case A_EVENTQ_BASE:
      put(cx, v, "eventqBase", depositLow(regs.eventqBase, data));
      put(cx, v, "eventqLog2size", log2size(BigInt(data)));
      return null;
    case A_EVENTQ_BASE + 4:
      put(cx, v, "eventqBase", depositHigh(regs.eventqBase, data));
      return null;
    case A_EVENTQ_PROD:
      put(cx, v, "eventqProd", data);
      return null;
    case A_EVENTQ_CONS:
      put(cx, v, "eventqCons", data);
      return null;
    case A_EVENTQ_IRQ_CFG0:
      put(cx, v, "eventqIrqCfg0", depositLow(regs.eventqIrqCfg0, data));
      return null;
    case A_EVENTQ_IRQ_CFG0 + 4:
      put(cx, v, "eventqIrqCfg0", depositHigh(regs.eventqIrqCfg0, data));
      return null;
    case A_EVENTQ_IRQ_CFG1:
      put(cx, v, "eventqIrqCfg1", data);
      return null;
    case A_EVENTQ_IRQ_CFG2:
      put(cx, v, "eventqIrqCfg2", data);
      return null;
    default:
      cx.t.rule("Q-REG-UNIMP");
      return null;
  }
}

/** smmuv3.c:smmu_write_mmio. The trace event of the write follows everything it set off. */
export function smmuWriteMmio(cx: Cx, v: number, offset: number, size: 4 | 8, value: bigint): MmioResult {
  const r = newReport();
  const dead = cx.w.qemu.dead;
  if (dead !== null)
    return { ok: false, rejected: true, errno: null, messages: [MSG.dead(dead)], cmdError: null };
  const at = smmuOffset(offset);
  if (cx.t.on) cx.t.call("qemu-smmuv3", "smmu_write_mmio", { vsmmu: v, offset: at, value, size });
  let error: CmdError = null;
  if (size === 8) smmuWritell(cx, v, at, value & 0xffff_ffff_ffff_ffffn);
  else error = smmuWritel(cx, r, v, at, Number(value & MASK32));
  if (cx.t.on) {
    if (!isDead(cx)) cx.t.event("smmuv3_write_mmio", { addr: at, val: value, size, r: 0 });
    cx.t.ret(error, r.errno);
  }
  endIfDead(cx);
  return mmioResult(r, error);
}

/** Register value without side effects: for observers. */
export function smmuPeek(world: World, v: number, offset: number, size: 4 | 8): bigint {
  return smmuRead((world.qemu.smmus[v] as Smmuv3State).regs, offset, size);
}

/** smmuv3.c:smmu_read_mmio. */
export function smmuReadMmio(cx: Cx, v: number, offset: number, size: 4 | 8): bigint {
  const at = smmuOffset(offset);
  const val = smmuRead(smmuOf(cx, v).regs, at, size);
  if (cx.t.on) cx.t.event("smmuv3_read_mmio", { addr: at, val, size, r: 0 });
  return val;
}
