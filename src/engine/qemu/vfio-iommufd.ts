/** VFIO over iommufd: containers and their automatic S2 HWPTs (hw/vfio/iommufd.c, model/qemu.md 1.3). */
import { type Cx, type Draft, fresh, own } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { closeCdev, deviceGetInfo, iovaRanges } from "../kernel/syscalls.ts";
import { noteAttached } from "../provenance.ts";
import { releaseFd } from "./fds.ts";
import {
  backendFd,
  backendFile,
  findBackend,
  HW_CAP_DIRTY_TRACKING,
  HWPT_ALLOC_DIRTY_TRACKING,
  HWPT_ALLOC_NEST_PARENT,
  iommufdBackendAllocHwpt,
  iommufdBackendAllocIoas,
  iommufdBackendFreeId,
  iommufdBackendGetDeviceInfo,
  iommufdBackendMapDma,
  iommufdBackendUnmapDma,
} from "./iommufd-backend.ts";
import { MSG } from "./messages.ts";
import { errorFree, errorReportErr, errorSetg, newErr, type QErr, type Report } from "./qerr.ts";
import type { VfioContainer, VfioHwpt } from "./types.ts";
import {
  device,
  deviceName,
  hostName,
  iommufdCdevAttachIoasHwpt,
  iommufdCdevConnectAndBind,
  iommufdCdevDetachIoasHwpt,
  iommufdCdevGetfd,
  ownDevice,
  ownDeviceIds,
  unbindAndClose,
} from "./vfio-cdev.ts";

/** What VFIO needs to know about the address space of a device. */
export interface AddressSpace {
  /** Behind an accelerated vSMMU: system memory, shared by all of them. Else an emulated IOMMU's address space. */
  readonly accel: boolean;
  /** `VIOMMU_FLAG_WANT_NESTING_PARENT`. */
  readonly wantNestParent: boolean;
  readonly bdf: number;
}

function ownContainers(cx: Cx): Draft<VfioContainer[]> {
  return own(cx, own(cx, cx.w, "qemu"), "containers");
}

function containerIndex(cx: Cx, key: number): number {
  return cx.w.qemu.containers.findIndex((c) => c.key === key);
}

function joinHwpt(cx: Cx, dev: number, container: number, at: number): void {
  const c = own(cx, ownContainers(cx), container);
  const hwpt = own(cx, own(cx, c, "hwpts"), at);
  hwpt.devices = [dev].concat(hwpt.devices);
  const d = ownDevice(cx, dev);
  d.hwptId = hwpt.id;
  ownDeviceIds(cx, dev).s2 = hwpt.id;
  noteAttached(cx, dev, "realize", false);
}

/**
 * hw/vfio/iommufd.c:iommufd_cdev_autodomains_get: reuse the first HWPT of the container that takes the device, newest
 * first; EINVAL means "not compatible" and is forgotten. None fits: allocate one.
 */
function iommufdCdevAutodomainsGet(
  cx: Cx,
  r: Report,
  e: QErr,
  dev: number,
  container: number,
  as: AddressSpace,
): boolean {
  const c = cx.w.qemu.containers[container] as VfioContainer;
  for (let i = 0; i < c.hwpts.length; i++) {
    if (iommufdCdevAttachIoasHwpt(cx, e, dev, (c.hwpts[i] as VfioHwpt).id)) {
      cx.t.rule("Q-AUTO-REUSE");
      joinHwpt(cx, dev, container, i);
      return true;
    }
    if (e.errno !== "EINVAL") {
      cx.t.rule("Q-AUTO-FAIL");
      return false;
    }
    cx.t.rule("Q-AUTO-INCOMPATIBLE");
    errorFree(e);
  }
  const d = device(cx, dev);
  const info = iommufdBackendGetDeviceInfo(cx, e, d.backend, d.devid);
  if (info === null) return false;
  let flags = as.wantNestParent ? HWPT_ALLOC_NEST_PARENT : 0;
  if ((info.capabilities & HW_CAP_DIRTY_TRACKING) !== 0 && (cx.setup.qemu.s2Dirty || !as.wantNestParent))
    flags |= HWPT_ALLOC_DIRTY_TRACKING;
  cx.t.rule("Q-AUTO-NEW");
  const id = iommufdBackendAllocHwpt(cx, e, d.backend, {
    devId: d.devid,
    ptId: c.ioasId,
    flags,
    ste: null,
    name: `${deviceName(cx, dev)}.s2`,
  });
  if (id === 0) return false;
  if (!iommufdCdevAttachIoasHwpt(cx, e, dev, id)) {
    iommufdBackendFreeId(cx, r, d.backend, id);
    return false;
  }
  const list = own(cx, own(cx, ownContainers(cx), container), "hwpts");
  list.unshift(fresh(cx, { id, flags, devices: [] }));
  joinHwpt(cx, dev, container, 0);
  return true;
}

/** hw/vfio/iommufd.c:iommufd_cdev_autodomains_put: the last device destroys the HWPT; the entry goes in any case. */
function iommufdCdevAutodomainsPut(cx: Cx, r: Report, dev: number, container: number): void {
  const d = device(cx, dev);
  const c = own(cx, ownContainers(cx), container);
  const at = c.hwpts.findIndex((h) => h.devices.includes(dev));
  if (at < 0) return;
  const hwpts = own(cx, c, "hwpts");
  const hwpt = own(cx, hwpts, at);
  hwpt.devices = hwpt.devices.filter((x) => x !== dev);
  if (hwpt.devices.length > 0) return;
  cx.t.rule("Q-AUTO-PUT");
  hwpts.splice(at, 1);
  iommufdBackendFreeId(cx, r, d.backend, hwpt.id);
}

/** hw/vfio/iommufd.c:iommufd_cdev_detach_container. */
function iommufdCdevDetachContainer(cx: Cx, r: Report, dev: number, container: number): void {
  const e = newErr();
  if (!iommufdCdevDetachIoasHwpt(cx, e, dev)) {
    cx.t.rule("Q-FIN-DETACH-FAIL");
    errorReportErr(cx, r, e);
  }
  noteAttached(cx, dev, "none", false);
  iommufdCdevAutodomainsPut(cx, r, dev, container);
}

/** memory_listener_unregister: unmaps what the listener mapped. */
function listenerUnregister(cx: Cx, r: Report, c: VfioContainer): void {
  if (!c.listening) return;
  for (const ram of cx.w.memory.ram) iommufdBackendUnmapDma(cx, r, c.backend, c.ioasId, ram.base, ram.size);
}

/** hw/vfio/iommufd.c:iommufd_cdev_container_destroy: when no device is left. */
function iommufdCdevContainerDestroy(cx: Cx, r: Report, container: number): void {
  const c = cx.w.qemu.containers[container] as VfioContainer;
  if (c.devices.length > 0) return;
  listenerUnregister(cx, r, c);
  iommufdBackendFreeId(cx, r, c.backend, c.ioasId);
  ownContainers(cx).splice(container, 1);
}

/** hw/vfio/listener.c: maps every RAM section, or refuses an address space that an emulated IOMMU translates. */
function listenerRegister(cx: Cx, r: Report, e: QErr, container: number, as: AddressSpace): boolean {
  if (!as.accel) {
    cx.t.rule("Q-LISTEN-EMULATED");
    return errorSetg(e, MSG.listener(MSG.mapNotifier(as.bdf)));
  }
  const c = own(cx, ownContainers(cx), container);
  c.listening = true;
  for (const ram of cx.w.memory.ram) {
    const errno = iommufdBackendMapDma(cx, r, c.backend, c.ioasId, ram.base, ram.size);
    if (errno !== null) {
      cx.t.rule("Q-LISTEN-MAP");
      return errorSetg(e, MSG.listener(MSG.map(errno)), errno);
    }
  }
  return true;
}

/** IOMMU_IOAS_IOVA_RANGES twice: once for the number, once for the ranges. A failure is only a warning. */
function iommufdCdevGetInfoIovaRange(cx: Cx, r: Report, container: number): void {
  const c = cx.w.qemu.containers[container] as VfioContainer;
  const file = backendFile(cx, c.backend);
  let errno: Errno | null = iovaRanges(cx, "qemu", file, c.ioasId).errno;
  if (errno === null) errno = iovaRanges(cx, "qemu", file, c.ioasId).errno;
  if (errno === null) return;
  cx.t.rule("Q-IOVA-WARN");
  const warning = newErr();
  errorSetg(warning, MSG.iovaRanges(errno), null);
  errorReportErr(cx, r, warning);
}

/** An existing container of the address space that takes the device, or -1. */
function attachExisting(cx: Cx, r: Report, e: QErr, dev: number, as: AddressSpace): number {
  if (!as.accel) return -1;
  const d = device(cx, dev);
  for (let i = 0; i < cx.w.qemu.containers.length; i++) {
    if ((cx.w.qemu.containers[i] as VfioContainer).backend !== d.backend) continue;
    if (iommufdCdevAutodomainsGet(cx, r, e, dev, i, as)) return i;
    cx.t.rule("Q-CONT-NEXT");
    if (cx.t.on) cx.t.event("iommufd_cdev_fail_attach_existing_container", { msg: e.msg ?? "" });
    errorFree(e);
  }
  return -1;
}

/** A new IOAS with its container, the device attached and memory mapped: its index, or -1 with everything undone. */
function attachNew(cx: Cx, r: Report, e: QErr, dev: number, as: AddressSpace): number {
  const d = device(cx, dev);
  const name = cx.w.qemu.backends[d.backend]?.name ?? "";
  cx.t.rule("Q-CONT-NEW");
  const ioasId = iommufdBackendAllocIoas(cx, e, d.backend, `${name}.ioas`);
  if (ioasId === 0) return -1;
  if (cx.t.on) cx.t.event("iommufd_cdev_alloc_ioas", { iommufd: backendFd(cx, d.backend), ioas: ioasId });
  const q = own(cx, cx.w, "qemu");
  const c: VfioContainer = {
    key: q.nextContainer,
    backend: d.backend,
    ioasId,
    hwpts: [],
    devices: [],
    listening: false,
  };
  q.nextContainer++;
  ownContainers(cx).unshift(fresh(cx, c));
  if (!iommufdCdevAutodomainsGet(cx, r, e, dev, 0, as)) {
    iommufdCdevContainerDestroy(cx, r, 0);
    return -1;
  }
  iommufdCdevGetInfoIovaRange(cx, r, 0);
  if (listenerRegister(cx, r, e, 0, as)) return 0;
  iommufdCdevDetachContainer(cx, r, dev, 0);
  iommufdCdevContainerDestroy(cx, r, 0);
  return -1;
}

/** HostIOMMUDevice realize (hw/vfio/iommufd.c:hiod_iommufd_vfio_realize) after VFIO_DEVICE_GET_INFO. */
function getInfoAndHiod(cx: Cx, e: QErr, dev: number): boolean {
  const d = device(cx, dev);
  const r = deviceGetInfo(cx, "qemu", dev);
  if (r.errno !== null) return errorSetg(e, MSG.getInfo(r.errno), r.errno);
  return iommufdBackendGetDeviceInfo(cx, e, d.backend, d.devid) !== null;
}

/**
 * hw/vfio/iommufd.c:iommufd_cdev_attach. On failure everything is undone and the device's fd closed; `r` gets what
 * was printed on the way, `e` the error.
 */
export function iommufdCdevAttach(
  cx: Cx,
  r: Report,
  e: QErr,
  dev: number,
  backendName: string,
  as: AddressSpace,
): boolean {
  if (!iommufdCdevGetfd(cx, e, dev)) {
    cx.t.rule("Q-REAL-CDEV");
    return false;
  }
  ownDevice(cx, dev).backend = findBackend(cx, backendName);
  if (!iommufdCdevConnectAndBind(cx, r, e, dev)) {
    cx.t.rule("Q-REAL-BIND");
    closeCdev(cx, "qemu", dev);
    releaseFd(cx, device(cx, dev).fd);
    return false;
  }
  let at = attachExisting(cx, r, e, dev, as);
  if (at < 0) at = attachNew(cx, r, e, dev, as);
  if (at < 0) {
    cx.t.rule("Q-REAL-ATTACH");
    unbindAndClose(cx, r, dev);
    return false;
  }
  if (!getInfoAndHiod(cx, e, dev)) {
    cx.t.rule("Q-REAL-INFO");
    iommufdCdevDetachContainer(cx, r, dev, at);
    iommufdCdevContainerDestroy(cx, r, at);
    unbindAndClose(cx, r, dev);
    return false;
  }
  const c = own(cx, ownContainers(cx), at);
  c.devices = [dev].concat(c.devices);
  const d = ownDevice(cx, dev);
  d.container = c.key;
  if (cx.t.on)
    cx.t.event("iommufd_cdev_device_info", {
      name: hostName(cx, dev),
      fd: d.fd,
      irqs: 5,
      regions: 9,
      flags: 3,
    });
  return true;
}

/** hw/vfio/iommufd.c:iommufd_cdev_detach, at finalization. */
export function iommufdCdevDetach(cx: Cx, r: Report, dev: number): void {
  const d = device(cx, dev);
  const at = containerIndex(cx, d.container);
  const c = own(cx, ownContainers(cx), at);
  c.devices = c.devices.filter((x) => x !== dev);
  iommufdCdevDetachContainer(cx, r, dev, at);
  iommufdCdevContainerDestroy(cx, r, at);
  unbindAndClose(cx, r, dev);
}
