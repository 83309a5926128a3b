/** Devices of an accelerated vSMMU: set, unset, GBPA, reset (hw/arm/smmuv3-accel.c, model/qemu.md 3.2–3.5). */
import { type Cx, fresh, own } from "../cx.ts";
import { type Cause, noteAttached, noteMissed } from "../provenance.ts";
import {
  backendFile,
  HW_INFO_FLAG_INPUT_TYPE,
  HW_INFO_TYPE_TEGRA241_CMDQV,
  iommufdBackendAllocHwpt,
  iommufdBackendAllocViommu,
  iommufdBackendFreeId,
  iommufdBackendGetDeviceInfo,
} from "./iommufd-backend.ts";
import { MSG } from "./messages.ts";
import {
  die,
  errorFree,
  errorReport,
  errorReportErr,
  errorSetg,
  isDead,
  newErr,
  type QErr,
  type Report,
} from "./qerr.ts";
import { smmuGetSid } from "./smmu-common.ts";
import { smmuv3AccelAllocVeventq, smmuv3AccelFreeVeventq } from "./smmuv3-accel-events.ts";
import { smmuv3AccelHwCompatible } from "./smmuv3-accel-hw.ts";
import {
  smmuv3AccelGbpaHwpt,
  smmuv3AccelInstallSte,
  smmuv3AccelInstallSteRange,
} from "./smmuv3-accel-ste.ts";
import {
  ownAccel,
  ownSlot,
  ownSmmu,
  ownSmmuIds,
  repaired,
  slotOf,
  smmuEnabled,
  smmuOf,
  vsmmuName,
} from "./smmuv3-state.ts";
import type { HostIommuDevice } from "./types.ts";
import { hostIommuDeviceIommufdAttachHwpt } from "./vfio-cdev.ts";

/** vSTEs of the two HWPTs every vSMMU prepares: V with Config 0, and V with Config 4. */
const ABORT_STE = Object.freeze({ w0: 0x1n, w1: 0n });
const BYPASS_STE = Object.freeze({ w0: 0x9n, w1: 0n });

/** smmuv3-accel.c:smmuv3_accel_get_dev: the slot of a bus address, made on first use and never freed. */
export function smmuv3AccelGetDev(cx: Cx, v: number, bdf: number): number {
  const slots = smmuOf(cx, v).slots;
  for (let i = 0; i < slots.length; i++) if (slots[i]?.bdf === bdf) return i;
  const list = own(cx, ownSmmu(cx, v), "slots");
  list.push(fresh(cx, { bdf, hiodi: null, s1Hwpt: 0, vdev: null, viommuPtr: "none" }));
  return list.length - 1;
}

/** The GBPA attach of set. */
function attachGbpa(cx: Cx, e: QErr, v: number, h: HostIommuDevice): boolean {
  if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, smmuv3AccelGbpaHwpt(cx, v))) return false;
  noteAttached(cx, h.dev, "set", smmuEnabled(smmuOf(cx, v).regs));
  return true;
}

/** Puts a device where SMMUEN, GBPA and its STE say; used by the what-if repairs of set. */
function attachByState(cx: Cx, r: Report, e: QErr, v: number, slot: number, h: HostIommuDevice): boolean {
  if (!smmuEnabled(smmuOf(cx, v).regs)) return attachGbpa(cx, e, v, h);
  const draft = ownSlot(cx, v, slot);
  draft.hiodi = h;
  draft.viommuPtr = "live";
  const ok = smmuv3AccelInstallSte(cx, r, e, v, slot, smmuGetSid(slotOf(cx, v, slot)), "set-ste");
  if (ok) return true;
  const vdev = slotOf(cx, v, slot).vdev;
  if (vdev !== null) iommufdBackendFreeId(cx, r, h.backend, vdev.id);
  const undo = ownSlot(cx, v, slot);
  undo.vdev = null;
  undo.hiodi = null;
  undo.viommuPtr = "none";
  return false;
}

/** smmuv3-accel.c:smmuv3_accel_free_viommu: vEVENTQ, bypass, abort, vIOMMU. No result is looked at. */
function smmuv3AccelFreeViommu(cx: Cx, r: Report, v: number): void {
  const s = smmuOf(cx, v);
  const viommu = s.accel.viommu;
  if (viommu === null) return;
  smmuv3AccelFreeVeventq(cx, r, v, true);
  iommufdBackendFreeId(cx, r, viommu.backend, s.accel.bypassHwptId);
  iommufdBackendFreeId(cx, r, viommu.backend, s.accel.abortHwptId);
  iommufdBackendFreeId(cx, r, viommu.backend, viommu.viommuId);
  ownAccel(cx, v).viommu = null;
  if (!cx.setup.qemu.staleViommuPointer) return;
  for (let i = 0; i < s.slots.length; i++)
    if (s.slots[i]?.viommuPtr === "live") ownSlot(cx, v, i).viommuPtr = "stale";
}

/** The vIOMMU with its abort and bypass HWPTs and the vEVENTQ; null with everything undone on failure. */
function allocObjects(cx: Cx, r: Report, e: QErr, v: number, h: HostIommuDevice): boolean {
  const name = vsmmuName(cx, v);
  if (cx.setup.qemu.cmdqvProbe) {
    cx.t.rule("Q-SET-CMDQV");
    const probe = newErr();
    iommufdBackendGetDeviceInfo(
      cx,
      probe,
      h.backend,
      h.devid,
      HW_INFO_FLAG_INPUT_TYPE,
      HW_INFO_TYPE_TEGRA241_CMDQV,
    );
  }
  const viommuId = iommufdBackendAllocViommu(cx, e, h.backend, h.devid, h.hwptId, `${name}.viommu`);
  if (viommuId === 0) {
    cx.t.rule("Q-SET-5");
    return false;
  }
  const accel = ownAccel(cx, v);
  accel.viommu = fresh(cx, { backend: h.backend, s2HwptId: h.hwptId, viommuId });
  const ids = ownSmmuIds(cx, v);
  ids.file = backendFile(cx, h.backend);
  ids.viommu = viommuId;
  const alloc = (ste: { w0: bigint; w1: bigint }, hwptName: string): number =>
    iommufdBackendAllocHwpt(cx, e, h.backend, {
      devId: h.devid,
      ptId: viommuId,
      flags: 0,
      ste,
      name: `${name}.${hwptName}`,
    });
  accel.abortHwptId = alloc(ABORT_STE, "abort");
  if (accel.abortHwptId === 0) {
    cx.t.rule("Q-SET-6-ABORT");
    iommufdBackendFreeId(cx, r, h.backend, viommuId);
    accel.viommu = null;
    return false;
  }
  ids.abort = accel.abortHwptId;
  accel.bypassHwptId = alloc(BYPASS_STE, "bypass");
  if (accel.bypassHwptId === 0) {
    cx.t.rule("Q-SET-6-BYPASS");
    iommufdBackendFreeId(cx, r, h.backend, accel.abortHwptId);
    iommufdBackendFreeId(cx, r, h.backend, viommuId);
    accel.viommu = null;
    return false;
  }
  ids.bypass = accel.bypassHwptId;
  if (!smmuv3AccelAllocVeventq(cx, e, v)) {
    cx.t.rule("Q-SET-7");
    undoObjects(cx, r, v, h);
    return false;
  }
  return true;
}

/** Unwinding of step 8: the poll of a queue just made has not begun, so that nothing pins its file. */
function undoObjects(cx: Cx, r: Report, v: number, h: HostIommuDevice): void {
  smmuv3AccelFreeVeventq(cx, r, v, false);
  const accel = ownAccel(cx, v);
  iommufdBackendFreeId(cx, r, h.backend, accel.bypassHwptId);
  iommufdBackendFreeId(cx, r, h.backend, accel.abortHwptId);
  if (accel.viommu !== null) iommufdBackendFreeId(cx, r, h.backend, accel.viommu.viommuId);
  accel.viommu = null;
}

/** smmuv3-accel.c:smmuv3_accel_alloc_viommu, with the first device's attach. */
function smmuv3AccelAllocViommu(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  h: HostIommuDevice,
): boolean {
  if (!allocObjects(cx, r, e, v, h)) return false;
  let ok = true;
  if (repaired(cx, "set-by-smmuen")) {
    cx.t.rule("Q-FIX-SET-FIRST");
    ok = attachByState(cx, r, e, v, slot, h);
  } else if (cx.setup.qemu.setAttach === "first") {
    cx.t.rule("Q-SET-8");
    ok = attachGbpa(cx, e, v, h);
  } else cx.t.rule("Q-SET-NO-ATTACH");
  if (ok) return true;
  cx.t.rule("Q-SET-8-FAIL");
  undoObjects(cx, r, v, h);
  return false;
}

function setIommuDevice(cx: Cx, r: Report, e: QErr, v: number, slot: number, h: HostIommuDevice): boolean {
  const k = cx.setup.qemu;
  const old = slotOf(cx, v, slot).hiodi;
  if (old !== null) {
    cx.t.rule("Q-SET-2");
    return old.dev === h.dev && old.devid === h.devid ? true : errorSetg(e, MSG.associated(old.devid));
  }
  if (k.hwCheck) {
    if (!smmuv3AccelHwCompatible(cx, e, v, h)) {
      cx.t.rule("Q-SET-3");
      return false;
    }
  } else cx.t.rule("Q-SET-NO-CHECK");
  if (smmuOf(cx, v).accel.viommu !== null) {
    if (repaired(cx, "set-attaches")) {
      cx.t.rule("Q-FIX-SET-NEXT");
      if (!attachByState(cx, r, e, v, slot, h)) return false;
    } else cx.t.rule("Q-SET-4");
  } else if (!smmuv3AccelAllocViommu(cx, r, e, v, slot, h)) {
    if (k.viommuErrorAsserts) {
      cx.t.rule("Q-SET-ASSERT");
      die(cx, r, MSG.assertSet("smmuv3_accel_set_iommu_device"), e.errno);
      return false;
    }
    e.msg = `${e.msg ?? ""}; ${MSG.viommuHint(h.devid)}`;
    return false;
  }
  cx.t.rule("Q-SET-9");
  const draft = ownSlot(cx, v, slot);
  draft.hiodi = h;
  draft.viommuPtr = "live";
  const accel = ownAccel(cx, v);
  accel.deviceList = [slot, ...accel.deviceList];
  if (cx.t.on)
    cx.t.event("smmuv3_accel_set_iommu_device", {
      devfn: draft.bdf & 0xff,
      devid: h.devid,
      sid: draft.bdf,
    });
  return true;
}

/** smmuv3-accel.c:smmuv3_accel_set_iommu_device. */
export function smmuv3AccelSetIommuDevice(
  cx: Cx,
  r: Report,
  e: QErr,
  v: number,
  slot: number,
  h: HostIommuDevice,
): boolean {
  if (cx.t.on) cx.t.call("qemu-accel", "smmuv3_accel_set_iommu_device", { vsmmu: v, device: h.dev });
  const ok = setIommuDevice(cx, r, e, v, slot, h);
  if (cx.t.on) cx.t.ret(ok, e.errno);
  return ok;
}

function unsetIommuDevice(cx: Cx, r: Report, v: number, slot: number): void {
  const k = cx.setup.qemu;
  const h = slotOf(cx, v, slot).hiodi;
  if (h === null) return;
  cx.t.rule("Q-UNSET-S2");
  const e = newErr();
  if (!hostIommuDeviceIommufdAttachHwpt(cx, e, h, h.hwptId)) {
    cx.t.rule("Q-UNSET-S2-FAIL");
    noteMissed(cx, h.dev, "unset");
    if (k.traceNames === "11.1") errorReportErr(cx, r, e);
    errorReport(cx, r, MSG.noDefaultAttach(h.devid), e.errno);
  } else noteAttached(cx, h.dev, "unset", smmuEnabled(smmuOf(cx, v).regs));
  const draft = ownSlot(cx, v, slot);
  if (k.unsetFreesS1) {
    if (draft.s1Hwpt !== 0) {
      cx.t.rule("Q-UNSET-S1");
      iommufdBackendFreeId(cx, r, h.backend, draft.s1Hwpt);
      draft.s1Hwpt = 0;
    }
  } else if (draft.s1Hwpt !== 0) cx.t.rule("Q-UNSET-S1-LEAK");
  const freeVdev = (): void => {
    const viommu = smmuOf(cx, v).accel.viommu;
    if (draft.vdev === null || viommu === null) return;
    cx.t.rule("Q-UNSET-VDEV");
    iommufdBackendFreeId(cx, r, viommu.backend, draft.vdev.id);
    draft.vdev = null;
  };
  if (!k.unsetVdevAfterUnlink) freeVdev();
  draft.hiodi = null;
  const accel = ownAccel(cx, v);
  accel.deviceList = accel.deviceList.filter((x) => x !== slot);
  if (cx.t.on)
    cx.t.event("smmuv3_accel_unset_iommu_device", {
      devfn: draft.bdf & 0xff,
      devid: k.traceNames === "v5" ? draft.bdf : h.devid,
      sid: draft.bdf,
    });
  if (k.unsetVdevAfterUnlink) freeVdev();
  if (accel.deviceList.length === 0) {
    cx.t.rule("Q-UNSET-LAST");
    smmuv3AccelFreeViommu(cx, r, v);
  }
}

/** smmuv3-accel.c:smmuv3_accel_unset_iommu_device: no step stops it. */
export function smmuv3AccelUnsetIommuDevice(cx: Cx, r: Report, v: number, slot: number): void {
  if (cx.t.on) cx.t.call("qemu-accel", "smmuv3_accel_unset_iommu_device", { vsmmu: v });
  unsetIommuDevice(cx, r, v, slot);
  if (cx.t.on) cx.t.ret(null, null);
}

/**
 * smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt: every device of the list, failures printed, the others go on. At reset
 * only the failed attach itself is printed, without hint and summary.
 */
export function smmuv3AccelAttachGbpaHwpt(
  cx: Cx,
  r: Report,
  v: number,
  cause: Extract<Cause, "gbpa" | "reset" | "cr0">,
): boolean {
  const s = smmuOf(cx, v);
  const enabled = smmuEnabled(s.regs);
  if (s.accel.viommu === null) return true;
  if (cx.t.on) cx.t.call("qemu-accel", "smmuv3_accel_attach_gbpa_hwpt", { vsmmu: v });
  const hwpt = smmuv3AccelGbpaHwpt(cx, v);
  const e = newErr();
  let allOk = true;
  for (const slot of s.accel.deviceList) {
    const h = slotOf(cx, v, slot).hiodi;
    if (h === null) continue;
    if (hostIommuDeviceIommufdAttachHwpt(cx, e, h, hwpt)) {
      noteAttached(cx, h.dev, cause, enabled);
      continue;
    }
    noteMissed(cx, h.dev, "attach");
    allOk = false;
    if (e.twice) {
      cx.t.rule("Q-GBPA-STALE");
      die(cx, r, MSG.assertSet("smmuv3_accel_attach_gbpa_hwpt"), e.errno);
      break;
    }
    cx.t.rule("Q-GBPA-FAIL");
    errorReport(cx, r, e.msg ?? "", e.errno);
    if (cause !== "reset") errorReport(cx, r, MSG.gbpaHint(hwpt, h.devid), e.errno);
    if (!cx.setup.qemu.gbpaStaleError) errorFree(e);
  }
  if (cx.t.on) cx.t.ret(allOk, r.errno);
  return allOk;
}

/** v4: bypass for the devices that have a vDEVICE, GBPA ignored. */
function resetVdevBypass(cx: Cx, r: Report, v: number): void {
  const s = smmuOf(cx, v);
  for (const slot of s.accel.deviceList) {
    const dev = slotOf(cx, v, slot);
    if (dev.hiodi === null || dev.vdev === null) continue;
    const e = newErr();
    if (hostIommuDeviceIommufdAttachHwpt(cx, e, dev.hiodi, s.accel.bypassHwptId))
      noteAttached(cx, dev.hiodi.dev, "reset", false);
    else {
      noteMissed(cx, dev.hiodi.dev, "attach");
      errorReportErr(cx, r, e);
    }
  }
}

function freeVdevs(cx: Cx, r: Report, v: number): void {
  const s = smmuOf(cx, v);
  if (s.accel.viommu === null) return;
  cx.t.rule("Q-FIX-VDEV-RESET");
  for (const slot of s.accel.deviceList) {
    const dev = slotOf(cx, v, slot);
    if (dev.vdev === null) continue;
    iommufdBackendFreeId(cx, r, s.accel.viommu.backend, dev.vdev.id);
    ownSlot(cx, v, slot).vdev = null;
  }
}

/** What-if repair 6: the queue goes, and its poll with it, so that nothing pins the file. */
export function repairFreeVeventq(cx: Cx, r: Report, v: number): void {
  if (smmuOf(cx, v).accel.veventq === null) return;
  cx.t.rule("Q-FIX-VEVENTQ");
  smmuv3AccelFreeVeventq(cx, r, v, false);
}

/** smmuv3-accel.c:smmuv3_accel_reset. Translate HWPTs, vDEVICEs and the vEVENTQ stay. */
export function smmuv3AccelReset(cx: Cx, r: Report, v: number): void {
  if (smmuOf(cx, v).accel.viommu === null) return;
  if (repaired(cx, "veventq-reset")) repairFreeVeventq(cx, r, v);
  if (repaired(cx, "vdev-reset")) freeVdevs(cx, r, v);
  if (cx.setup.qemu.reset === "gbpa") {
    cx.t.rule("Q-RESET-GBPA");
    smmuv3AccelAttachGbpaHwpt(cx, r, v, "reset");
  } else {
    cx.t.rule("Q-RESET-VDEV");
    resetVdevBypass(cx, r, v);
  }
}

/** What-if repair 3: an edge of SMMUEN moves every device, to GBPA or to its STE. */
export function repairSmmuenEdge(cx: Cx, r: Report, v: number): void {
  cx.t.rule("Q-FIX-SMMUEN");
  const ok = smmuEnabled(smmuOf(cx, v).regs)
    ? smmuv3AccelInstallSteRange(cx, r, newErr(), v, 0, 0xffff_ffff, "cr0")
    : smmuv3AccelAttachGbpaHwpt(cx, r, v, "cr0");
  if (!ok && !isDead(cx)) errorReport(cx, r, MSG.installSummary);
}
