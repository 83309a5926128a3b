/** Is the host's SMMU fit for what the guest is shown? (hw/arm/smmuv3-accel.c, model/qemu.md 3.2.1) */
import type { Cx } from "../cx.ts";
import type { HwInfo } from "../kernel/calls.ts";
import { HW_INFO_TYPE_ARM_SMMUV3, iommufdBackendGetDeviceInfo } from "./iommufd-backend.ts";
import { MSG } from "./messages.ts";
import { errorSetg, type QErr } from "./qerr.ts";
import { IDR0_ATS, IDR3_RIL } from "./smmuv3-regs.ts";
import { ownAccel, ownRegs, smmuOf } from "./smmuv3-state.ts";
import type { HostIommuDevice } from "./types.ts";

interface Check {
  readonly field: string;
  readonly rule: string;
  /** Which ID register, its shift and mask. */
  readonly idr: 0 | 1 | 3 | 5;
  readonly shift: number;
  readonly mask: number;
  readonly fails: (host: number, qemu: number) => boolean;
}

const differs = (h: number, q: number): boolean => h !== q;
const less = (h: number, q: number): boolean => h < q;
const more = (h: number, q: number): boolean => h > q;

/** In the order of the C; the first that fails decides. */
export const HW_CHECKS: readonly Check[] = [
  { field: "STLEVEL", rule: "Q-HW-STLEVEL", idr: 0, shift: 27, mask: 3, fails: differs },
  { field: "TTENDIAN", rule: "Q-HW-TTENDIAN", idr: 0, shift: 21, mask: 3, fails: more },
  { field: "TTF", rule: "Q-HW-TTF", idr: 0, shift: 2, mask: 3, fails: less },
  { field: "SIDSIZE", rule: "Q-HW-SIDSIZE", idr: 1, shift: 0, mask: 63, fails: less },
  { field: "SSIDSIZE", rule: "Q-HW-SSIDSIZE", idr: 1, shift: 6, mask: 31, fails: less },
  { field: "RIL", rule: "Q-HW-RIL", idr: 3, shift: 10, mask: 1, fails: less },
  { field: "OAS", rule: "Q-HW-OAS", idr: 5, shift: 0, mask: 7, fails: less },
  { field: "ATS", rule: "Q-HW-ATS", idr: 0, shift: 10, mask: 1, fails: less },
  { field: "GRAN4K", rule: "Q-HW-GRAN4K", idr: 5, shift: 4, mask: 1, fails: differs },
  { field: "GRAN16K", rule: "Q-HW-GRAN16K", idr: 5, shift: 5, mask: 1, fails: differs },
  { field: "GRAN64K", rule: "Q-HW-GRAN64K", idr: 5, shift: 6, mask: 1, fails: differs },
];

/** `auto` properties take the first device's host values, once; a set that fails later does not take them back. */
function autoFinalise(cx: Cx, v: number, info: HwInfo): void {
  const accel = smmuOf(cx, v).accel;
  if (!accel.autoMode || accel.autoFinalised) return;
  cx.t.rule("Q-SET-AUTO");
  const spec = cx.setup.vsmmus[v];
  const idr = smmuOf(cx, v).regs.idr.slice();
  if (spec?.ats === "auto") idr[0] = ((idr[0] ?? 0) & ~IDR0_ATS) | (info.idr0 & IDR0_ATS);
  if (spec?.ril === "auto") idr[3] = ((idr[3] ?? 0) & ~IDR3_RIL) | (info.idr3 & IDR3_RIL);
  if (spec?.ssidsize === "auto") idr[1] = ((idr[1] ?? 0) & ~(31 << 6)) | (info.idr1 & (31 << 6));
  ownRegs(cx, v).idr = idr;
  ownAccel(cx, v).autoFinalised = true;
}

/** smmuv3-accel.c:smmuv3_accel_check_hw_compatible. */
function smmuv3AccelCheckHwCompatible(cx: Cx, e: QErr, v: number, info: HwInfo): boolean {
  const idr = smmuOf(cx, v).regs.idr;
  const hostIdr = [info.idr0, info.idr1, info.idr2, info.idr3, info.idr4, info.idr5];
  for (const c of HW_CHECKS) {
    const host = ((hostIdr[c.idr] ?? 0) >>> c.shift) & c.mask;
    const qemu = ((idr[c.idr] ?? 0) >>> c.shift) & c.mask;
    if (!c.fails(host, qemu)) continue;
    cx.t.rule(c.rule, `host ${host}, vSMMU ${qemu}`);
    return errorSetg(e, MSG.hwField(c.field, host, qemu));
  }
  return true;
}

/** smmuv3-accel.c:smmuv3_accel_hw_compatible. */
export function smmuv3AccelHwCompatible(cx: Cx, e: QErr, v: number, h: HostIommuDevice): boolean {
  const info = iommufdBackendGetDeviceInfo(cx, e, h.backend, h.devid);
  if (info === null) return false;
  if (info.type !== HW_INFO_TYPE_ARM_SMMUV3) {
    cx.t.rule("Q-HW-TYPE");
    return errorSetg(e, MSG.wrongInfoType(info.type));
  }
  if (cx.setup.qemu.autoProps) autoFinalise(cx, v, info);
  return smmuv3AccelCheckHwCompatible(cx, e, v, info);
}
