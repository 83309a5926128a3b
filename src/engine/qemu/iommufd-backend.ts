/** `-object iommufd` and its thin calls (backends/iommufd.c). Every call goes to the backend's own file, or fails with EBADF. */
import { type Cx, type Draft, fresh, own } from "../cx.ts";
import { ERRNO_NUMBER, type Errno } from "../errno.ts";
import type { HwInfo } from "../kernel/calls.ts";
import {
  closeIommufdFd,
  closeVeventqFd,
  destroy,
  getHwInfo,
  hwptAlloc,
  invalidate,
  ioasAlloc,
  ioasMap,
  ioasUnmap,
  openIommufd,
  vdeviceAlloc,
  veventqAlloc,
  viommuAlloc,
} from "../kernel/syscalls.ts";
import { FIRST_FD, releaseFd, takeFd } from "./fds.ts";
import { MSG } from "./messages.ts";
import { errorPrint, errorReport, errorSetg, type QErr, type Report } from "./qerr.ts";
import type { IommufdBackend } from "./types.ts";

/** IOMMU_HWPT_DATA_*, IOMMU_VIOMMU_TYPE_*, IOMMU_VEVENTQ_TYPE_*, IOMMU_HW_INFO_TYPE_* (uapi iommufd.h). */
export const HWPT_DATA_NONE = 0;
export const HWPT_DATA_ARM_SMMUV3 = 2;
export const VIOMMU_TYPE_ARM_SMMUV3 = 1;
export const VEVENTQ_TYPE_ARM_SMMUV3 = 1;
export const INVALIDATE_TYPE_ARM_SMMUV3 = 1;
export const HW_INFO_TYPE_ARM_SMMUV3 = 2;
export const HW_INFO_TYPE_TEGRA241_CMDQV = 3;
export const HW_INFO_FLAG_INPUT_TYPE = 1;
export const HWPT_ALLOC_NEST_PARENT = 1;
export const HWPT_ALLOC_DIRTY_TRACKING = 2;
export const HW_CAP_DIRTY_TRACKING = 1;

/** Stand-ins for addresses of QEMU's memory in trace events. */
const DATA_PTR = 0x7ffe_0000_0000n;
const INVALIDATE_PTR = 0x7ffe_0000_0100n;

function backend(cx: Cx, be: number): IommufdBackend {
  return cx.w.qemu.backends[be] as IommufdBackend;
}

export function ownBackend(cx: Cx, be: number): Draft<IommufdBackend> {
  return own(cx, own(cx, own(cx, cx.w, "qemu"), "backends"), be);
}

/** fd number for trace events, -1 when the backend is closed. */
export function backendFd(cx: Cx, be: number): number {
  return backend(cx, be).fd;
}

export function backendFile(cx: Cx, be: number): number {
  return backend(cx, be).file;
}

/** Index of the backend called `name`, made if it is new. */
export function findBackend(cx: Cx, name: string): number {
  const list = cx.w.qemu.backends;
  for (let i = 0; i < list.length; i++) if ((list[i] as IommufdBackend).name === name) return i;
  const backends = own(cx, own(cx, cx.w, "qemu"), "backends");
  backends.push(fresh(cx, { name, file: -1, fd: -1, owned: true, users: 0 }));
  return backends.length - 1;
}

/** An open file of that name which QEMU did not open, or -1. */
function passedInFile(cx: Cx, name: string): number {
  const files = cx.w.kernel.files;
  for (let i = files.length - 1; i >= 0; i--) {
    const f = files[i];
    if (f !== undefined && f.name === name && f.fdOpen) return i;
  }
  return -1;
}

/** backends/iommufd.c:iommufd_backend_connect: the first user opens the character device. */
export function iommufdBackendConnect(cx: Cx, e: QErr, be: number): boolean {
  const b = ownBackend(cx, be);
  if (b.users === 0) {
    const passed = passedInFile(cx, b.name);
    if (passed >= 0) {
      cx.t.rule("Q-BE-PASSED-FD");
      b.file = passed;
      b.owned = false;
    } else {
      cx.t.rule("Q-BE-OPEN");
      const r = openIommufd(cx, "qemu", b.name);
      if (r.errno !== null) return errorSetg(e, MSG.openIommu(r.errno), r.errno);
      b.file = r.file;
      b.owned = true;
    }
    b.fd = takeFd(cx, FIRST_FD);
  }
  b.users++;
  if (cx.t.on) cx.t.event("iommufd_backend_connect", { fd: b.fd, owned: b.owned ? 1 : 0, users: b.users });
  return true;
}

/** backends/iommufd.c:iommufd_backend_disconnect: the last user closes it. */
export function iommufdBackendDisconnect(cx: Cx, be: number): void {
  const b = ownBackend(cx, be);
  if (b.users > 0) {
    b.users--;
    if (b.users === 0) {
      cx.t.rule("Q-BE-CLOSE");
      releaseFd(cx, b.fd);
      if (b.owned) closeIommufdFd(cx, "qemu", b.file);
      b.file = -1;
      b.fd = -1;
    }
  }
  if (cx.t.on) cx.t.event("iommufd_backend_disconnect", { fd: b.fd, users: b.users });
}

/** backends/iommufd.c:iommufd_backend_alloc_ioas: id, 0 on failure. */
export function iommufdBackendAllocIoas(cx: Cx, e: QErr, be: number, name: string): number {
  const r = ioasAlloc(cx, "qemu", backendFile(cx, be), { flags: 0, name });
  if (r.errno !== null) {
    errorSetg(e, MSG.allocIoas(r.errno), r.errno);
    return 0;
  }
  if (cx.t.on) cx.t.event("iommufd_backend_alloc_ioas", { iommufd: backendFd(cx, be), ioas: r.id });
  if (be === 0) own(cx, cx.w, "qemu").ioas = { file: backendFile(cx, be), id: r.id };
  return r.id;
}

/** backends/iommufd.c:iommufd_backend_free_id: a failure is printed and otherwise without consequence. */
export function iommufdBackendFreeId(cx: Cx, r: Report, be: number, id: number): boolean {
  const errno = destroy(cx, "qemu", backendFile(cx, be), id).errno;
  if (cx.t.on)
    cx.t.event("iommufd_backend_free_id", { iommufd: backendFd(cx, be), id, ret: errno === null ? 0 : -1 });
  if (errno === null) return true;
  errorPrint(cx, r, MSG.freeId(id, errno), errno);
  return false;
}

/** backends/iommufd.c:iommufd_backend_map_dma: errno or null. */
export function iommufdBackendMapDma(
  cx: Cx,
  r: Report,
  be: number,
  ioas: number,
  iova: bigint,
  size: bigint,
): Errno | null {
  const errno = ioasMap(cx, "qemu", backendFile(cx, be), ioas, iova, size).errno;
  if (cx.t.on)
    cx.t.event("iommufd_backend_map_dma", {
      iommufd: backendFd(cx, be),
      ioas,
      iova,
      size,
      addr: DATA_PTR,
      readonly: 0,
      ret: errno === null ? 0 : -1,
    });
  if (errno !== null) errorReport(cx, r, MSG.map(errno), errno);
  return errno;
}

/** backends/iommufd.c:iommufd_backend_unmap_dma: a mapping that is not there counts as unmapped. */
export function iommufdBackendUnmapDma(
  cx: Cx,
  r: Report,
  be: number,
  ioas: number,
  iova: bigint,
  size: bigint,
): void {
  const errno = ioasUnmap(cx, "qemu", backendFile(cx, be), ioas, iova, size).errno;
  const name = errno === "ENOENT" ? "iommufd_backend_unmap_dma_non_exist" : "iommufd_backend_unmap_dma";
  if (cx.t.on)
    cx.t.event(name, { iommufd: backendFd(cx, be), ioas, iova, size, ret: errno === null ? 0 : -1 });
  if (errno !== null && errno !== "ENOENT") errorReport(cx, r, MSG.unmap(errno), errno);
}

export interface HwptArgs {
  readonly devId: number;
  readonly ptId: number;
  readonly flags: number;
  readonly ste: { readonly w0: bigint; readonly w1: bigint } | null;
  readonly name: string;
}

/** backends/iommufd.c:iommufd_backend_alloc_hwpt: id, 0 on failure. */
export function iommufdBackendAllocHwpt(cx: Cx, e: QErr, be: number, a: HwptArgs): number {
  const dataType = a.ste === null ? HWPT_DATA_NONE : HWPT_DATA_ARM_SMMUV3;
  const dataLen = a.ste === null ? 0 : 16;
  const r = hwptAlloc(cx, "qemu", backendFile(cx, be), {
    devId: a.devId,
    ptId: a.ptId,
    flags: a.flags,
    dataType,
    dataLen,
    reserved: 0,
    faultId: 0,
    ste0: a.ste?.w0 ?? 0n,
    ste1: a.ste?.w1 ?? 0n,
    name: a.name,
  });
  const errno = r.errno;
  const id = errno === null ? r.id : 0;
  if (cx.t.on)
    cx.t.event("iommufd_backend_alloc_hwpt", {
      iommufd: backendFd(cx, be),
      dev_id: a.devId,
      pt_id: a.ptId,
      flags: a.flags,
      hwpt_type: dataType,
      len: dataLen,
      data_ptr: a.ste === null ? 0n : DATA_PTR,
      out_hwpt: id,
      ret: errno === null ? 0 : -1,
    });
  if (errno !== null) errorSetg(e, MSG.allocHwpt(errno), errno);
  return id;
}

/** backends/iommufd.c:iommufd_backend_alloc_viommu: id, 0 on failure. */
export function iommufdBackendAllocViommu(
  cx: Cx,
  e: QErr,
  be: number,
  devId: number,
  hwptId: number,
  name: string,
): number {
  const r = viommuAlloc(cx, "qemu", backendFile(cx, be), {
    devId,
    hwptId,
    type: VIOMMU_TYPE_ARM_SMMUV3,
    flags: 0,
    name,
  });
  const id = r.errno === null ? r.id : 0;
  if (cx.t.on)
    cx.t.event("iommufd_backend_alloc_viommu", {
      iommufd: backendFd(cx, be),
      dev_id: devId,
      type: VIOMMU_TYPE_ARM_SMMUV3,
      hwpt_id: hwptId,
      data_ptr: 0n,
      data_len: 0,
      viommu_id: id,
      ret: r.errno === null ? 0 : -1,
    });
  if (r.errno !== null) errorSetg(e, MSG.allocViommu(r.errno), r.errno);
  return id;
}

/** backends/iommufd.c:iommufd_backend_alloc_vdev: id, 0 on failure. */
export function iommufdBackendAllocVdev(
  cx: Cx,
  e: QErr,
  be: number,
  devId: number,
  viommuId: number,
  virtId: number,
  name: string,
): number {
  const r = vdeviceAlloc(cx, "qemu", backendFile(cx, be), {
    viommuId,
    devId,
    virtId: BigInt(virtId),
    name,
  });
  const errno = r.errno;
  const id = errno === null ? r.id : 0;
  if (cx.t.on)
    cx.t.event("iommufd_backend_alloc_vdev", {
      iommufd: backendFd(cx, be),
      dev_id: devId,
      viommu_id: viommuId,
      virt_id: BigInt(virtId),
      vdev_id: id,
      ret: errno === null ? 0 : -1,
    });
  if (errno !== null) errorSetg(e, MSG.allocVdev(errno), errno);
  return id;
}

/** backends/iommufd.c:iommufd_backend_alloc_veventq: id and a new fd, or null. */
export function iommufdBackendAllocVeventq(
  cx: Cx,
  e: QErr,
  be: number,
  viommuId: number,
  depth: number,
  name: string,
): { id: number; fd: number; file: number } | null {
  const file = backendFile(cx, be);
  const r = veventqAlloc(cx, "qemu", file, {
    viommuId,
    type: VEVENTQ_TYPE_ARM_SMMUV3,
    depth,
    flags: 0,
    reserved: 0,
    name,
  });
  const errno = r.errno;
  const id = errno === null ? r.id : 0;
  const fd = errno === null ? takeFd(cx, FIRST_FD) : 0;
  if (cx.t.on)
    cx.t.event("iommufd_viommu_alloc_eventq", {
      iommufd: backendFd(cx, be),
      viommu_id: viommuId,
      type: VEVENTQ_TYPE_ARM_SMMUV3,
      veventq_id: id,
      veventq_fd: fd,
      ret: errno === null ? 0 : -1,
    });
  if (errno === null) return { id, fd, file };
  errorSetg(e, MSG.allocVeventq(errno), errno);
  return null;
}

/** close(2) on a vEVENTQ's fd. `pinned`: the event loop's pending poll keeps the file open past it (X1). */
export function closeVeventq(cx: Cx, file: number, id: number, fd: number, pinned: boolean): void {
  closeVeventqFd(cx, "qemu", file, id, pinned);
  releaseFd(cx, fd);
}

/** backends/iommufd.c:iommufd_backend_invalidate_cache with one entry: an errno or an entry left over is a failure. */
export function iommufdBackendInvalidateCache(
  cx: Cx,
  e: QErr,
  be: number,
  id: number,
  q0: bigint,
  q1: bigint,
): boolean {
  const r = invalidate(cx, "qemu", backendFile(cx, be), {
    id,
    dataType: INVALIDATE_TYPE_ARM_SMMUV3,
    entryLen: 16,
    entryNum: 1,
    reserved: 0,
    cmds: [[q0, q1]],
  });
  const errno = r.errno;
  if (cx.t.on)
    cx.t.event("iommufd_backend_invalidate_cache", {
      iommufd: backendFd(cx, be),
      id,
      data_type: INVALIDATE_TYPE_ARM_SMMUV3,
      entry_len: 16,
      entry_num: 1,
      done_num: r.done,
      data_ptr: INVALIDATE_PTR,
      ret: errno === null ? 0 : ERRNO_NUMBER[errno],
    });
  if (errno !== null) return errorSetg(e, MSG.invalidate(errno), errno);
  if (r.done !== 1) return errorSetg(e, MSG.invalidateRest, null);
  return true;
}

/** backends/iommufd.c:iommufd_backend_get_device_info: null on failure. */
export function iommufdBackendGetDeviceInfo(
  cx: Cx,
  e: QErr,
  be: number,
  devId: number,
  flags = 0,
  type = 0,
): HwInfo | null {
  const r = getHwInfo(cx, "qemu", backendFile(cx, be), { devId, flags, type, dataLen: 40, reserved: 0 });
  if (r.errno === null && r.info !== null) return r.info;
  errorSetg(e, MSG.hwInfo(r.errno ?? "EINVAL"), r.errno);
  return null;
}
