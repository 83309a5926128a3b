/** Short ways to the parts of one vSMMU, for reading and for changing. */
import { type Cx, type Draft, own } from "../cx.ts";
import type { Repair } from "../profile.ts";
import { CR0_EVENTQEN, CR0_SMMUEN } from "./smmuv3-regs.ts";
import type { AccelDevice, SmmuIds, Smmuv3AccelState, Smmuv3Regs, Smmuv3State } from "./types.ts";

export function smmuOf(cx: Cx, v: number): Smmuv3State {
  return cx.w.qemu.smmus[v] as Smmuv3State;
}

export function slotOf(cx: Cx, v: number, slot: number): AccelDevice {
  return smmuOf(cx, v).slots[slot] as AccelDevice;
}

export function ownSmmu(cx: Cx, v: number): Draft<Smmuv3State> {
  return own(cx, own(cx, own(cx, cx.w, "qemu"), "smmus"), v);
}

export function ownRegs(cx: Cx, v: number): Draft<Smmuv3Regs> {
  return own(cx, ownSmmu(cx, v), "regs");
}

export function ownAccel(cx: Cx, v: number): Draft<Smmuv3AccelState> {
  return own(cx, ownSmmu(cx, v), "accel");
}

export function ownSmmuIds(cx: Cx, v: number): Draft<SmmuIds> {
  return own(cx, ownAccel(cx, v), "ids");
}

export function ownSlot(cx: Cx, v: number, slot: number): Draft<AccelDevice> {
  return own(cx, own(cx, ownSmmu(cx, v), "slots"), slot);
}

export function smmuEnabled(s: Smmuv3Regs): boolean {
  return (s.cr0 & CR0_SMMUEN) !== 0;
}

export function eventqEnabled(s: Smmuv3Regs): boolean {
  return (s.cr0 & CR0_EVENTQEN) !== 0;
}

export function vsmmuName(cx: Cx, v: number): string {
  return cx.setup.vsmmus[v]?.name ?? `vsmmu${v}`;
}

/** A what-if repair is switched on. */
export function repaired(cx: Cx, repair: Repair): boolean {
  return cx.setup.repairs.length > 0 && cx.setup.repairs.includes(repair);
}
