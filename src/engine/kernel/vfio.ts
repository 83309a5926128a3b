/** VFIO's device files: device_cdev.c, vfio_main.c, vfio/iommufd.c. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { HostResult } from "./calls.ts";
import {
  iommufdDeviceBind,
  iommufdDeviceChangePt,
  iommufdDeviceDetach,
  iommufdDeviceUnbind,
} from "./device.ts";
import { pciResetFunction } from "./iommu.ts";
import { boundIdev, ownMaster } from "./object.ts";
import { refuse } from "./rules.ts";

const failed = (errno: Errno): HostResult => ({ errno, id: 0 });

/** open(2) of the cdev. The model keeps one file a device; opening it again changes nothing. */
export function vfioDfOpen(cx: Cx, dev: number): Errno | null {
  if (cx.w.kernel.masters[dev]?.cdevOpen === false) ownMaster(cx, dev).cdevOpen = true;
  return null;
}

/** device_cdev.c:vfio_df_ioctl_bind_iommufd */
export function vfioDfIoctlBindIommufd(
  cx: Cx,
  file: number,
  dev: number,
  flags: number,
  name: string | null,
): HostResult {
  if (cx.t.on) cx.t.call("iommufd", "vfio_df_ioctl_bind_iommufd", { device: dev, file, flags });
  const r = bindIommufd(cx, file, dev, flags, name);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

function bindIommufd(cx: Cx, file: number, dev: number, flags: number, name: string | null): HostResult {
  // The token flag needs a token no device here has: as wrong as an unknown flag.
  if (flags !== 0) return failed(refuse(cx, "K-BIND-1", "EINVAL"));
  const master = cx.w.kernel.masters[dev];
  if (master?.bound !== null) return failed(refuse(cx, "K-BIND-3", "EINVAL"));
  if (cx.w.kernel.files[file]?.fdOpen !== true) return failed(refuse(cx, "K-BIND-5", "EBADF"));
  const r = iommufdDeviceBind(cx, file, dev, name);
  if (r.errno !== null) return r;
  vfioDfOpen(cx, dev);
  // The driver resets the function when it is opened.
  pciResetFunction(cx, dev);
  return r;
}

/** vfio_main.c:vfio_df_device_last_close, vfio/iommufd.c:vfio_iommufd_physical_unbind: close(2) of the cdev. */
export function vfioDfClose(cx: Cx, dev: number): Errno | null {
  const master = cx.w.kernel.masters[dev];
  if (master === undefined || (master.bound === null && !master.cdevOpen))
    return refuse(cx, "K-FD-1", "EBADF");
  if (master.bound !== null) {
    if (cx.t.on) cx.t.call("iommufd", "vfio_df_device_last_close", { device: dev });
    // Rule K-UNBIND-1: the reset comes first.
    cx.t.rule("K-UNBIND-1");
    pciResetFunction(cx, dev);
    const idev = boundIdev(cx, dev);
    if (idev !== null && idev.hwpt !== 0) iommufdDeviceDetach(cx, master.bound.file, idev);
    iommufdDeviceUnbind(cx, dev);
    cx.t.ret(null);
  }
  ownMaster(cx, dev).cdevOpen = false;
  return null;
}

/** Rule K-VFIO-1: every ioctl but bind wants a bound file. */
function notBound(cx: Cx, dev: number): Errno | null {
  return (cx.w.kernel.masters[dev]?.bound ?? null) === null ? refuse(cx, "K-VFIO-1", "EINVAL") : null;
}

/** Rule K-VFIO-2. PASID attachments are left out, and so is their flag. */
const unknownFlags = (cx: Cx, flags: number): Errno | null =>
  flags === 0 ? null : refuse(cx, "K-VFIO-2", "EINVAL");

/** device_cdev.c:vfio_df_ioctl_attach_pt */
export function vfioDfIoctlAttachPt(cx: Cx, dev: number, ptId: number, flags: number): HostResult {
  const errno = notBound(cx, dev) ?? unknownFlags(cx, flags);
  const idev = boundIdev(cx, dev);
  const bound = cx.w.kernel.masters[dev]?.bound ?? null;
  if (errno !== null || idev === null || bound === null) return failed(errno ?? "EINVAL");
  return iommufdDeviceChangePt(cx, bound.file, idev, ptId);
}

/** device_cdev.c:vfio_df_ioctl_detach_pt */
export function vfioDfIoctlDetachPt(cx: Cx, dev: number, flags: number): Errno | null {
  const errno = notBound(cx, dev) ?? unknownFlags(cx, flags);
  const idev = boundIdev(cx, dev);
  const bound = cx.w.kernel.masters[dev]?.bound ?? null;
  if (errno !== null || idev === null || bound === null) return errno ?? "EINVAL";
  if (idev.hwpt === 0) {
    cx.t.rule("K-DETACH-1");
    return null;
  }
  iommufdDeviceDetach(cx, bound.file, idev);
  return null;
}

/** vfio_pci_core.c:vfio_pci_ioctl_get_info */
export function vfioDeviceGetInfo(cx: Cx, dev: number): Errno | null {
  return notBound(cx, dev);
}

/** vfio_pci_core.c:vfio_pci_ioctl_reset */
export function vfioDfIoctlReset(cx: Cx, dev: number): Errno | null {
  const errno = notBound(cx, dev);
  if (errno === null) pciResetFunction(cx, dev);
  return errno;
}
