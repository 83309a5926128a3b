/** What SMMU versions share: slots by StreamID and the stream-table walk (hw/arm/smmu-common.c, smmuv3.c). */
import type { Cx } from "../cx.ts";
import { isBacked, memRead64 } from "../memory.ts";
import { SMMU_BASE_ADDR_MASK, SMMU_FEATURE_2LVL_STE, SMMU_IDR1_SIDSIZE } from "./smmuv3-regs.ts";
import type { AccelDevice, Smmuv3Regs } from "./types.ts";

/** smmu-common.c:smmu_get_sid: bus << 8 | devfn, from the present bus number. */
export function smmuGetSid(slot: AccelDevice): number {
  return slot.bdf;
}

/**
 * smmu-common.c:smmu_find_sdev: index of the slot a StreamID names, -1 if no function was ever there. A slot stays
 * after its device is unplugged.
 */
export function smmuFindSdev(slots: readonly AccelDevice[], sid: number): number {
  for (let i = 0; i < slots.length; i++) if ((slots[i] as AccelDevice).bdf === sid) return i;
  return -1;
}

/** Words 0 and 1 of a guest STE; the others are never used by the accelerated SMMU. */
export interface Ste {
  readonly w0: bigint;
  readonly w1: bigint;
}

/** Bits `shift-1 … 0` cleared. */
function alignDown(addr: bigint, shift: number): bigint {
  return shift >= 64 ? 0n : addr & ~((1n << BigInt(shift)) - 1n);
}

/**
 * smmuv3.c:smmu_find_ste: the STE of `sid`, or null on any miss (SID beyond LOG2SIZE or 16 bits, span 0, index beyond
 * the span, unreadable memory). The span limit is 2^span - 1, twice what the architecture allows.
 */
export function smmuFindSte(cx: Cx, s: Smmuv3Regs, sid: number): Ste | null {
  if (cx.t.on) cx.t.event("smmuv3_find_ste", { sid, features: s.features, split: s.sidSplit });
  const log2size = s.strtabBaseCfg & 0x3f;
  if (sid >= 1 << Math.min(log2size, SMMU_IDR1_SIDSIZE)) {
    cx.t.rule("Q-STE-RANGE");
    return null;
  }
  const base = s.strtabBase & SMMU_BASE_ADDR_MASK;
  let addr: bigint;
  if ((s.features & SMMU_FEATURE_2LVL_STE) !== 0) {
    const strtab = alignDown(base, Math.max(5, log2size - s.sidSplit - 1 + 3));
    const l1off = Math.floor(sid / 2 ** s.sidSplit);
    const l2off = sid % 2 ** s.sidSplit;
    const l1ptr = strtab + BigInt(l1off) * 8n;
    const std = memRead64(cx.w.memory, l1ptr);
    if (std === null) {
      cx.t.rule("Q-STE-L1-READ");
      return null;
    }
    const span = Number(std & 31n);
    if (span === 0) {
      cx.t.rule("Q-STE-SPAN0");
      return null;
    }
    const max = 2 ** span - 1;
    const l2ptr = std & ~31n;
    if (cx.t.on) cx.t.event("smmuv3_find_ste_2lvl", { base: s.strtabBase, l1ptr, l1off, l2ptr, l2off, max });
    if (l2off > max) {
      cx.t.rule("Q-STE-L2-RANGE");
      return null;
    }
    addr = l2ptr + BigInt(l2off) * 64n;
  } else {
    addr = alignDown(base, log2size + 5) + BigInt(sid) * 64n;
  }
  if (cx.t.on) cx.t.event("smmuv3_get_ste", { addr });
  const w0 = memRead64(cx.w.memory, addr);
  const w1 = memRead64(cx.w.memory, addr + 8n);
  if (w0 === null || w1 === null || !isBacked(cx.w.memory, addr + 63n)) {
    cx.t.rule("Q-STE-READ");
    return null;
  }
  return { w0, w1 };
}
