/** iommufd/device.c: bind, attach, replace, detach, hardware information. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { hwInfoOf, shortened } from "./arm-smmu-v3-hw-info.ts";
import type { HostResult, HwInfoArgs, HwInfoResult } from "./calls.ts";
import { allocAutoHwpt } from "./hw_pagetable.ts";
import {
  iommuAttachGroupHandle,
  iommuDetachGroupHandle,
  iommuDeviceClaimDmaOwner,
  iommuDeviceReleaseDmaOwner,
  iommuReplaceGroupHandle,
} from "./iommu.ts";
import { iommufdFput, iommufdHwPagetablePut, iommufdObjectDestroy } from "./main.ts";
import { addUsers, boundIdev, install, nextId, ownFile, ownMaster, ownTyped } from "./object.ts";
import { refuse } from "./rules.ts";
import { getObj, getTyped } from "./state.ts";
import { topology } from "./topology.ts";
import type { DeviceObj, DomainRef, IoasObj } from "./types.ts";

const failed = (errno: Errno): HostResult => ({ errno, id: 0 });

const groupOf = (cx: Cx, dev: number): number => cx.setup.devices[dev]?.group ?? 0;

/* Bind */

/** device.c:iommufd_device_bind */
export function iommufdDeviceBind(cx: Cx, file: number, dev: number, name: string | null): HostResult {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_device_bind", { device: dev });
  const r = deviceBind(cx, file, dev, name);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

function deviceBind(cx: Cx, file: number, dev: number, name: string | null): HostResult {
  // Whether the DEVICE is allocated first [7.3] or last, a failure gives its id back: the same to see.
  const psmmu = cx.setup.psmmus[cx.setup.devices[dev]?.psmmu ?? 0];
  if (psmmu?.coherency !== true || topology(cx.setup).refused[dev] === true)
    return failed(refuse(cx, "K-BIND-7", "EINVAL"));
  const group = groupOf(cx, dev);
  const errno = iommuDeviceClaimDmaOwner(cx, group, file);
  if (errno !== null) return failed(errno);
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "DEVICE",
    id: nextId(cx, file),
    users: 2,
    name,
    dev,
    hwpt: 0,
    vdev: 0,
  });
  ownFile(cx, file).refs++;
  ownMaster(cx, dev).bound = { file, id };
  return { errno: null, id };
}

/** device.c:iommufd_device_unbind, iommufd_device_pre_destroy, iommufd_device_destroy. Detached before. */
export function iommufdDeviceUnbind(cx: Cx, dev: number): void {
  const bound = cx.w.kernel.masters[dev]?.bound ?? null;
  const idev = boundIdev(cx, dev);
  if (bound === null || idev === null) return;
  if (cx.t.on) cx.t.call("iommufd", "iommufd_device_unbind", { device: dev, id: idev.id });
  const vdev = idev.vdev === 0 ? null : getTyped(cx.w.kernel, bound.file, idev.vdev, "VDEVICE");
  if (vdev !== null) {
    cx.t.rule("K-UNBIND-3");
    iommufdObjectDestroy(cx, bound.file, vdev, true);
  } else if (cx.setup.kernel.vdevLifetime === "device-ref") {
    cx.t.rule("K-UNBIND-4");
  }
  const gone = getTyped(cx.w.kernel, bound.file, idev.id, "DEVICE");
  if (gone !== null) iommufdObjectDestroy(cx, bound.file, gone);
  ownMaster(cx, dev).bound = null;
  iommuDeviceReleaseDmaOwner(cx, groupOf(cx, dev));
  ownFile(cx, bound.file).refs--;
  iommufdFput(cx, bound.file);
  cx.t.ret(null);
}

/* Attach */

/** Attached DEVICE objects of the igroup. Those of a group are all in one file: it is its owner. */
function attachedIdevs(cx: Cx, group: number): DeviceObj[] {
  const out: DeviceObj[] = [];
  for (const dev of topology(cx.setup).groupDevs[group] ?? []) {
    const idev = boundIdev(cx, dev);
    if (idev !== null && idev.hwpt !== 0) out.push(idev);
  }
  return out;
}

/** device.c:iommufd_hw_pagetable_attach */
function hwPagetableAttach(cx: Cx, file: number, idev: DeviceObj, hwptId: number): Errno | null {
  const group = groupOf(cx, idev.dev);
  const others = attachedIdevs(cx, group);
  const current = others[0];
  if (current !== undefined && current.hwpt !== hwptId) return refuse(cx, "K-ATTACH-1", "EINVAL");
  if (current !== undefined) {
    cx.t.rule("K-ATTACH-2");
  } else {
    const domain: DomainRef = { kind: "hwpt", file, hwpt: hwptId };
    const errno = iommuAttachGroupHandle(cx, group, domain);
    if (errno !== null) return errno;
  }
  addUsers(cx, file, hwptId, 1);
  const d = ownTyped(cx, file, idev.id, "DEVICE");
  d.users++;
  d.hwpt = hwptId;
  return null;
}

/** device.c:iommufd_device_do_replace: all attached devices of the group move together. */
function deviceDoReplace(cx: Cx, file: number, idev: DeviceObj, hwptId: number): Errno | null {
  if (idev.hwpt === hwptId) {
    cx.t.rule("K-REPLACE-2");
    return null;
  }
  const group = groupOf(cx, idev.dev);
  const errno = iommuReplaceGroupHandle(cx, group, { kind: "hwpt", file, hwpt: hwptId });
  if (errno !== null) return errno;
  for (const d of attachedIdevs(cx, group)) {
    const old = d.hwpt;
    ownTyped(cx, file, d.id, "DEVICE").hwpt = hwptId;
    addUsers(cx, file, hwptId, 1);
    iommufdHwPagetablePut(cx, file, old);
  }
  return null;
}

/** device.c:iommufd_device_change_pt: attach if the device has no attachment, else replace. */
export function iommufdDeviceChangePt(cx: Cx, file: number, idev: DeviceObj, ptId: number): HostResult {
  if (cx.t.on) {
    const fn = idev.hwpt === 0 ? "iommufd_device_attach" : "iommufd_device_replace";
    cx.t.call("iommufd", fn, { device: idev.dev, pt: ptId });
  }
  const r = changePt(cx, file, idev, ptId);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

type DoAttach = typeof hwPagetableAttach;

function changePt(cx: Cx, file: number, idev: DeviceObj, ptId: number): HostResult {
  const pt = getObj(cx.w.kernel, file, ptId);
  if (pt === null) return failed(refuse(cx, "K-PT-1", "ENOENT"));
  const doAttach = idev.hwpt === 0 ? hwPagetableAttach : deviceDoReplace;
  switch (pt.type) {
    case "HWPT_PAGING":
    case "HWPT_NESTED": {
      const errno = doAttach(cx, file, idev, ptId);
      return errno === null ? { errno, id: ptId } : failed(errno);
    }
    case "IOAS":
      return deviceAutoGetDomain(cx, file, idev, pt, doAttach);
    default:
      return failed(refuse(cx, "K-PT-2", "EINVAL"));
  }
}

/** device.c:iommufd_device_auto_get_domain. Rules K-AUTO-1, K-AUTO-2. */
function deviceAutoGetDomain(
  cx: Cx,
  file: number,
  idev: DeviceObj,
  ioas: IoasObj,
  doAttach: DoAttach,
): HostResult {
  cx.t.rule("K-AUTO-1");
  for (const id of ioas.hwpts) {
    if (getTyped(cx.w.kernel, file, id, "HWPT_PAGING")?.autoDomain !== true) continue;
    const errno = doAttach(cx, file, idev, id);
    if (errno === null) return { errno, id };
    if (errno !== "EINVAL") return failed(errno);
  }
  cx.t.rule("K-AUTO-2");
  const id = allocAutoHwpt(cx, file, ioas.id, idev);
  if (typeof id === "string") return failed(id);
  const errno = doAttach(cx, file, idev, id);
  if (errno === null) return { errno, id };
  const fresh = getTyped(cx.w.kernel, file, id, "HWPT_PAGING");
  if (fresh !== null) iommufdObjectDestroy(cx, file, fresh);
  return failed(errno);
}

/** device.c:iommufd_device_detach, iommufd_hw_pagetable_detach. The device is attached. */
export function iommufdDeviceDetach(cx: Cx, file: number, idev: DeviceObj): void {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_device_detach", { device: idev.dev, hwpt: idev.hwpt });
  const old = idev.hwpt;
  const d = ownTyped(cx, file, idev.id, "DEVICE");
  d.hwpt = 0;
  const group = groupOf(cx, idev.dev);
  if (attachedIdevs(cx, group).length === 0) {
    cx.t.rule("K-DETACH-2");
    iommuDetachGroupHandle(cx, group);
  }
  iommufdHwPagetablePut(cx, file, old);
  d.users--;
  cx.t.ret(null);
}

/* GET_HW_INFO */

const INPUT_TYPE = 1;

const infoFailed = (errno: Errno): HwInfoResult => ({ errno, id: 0, info: null });

/** device.c:iommufd_get_hw_info */
export function iommufdGetHwInfo(cx: Cx, file: number, a: HwInfoArgs): HwInfoResult {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_get_hw_info", { dev: a.devId, type: a.type });
  const r = hwInfo(cx, file, a);
  cx.t.ret(null, r.errno);
  return r;
}

function hwInfo(cx: Cx, file: number, a: HwInfoArgs): HwInfoResult {
  const known = cx.setup.kernel.hwInfoInputType ? INPUT_TYPE : 0;
  if ((a.flags & ~known) !== 0) return infoFailed(refuse(cx, "K-INFO-1", "EOPNOTSUPP"));
  if (a.reserved !== 0) return infoFailed(refuse(cx, "K-INFO-2", "EOPNOTSUPP"));
  const idev = getTyped(cx.w.kernel, file, a.devId, "DEVICE");
  if (idev === null) return infoFailed(refuse(cx, "K-INFO-3", "ENOENT"));
  // Without the flag the field means nothing.
  const type = (a.flags & INPUT_TYPE) !== 0 ? a.type : 0;
  const info = hwInfoOf(cx, idev.dev, type);
  if (info === null) return infoFailed(refuse(cx, "K-INFO-4", "EOPNOTSUPP"));
  cx.t.rule("K-INFO-6");
  if (a.dataLen < info.dataLen) cx.t.rule("K-INFO-5");
  return { errno: null, id: 0, info: shortened(info, a.dataLen) };
}
