/** arm-smmu-v3.c: paging domains and their tags (VMID, ASID). */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { PsmmuSpec } from "../setup.ts";
import { flushTag } from "./arm-smmu-v3-invs.ts";
import { s2Format } from "./io-pgtable-arm.ts";
import { ownSmmu } from "./object.ts";
import { refuse } from "./rules.ts";
import type { HwptPagingObj } from "./types.ts";

const NEST_PARENT = 1;
const DIRTY_TRACKING = 2;
const PASID = 8;

/** The driver's half of a HWPT_PAGING. */
export type PagingDomain = Pick<
  HwptPagingObj,
  "nestParent" | "dirty" | "pasid" | "stage" | "psmmu" | "s2fwb" | "oas" | "vmid" | "asid"
>;

/** Lowest value in 1 … 2^bits − 1 missing from an ascending list; 0 if there is none. */
export function lowestFree(used: readonly number[], bits: number): number {
  let free = 1;
  for (const v of used) {
    if (v > free) break;
    free = v + 1;
  }
  return free < 2 ** bits ? free : 0;
}

/** ASIDs are one space for all SMMUs of the host. */
function lowestFreeAsid(cx: Cx, bits: number): number {
  const smmus = cx.w.kernel.smmus;
  if (smmus.length === 1) return lowestFree(smmus[0]?.asids ?? [], bits);
  return lowestFree(
    smmus.flatMap((s) => s.asids).sort((a, b) => a - b),
    bits,
  );
}

/** Which stage the flags ask for, or null if they cannot be had (rule K-PAGING-6). */
function stageOf(p: PsmmuSpec, nesting: boolean, flags: number): 1 | 2 | null {
  switch (flags) {
    case 0:
      return p.s1 ? 1 : 2;
    case NEST_PARENT:
      return nesting ? 2 : null;
    case DIRTY_TRACKING:
    case PASID:
    case DIRTY_TRACKING | PASID:
      return p.s1 ? 1 : null;
    default:
      return null;
  }
}

/** Whether an S2 carries a VMID of its own under this VMID knob. */
export function s2OwnsVmid(cx: Cx, nestParent: boolean): boolean {
  const vmid = cx.setup.kernel.vmid;
  return vmid === "s2" || (vmid === "viommu-only" && !nestParent);
}

/** smmu.h:ARM_SMMU_FEAT_NESTING of an SMMU, under a kernel that knows it. */
export function canNest(cx: Cx, p: PsmmuSpec): boolean {
  return cx.setup.kernel.nesting && p.nesting && p.s1 && p.s2;
}

/**
 * arm-smmu-v3.c:arm_smmu_domain_alloc_paging_flags, arm_smmu_domain_finalise. The tag in the result is only
 * chosen; `claimTag` takes it once the object is kept.
 */
export function armSmmuDomainAllocPagingFlags(
  cx: Cx,
  dev: number,
  flags: number,
  userData: boolean,
): PagingDomain | Errno {
  if (cx.t.on) cx.t.call("arm-smmu-v3", "arm_smmu_domain_alloc_paging_flags", { dev, flags });
  const r = allocPaging(cx, dev, flags, userData);
  cx.t.ret(null, typeof r === "string" ? r : null);
  return r;
}

function allocPaging(cx: Cx, dev: number, flags: number, userData: boolean): PagingDomain | Errno {
  if (userData) return refuse(cx, "K-PAGING-5", "EOPNOTSUPP");
  const psmmu = cx.setup.devices[dev]?.psmmu ?? 0;
  const p = cx.setup.psmmus[psmmu] as PsmmuSpec;
  const stage = stageOf(p, canNest(cx, p), flags);
  if (stage === null) return refuse(cx, "K-PAGING-6", "EOPNOTSUPP");
  const nestParent = flags === NEST_PARENT;
  let vmid = 0;
  let asid = 0;
  if (stage === 1) {
    asid = lowestFreeAsid(cx, p.asidBits);
    if (asid === 0) return refuse(cx, "K-PAGING-11", "EBUSY");
  } else if (s2OwnsVmid(cx, nestParent)) {
    vmid = lowestFree(cx.w.kernel.smmus[psmmu]?.vmids ?? [], p.vmidBits);
    if (vmid === 0) return refuse(cx, "K-PAGING-8", "ENOSPC");
    cx.t.rule("K-PAGING-8");
  } else {
    cx.t.rule("K-PAGING-10");
  }
  return {
    nestParent,
    dirty: (flags & DIRTY_TRACKING) !== 0,
    pasid: (flags & PASID) !== 0,
    stage,
    psmmu,
    s2fwb: nestParent && p.s2fwb,
    oas: stage === 2 ? s2Format(p).bits : Math.min(p.oas, 48),
    vmid,
    asid,
  };
}

function withValue(list: readonly number[], value: number): number[] {
  const out = list.slice();
  let i = out.length;
  while (i > 0 && (out[i - 1] as number) > value) i--;
  out.splice(i, 0, value);
  return out;
}

/** Takes the tag that `armSmmuDomainAllocPagingFlags` chose. */
export function claimTag(cx: Cx, d: PagingDomain): void {
  if (d.vmid !== 0) {
    const smmu = ownSmmu(cx, d.psmmu);
    smmu.vmids = withValue(smmu.vmids, d.vmid);
  }
  if (d.asid !== 0) {
    const smmu = ownSmmu(cx, d.psmmu);
    smmu.asids = withValue(smmu.asids, d.asid);
  }
}

/** arm-smmu-v3.c:arm_smmu_domain_free_paging */
export function smmuDomainFreePaging(cx: Cx, hwpt: HwptPagingObj): void {
  const tag = hwpt.stage === 1 ? hwpt.asid : hwpt.vmid;
  if (tag === 0) return;
  if (cx.setup.kernel.invs === "list") {
    cx.t.rule("K-INVS-3");
    flushTag(cx, hwpt.psmmu, hwpt.stage, tag);
  }
  const smmu = ownSmmu(cx, hwpt.psmmu);
  if (hwpt.stage === 1) smmu.asids = smmu.asids.filter((v) => v !== tag);
  else smmu.vmids = smmu.vmids.filter((v) => v !== tag);
}

/** Takes the lowest free VMID of an SMMU, or 0. */
export function takeVmid(cx: Cx, psmmu: number): number {
  const vmids = cx.w.kernel.smmus[psmmu]?.vmids ?? [];
  const vmid = lowestFree(vmids, cx.setup.psmmus[psmmu]?.vmidBits ?? 0);
  if (vmid === 0) return 0;
  ownSmmu(cx, psmmu).vmids = withValue(vmids, vmid);
  return vmid;
}

export function putVmid(cx: Cx, psmmu: number, vmid: number): void {
  const smmu = ownSmmu(cx, psmmu);
  smmu.vmids = smmu.vmids.filter((v) => v !== vmid);
}
