/** The life of a vfio-pci device: realize, exit, finalize, reset (hw/vfio/pci.c, model/qemu.md 3.1, 3.10). */
import { type Cx, own } from "../cx.ts";
import { deviceReset } from "../kernel/syscalls.ts";
import { MSG } from "./messages.ts";
import { errorPrepend, errorReport, errorReportErr, isDead, newErr, type Report } from "./qerr.ts";
import { smmuv3AccelGetDev, smmuv3AccelSetIommuDevice, smmuv3AccelUnsetIommuDevice } from "./smmuv3-accel.ts";
import { slotOf } from "./smmuv3-state.ts";
import { ABSENT_DEVICE } from "./state.ts";
import type { VfioDevice } from "./types.ts";
import { hostName, ownDevice } from "./vfio-cdev.ts";
import { iommufdCdevAttach, iommufdCdevDetach } from "./vfio-iommufd.ts";

function forget(cx: Cx, dev: number): void {
  const d = ownDevice(cx, dev);
  Object.assign(d, ABSENT_DEVICE, { ids: d.ids });
}

/** hw/vfio/pci.c:vfio_pci_reset: FLR or VFIO_DEVICE_RESET; when that fails, QEMU tries a hot reset of the one device. */
export function vfioPciReset(cx: Cx, r: Report, dev: number): void {
  const name = hostName(cx, dev);
  if (cx.t.on) cx.t.event("vfio_pci_reset", { name });
  const res = deviceReset(cx, "qemu", dev);
  if (res.errno === null) {
    if (cx.t.on) cx.t.event("vfio_pci_reset_flr", { name });
    return;
  }
  cx.t.rule("Q-RESET-FLR-FAIL");
  if (cx.t.on) cx.t.event("vfio_pci_hot_reset", { name, type: "one" });
  errorReport(cx, r, MSG.reset(name, res.errno), res.errno);
}

/** hw/vfio/pci.c:vfio_pci_put_device, when the object is finalized: DETACH, HWPT, IOAS, unbind. */
export function vfioPciFinalize(cx: Cx, r: Report, dev: number): void {
  cx.t.rule("Q-FIN");
  if (cx.t.on) cx.t.call("qemu-vfio", "vfio_pci_put_device", { device: dev });
  iommufdCdevDetach(cx, r, dev);
  forget(cx, dev);
  if (cx.t.on) cx.t.ret(null, null);
}

/** First half of vfio_pci_realize: everything up to and without pci_device_set_iommu_device. */
function realizeAttach(cx: Cx, r: Report, dev: number, a: PciAddress): boolean {
  const name = hostName(cx, dev);
  const accel = cx.setup.vsmmus[a.vsmmu]?.accel === true;
  const d = ownDevice(cx, dev);
  d.vsmmu = a.vsmmu;
  d.slot = accel ? smmuv3AccelGetDev(cx, a.vsmmu, a.bdf) : -1;
  d.hot = a.hot;
  if (cx.t.on) cx.t.event("vfio_mdev", { name, is_mdev: 0 });
  const e = newErr();
  const as = { accel, wantNestParent: accel, bdf: a.bdf };
  if (!iommufdCdevAttach(cx, r, e, dev, a.backend, as)) {
    errorPrepend(e, (why) => MSG.vfioPrefix(name, why));
    errorReportErr(cx, r, e);
    forget(cx, dev);
    return false;
  }
  if (cx.t.on)
    cx.t.event("vfio_pci_populate_device_config", { name, size: 0x100, offset: 0x700_0000_0000n, flags: 3 });
  d.phase = "realized";
  return true;
}

/** Second half: set_iommu_device, and the reset of a hot-plugged function. A device that fails is finalized at once. */
function realizeSet(cx: Cx, r: Report, dev: number): boolean {
  const name = hostName(cx, dev);
  const d = ownDevice(cx, dev);
  const hiod = { dev, backend: d.backend, devid: d.devid, hwptId: d.hwptId };
  const e = newErr();
  if (!smmuv3AccelSetIommuDevice(cx, r, e, d.vsmmu, d.slot, hiod)) {
    if (isDead(cx)) return false;
    cx.t.rule("Q-REAL-SET");
    errorPrepend(e, (why) => MSG.setPrefix(name, why));
    errorReportErr(cx, r, e);
    vfioPciFinalize(cx, r, dev);
    return false;
  }
  const q = own(cx, cx.w, "qemu");
  q.plugged = [dev].concat(q.plugged);
  if (d.hot) {
    cx.t.rule("Q-REAL-HOT-RESET");
    vfioPciReset(cx, r, dev);
  }
  return true;
}

/** Where a vfio-pci is to sit, and how it gets there. */
export interface PciAddress {
  readonly vsmmu: number;
  readonly bdf: number;
  readonly hot: boolean;
  readonly backend: string;
}

/** hw/vfio/pci.c:vfio_pci_realize, whole or one of its halves. */
export function vfioPciRealize(
  cx: Cx,
  r: Report,
  dev: number,
  address: PciAddress | null,
  part: "whole" | "attach" | "set",
): boolean {
  if (cx.t.on) cx.t.call("qemu-vfio", "vfio_pci_realize", { device: dev });
  let ok = address === null || realizeAttach(cx, r, dev, address);
  if (ok && part !== "attach") ok = realizeSet(cx, r, dev);
  if (cx.t.on) cx.t.ret(ok, ok ? null : r.errno);
  return ok;
}

/** hw/vfio/pci.c:vfio_exitfn: its last step is unset. VFIO's detach waits for finalization. */
export function vfioExitfn(cx: Cx, r: Report, dev: number): void {
  const d = cx.w.qemu.devices[dev] as VfioDevice;
  if (cx.t.on) cx.t.call("qemu-vfio", "vfio_exitfn", { device: dev });
  if (slotOf(cx, d.vsmmu, d.slot).hiodi !== null) smmuv3AccelUnsetIommuDevice(cx, r, d.vsmmu, d.slot);
  const q = own(cx, cx.w, "qemu");
  q.plugged = q.plugged.filter((x) => x !== dev);
  ownDevice(cx, dev).phase = "unrealized";
  if (cx.t.on) cx.t.ret(null, null);
}
