/** The guest's command queue (hw/arm/smmuv3.c:smmuv3_cmdq_consume, model/qemu.md 3.7). */
import type { Cx } from "../cx.ts";
import { memRead64 } from "../memory.ts";
import { MSG } from "./messages.ts";
import { die, errorFree, errorReportErr, isDead, newErr, type QErr, type Report } from "./qerr.ts";
import { smmuFindSdev } from "./smmu-common.ts";
import {
  smmuv3AccelInstallSte,
  smmuv3AccelInstallSteRange,
  smmuv3AccelIssueInvCmd,
} from "./smmuv3-accel-ste.ts";
import { SMMU_IRQ_CMD_SYNC, smmuv3TriggerGerror, smmuv3TriggerIrq } from "./smmuv3-eventq.ts";
import { CR0_CMDQEN, GERROR_CMDQ_ERR, IDR0_ATS, IDR0_S2P, SMMU_BASE_ADDR_MASK } from "./smmuv3-regs.ts";
import { ownRegs, smmuOf } from "./smmuv3-state.ts";
import type { Smmuv3Regs } from "./types.ts";

const CERROR_ILL = 1;
const CERROR_ABT = 2;
type CmdError = 0 | typeof CERROR_ILL | typeof CERROR_ABT;

export const SMMU_CMD_NAMES: Readonly<Record<number, string>> = {
  1: "SMMU_CMD_PREFETCH_CONFIG",
  2: "SMMU_CMD_PREFETCH_ADDR",
  3: "SMMU_CMD_CFGI_STE",
  4: "SMMU_CMD_CFGI_STE_RANGE",
  5: "SMMU_CMD_CFGI_CD",
  6: "SMMU_CMD_CFGI_CD_ALL",
  7: "SMMU_CMD_CFGI_ALL",
  16: "SMMU_CMD_TLBI_NH_ALL",
  17: "SMMU_CMD_TLBI_NH_ASID",
  18: "SMMU_CMD_TLBI_NH_VA",
  19: "SMMU_CMD_TLBI_NH_VAA",
  24: "SMMU_CMD_TLBI_EL3_ALL",
  26: "SMMU_CMD_TLBI_EL3_VA",
  32: "SMMU_CMD_TLBI_EL2_ALL",
  33: "SMMU_CMD_TLBI_EL2_ASID",
  34: "SMMU_CMD_TLBI_EL2_VA",
  35: "SMMU_CMD_TLBI_EL2_VAA",
  40: "SMMU_CMD_TLBI_S12_VMALL",
  42: "SMMU_CMD_TLBI_S2_IPA",
  48: "SMMU_CMD_TLBI_NSNH_ALL",
  64: "SMMU_CMD_ATC_INV",
  65: "SMMU_CMD_PRI_RESP",
  68: "SMMU_CMD_RESUME",
  69: "SMMU_CMD_STALL_TERM",
  70: "SMMU_CMD_SYNC",
};

/** smmuv3-internal.h:smmu_cmd_string. Type 0 is also what stands for "no command yet" after a failed fetch (X14). */
export function smmuCmdString(type: number): string {
  return SMMU_CMD_NAMES[type] ?? (type > 0 && type <= 0x46 ? "UNKNOWN" : "INVALID");
}

function queueArgs(s: Smmuv3Regs): { prod: number; cons: number; pw: number; cw: number } {
  const wrap = 2 ** s.cmdqLog2size;
  return {
    prod: s.cmdqProd & (wrap - 1),
    cons: s.cmdqCons & (wrap - 1),
    pw: (s.cmdqProd & wrap) === 0 ? 0 : 1,
    cw: (s.cmdqCons & wrap) === 0 ? 0 : 1,
  };
}

/** 2^k - 1 of the largest naturally aligned power-of-two block that starts at `start` and ends by `end`. */
function alignedPow2Mask(start: bigint, end: bigint): bigint {
  const size = end - start;
  if (start !== 0n) {
    const alignment = (start & -start) - 1n;
    if (alignment <= size) return alignment;
  }
  let mask = 0n;
  while (((mask << 1n) | 1n) <= size) mask = (mask << 1n) | 1n;
  return mask;
}

/** smmuv3.c:smmuv3_range_inval: traces of the emulated invalidation, split into power-of-two blocks. */
function smmuv3RangeInval(cx: Cx, s: Smmuv3Regs, type: number, q0: bigint, q1: bigint): void {
  if (!cx.t.on) return;
  const stage2 = type === 0x2a;
  const vmid = (s.idr[0] ?? 0) & IDR0_S2P ? Number((q0 >> 32n) & 0xffffn) : -1;
  const asid = type === 0x12 ? Number((q0 >> 48n) & 0xffffn) : -1;
  const tg = Number((q1 >> 10n) & 3n);
  const common = {
    vmid,
    asid,
    tg,
    ttl: Number((q1 >> 8n) & 3n),
    leaf: Number(q1 & 1n),
    stage: stage2 ? 2 : 1,
  };
  let addr = q1 & ~0xfffn;
  if (tg === 0) {
    cx.t.event("smmuv3_range_inval", { ...common, addr, n: 1n });
    return;
  }
  const num = (q0 >> 12n) & 31n;
  const scale = (q0 >> 20n) & 31n;
  const granule = BigInt(tg * 2 + 10);
  const end = addr + (((num + 1n) << scale) << granule) - 1n;
  while (addr <= end) {
    const mask = alignedPow2Mask(addr, end);
    cx.t.event("smmuv3_range_inval", { ...common, addr, n: (mask + 1n) >> granule });
    addr += mask + 1n;
  }
}

function event(cx: Cx, name: string, args: Record<string, number>): void {
  if (cx.t.on) cx.t.event(name, args);
}

/** smmuv3.c:smmuv3_flush_config of one slot. */
function flushConfig(cx: Cx, sid: number): void {
  event(cx, "smmu_config_cache_inv", { sid });
}

/**
 * Slot a command's SID names: index, or -1 for "no device". Without accel the lab does not list the emulated functions
 * and takes every SID for one (-2): the command is traced and has no other effect here.
 */
function findSdev(cx: Cx, v: number, sid: number): number {
  if (cx.setup.vsmmus[v]?.accel === false) return -2;
  return smmuFindSdev(smmuOf(cx, v).slots, sid);
}

/** CFGI_STE. */
function cfgiSte(cx: Cx, r: Report, e: QErr, v: number, q0: bigint): CmdError {
  const sid = Number(q0 >> 32n);
  const slot = findSdev(cx, v, sid);
  if (slot === -1) {
    cx.t.rule("Q-CMD-NO-SID");
    return 0;
  }
  event(cx, "smmuv3_cmdq_cfgi_ste", { sid });
  if (slot >= 0) {
    const ok = smmuv3AccelInstallSte(cx, r, e, v, slot, sid);
    if (!ok) {
      if (isDead(cx)) return CERROR_ILL;
      if (cx.setup.qemu.installErrorAsserts) {
        cx.t.rule("Q-CMD-STE-ASSERT");
        die(cx, r, MSG.assertSet("smmuv3_cmdq_consume"), e.errno);
      } else cx.t.rule("Q-CMD-STE-FAIL");
      return CERROR_ILL;
    }
    errorFree(e);
  }
  flushConfig(cx, sid);
  return 0;
}

/** CFGI_STE_RANGE; CFGI_ALL is the one with range 31. */
function cfgiSteRange(cx: Cx, r: Report, e: QErr, v: number, q0: bigint, q1: bigint): CmdError {
  const size = 2 ** (Number(q1 & 31n) + 1);
  const sid = Number(q0 >> 32n);
  const start = sid - (sid % size);
  const end = start + size - 1;
  cx.t.rule("Q-CMD-RANGE");
  event(cx, "smmuv3_cmdq_cfgi_ste_range", { start, end });
  if (!smmuv3AccelInstallSteRange(cx, r, e, v, start, end)) return CERROR_ILL;
  event(cx, "smmu_configs_inv_sid_range", { start, end });
  return 0;
}

/** CFGI_CD and CFGI_CD_ALL. */
function cfgiCd(cx: Cx, e: QErr, v: number, q0: bigint, q1: bigint): CmdError {
  const sid = Number(q0 >> 32n);
  const slot = findSdev(cx, v, sid);
  if (slot === -1) {
    cx.t.rule("Q-CMD-NO-SID");
    return 0;
  }
  event(cx, "smmuv3_cmdq_cfgi_cd", { sid });
  flushConfig(cx, sid);
  if (slot < 0) return 0;
  return forward(cx, e, v, q0, q1, slot);
}

function forward(cx: Cx, e: QErr, v: number, q0: bigint, q1: bigint, slot: number): CmdError {
  if (smmuv3AccelIssueInvCmd(cx, e, v, q0, q1, slot)) return 0;
  cx.t.rule("Q-INV-FAIL");
  return CERROR_ILL;
}

function tlbi(cx: Cx, e: QErr, v: number, type: number, q0: bigint, q1: bigint): CmdError {
  const s = smmuOf(cx, v).regs;
  const s2 = ((s.idr[0] ?? 0) & IDR0_S2P) !== 0;
  const vmid = s2 ? Number((q0 >> 32n) & 0xffffn) : -1;
  switch (type) {
    case 0x11: {
      const asid = Number(q0 >> 48n);
      event(cx, "smmuv3_cmdq_tlbi_nh_asid", { asid });
      event(cx, "smmu_iotlb_inv_asid_vmid", { asid, vmid });
      break;
    }
    case 0x10:
      if (s2) {
        event(cx, "smmuv3_cmdq_tlbi_nh", { vmid });
        event(cx, "smmu_iotlb_inv_vmid_s1", { vmid });
        break;
      }
      event(cx, "smmuv3_cmdq_tlbi_nsnh", {});
      event(cx, "smmu_iotlb_inv_all", {});
      break;
    case 0x30:
      event(cx, "smmuv3_cmdq_tlbi_nsnh", {});
      event(cx, "smmu_iotlb_inv_all", {});
      break;
    default:
      smmuv3RangeInval(cx, s, type, q0, q1);
  }
  return forward(cx, e, v, q0, q1, -1);
}

/** TLBI_S12_VMALL and TLBI_S2_IPA: illegal for a stage-1-only SMMU, never forwarded. */
function tlbiStage2(cx: Cx, v: number, type: number, q0: bigint, q1: bigint): CmdError {
  const s = smmuOf(cx, v).regs;
  if (((s.idr[0] ?? 0) & IDR0_S2P) === 0) {
    cx.t.rule("Q-CMD-S2P");
    return CERROR_ILL;
  }
  if (type === 0x28) {
    const vmid = Number((q0 >> 32n) & 0xffffn);
    event(cx, "smmuv3_cmdq_tlbi_s12_vmid", { vmid });
    event(cx, "smmu_iotlb_inv_vmid", { vmid });
  } else smmuv3RangeInval(cx, s, type, q0, q1);
  return 0;
}

function unhandled(cx: Cx, type: number): CmdError {
  cx.t.rule("Q-CMD-UNHANDLED");
  event(cx, "smmuv3_unhandled_cmd", { type });
  return 0;
}

function atcInv(cx: Cx, e: QErr, v: number, q0: bigint, q1: bigint): CmdError {
  const slot = smmuFindSdev(smmuOf(cx, v).slots, Number(q0 >> 32n));
  if (slot < 0 || ((smmuOf(cx, v).regs.idr[0] ?? 0) & IDR0_ATS) === 0) return unhandled(cx, 0x40);
  return forward(cx, e, v, q0, q1, slot);
}

/** One command. Bit 10 is SSEC. */
function execute(cx: Cx, r: Report, e: QErr, v: number, q0: bigint, q1: bigint): CmdError {
  const type = Number(q0 & 0xffn);
  const ssec = (q0 & 0x400n) !== 0n;
  switch (type) {
    case 0x46:
      if ((q0 & 0x1000n) !== 0n) {
        cx.t.rule("Q-CMD-SYNC-IRQ");
        smmuv3TriggerIrq(cx, v, SMMU_IRQ_CMD_SYNC);
      }
      return 0;
    case 0x01:
    case 0x02:
      cx.t.rule("Q-CMD-PREFETCH");
      return 0;
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06:
      if (ssec) {
        cx.t.rule("Q-CMD-SSEC");
        return CERROR_ILL;
      }
      if (type === 0x03) return cfgiSte(cx, r, e, v, q0);
      if (type === 0x04) return cfgiSteRange(cx, r, e, v, q0, q1);
      return cfgiCd(cx, e, v, q0, q1);
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x30:
      return tlbi(cx, e, v, type, q0, q1);
    case 0x28:
    case 0x2a:
      return tlbiStage2(cx, v, type, q0, q1);
    case 0x40:
      return atcInv(cx, e, v, q0, q1);
    case 0x18:
    case 0x1a:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x41:
    case 0x44:
    case 0x45:
      return unhandled(cx, type);
    default:
      cx.t.rule("Q-CMD-ILL");
      return CERROR_ILL;
  }
}

/**
 * smmuv3.c:smmuv3_cmdq_consume. CONS moves only past a command that succeeded. Returns the error the queue stopped
 * on in this run; the error object is printed by the caller, or here by releases that print inside the loop.
 */
export function smmuv3CmdqConsume(cx: Cx, r: Report, e: QErr, v: number): "ill" | "abt" | null {
  let s = smmuOf(cx, v).regs;
  if ((s.cr0 & CR0_CMDQEN) === 0) {
    cx.t.rule("Q-CMDQ-OFF");
    return null;
  }
  let error: CmdError = 0;
  let type = 0;
  for (;;) {
    s = smmuOf(cx, v).regs;
    const wrap = 2 ** s.cmdqLog2size;
    if (((s.cmdqProd ^ s.cmdqCons) & (2 * wrap - 1)) === 0) break;
    if (cx.t.on) cx.t.event("smmuv3_cmdq_consume", queueArgs(s));
    if (((s.gerror ^ s.gerrorn) & GERROR_CMDQ_ERR) !== 0) {
      cx.t.rule("Q-CMDQ-PENDING");
      break;
    }
    const at = (s.cmdqBase & SMMU_BASE_ADDR_MASK) + BigInt(16 * (s.cmdqCons & (wrap - 1)));
    const q0 = memRead64(cx.w.memory, at);
    const q1 = memRead64(cx.w.memory, at + 8n);
    if (q0 === null || q1 === null) {
      cx.t.rule("Q-CMDQ-FETCH");
      error = CERROR_ABT;
      break;
    }
    type = Number(q0 & 0xffn);
    if (cx.t.on) cx.t.event("smmuv3_cmdq_opcode", { name: smmuCmdString(type) });
    error = execute(cx, r, e, v, q0, q1);
    if (isDead(cx)) return null;
    if (error !== 0) break;
    const regs = ownRegs(cx, v);
    const mask = 2 * wrap - 1;
    regs.cmdqCons = ((regs.cmdqCons & ~mask) | ((regs.cmdqCons + 1) & mask)) >>> 0;
  }
  if (error !== 0) {
    cx.t.rule("Q-CMDQ-STOP");
    if (e.msg !== null && cx.setup.qemu.cmdqErrorPrint === "in-loop") errorReportErr(cx, r, e);
    if (cx.t.on) cx.t.event("smmuv3_cmdq_consume_error", { name: smmuCmdString(type), code: error });
    const regs = ownRegs(cx, v);
    regs.cmdqCons = ((regs.cmdqCons & ~(0x7f << 24)) | (error << 24)) >>> 0;
    smmuv3TriggerGerror(cx, v, GERROR_CMDQ_ERR);
  }
  if (cx.t.on) cx.t.event("smmuv3_cmdq_consume_out", queueArgs(smmuOf(cx, v).regs));
  return error === 0 ? null : error === CERROR_ILL ? "ill" : "abt";
}

/** For callers that need a fresh error object around the loop. */
export function consumeAndReport(cx: Cx, r: Report, v: number): "ill" | "abt" | null {
  const e = newErr();
  const error = smmuv3CmdqConsume(cx, r, e, v);
  if (e.msg !== null && !isDead(cx)) errorReportErr(cx, r, e);
  return error;
}
