/** arm-smmu-v3-iommufd.c: vSMMU, vSTE, vDEVICE, hardware information. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { PsmmuSpec } from "../setup.ts";
import { canNest, lowestFree, putVmid, takeVmid } from "./arm-smmu-v3-domain.ts";
import { flushTag } from "./arm-smmu-v3-invs.ts";
import type { HwptAllocArgs } from "./calls.ts";
import { s2Compatible } from "./io-pgtable-arm.ts";
import { refuse } from "./rules.ts";
import { getTyped } from "./state.ts";
import type { HwptNestedObj, HwptPagingObj, ViommuObj } from "./types.ts";

/** uapi: IOMMU_HWPT_DATA_ARM_SMMUV3 and the size of struct iommu_hwpt_arm_smmuv3. */
export const HWPT_DATA_ARM_SMMUV3 = 2;
const VSTE_BYTES = 16;
export const VIOMMU_TYPE_ARM_SMMUV3 = 1;

/** arm-smmu-v3.h:STRTAB_STE_0_NESTING_ALLOWED: V, Config, S1Fmt, S1ContextPtr, S1CDMax. */
const VSTE_0_ALLOWED = 0xfn | (3n << 4n) | 0x000f_ffff_ffff_ffc0n | (31n << 59n);
/** arm-smmu-v3.h:STRTAB_STE_1_NESTING_ALLOWED: S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS. */
const VSTE_1_ALLOWED = 0xffn | (1n << 27n) | (3n << 28n);
const VSTE_1_EATS = 3n << 28n;

type Vste = Pick<HwptNestedObj, "ste0" | "ste1" | "enableAts" | "kind">;
const INVALID_VSTE: Vste = Object.freeze({ ste0: 0n, ste1: 0n, enableAts: false, kind: "invalid" });

/** arm-smmu-v3-iommufd.c:arm_smmu_validate_vste */
export function armSmmuValidateVste(cx: Cx, ste0: bigint, ste1: bigint): Vste | Errno {
  if ((ste0 & 1n) === 0n) {
    cx.t.rule("K-VSTE-1");
    return INVALID_VSTE;
  }
  if ((ste0 & ~VSTE_0_ALLOWED) !== 0n || (ste1 & ~VSTE_1_ALLOWED) !== 0n)
    return refuse(cx, "K-VSTE-2", "EIO");
  const cfg = Number((ste0 >> 1n) & 7n);
  if (cfg !== 0 && cfg !== 4 && cfg !== 5) return refuse(cx, "K-VSTE-3", "EIO");
  const eats = (ste1 >> 28n) & 3n;
  if (eats > 1n) return refuse(cx, "K-VSTE-4", "EIO");
  cx.t.rule("K-VSTE-5");
  return {
    ste0,
    ste1: ste1 & ~VSTE_1_EATS,
    enableAts: cfg === 5 && eats === 1n,
    kind: cfg === 0 ? "abort" : cfg === 4 ? "bypass" : "translate",
  };
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_alloc_domain_nested. `flags` without FAULT_ID_VALID. */
export function armVsmmuAllocDomainNested(cx: Cx, flags: number, a: HwptAllocArgs): Vste | Errno {
  if (cx.t.on)
    cx.t.call("arm-smmu-v3", "arm_vsmmu_alloc_domain_nested", { flags, ste0: a.ste0, ste1: a.ste1 });
  const r = allocDomainNested(cx, flags, a);
  cx.t.ret(null, typeof r === "string" ? r : null);
  return r;
}

function allocDomainNested(cx: Cx, flags: number, a: HwptAllocArgs): Vste | Errno {
  if (flags !== 0) return refuse(cx, "K-NESTED-5", "EOPNOTSUPP");
  if (a.dataType !== HWPT_DATA_ARM_SMMUV3) return refuse(cx, "K-NESTED-6", "EINVAL");
  if (a.dataLen !== VSTE_BYTES) return refuse(cx, "K-NESTED-7", "EINVAL");
  return armSmmuValidateVste(cx, a.ste0, a.ste1);
}

/** The part of the capability check that needs no HWPT: rules K-VIOMMU-5, K-VIOMMU-6. */
function forceSyncErrno(cx: Cx, p: PsmmuSpec): Errno | null {
  if (!p.forceSync) return null;
  if (cx.t.on) cx.t.message("host", "WARNING: vIOMMU refused: CMDQ_FORCE_SYNC erratum");
  return refuse(cx, "K-VIOMMU-5", "EOPNOTSUPP");
}

const coherencyErrno = (cx: Cx, dev: number, p: PsmmuSpec): Errno | null =>
  cx.setup.devices[dev]?.canwbs !== true && !p.s2fwb ? refuse(cx, "K-VIOMMU-6", "EOPNOTSUPP") : null;

const typeErrno = (cx: Cx, type: number): Errno | null =>
  type !== VIOMMU_TYPE_ARM_SMMUV3 ? refuse(cx, "K-VIOMMU-7", "EOPNOTSUPP") : null;

const nestingErrno = (cx: Cx, p: PsmmuSpec): Errno | null =>
  canNest(cx, p) ? null : refuse(cx, "K-VIOMMU-4", "EOPNOTSUPP");

/** arm-smmu-v3-iommufd.c:arm_smmu_get_viommu_size [6.17]: asked before any HWPT is looked up. */
export function armSmmuGetViommuSize(cx: Cx, dev: number, type: number): Errno | null {
  const p = cx.setup.psmmus[cx.setup.devices[dev]?.psmmu ?? 0] as PsmmuSpec;
  return nestingErrno(cx, p) ?? forceSyncErrno(cx, p) ?? coherencyErrno(cx, dev, p) ?? typeErrno(cx, type);
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_alloc [6.13 to 6.16]: everything the driver says, after the HWPT. */
export function armVsmmuAlloc(cx: Cx, dev: number, type: number, s2: HwptPagingObj): Errno | null {
  const psmmu = cx.setup.devices[dev]?.psmmu ?? 0;
  const p = cx.setup.psmmus[psmmu] as PsmmuSpec;
  return (
    typeErrno(cx, type) ??
    nestingErrno(cx, p) ??
    parentErrno(cx, psmmu, s2) ??
    forceSyncErrno(cx, p) ??
    coherencyErrno(cx, dev, p)
  );
}

/** Whether the nest parent may serve on this SMMU: rules K-VIOMMU-11, K-VIOMMU-13. */
function parentErrno(cx: Cx, psmmu: number, s2: HwptPagingObj): Errno | null {
  if (cx.setup.kernel.vmid === "s2") return s2.psmmu === psmmu ? null : refuse(cx, "K-VIOMMU-11", "EINVAL");
  const from = cx.setup.psmmus[s2.psmmu] as PsmmuSpec;
  const to = cx.setup.psmmus[psmmu] as PsmmuSpec;
  return s2Compatible(from, to, s2.s2fwb) ? null : refuse(cx, "K-VIOMMU-13", "EINVAL");
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_init. Returns the vIOMMU's VMID, or an errno. */
export function armVsmmuInit(cx: Cx, psmmu: number, s2: HwptPagingObj): number | Errno {
  if (cx.t.on) cx.t.call("arm-smmu-v3", "arm_vsmmu_init", { psmmu, s2: s2.id });
  const r = vsmmuInit(cx, psmmu, s2);
  if (typeof r === "string") cx.t.ret(null, r);
  else cx.t.ret(r);
  return r;
}

function vsmmuInit(cx: Cx, psmmu: number, s2: HwptPagingObj): number | Errno {
  const errno = cx.setup.kernel.viommuOrder === "new" ? parentErrno(cx, psmmu, s2) : null;
  if (errno !== null) return errno;
  if (cx.setup.kernel.vmid === "s2") {
    cx.t.rule("K-VIOMMU-12");
    return s2.vmid;
  }
  const bits = cx.setup.psmmus[psmmu]?.vmidBits ?? 0;
  if (lowestFree(cx.w.kernel.smmus[psmmu]?.vmids ?? [], bits) === 0)
    return refuse(cx, "K-VIOMMU-14", "ENOSPC");
  cx.t.rule("K-VIOMMU-14");
  return takeVmid(cx, psmmu);
}

/** End of a vIOMMU: only one that owns its VMID has anything to give back. */
export function armVsmmuDestroy(cx: Cx, viommu: ViommuObj): void {
  if (cx.setup.kernel.vmid === "s2") return;
  // With the invalidation array the flush came when the last nested attach ended.
  if (cx.setup.kernel.invs === "list") flushTag(cx, viommu.psmmu, 2, viommu.vmid);
  putVmid(cx, viommu.psmmu, viommu.vmid);
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_vdevice_init. Rule K-VDEVICE-9. */
export function armVsmmuVdeviceInit(cx: Cx, dev: number): Errno | null {
  if (cx.setup.kernel.vdevStreams === "any") return null;
  return cx.setup.devices[dev]?.sids.length === 1 ? null : refuse(cx, "K-VDEVICE-9", "EOPNOTSUPP");
}

/**
 * The vSID a device has in a vIOMMU now, or null: the first vDEVICE that names it, in the order of virtual ids
 * (viommu.c:iommufd_viommu_get_vdev_id).
 */
export function viommuGetVdevId(cx: Cx, file: number, viommu: ViommuObj, dev: number): bigint | null {
  for (const e of viommu.vdevs) {
    if (getTyped(cx.w.kernel, file, e.vdevice, "VDEVICE")?.dev === dev) return e.virtId;
  }
  return null;
}
