/** iommufd/hw_pagetable.c: making HWPTs of every kind. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { armSmmuDomainAllocPagingFlags, claimTag, type PagingDomain } from "./arm-smmu-v3-domain.ts";
import { armVsmmuAllocDomainNested } from "./arm-smmu-v3-iommufd.ts";
import type { HostResult, HwptAllocArgs } from "./calls.ts";
import { addUsers, install, nextId, ownTyped } from "./object.ts";
import { refuse } from "./rules.ts";
import { getObj, getTyped } from "./state.ts";
import type { DeviceObj, IoasObj, ViommuObj } from "./types.ts";

/** enum iommufd_hwpt_alloc_flags */
export const HWPT_NEST_PARENT = 1;
export const HWPT_DIRTY_TRACKING = 2;
export const HWPT_FAULT_ID_VALID = 4;
export const HWPT_PASID = 8;
const KNOWN_FLAGS = HWPT_NEST_PARENT | HWPT_DIRTY_TRACKING | HWPT_FAULT_ID_VALID | HWPT_PASID;

const failed = (errno: Errno): HostResult => ({ errno, id: 0 });

/** hw_pagetable.c:iommufd_hwpt_alloc */
export function iommufdHwptAlloc(cx: Cx, file: number, a: HwptAllocArgs): HostResult {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_hwpt_alloc", { dev: a.devId, pt: a.ptId, flags: a.flags });
  const r = hwptAlloc(cx, file, a);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

function hwptAlloc(cx: Cx, file: number, a: HwptAllocArgs): HostResult {
  if (a.reserved !== 0) return failed(refuse(cx, "K-HWPT-1", "EOPNOTSUPP"));
  if ((a.dataType === 0) !== (a.dataLen === 0)) return failed(refuse(cx, "K-HWPT-2", "EINVAL"));
  const idev = getTyped(cx.w.kernel, file, a.devId, "DEVICE");
  if (idev === null) return failed(refuse(cx, "K-HWPT-3", "ENOENT"));
  const pt = getObj(cx.w.kernel, file, a.ptId);
  if (pt === null) return failed(refuse(cx, "K-HWPT-4", "EINVAL"));
  switch (pt.type) {
    case "IOAS":
      return iommufdHwptPagingAlloc(cx, file, pt, idev, a);
    case "HWPT_PAGING":
      return failed(iommufdHwptNestedAlloc(cx, a));
    case "VIOMMU":
      return iommufdViommuAllocHwptNested(cx, file, pt, idev, a);
    default:
      return failed(refuse(cx, "K-HWPT-5", "EINVAL"));
  }
}

/**
 * Tail of iommufd_hwpt_alloc. Page-request queues are left out, so no id is ever a FAULT: the HWPT just made
 * would be thrown away again, which leaves nothing behind.
 */
function faultMissing(cx: Cx, flags: number): Errno | null {
  return (flags & HWPT_FAULT_ID_VALID) !== 0 ? refuse(cx, "K-HWPT-6", "ENOENT") : null;
}

/** hw_pagetable.c:iommufd_hwpt_paging_alloc, up to the driver. */
function pagingFlagsErrno(cx: Cx, idev: DeviceObj, flags: number): Errno | null {
  if ((flags & ~KNOWN_FLAGS) !== 0) return refuse(cx, "K-PAGING-1", "EOPNOTSUPP");
  const dirty = cx.setup.devices[idev.dev]?.dirty === true;
  if ((flags & HWPT_DIRTY_TRACKING) !== 0 && !dirty) return refuse(cx, "K-PAGING-2", "EOPNOTSUPP");
  const faultAndNest = HWPT_FAULT_ID_VALID | HWPT_NEST_PARENT;
  if (cx.setup.kernel.faultNestRefused && (flags & faultAndNest) === faultAndNest)
    return refuse(cx, "K-PAGING-3", "EOPNOTSUPP");
  return null;
}

/** hw_pagetable.c:iommufd_hwpt_paging_alloc for user space. */
function iommufdHwptPagingAlloc(
  cx: Cx,
  file: number,
  ioas: IoasObj,
  idev: DeviceObj,
  a: HwptAllocArgs,
): HostResult {
  const errno = pagingFlagsErrno(cx, idev, a.flags);
  if (errno !== null) return failed(errno);
  const flags = a.flags & ~HWPT_FAULT_ID_VALID;
  const domain = armSmmuDomainAllocPagingFlags(cx, idev.dev, flags, a.dataType !== 0);
  if (typeof domain === "string") return failed(domain);
  const fault = faultMissing(cx, a.flags);
  if (fault !== null) return failed(fault);
  return { errno: null, id: joinIoas(cx, file, ioas.id, idev, domain, a.name, false) };
}

/** The page table of device.c:iommufd_device_auto_get_domain: flags 0, marked auto. Its id, or an errno. */
export function allocAutoHwpt(cx: Cx, file: number, ioasId: number, idev: DeviceObj): number | Errno {
  const domain = armSmmuDomainAllocPagingFlags(cx, idev.dev, 0, false);
  return typeof domain === "string" ? domain : joinIoas(cx, file, ioasId, idev, domain, null, true);
}

/** Finalises a paging HWPT: id, IOAS reference, the driver's tag taken. */
function joinIoas(
  cx: Cx,
  file: number,
  ioasId: number,
  idev: DeviceObj,
  domain: PagingDomain,
  name: string | null,
  autoDomain: boolean,
): number {
  const id = nextId(cx, file);
  const enforceCc = cx.setup.devices[idev.dev]?.canwbs === true;
  if (enforceCc) cx.t.rule("K-PAGING-9");
  claimTag(cx, domain);
  const ioas = ownTyped(cx, file, ioasId, "IOAS");
  ioas.users++;
  ioas.hwpts = [...ioas.hwpts, id];
  cx.t.rule("K-ID-1");
  return install(cx, file, {
    type: "HWPT_PAGING",
    id,
    users: 1,
    name,
    ioas: ioasId,
    autoDomain,
    enforceCc,
    ...domain,
    tags: [],
    invs: [],
    // Tables 64 KiB apart, the files' 4 GiB apart.
    ttb: 0x4000_0000n + (BigInt(id) << 16n) + (BigInt(file) << 32n),
  });
}

/** hw_pagetable.c:iommufd_hwpt_nested_alloc: no Arm driver serves it, so it always ends the same way. */
function iommufdHwptNestedAlloc(cx: Cx, a: HwptAllocArgs): Errno {
  if ((a.flags & ~(HWPT_FAULT_ID_VALID | HWPT_PASID)) !== 0) return refuse(cx, "K-DIRECT-1", "EOPNOTSUPP");
  if (a.dataLen === 0) return refuse(cx, "K-DIRECT-2", "EOPNOTSUPP");
  return refuse(cx, "K-DIRECT-3", "EOPNOTSUPP");
}

/** hw_pagetable.c:iommufd_viommu_alloc_hwpt_nested */
function iommufdViommuAllocHwptNested(
  cx: Cx,
  file: number,
  viommu: ViommuObj,
  idev: DeviceObj,
  a: HwptAllocArgs,
): HostResult {
  if (cx.setup.devices[idev.dev]?.psmmu !== viommu.psmmu) return failed(refuse(cx, "K-NESTED-1", "EINVAL"));
  if ((a.flags & ~(HWPT_FAULT_ID_VALID | HWPT_PASID)) !== 0)
    return failed(refuse(cx, "K-NESTED-2", "EOPNOTSUPP"));
  if (a.dataLen === 0) return failed(refuse(cx, "K-NESTED-3", "EOPNOTSUPP"));
  const vste = armVsmmuAllocDomainNested(cx, a.flags & ~HWPT_FAULT_ID_VALID, a);
  if (typeof vste === "string") return failed(vste);
  const fault = faultMissing(cx, a.flags);
  if (fault !== null) return failed(fault);
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "HWPT_NESTED",
    id: nextId(cx, file),
    users: 1,
    name: a.name,
    viommu: viommu.id,
    parent: viommu.hwpt,
    ...vste,
  });
  addUsers(cx, file, viommu.id, 1);
  return { errno: null, id };
}
