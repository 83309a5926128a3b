/** iommufd/main.c: the object table of an iommufd file, DESTROY, and the file's end. */
import { type Cx, type Draft, fresh, own } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { smmuDomainFreePaging } from "./arm-smmu-v3-domain.ts";
import { armVsmmuDestroy } from "./arm-smmu-v3-iommufd.ts";
import { addUsers, ownFile, ownFiles, ownTyped } from "./object.ts";
import { refuse } from "./rules.ts";
import { emptyFile, getObj, getTyped } from "./state.ts";
import type { HwptPagingObj, Obj, VdeviceObj, VeventqObj, ViommuObj } from "./types.ts";

/** main.c:iommufd_fops_open. Returns the index of the new file. */
export function iommufdFopsOpen(cx: Cx, name: string): number {
  const files = ownFiles(cx);
  files.push(fresh(cx, emptyFile(name)));
  return files.length - 1;
}

function leaveIoas(cx: Cx, file: number, hwpt: HwptPagingObj): void {
  const ioas = ownTyped(cx, file, hwpt.ioas, "IOAS");
  ioas.hwpts = ioas.hwpts.filter((id) => id !== hwpt.id);
  ioas.users--;
}

/** viommu.c:iommufd_vdevice_destroy. Rule K-DESTROY-3: whoever is attached stays so. */
export function iommufdVdeviceDestroy(cx: Cx, file: number, vdev: VdeviceObj): void {
  const viommu = ownTyped(cx, file, vdev.viommu, "VIOMMU");
  viommu.vdevs = viommu.vdevs.filter((e) => e.vdevice !== vdev.id);
  viommu.users--;
  if (cx.setup.kernel.vdevLifetime === "tombstone") {
    const idev = ownTyped(cx, file, vdev.device, "DEVICE");
    idev.vdev = 0;
    idev.users--;
  }
  if (cx.t.on && cx.w.kernel.masters[vdev.dev]?.vmaster?.viommu === vdev.viommu) cx.t.rule("K-DESTROY-3");
}

function leaveViommu(cx: Cx, file: number, q: VeventqObj): void {
  const viommu: Draft<ViommuObj> = ownTyped(cx, file, q.viommu, "VIOMMU");
  viommu.veventqs = viommu.veventqs.filter((id) => id !== q.id);
  viommu.users--;
}

/** The type's own destroy, then the slot: what iommufd_object_ops[].destroy and iommufd_object_remove do. */
export function iommufdObjectDestroy(cx: Cx, file: number, obj: Obj, tombstone = false): void {
  switch (obj.type) {
    case "IOAS":
    case "DEVICE":
      break;
    case "HWPT_PAGING":
      smmuDomainFreePaging(cx, obj);
      leaveIoas(cx, file, obj);
      break;
    case "HWPT_NESTED":
      addUsers(cx, file, obj.viommu, -1);
      break;
    case "VIOMMU":
      armVsmmuDestroy(cx, obj);
      addUsers(cx, file, obj.hwpt, -1);
      break;
    case "VDEVICE":
      iommufdVdeviceDestroy(cx, file, obj);
      break;
    case "VEVENTQ":
      leaveViommu(cx, file, obj);
      break;
  }
  freeId(cx, file, obj.id, tombstone);
}

/** Rules K-ID-1, K-ID-2: gives an id back, or reserves it for ever. */
function freeId(cx: Cx, file: number, id: number, tombstone: boolean): void {
  const f = ownFile(cx, file);
  const objects = own(cx, f, "objects");
  objects[id] = tombstone ? "tombstone" : null;
  if (tombstone) {
    cx.t.rule("K-ID-2");
    return;
  }
  // The last slot is never free, so that only the last id's going can shorten the table.
  if (id === objects.length - 1)
    while (objects.length > 1 && objects[objects.length - 1] === null) objects.pop();
  if (id < f.minFree) f.minFree = id;
}

/** main.c:iommufd_destroy, iommufd_object_remove */
export function iommufdDestroy(cx: Cx, file: number, id: number): Errno | null {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_object_remove", { id });
  const errno = objectRemove(cx, file, id);
  cx.t.ret(null, errno);
  return errno;
}

function objectRemove(cx: Cx, file: number, id: number): Errno | null {
  const obj = getObj(cx.w.kernel, file, id);
  if (obj === null) return refuse(cx, "K-DESTROY-1", "ENOENT");
  if (obj.users !== 1) return refuse(cx, "K-DESTROY-2", "EBUSY");
  iommufdObjectDestroy(cx, file, obj);
  return null;
}

/** close(2) of the iommufd's own fd. */
export function iommufdFopsRelease(cx: Cx, file: number): void {
  ownFile(cx, file).fdOpen = false;
  iommufdFput(cx, file);
}

/** The end of one reference on the file. Rule K-CLOSE-1: the last one, fd included, releases it. */
export function iommufdFput(cx: Cx, file: number): void {
  const f = cx.w.kernel.files[file];
  if (f === undefined || f.released) return;
  if (f.fdOpen || f.refs > 0) {
    cx.t.rule("K-CLOSE-1");
    return;
  }
  if (cx.t.on) cx.t.call("iommufd", "iommufd_fops_release", { file });
  // Rule K-CLOSE-2.
  cx.t.rule("K-CLOSE-2");
  for (let destroyed = true; destroyed; ) {
    destroyed = false;
    const slots = cx.w.kernel.files[file]?.objects.length ?? 0;
    for (let id = 1; id < slots; id++) {
      const obj = getObj(cx.w.kernel, file, id);
      if (obj === null || obj.users !== 1) continue;
      iommufdObjectDestroy(cx, file, obj);
      destroyed = true;
    }
  }
  const draft = ownFile(cx, file);
  draft.released = true;
  if (draft.objects.some((o) => o !== null && o !== "tombstone")) {
    // A reference nobody let go of: the kernel warns and leaks.
    if (cx.t.on) cx.t.message("host", "WARNING: iommufd_fops_release: objects are left");
  } else {
    draft.objects = [null];
    draft.minFree = 1;
  }
  cx.t.ret(null);
}

/**
 * device.c:iommufd_hw_pagetable_put: one attachment less. Rule K-AUTO-3: an auto domain goes with its last one.
 */
export function iommufdHwPagetablePut(cx: Cx, file: number, id: number): void {
  const users = addUsers(cx, file, id, -1);
  if (users !== 1) return;
  const paging = getTyped(cx.w.kernel, file, id, "HWPT_PAGING");
  if (paging?.autoDomain !== true) return;
  cx.t.rule("K-AUTO-3");
  iommufdObjectDestroy(cx, file, paging);
}
