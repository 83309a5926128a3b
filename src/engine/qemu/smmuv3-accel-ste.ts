/** How a guest STE becomes a host attachment (hw/arm/smmuv3-accel.c:smmuv3_accel_install_ste, model/qemu.md 3.8). */
import { type Cx, fresh } from "../cx.ts";
import { type Cause, noteAttached, noteMissed } from "../provenance.ts";
import {
  iommufdBackendAllocHwpt,
  iommufdBackendAllocVdev,
  iommufdBackendFreeId,
  iommufdBackendInvalidateCache,
} from "./iommufd-backend.ts";
import { MSG } from "./messages.ts";
import { die, errorFree, errorReportErr, errorSetg, newErr, type QErr, type Report } from "./qerr.ts";
import { type Ste, smmuFindSte, smmuGetSid } from "./smmu-common.ts";
import { GBPA_ABORT } from "./smmuv3-regs.ts";
import { ownSlot, repaired, slotOf, smmuEnabled, smmuOf } from "./smmuv3-state.ts";
import type { HostIommuDevice, QemuViommu } from "./types.ts";
import { deviceName, hostIommuDeviceIommufdAttachHwpt, ownDeviceIds } from "./vfio-cdev.ts";

/** V, Config, S1Fmt, S1ContextPtr[55:6], S1CDMax. */
export const STE0_MASK = 0xf8ff_ffff_ffff_ffffn;
/** S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS. */
export const STE1_MASK = 0x3800_00ffn;

const STE_V = 1n;

/** smmuv3-accel.c:smmuv3_accel_gbpa_hwpt: the HWPT for a disabled SMMU. Only GBPA.ABORT counts. */
export function smmuv3AccelGbpaHwpt(cx: Cx, v: number): number {
  const s = smmuOf(cx, v);
  return (s.regs.gbpa & GBPA_ABORT) !== 0 ? s.accel.abortHwptId : s.accel.bypassHwptId;
}

/** smmuv3-accel.c:smmuv3_accel_alloc_vdev: once per device; the vSID is frozen here. */
function smmuv3AccelAllocVdev(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  sid: number,
  h: HostIommuDevice,
  viommu: QemuViommu,
): boolean {
  if (slotOf(cx, v, slot).vdev !== null) return true;
  cx.t.rule("Q-STE-VDEV");
  const id = iommufdBackendAllocVdev(
    cx,
    e,
    h.backend,
    h.devid,
    viommu.viommuId,
    sid,
    `${deviceName(cx, h.dev)}.vdevice`,
  );
  if (id === 0) return false;
  if (cx.setup.qemu.vdevAttachBypass) {
    cx.t.rule("Q-STE-VDEV-BYPASS");
    if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, smmuOf(cx, v).accel.bypassHwptId)) {
      if (!e.twice) iommufdBackendFreeId(cx, r, h.backend, id);
      return false;
    }
    noteAttached(cx, h.dev, "cfgi", smmuEnabled(smmuOf(cx, v).regs));
  }
  ownSlot(cx, v, slot).vdev = fresh(cx, { id, virtId: sid });
  ownDeviceIds(cx, h.dev).vdevice = id;
  return true;
}

/** What the STE asks for. `none`: leave everything as it is. */
export type SteChoice = "abort" | "bypass" | "gbpa" | "translate" | "none" | "error";

function chooseByConfig(cx: Cx, ste: Ste, onTranslate: boolean): SteChoice {
  const k = cx.setup.qemu;
  const valid = (ste.w0 & STE_V) !== 0n;
  const config = Number((ste.w0 >> 1n) & 7n);
  if (config === 7 && valid && k.config7 === "error") {
    cx.t.rule("Q-STE-CONFIG");
    return "error";
  }
  if (k.cfgiAbortBypass === "only-from-translate") {
    if (valid && (config & 1) !== 0) return "translate";
    if (!onTranslate) {
      cx.t.rule("Q-STE-ONLY-TRANSLATE");
      return "none";
    }
    return (config & 4) === 0 ? "abort" : "bypass";
  }
  if (!valid || (config & 4) === 0) {
    cx.t.rule("Q-STE-ABORT");
    return "abort";
  }
  if (config === 4) {
    cx.t.rule("Q-STE-BYPASS");
    return "bypass";
  }
  if (config === 6) {
    cx.t.rule("Q-STE-CONFIG");
    return "error";
  }
  cx.t.rule("Q-STE-TRANSLATE");
  return "translate";
}

/**
 * What a CFGI makes of an STE that was found, for the device in `slot` (-1: a slot without one): the part of
 * smmuv3_accel_install_ste that only decides.
 */
export function smmuv3AccelSteChoice(cx: Cx, v: number, slot: number, ste: Ste): SteChoice {
  if (cx.setup.qemu.cfgiSmmuen && !smmuEnabled(smmuOf(cx, v).regs)) {
    cx.t.rule("Q-STE-DISABLED");
    return "gbpa";
  }
  return chooseByConfig(cx, ste, slot >= 0 && slotOf(cx, v, slot).s1Hwpt !== 0);
}

function preparedHwpt(cx: Cx, v: number, choice: "abort" | "bypass" | "gbpa"): number {
  const accel = smmuOf(cx, v).accel;
  if (choice === "gbpa") return smmuv3AccelGbpaHwpt(cx, v);
  return choice === "abort" ? accel.abortHwptId : accel.bypassHwptId;
}

/** Traces of v4 and v5; later releases have one event per install. */
function traceOldUninstall(cx: Cx, sid: number, cfg: string, hwpt: number): void {
  if (cx.t.on && cx.setup.qemu.traceNames === "v5")
    cx.t.event("smmuv3_accel_uninstall_nested_ste", { sid, cfg, hwpt });
}

const oldTrace = (cx: Cx): boolean => cx.setup.qemu.traceNames === "v4" || cx.setup.qemu.traceNames === "v5";

/** Destroys the translate HWPT on record. */
function freeS1(cx: Cx, r: Report, v: number, slot: number, h: HostIommuDevice): void {
  const s1 = slotOf(cx, v, slot).s1Hwpt;
  if (s1 === 0) return;
  iommufdBackendFreeId(cx, r, h.backend, s1);
  ownSlot(cx, v, slot).s1Hwpt = 0;
}

/** Attaches abort, bypass or GBPA's HWPT and frees the translate HWPT on record. */
function installPrepared(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  sid: number,
  h: HostIommuDevice,
  hwpt: number,
): boolean {
  if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, hwpt)) {
    cx.t.rule("Q-STE-ATTACH-FAIL");
    return false;
  }
  freeS1(cx, r, v, slot, h);
  const type = hwpt === smmuOf(cx, v).accel.abortHwptId ? "abort" : "bypass";
  if (oldTrace(cx)) traceOldUninstall(cx, sid, type, hwpt);
  else if (cx.t.on) cx.t.event("smmuv3_accel_install_ste", { vsid: sid, type, hwpt_id: hwpt });
  return true;
}

/** smmuv3-accel.c:smmuv3_accel_dev_alloc_translate and the attach after it. */
function installTranslate(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  sid: number,
  h: HostIommuDevice,
  viommu: QemuViommu,
  ste: Ste,
): boolean {
  if (cx.setup.qemu.translateReplace === "break-before-make" && slotOf(cx, v, slot).s1Hwpt !== 0) {
    cx.t.rule("Q-STE-BREAK");
    if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, smmuOf(cx, v).accel.abortHwptId)) return false;
    noteAttached(cx, h.dev, "cfgi", smmuEnabled(smmuOf(cx, v).regs));
    freeS1(cx, r, v, slot, h);
  }
  const w0 = ste.w0 & STE0_MASK;
  const w1 = ste.w1 & STE1_MASK;
  const id = iommufdBackendAllocHwpt(cx, e, h.backend, {
    devId: h.devid,
    ptId: viommu.viommuId,
    flags: 0,
    ste: { w0, w1 },
    name: `${deviceName(cx, h.dev)}.s1`,
  });
  if (id === 0) {
    cx.t.rule("Q-STE-ALLOC-FAIL");
    return false;
  }
  if (cx.t.on && !oldTrace(cx))
    cx.t.event("smmuv3_accel_translate_ste", {
      vsid: slotOf(cx, v, slot).vdev?.virtId ?? sid,
      hwpt_id: id,
      ste_1: w1,
      ste_0: w0,
    });
  if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, id)) {
    cx.t.rule("Q-STE-ATTACH-FAIL");
    if (!e.twice) iommufdBackendFreeId(cx, r, h.backend, id);
    return false;
  }
  if (slotOf(cx, v, slot).s1Hwpt !== 0) {
    cx.t.rule("Q-STE-MAKE");
    freeS1(cx, r, v, slot, h);
  }
  ownSlot(cx, v, slot).s1Hwpt = id;
  ownDeviceIds(cx, h.dev).s1 = id;
  if (cx.t.on) {
    if (oldTrace(cx)) cx.t.event("smmuv3_accel_install_nested_ste", { sid, ste_1: w1, ste_0: w0 });
    else cx.t.event("smmuv3_accel_install_ste", { vsid: sid, type: "translate", hwpt_id: id });
  }
  return true;
}

/** What an install came to. `kept`: nothing to do; `missed`: no STE; `config`: an STE that QEMU refuses. */
type Install = "moved" | "kept" | "missed" | "config" | "failed";

function noteInstall(cx: Cx, v: number, slot: number, outcome: Install, cause: Cause): void {
  const dev = slotOf(cx, v, slot).hiodi?.dev;
  if (dev === undefined) return;
  const enabled = smmuEnabled(smmuOf(cx, v).regs);
  if (outcome === "moved") noteAttached(cx, dev, cause, enabled);
  else if (outcome === "missed") noteMissed(cx, dev, enabled ? "miss" : "miss-disabled");
  else if (outcome === "kept") noteMissed(cx, dev, "untaken");
  else if (outcome === "config") noteMissed(cx, dev, "config");
  else if (outcome === "failed") noteMissed(cx, dev, enabled ? "install" : "install-disabled");
}

function installSte(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  sid: number,
  missAborts: boolean,
): Install {
  const k = cx.setup.qemu;
  const s = smmuOf(cx, v);
  const dev = slotOf(cx, v, slot);
  if (dev.viommuPtr === "stale") {
    cx.t.rule("Q-STE-STALE");
    die(cx, r, MSG.freedViommu(dev.bdf));
    return "failed";
  }
  const viommu = s.accel.viommu;
  const h = dev.hiodi;
  if (viommu === null || h === null) {
    cx.t.rule("Q-STE-NONE");
    return "kept";
  }
  if (!smmuv3AccelAllocVdev(cx, r, e, v, slot, sid, h, viommu)) {
    cx.t.rule("Q-STE-VDEV-FAIL");
    return "failed";
  }
  const ste = smmuFindSte(cx, s.regs, sid);
  let choice: SteChoice;
  if (ste === null) {
    if (smmuEnabled(s.regs) && (missAborts || repaired(cx, "ste-miss-aborts"))) {
      cx.t.rule("Q-FIX-STE-MISS");
      choice = "abort";
    } else {
      cx.t.rule("Q-STE-MISS");
      if (k.steMissSetsError) errorSetg(e, MSG.steNotFound(sid));
      return "missed";
    }
  } else choice = smmuv3AccelSteChoice(cx, v, slot, ste);
  if (choice === "none") return "kept";
  if (choice === "error") {
    errorSetg(e, MSG.invalidSte(smmuGetSid(dev)));
    return "config";
  }
  const ok =
    choice === "translate"
      ? installTranslate(cx, r, e, v, slot, sid, h, viommu, ste as Ste)
      : installPrepared(cx, r, e, v, slot, sid, h, preparedHwpt(cx, v, choice));
  return ok ? "moved" : "failed";
}

/**
 * smmuv3-accel.c:smmuv3_accel_install_ste. True: installed, or nothing to install. Any cause but a CFGI is a what-if
 * repair that re-evaluates the device, so that a missing STE means abort.
 */
export function smmuv3AccelInstallSte(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  sid: number,
  cause: Cause = "cfgi",
): boolean {
  const missAborts = cause !== "cfgi";
  if (cx.t.on) cx.t.call("qemu-accel", "smmuv3_accel_install_ste", { vsmmu: v, sid });
  const outcome = installSte(cx, r, e, v, slot, sid, missAborts);
  noteInstall(cx, v, slot, outcome, cause);
  const ok = outcome !== "failed" && outcome !== "config";
  if (cx.t.on) cx.t.ret(ok, e.errno);
  return ok;
}

/** smmuv3-accel.c:smmuv3_accel_install_ste_range: every listed device whose SID is in the range, in list order. */
export function smmuv3AccelInstallSteRange(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  start: number,
  end: number,
  cause: Cause = "cfgi",
): boolean {
  const s = smmuOf(cx, v);
  if (s.accel.viommu === null) return true;
  const stop = cx.setup.qemu.rangeFailure === "stop";
  let allOk = true;
  const local = stop ? e : newErr();
  for (const slot of s.accel.deviceList) {
    const sid = smmuGetSid(slotOf(cx, v, slot));
    if (sid < start || sid > end) continue;
    const ok = smmuv3AccelInstallSte(cx, r, local, v, slot, sid, cause);
    if (local.twice) {
      cx.t.rule("Q-RANGE-ASSERT");
      die(cx, r, MSG.assertSet("smmuv3_accel_install_nested_ste_range"), local.errno);
      return false;
    }
    if (ok) continue;
    if (stop) {
      cx.t.rule("Q-RANGE-STOP");
      return false;
    }
    cx.t.rule("Q-RANGE-CONTINUE");
    errorReportErr(cx, r, local);
    errorReportHint(cx, r, MSG.installHint(sid));
    allOk = false;
  }
  if (stop) errorFree(e);
  return allOk ? true : errorSetg(e, MSG.installSummary);
}

function errorReportHint(cx: Cx, r: Report, text: string): void {
  const hint = newErr();
  errorSetg(hint, text);
  errorReportErr(cx, r, hint);
}

/**
 * smmuv3-accel.c:smmuv3_accel_issue_inv_cmd: the raw guest command as one entry. `slot` -1 for commands that name no
 * device; others are forwarded only if the device has a vDEVICE.
 */
export function smmuv3AccelIssueInvCmd(
  cx: Cx,
  e: QErr,
  v: number,
  q0: bigint,
  q1: bigint,
  slot: number,
): boolean {
  const viommu = smmuOf(cx, v).accel.viommu;
  if (viommu === null) {
    cx.t.rule("Q-INV-NO-VIOMMU");
    return true;
  }
  if (slot >= 0 && slotOf(cx, v, slot).vdev === null) {
    cx.t.rule("Q-INV-NO-VDEV");
    return true;
  }
  cx.t.rule("Q-INV-FORWARD");
  return iommufdBackendInvalidateCache(cx, e, viommu.backend, viommu.viommuId, q0, q1);
}
