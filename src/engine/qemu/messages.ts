/**
 * What QEMU prints. The texts of model/observed.md (failed attach, failed free, invalid STE, failed HWPT) are as
 * measured; the others are worded here and say the same as QEMU's.
 */
import { type Errno, STRERROR } from "../errno.ts";

/** Reader-visible name of a 16-bit RID, `01:00.0`. */
export function bdfText(bdf: number): string {
  const bus = (bdf >> 8).toString(16).padStart(2, "0");
  const slot = ((bdf >> 3) & 31).toString(16).padStart(2, "0");
  return `${bus}:${slot}.${bdf & 7}`;
}

/** VFIO's name of a device: its host address. */
export function vfioName(sid: number): string {
  return `0000:${bdfText(sid & 0xffff)}`;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

export const MSG = {
  attach: (fd: number, name: string, devFd: number, id: number, e: Errno): string =>
    `[iommufd=${fd}] error attach ${name} (${devFd}) pasid 0 to id=${id}: ${STRERROR[e]}`,
  attachOld: (fd: number, name: string, devFd: number, id: number, e: Errno): string =>
    `[iommufd=${fd}] error attach ${name} (${devFd}) to id=${id}: ${STRERROR[e]}`,
  detach: (name: string, e: Errno): string => `detach of ${name} failed: ${STRERROR[e]}`,
  freeId: (id: number, e: Errno): string => `Failed to free id: ${id} ${STRERROR[e]}`,
  allocHwpt: (e: Errno): string => `Failed to allocate hwpt: ${STRERROR[e]}`,
  allocIoas: (e: Errno): string => `Failed to allocate ioas: ${STRERROR[e]}`,
  allocViommu: (e: Errno): string => `vIOMMU allocation failed: ${STRERROR[e]}`,
  allocVdev: (e: Errno): string => `vDEVICE allocation failed: ${STRERROR[e]}`,
  allocVeventq: (e: Errno): string => `vEVENTQ allocation failed: ${STRERROR[e]}`,
  hwInfo: (e: Errno): string => `Reading hardware info failed: ${STRERROR[e]}`,
  invalidate: (e: Errno): string => `Cache invalidation failed: ${STRERROR[e]}`,
  invalidateRest: "Cache invalidation left an entry unprocessed",
  openIommu: (e: Errno): string => `Cannot open /dev/iommu: ${STRERROR[e]}`,
  openCdev: (path: string, e: Errno): string => `Cannot open ${path}: ${STRERROR[e]}`,
  kvmAdd: (e: Errno): string => `Adding the device to the KVM VFIO device failed: ${STRERROR[e]}`,
  kvmDel: (e: Errno): string => `Removing the device from the KVM VFIO device failed: ${STRERROR[e]}`,
  bind: (devFd: number, fd: number, e: Errno): string =>
    `error bind device fd=${devFd} to iommufd=${fd}: ${STRERROR[e]}`,
  iovaRanges: (e: Errno): string =>
    `warning: IOVA ranges unknown (${STRERROR[e]}), taking the whole 64-bit space with 4 KiB pages`,
  map: (e: Errno): string => `IOMMU_IOAS_MAP failed: ${STRERROR[e]}`,
  unmap: (e: Errno): string => `IOMMU_IOAS_UNMAP failed: ${STRERROR[e]}`,
  listener: (why: string): string => `memory listener set-up failed: ${why}`,
  mapNotifier: (bdf: number): string =>
    `device ${bdfText(bdf)} needs an IOMMU MAP notifier, which an emulated SMMUv3 does not have`,
  getInfo: (e: Errno): string => `error getting device info: ${STRERROR[e]}`,
  reset: (name: string, e: Errno): string => `reset of ${name} failed: ${STRERROR[e]}`,
  setPrefix: (name: string, why: string): string => `vfio ${name}: Failed to set vIOMMU: ${why}`,
  vfioPrefix: (name: string, why: string): string => `vfio ${name}: ${why}`,
  viommuHint: (devid: number): string => `no vIOMMU for hiodi devid ${hex(devid)}`,
  associated: (devid: number): string =>
    `the slot is already associated with the host device of devid ${hex(devid)}`,
  slotInUse: (bdf: number, by: string): string =>
    `PCI: slot ${(bdf >> 3) & 31} function ${bdf & 7} (${bdfText(bdf)}) not available for vfio-pci, already associated with ${by}`,
  noDefaultAttach: (devid: number): string => `Cannot return to the default HWPT: hiodi devid ${hex(devid)}`,
  invalidSte: (sid: number): string => `Invalid STE config for sid ${hex(sid)}`,
  installHint: (sid: number): string => `Device ${hex(sid)}: STE not installed`,
  installSummary: "Not every STE could be installed",
  gbpaHint: (hwpt: number, devid: number): string => `GBPA HWPT ${hwpt} not attached to hiodi devid ${devid}`,
  gbpaSummary: "Not every device could be attached to the HWPT that GBPA names",
  wrongInfoType: (type: number): string => `Host IOMMU reports data type ${type}, not Arm SMMUv3`,
  hwField: (field: string, host: number, qemu: number): string =>
    `Host SMMUv3 not compatible: ${field} is ${host} on the host and ${qemu} in the vSMMU`,
  autoCold: (name: string): string =>
    `${name}: properties set to auto need a cold-plugged vfio-pci device behind this vSMMU`,
  steNotFound: (sid: number): string => `no STE for sid ${hex(sid)}`,
  assertSet: (where: string): string =>
    `QEMU ended: assertion in error_setg, the error object was already set (${where})`,
  freedViommu: (bdf: number): string =>
    `QEMU ended: CFGI_STE for ${bdfText(bdf)} used the freed vIOMMU its slot still pointed to`,
  veventqRead: (id: number, e: Errno): string => `vEVENTQ ${id}: read failed (${STRERROR[e]})`,
  veventqOverflow: (id: number): string => `vEVENTQ ${id}: events overflowed`,
  veventqLost: (id: number, n: number): string => `vEVENTQ ${id}: ${n} event(s) lost`,
  dead: (why: string): string => `the QEMU process has ended: ${why}`,
} as const;
