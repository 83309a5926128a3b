/** One vfio device: its cdev, its binding to an iommufd, attach and detach (hw/vfio/iommufd.c). */
import { type Cx, type Draft, own } from "../cx.ts";
import { attach, bind, detach, kvmAdd, kvmDel, openCdev, unbind } from "../kernel/syscalls.ts";
import { releaseFd, takeFd } from "./fds.ts";
import {
  backendFd,
  backendFile,
  iommufdBackendConnect,
  iommufdBackendDisconnect,
} from "./iommufd-backend.ts";
import { MSG, vfioName } from "./messages.ts";
import { errorReport, errorSetg, type QErr, type Report } from "./qerr.ts";
import type { DeviceIds, HostIommuDevice, VfioDevice } from "./types.ts";

/** Lowest number a device's fd gets: the iommu file is opened after the cdev, yet below it. */
const FIRST_CDEV_FD = 24;

export function ownDevice(cx: Cx, dev: number): Draft<VfioDevice> {
  return own(cx, own(cx, own(cx, cx.w, "qemu"), "devices"), dev);
}

export function ownDeviceIds(cx: Cx, dev: number): Draft<DeviceIds> {
  return own(cx, ownDevice(cx, dev), "ids");
}

export function device(cx: Cx, dev: number): VfioDevice {
  return cx.w.qemu.devices[dev] as VfioDevice;
}

export function deviceName(cx: Cx, dev: number): string {
  return cx.setup.devices[dev]?.name ?? `device${dev}`;
}

export function hostName(cx: Cx, dev: number): string {
  return vfioName(cx.setup.devices[dev]?.sids[0] ?? 0);
}

/** hw/vfio/iommufd.c:iommufd_cdev_attach_ioas_hwpt. */
export function iommufdCdevAttachIoasHwpt(cx: Cx, e: QErr, dev: number, id: number): boolean {
  const d = device(cx, dev);
  const r = attach(cx, "qemu", dev, id);
  const pasid = cx.setup.qemu.traceNames === "11.1";
  if (r.errno !== null) {
    const text = pasid ? MSG.attach : MSG.attachOld;
    return errorSetg(e, text(backendFd(cx, d.backend), hostName(cx, dev), d.fd, id, r.errno), r.errno);
  }
  if (cx.t.on) {
    const args = { iommufd: backendFd(cx, d.backend), name: hostName(cx, dev), fd: d.fd, id };
    if (pasid) cx.t.event("iommufd_cdev_pasid_attach_ioas_hwpt", { ...args, pasid: 0 });
    else cx.t.event("iommufd_cdev_attach_ioas_hwpt", args);
  }
  return true;
}

/** hw/vfio/iommufd.c:iommufd_cdev_detach_ioas_hwpt. */
export function iommufdCdevDetachIoasHwpt(cx: Cx, e: QErr, dev: number): boolean {
  const d = device(cx, dev);
  const r = detach(cx, "qemu", dev);
  if (r.errno !== null) return errorSetg(e, MSG.detach(hostName(cx, dev), r.errno), r.errno);
  if (cx.t.on) {
    const args = { iommufd: backendFd(cx, d.backend), name: hostName(cx, dev) };
    if (cx.setup.qemu.traceNames === "11.1")
      cx.t.event("iommufd_cdev_pasid_detach_ioas_hwpt", { ...args, pasid: 0 });
    else cx.t.event("iommufd_cdev_detach_ioas_hwpt", args);
  }
  return true;
}

/** backends: host_iommu_device_iommufd_attach_hwpt. */
export function hostIommuDeviceIommufdAttachHwpt(cx: Cx, e: QErr, h: HostIommuDevice, id: number): boolean {
  return iommufdCdevAttachIoasHwpt(cx, e, h.dev, id);
}

/** hw/vfio/iommufd.c:iommufd_cdev_getfd. */
export function iommufdCdevGetfd(cx: Cx, e: QErr, dev: number): boolean {
  const path = `/dev/vfio/devices/vfio${dev}`;
  const r = openCdev(cx, "qemu", dev);
  const fd = r.errno === null ? takeFd(cx, FIRST_CDEV_FD) : -1;
  if (cx.t.on) cx.t.event("iommufd_cdev_getfd", { dev: path, fd });
  if (r.errno !== null) return errorSetg(e, MSG.openCdev(path, r.errno), r.errno);
  ownDevice(cx, dev).fd = fd;
  return true;
}

function kvmDeviceDel(cx: Cx, r: Report, dev: number): void {
  const k = kvmDel(cx, "qemu", dev);
  if (k.errno !== null) errorReport(cx, r, MSG.kvmDel(k.errno), k.errno);
}

/** hw/vfio/iommufd.c:iommufd_cdev_connect_and_bind. */
export function iommufdCdevConnectAndBind(cx: Cx, r: Report, e: QErr, dev: number): boolean {
  const d = ownDevice(cx, dev);
  if (!iommufdBackendConnect(cx, e, d.backend)) return false;
  const k = kvmAdd(cx, "qemu", dev);
  if (k.errno !== null) {
    iommufdBackendDisconnect(cx, d.backend);
    return errorSetg(e, MSG.kvmAdd(k.errno), k.errno);
  }
  const fd = backendFd(cx, d.backend);
  const file = backendFile(cx, d.backend);
  const b = bind(cx, "qemu", file, dev, 0, `${deviceName(cx, dev)}.device`);
  if (b.errno !== null) {
    kvmDeviceDel(cx, r, dev);
    iommufdBackendDisconnect(cx, d.backend);
    return errorSetg(e, MSG.bind(d.fd, fd, b.errno), b.errno);
  }
  d.devid = b.id;
  const ids = ownDeviceIds(cx, dev);
  ids.file = file;
  ids.device = b.id;
  if (cx.t.on)
    cx.t.event("iommufd_cdev_connect_and_bind", {
      iommufd: fd,
      name: hostName(cx, dev),
      fd: d.fd,
      devid: b.id,
    });
  return true;
}

/** hw/vfio/iommufd.c:iommufd_cdev_unbind_and_disconnect, then close(2) of the device, which unbinds it. */
export function unbindAndClose(cx: Cx, r: Report, dev: number): void {
  const d = device(cx, dev);
  kvmDeviceDel(cx, r, dev);
  iommufdBackendDisconnect(cx, d.backend);
  unbind(cx, "qemu", dev);
  releaseFd(cx, d.fd);
}
