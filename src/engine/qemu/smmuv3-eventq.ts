/** The guest's event queue, GERROR and the interrupt lines (hw/arm/smmuv3.c). */
import type { Cx } from "../cx.ts";
import { isBacked, memWrite64 } from "../memory.ts";
import {
  GERROR_EVENTQ_ABT_ERR,
  IRQ_CTRL_EVENTQ_IRQEN,
  IRQ_CTRL_GERROR_IRQEN,
  SMMU_BASE_ADDR_MASK,
} from "./smmuv3-regs.ts";
import { eventqEnabled, ownRegs, smmuOf } from "./smmuv3-state.ts";
import type { Smmuv3Regs } from "./types.ts";

export const SMMU_IRQ_EVTQ = 0;
export const SMMU_IRQ_CMD_SYNC = 2;
export const SMMU_IRQ_GERROR = 3;

const EVENT_NAMES: Readonly<Record<number, string>> = {
  0: "no recorded event",
  1: "SMMU_EVT_F_UUT",
  2: "SMMU_EVT_C_BAD_STREAMID",
  3: "SMMU_EVT_F_STE_FETCH",
  4: "SMMU_EVT_C_BAD_STE",
  5: "SMMU_EVT_F_BAD_ATS_TREQ",
  6: "SMMU_EVT_F_STREAM_DISABLED",
  7: "SMMU_EVT_F_TRANS_FORBIDDEN",
  8: "SMMU_EVT_C_BAD_SUBSTREAMID",
  9: "SMMU_EVT_F_CD_FETCH",
  10: "SMMU_EVT_C_BAD_CD",
  11: "SMMU_EVT_F_WALK_EABT",
  16: "SMMU_EVT_F_TRANSLATION",
  17: "SMMU_EVT_F_ADDR_SIZE",
  18: "SMMU_EVT_F_ACCESS",
  19: "SMMU_EVT_F_PERMISSION",
  32: "SMMU_EVT_F_TLB_CONFLICT",
  33: "SMMU_EVT_F_CFG_CONFLICT",
  36: "SMMU_EVT_E_PAGE_REQ",
};

/** smmuv3-internal.h:smmu_event_string. */
export function smmuEventString(type: number): string {
  return EVENT_NAMES[type] ?? (type < 0x25 ? "UNKNOWN" : "INVALID");
}

/** smmuv3.c:smmuv3_trigger_irq for the lines other than GERROR. */
export function smmuv3TriggerIrq(cx: Cx, v: number, irq: number): void {
  if (irq === SMMU_IRQ_EVTQ && (smmuOf(cx, v).regs.irqCtrl & IRQ_CTRL_EVENTQ_IRQEN) === 0) return;
  if (cx.t.on) cx.t.event("smmuv3_trigger_irq", { irq });
}

/** smmuv3.c:smmuv3_trigger_irq(GERROR): toggles the bits that are not pending, then pulses the line if enabled. */
export function smmuv3TriggerGerror(cx: Cx, v: number, mask: number): void {
  const s = smmuOf(cx, v).regs;
  const fresh = ~(s.gerror ^ s.gerrorn) & mask;
  if (fresh === 0) {
    cx.t.rule("Q-GERR-PENDING");
    return;
  }
  cx.t.rule("Q-GERR-TOGGLE");
  const regs = ownRegs(cx, v);
  regs.gerror = (regs.gerror ^ fresh) >>> 0;
  if (cx.t.on) {
    cx.t.event("smmuv3_write_gerror", { toggled: fresh, gerror: regs.gerror });
    if ((regs.irqCtrl & IRQ_CTRL_GERROR_IRQEN) !== 0)
      cx.t.event("smmuv3_trigger_irq", { irq: SMMU_IRQ_GERROR });
  }
}

/** smmuv3-internal.h:smmu_evtq_full. */
export function smmuv3EventqFull(s: Smmuv3Regs): boolean {
  const wrap = 2 ** s.eventqLog2size;
  return ((s.eventqCons ^ s.eventqProd) & (2 * wrap - 1)) === wrap;
}

/** smmuv3.c:smmuv3_write_eventq: false if the queue is off, full or unwritable. */
function smmuv3WriteEventq(cx: Cx, v: number, words: readonly bigint[]): boolean {
  const s = smmuOf(cx, v).regs;
  if (!eventqEnabled(s)) {
    cx.t.rule("Q-EVT-DISABLED");
    return false;
  }
  const wrap = 2 ** s.eventqLog2size;
  const mask = 2 * wrap - 1;
  if (smmuv3EventqFull(s)) {
    cx.t.rule("Q-EVT-FULL");
    return false;
  }
  const at = (s.eventqBase & SMMU_BASE_ADDR_MASK) + BigInt(32 * (s.eventqProd & (wrap - 1)));
  if (!isBacked(cx.w.memory, at) || !isBacked(cx.w.memory, at + 31n)) {
    cx.t.rule("Q-EVT-MEMORY");
    return false;
  }
  for (let i = 0; i < 4; i++) memWrite64(cx, at + BigInt(8 * i), words[i] ?? 0n);
  cx.t.rule("Q-EVT-WRITTEN");
  const regs = ownRegs(cx, v);
  regs.eventqProd = (regs.eventqProd + 1) & mask;
  if (((regs.eventqCons ^ regs.eventqProd) & mask) !== 0) smmuv3TriggerIrq(cx, v, SMMU_IRQ_EVTQ);
  return true;
}

/** smmuv3.c:smmuv3_propagate_event: a host record goes to the guest unchanged, or is lost with EVENTQ_ABT_ERR. */
export function smmuv3PropagateEvent(cx: Cx, v: number, words: readonly bigint[]): void {
  const w0 = words[0] ?? 0n;
  if (cx.t.on)
    cx.t.event("smmuv3_propagate_event", {
      type: smmuEventString(Number(w0 & 0xffn)),
      sid: Number((w0 >> 32n) & 0xffff_ffffn),
    });
  if (!smmuv3WriteEventq(cx, v, words)) smmuv3TriggerGerror(cx, v, GERROR_EVENTQ_ABT_ERR);
}
