/** Every call a VMM can make into the host kernel, each through the door (door.ts). */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { TraceArgs } from "../tracer.ts";
import { handleEvtq } from "./arm-smmu-v3-events.ts";
import type {
  By,
  EventResult,
  HostResult,
  HwEvent,
  HwInfoArgs,
  HwInfoResult,
  HwptAllocArgs,
  InvalidateArgs,
  InvalidateResult,
  IoasAllocArgs,
  OpenResult,
  RangesResult,
  ReadResult,
  VdeviceAllocArgs,
  VeventqAllocArgs,
  ViommuAllocArgs,
} from "./calls.ts";
import { iommufdGetHwInfo } from "./device.ts";
import { hostCall, ioctl, NO_ARGS } from "./door.ts";
import { iommufdEventqClose, iommufdVeventqAlloc, iommufdVeventqFopsRead, unpinVeventqs } from "./eventq.ts";
import { iommufdHwptAlloc } from "./hw_pagetable.ts";
import { iommufdHwptInvalidate } from "./invalidate.ts";
import { iommufdIoasAllocIoctl, iommufdIoasIovaRanges, iommufdIoasMap, iommufdIoasUnmap } from "./ioas.ts";
import { pciResetFunction } from "./iommu.ts";
import { iommufdDestroy, iommufdFopsOpen, iommufdFopsRelease } from "./main.ts";
import { getObj } from "./state.ts";
import {
  vfioDeviceGetInfo,
  vfioDfClose,
  vfioDfIoctlAttachPt,
  vfioDfIoctlBindIommufd,
  vfioDfIoctlDetachPt,
  vfioDfIoctlReset,
  vfioDfOpen,
} from "./vfio.ts";
import { iommufdVdeviceAllocIoctl, iommufdViommuAllocIoctl } from "./viommu.ts";

const noId = (errno: Errno): HostResult => ({ errno, id: 0 });
const outId = (r: HostResult): TraceArgs => (r.errno === null && r.id !== 0 ? { id: r.id } : NO_ARGS);
const plain = (errno: Errno | null): HostResult => ({ errno, id: 0 });

/** Physical device behind a DEVICE id, for injections; -1 if the id names none. */
function devOf(cx: Cx, file: number, id: number): number {
  if (cx.w.injections.length === 0) return -1;
  const obj = getObj(cx.w.kernel, file, id);
  return obj?.type === "DEVICE" ? obj.dev : -1;
}

const boundFile = (cx: Cx, dev: number): number => cx.w.kernel.masters[dev]?.bound?.file ?? -1;

/* iommufd */

export function openIommufd(cx: Cx, by: By, name: string): OpenResult {
  return hostCall<OpenResult>(
    cx,
    "open-iommufd",
    by,
    -1,
    -1,
    () => ({ name }),
    () => ({ errno: null, id: 0, file: iommufdFopsOpen(cx, name) }),
    (errno) => ({ errno, id: 0, file: -1 }),
    (r) => ({ file: r.file }),
  );
}

export function closeIommufdFd(cx: Cx, by: By, file: number): HostResult {
  return ioctl(
    cx,
    "close-iommufd",
    by,
    file,
    -1,
    () => NO_ARGS,
    () => {
      iommufdFopsRelease(cx, file);
      return plain(null);
    },
    noId,
    outId,
  );
}

export function ioasAlloc(cx: Cx, by: By, file: number, a: IoasAllocArgs): HostResult {
  return ioctl(
    cx,
    "ioas-alloc",
    by,
    file,
    -1,
    () => ({ flags: a.flags }),
    () => iommufdIoasAllocIoctl(cx, file, a),
    noId,
    outId,
  );
}

export function iovaRanges(cx: Cx, by: By, file: number, ioasId: number): RangesResult {
  return ioctl<RangesResult>(
    cx,
    "iova-ranges",
    by,
    file,
    -1,
    () => ({ ioas: ioasId }),
    () => iommufdIoasIovaRanges(cx, file, ioasId),
    (errno) => ({ errno, id: 0, ranges: [] }),
    (r) => ({ ranges: r.ranges.length }),
  );
}

/** IOMMU_IOAS_MAP. What is mapped is not recorded: stage 2 is the identity over guest RAM. */
export function ioasMap(cx: Cx, by: By, file: number, ioasId: number, iova = 0n, length = 0n): HostResult {
  return ioctl(
    cx,
    "map",
    by,
    file,
    -1,
    () => ({ ioas: ioasId, iova, length }),
    () => plain(iommufdIoasMap(cx, file, ioasId)),
    noId,
    outId,
  );
}

/** IOMMU_IOAS_UNMAP: sends the stage-2 invalidations. `length` 0 stands for the whole space. */
export function ioasUnmap(cx: Cx, by: By, file: number, ioasId: number, iova = 0n, length = 0n): HostResult {
  return ioctl(
    cx,
    "unmap",
    by,
    file,
    -1,
    () => ({ ioas: ioasId, iova, length }),
    () => plain(iommufdIoasUnmap(cx, file, ioasId, iova, length)),
    noId,
    outId,
  );
}

export function hwptAlloc(cx: Cx, by: By, file: number, a: HwptAllocArgs): HostResult {
  return ioctl(
    cx,
    "hwpt-alloc",
    by,
    file,
    devOf(cx, file, a.devId),
    () => ({
      dev: a.devId,
      pt: a.ptId,
      flags: a.flags,
      dataType: a.dataType,
      dataLen: a.dataLen,
      ste0: a.ste0,
      ste1: a.ste1,
    }),
    () => iommufdHwptAlloc(cx, file, a),
    noId,
    outId,
  );
}

export function viommuAlloc(cx: Cx, by: By, file: number, a: ViommuAllocArgs): HostResult {
  return ioctl(
    cx,
    "viommu-alloc",
    by,
    file,
    devOf(cx, file, a.devId),
    () => ({ dev: a.devId, hwpt: a.hwptId, type: a.type, flags: a.flags }),
    () => iommufdViommuAllocIoctl(cx, file, a),
    noId,
    outId,
  );
}

export function vdeviceAlloc(cx: Cx, by: By, file: number, a: VdeviceAllocArgs): HostResult {
  return ioctl(
    cx,
    "vdevice-alloc",
    by,
    file,
    devOf(cx, file, a.devId),
    () => ({ viommu: a.viommuId, dev: a.devId, virtId: a.virtId }),
    () => iommufdVdeviceAllocIoctl(cx, file, a),
    noId,
    outId,
  );
}

export function veventqAlloc(cx: Cx, by: By, file: number, a: VeventqAllocArgs): HostResult {
  return ioctl(
    cx,
    "veventq-alloc",
    by,
    file,
    -1,
    () => ({ viommu: a.viommuId, type: a.type, depth: a.depth, flags: a.flags }),
    () => iommufdVeventqAlloc(cx, file, a),
    noId,
    outId,
  );
}

/** read(2) of `bytes` on the fd of VEVENTQ `id`. Works while that fd is open, even if the iommufd's is not. */
export function readEvents(cx: Cx, by: By, file: number, id: number, bytes: number): ReadResult {
  return hostCall<ReadResult>(
    cx,
    "read-events",
    by,
    file,
    -1,
    () => ({ veventq: id, bytes }),
    () => iommufdVeventqFopsRead(cx, file, id, bytes),
    (errno) => ({ errno, id: 0, bytes: 0, records: [] }),
    (r) => ({ bytes: r.bytes, records: r.records.length }),
  );
}

/** close(2) of a vEVENTQ's fd. `pinned`: a pending io_uring poll keeps the file open past it (observation X1). */
export function closeVeventqFd(cx: Cx, by: By, file: number, id: number, pinned = false): HostResult {
  return hostCall(
    cx,
    "close",
    by,
    file,
    -1,
    () => ({ veventq: id }),
    () => plain(iommufdEventqClose(cx, file, id, pinned)),
    noId,
    outId,
  );
}

export function destroy(cx: Cx, by: By, file: number, id: number): HostResult {
  return ioctl(
    cx,
    "destroy",
    by,
    file,
    devOf(cx, file, id),
    () => ({ id }),
    () => plain(iommufdDestroy(cx, file, id)),
    noId,
    outId,
  );
}

export function invalidate(cx: Cx, by: By, file: number, a: InvalidateArgs): InvalidateResult {
  return ioctl<InvalidateResult>(
    cx,
    "invalidate",
    by,
    file,
    -1,
    () => ({
      hwpt: a.id,
      dataType: a.dataType,
      entryLen: a.entryLen,
      entryNum: a.entryNum,
      cmds: a.cmds.map(([q0, q1]) => `0x${q0.toString(16)},0x${q1.toString(16)}`),
    }),
    () => iommufdHwptInvalidate(cx, file, a),
    (errno) => ({ errno, id: 0, done: 0, issued: [] }),
    (r) => ({ done: r.done, issued: r.issued.length }),
  );
}

export function getHwInfo(cx: Cx, by: By, file: number, a: HwInfoArgs): HwInfoResult {
  return ioctl<HwInfoResult>(
    cx,
    "hw-info",
    by,
    file,
    devOf(cx, file, a.devId),
    () => ({ dev: a.devId, flags: a.flags, type: a.type, dataLen: a.dataLen }),
    () => iommufdGetHwInfo(cx, file, a),
    (errno) => ({ errno, id: 0, info: null }),
    (r) => (r.info === null ? NO_ARGS : { type: r.info.type, capabilities: r.info.capabilities }),
  );
}

/* VFIO */

/** Opens the device's cdev. */
export function openCdev(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "open-cdev",
    by,
    -1,
    dev,
    () => ({ device: dev }),
    () => plain(vfioDfOpen(cx, dev)),
    noId,
    outId,
  );
}

/** Closes the device's cdev; a bound device is unbound by that. */
export function closeCdev(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "close",
    by,
    boundFile(cx, dev),
    dev,
    () => ({ device: dev }),
    () => plain(vfioDfClose(cx, dev)),
    noId,
    outId,
  );
}

/** VFIO_DEVICE_BIND_IOMMUFD; `id` is the DEVICE object. Opens the cdev first if nobody has. */
export function bind(
  cx: Cx,
  by: By,
  file: number,
  dev: number,
  flags = 0,
  name: string | null = null,
): HostResult {
  return hostCall(
    cx,
    "bind",
    by,
    file,
    dev,
    () => ({ device: dev, flags }),
    () => vfioDfIoctlBindIommufd(cx, file, dev, flags, name),
    noId,
    outId,
  );
}

/** Unbinding has no ioctl: it is closing the device's fd. */
export function unbind(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "unbind",
    by,
    boundFile(cx, dev),
    dev,
    () => ({ device: dev }),
    () => plain(vfioDfClose(cx, dev)),
    noId,
    outId,
  );
}

/** VFIO_DEVICE_ATTACH_IOMMUFD_PT: attach or replace; `id` is the HWPT in effect. */
export function attach(cx: Cx, by: By, dev: number, ptId: number, flags = 0): HostResult {
  return hostCall(
    cx,
    "attach",
    by,
    boundFile(cx, dev),
    dev,
    () => (flags === 0 ? { device: dev, pt: ptId } : { device: dev, pt: ptId, flags }),
    () => vfioDfIoctlAttachPt(cx, dev, ptId, flags),
    noId,
    outId,
  );
}

/** VFIO_DEVICE_DETACH_IOMMUFD_PT. */
export function detach(cx: Cx, by: By, dev: number, flags = 0): HostResult {
  return hostCall(
    cx,
    "detach",
    by,
    boundFile(cx, dev),
    dev,
    () => (flags === 0 ? { device: dev } : { device: dev, flags }),
    () => plain(vfioDfIoctlDetachPt(cx, dev, flags)),
    noId,
    outId,
  );
}

/** VFIO_DEVICE_GET_INFO. */
export function deviceGetInfo(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "get-info",
    by,
    boundFile(cx, dev),
    dev,
    () => ({ device: dev }),
    () => plain(vfioDeviceGetInfo(cx, dev)),
    noId,
    outId,
  );
}

/** VFIO_DEVICE_RESET. */
export function deviceReset(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "device-reset",
    by,
    boundFile(cx, dev),
    dev,
    () => ({ device: dev }),
    () => plain(vfioDfIoctlReset(cx, dev)),
    noId,
    outId,
  );
}

/** KVM_DEV_VFIO_FILE_ADD: nothing the SMMU sees. */
export function kvmAdd(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "kvm-add",
    by,
    -1,
    dev,
    () => ({ device: dev }),
    () => plain(null),
    noId,
    outId,
  );
}

/** KVM_DEV_VFIO_FILE_DEL. */
export function kvmDel(cx: Cx, by: By, dev: number): HostResult {
  return hostCall(
    cx,
    "kvm-del",
    by,
    -1,
    dev,
    () => ({ device: dev }),
    () => plain(null),
    noId,
    outId,
  );
}

/* Not calls: what hardware and the end of a process do */

/** The physical SMMU recorded an event: arm-smmu-v3.c:arm_smmu_evtq_thread takes it. */
export function handleEvent(cx: Cx, psmmu: number, ev: HwEvent): EventResult {
  return handleEvtq(cx, psmmu, ev);
}

/** A function reset that does not come through VFIO (FLR written to configuration space). */
export function flr(cx: Cx, dev: number): void {
  pciResetFunction(cx, dev);
}

/**
 * The VMM's process ends: io_uring's requests go, and with them what still pinned vEVENTQ files of `file`
 * (observation X1). Its fds are closed by the caller.
 */
export function dropPins(cx: Cx, file: number): void {
  unpinVeventqs(cx, file);
}
