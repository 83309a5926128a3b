/** iommufd/viommu.c: VIOMMU and VDEVICE. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import {
  armSmmuGetViommuSize,
  armVsmmuAlloc,
  armVsmmuInit,
  armVsmmuVdeviceInit,
} from "./arm-smmu-v3-iommufd.ts";
import type { HostResult, VdeviceAllocArgs, ViommuAllocArgs } from "./calls.ts";
import { addUsers, install, nextId, ownTyped } from "./object.ts";
import { refuse } from "./rules.ts";
import { getTyped } from "./state.ts";
import type { DeviceObj, HwptPagingObj, ViommuObj } from "./types.ts";

const failed = (errno: Errno): HostResult => ({ errno, id: 0 });

/** viommu.c:iommufd_viommu_alloc_ioctl */
export function iommufdViommuAllocIoctl(cx: Cx, file: number, a: ViommuAllocArgs): HostResult {
  if (!cx.setup.kernel.nesting) return failed(refuse(cx, "K-IOCTL-2", "ENOTTY"));
  if (cx.t.on) cx.t.call("iommufd", "iommufd_viommu_alloc_ioctl", { dev: a.devId, hwpt: a.hwptId });
  const r = viommuAlloc(cx, file, a);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

/** Rules K-VIOMMU-8, K-VIOMMU-9. */
function nestParent(cx: Cx, file: number, id: number): HwptPagingObj | Errno {
  const hwpt = getTyped(cx.w.kernel, file, id, "HWPT_PAGING");
  if (hwpt === null) return refuse(cx, "K-VIOMMU-8", "ENOENT");
  return hwpt.nestParent ? hwpt : refuse(cx, "K-VIOMMU-9", "EINVAL");
}

function viommuAlloc(cx: Cx, file: number, a: ViommuAllocArgs): HostResult {
  if (a.flags !== 0 || a.type === 0) return failed(refuse(cx, "K-VIOMMU-1", "EOPNOTSUPP"));
  const idev = getTyped(cx.w.kernel, file, a.devId, "DEVICE");
  if (idev === null) return failed(refuse(cx, "K-VIOMMU-2", "ENOENT"));
  const sizeFirst = cx.setup.kernel.viommuOrder === "new";
  if (sizeFirst) {
    const errno = armSmmuGetViommuSize(cx, idev.dev, a.type);
    if (errno !== null) return failed(errno);
  }
  const s2 = nestParent(cx, file, a.hwptId);
  if (typeof s2 === "string") return failed(s2);
  if (!sizeFirst) {
    const errno = armVsmmuAlloc(cx, idev.dev, a.type, s2);
    if (errno !== null) return failed(errno);
  }
  const psmmu = cx.setup.devices[idev.dev]?.psmmu ?? 0;
  const vmid = armVsmmuInit(cx, psmmu, s2);
  if (typeof vmid === "string") return failed(vmid);
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "VIOMMU",
    id: nextId(cx, file),
    users: 1,
    name: a.name,
    psmmu,
    hwpt: s2.id,
    vmid,
    vdevs: [],
    veventqs: [],
  });
  addUsers(cx, file, s2.id, 1);
  return { errno: null, id };
}

/** viommu.c:iommufd_vdevice_alloc_ioctl */
export function iommufdVdeviceAllocIoctl(cx: Cx, file: number, a: VdeviceAllocArgs): HostResult {
  if (!cx.setup.kernel.nesting) return failed(refuse(cx, "K-IOCTL-2", "ENOTTY"));
  if (cx.t.on)
    cx.t.call("iommufd", "iommufd_vdevice_alloc_ioctl", {
      viommu: a.viommuId,
      dev: a.devId,
      virtId: a.virtId,
    });
  const r = vdeviceAlloc(cx, file, a);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

/**
 * Checks 2 to 9. "The device is being unbound" (5) needs two threads inside the kernel at once and cannot
 * happen here.
 */
function vdeviceErrno(
  cx: Cx,
  viommu: ViommuObj | null,
  idev: DeviceObj | null,
  virtId: bigint,
): Errno | null {
  if (viommu === null) return refuse(cx, "K-VDEVICE-2", "ENOENT");
  if (idev === null) return refuse(cx, "K-VDEVICE-3", "ENOENT");
  if (cx.setup.devices[idev.dev]?.psmmu !== viommu.psmmu) return refuse(cx, "K-VDEVICE-4", "EINVAL");
  if (cx.setup.kernel.vdevLifetime === "tombstone" && idev.vdev !== 0)
    return refuse(cx, "K-VDEVICE-6", "EEXIST");
  if (viommu.vdevs.some((e) => e.virtId === virtId)) return refuse(cx, "K-VDEVICE-8", "EEXIST");
  return armVsmmuVdeviceInit(cx, idev.dev);
}

function vdeviceAlloc(cx: Cx, file: number, a: VdeviceAllocArgs): HostResult {
  const viommu = getTyped(cx.w.kernel, file, a.viommuId, "VIOMMU");
  const idev = getTyped(cx.w.kernel, file, a.devId, "DEVICE");
  const errno = vdeviceErrno(cx, viommu, idev, a.virtId);
  if (errno !== null || viommu === null || idev === null) return failed(errno ?? "ENOENT");
  cx.t.rule("K-VDEVICE-10");
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "VDEVICE",
    id: nextId(cx, file),
    users: 1,
    name: a.name,
    viommu: viommu.id,
    device: idev.id,
    dev: idev.dev,
    virtId: a.virtId,
  });
  const v = ownTyped(cx, file, viommu.id, "VIOMMU");
  v.users++;
  const at = v.vdevs.findIndex((e) => e.virtId > a.virtId);
  const entry = { virtId: a.virtId, vdevice: id };
  v.vdevs = at < 0 ? [...v.vdevs, entry] : [...v.vdevs.slice(0, at), entry, ...v.vdevs.slice(at)];
  if (cx.setup.kernel.vdevLifetime === "tombstone") {
    const d = ownTyped(cx, file, idev.id, "DEVICE");
    d.vdev = id;
    d.users++;
  }
  return { errno: null, id };
}
