/** drivers/iommu/iommu.c: groups, DMA ownership, and taking a device off its domain for a function reset. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { armSmmuAttachDev, domainText } from "./arm-smmu-v3.ts";
import { ownGroup, ownMaster } from "./object.ts";
import { refuse } from "./rules.ts";
import { BLOCKED_DOMAIN, DEFAULT_DOMAIN, sameDomain } from "./state.ts";
import { topology } from "./topology.ts";
import type { DomainRef, IommuGroup } from "./types.ts";

const groupOf = (cx: Cx, group: number): IommuGroup => cx.w.kernel.groups[group] as IommuGroup;
const devsOf = (cx: Cx, group: number): readonly number[] => topology(cx.setup).groupDevs[group] ?? [];

/** iommu.c:__iommu_device_set_domain */
function deviceSetDomain(
  cx: Cx,
  dev: number,
  domain: DomainRef,
  old: DomainRef,
  mustSucceed: boolean,
): Errno | null {
  if (domain.kind === "blocked" && !mustSucceed && cx.setup.devices[dev]?.directMap === true)
    return refuse(cx, "K-BIND-10", "EINVAL");
  const errno = armSmmuAttachDev(cx, dev, domain, old);
  if (errno !== null && mustSucceed && domain.kind !== "blocked") {
    cx.t.rule("K-REVERT-2");
    if (cx.t.on) cx.t.message("host", `WARNING: device ${dev} cannot go back to ${domainText(domain)}`);
    armSmmuAttachDev(cx, dev, BLOCKED_DOMAIN, old);
  }
  return errno;
}

/**
 * iommu.c:__iommu_group_set_domain_internal. Devices held by a reset are skipped (rule K-RESET-5). On a failure
 * those already switched go back (rules K-REPLACE-3, K-REVERT-1).
 */
function groupSetDomain(cx: Cx, group: number, domain: DomainRef, mustSucceed: boolean): Errno | null {
  const old = groupOf(cx, group).domain;
  if (sameDomain(old, domain)) return null;
  const devs = devsOf(cx, group);
  if (devs.length > 1) cx.t.rule("K-ATTACH-8");
  for (const [i, dev] of devs.entries()) {
    if (cx.w.kernel.masters[dev]?.blocked === true) {
      cx.t.rule("K-RESET-5");
      continue;
    }
    const errno = deviceSetDomain(cx, dev, domain, old, mustSucceed);
    if (errno === null || mustSucceed) continue;
    cx.t.rule("K-REPLACE-3");
    for (const done of devs.slice(0, i)) {
      if (cx.w.kernel.masters[done]?.blocked === true) continue;
      cx.t.rule("K-REVERT-1");
      deviceSetDomain(cx, done, old, domain, true);
    }
    return errno;
  }
  ownGroup(cx, group).domain = domain;
  return null;
}

/** iommu.c:iommu_attach_group_handle */
export function iommuAttachGroupHandle(cx: Cx, group: number, domain: DomainRef): Errno | null {
  const g = groupOf(cx, group);
  if (g.domain.kind === "hwpt") return refuse(cx, "K-ATTACH-5", "EBUSY");
  return iommuReplaceGroupHandle(cx, group, domain);
}

/** iommu.c:iommu_replace_group_handle */
export function iommuReplaceGroupHandle(cx: Cx, group: number, domain: DomainRef): Errno | null {
  if (groupOf(cx, group).recoveryCnt > 0) return refuse(cx, "K-ATTACH-7", "EBUSY");
  return groupSetDomain(cx, group, domain, false);
}

/** iommu.c:iommu_detach_group_handle: an owned group goes to the blocking domain. */
export function iommuDetachGroupHandle(cx: Cx, group: number): void {
  groupSetDomain(cx, group, BLOCKED_DOMAIN, true);
}

/** iommu.c:iommu_device_claim_dma_owner; `file` is the owner. */
export function iommuDeviceClaimDmaOwner(cx: Cx, group: number, file: number): Errno | null {
  const g = groupOf(cx, group);
  if (g.ownerCnt > 0) {
    if (g.owner !== file) return refuse(cx, "K-BIND-8", "EPERM");
    cx.t.rule("K-BIND-11");
    ownGroup(cx, group).ownerCnt++;
    return null;
  }
  if (g.domain.kind !== "default" || g.recoveryCnt > 0) return refuse(cx, "K-BIND-9", "EBUSY");
  cx.t.rule("K-BIND-12");
  const errno = groupSetDomain(cx, group, BLOCKED_DOMAIN, false);
  if (errno !== null) return errno;
  const draft = ownGroup(cx, group);
  draft.owner = file;
  draft.ownerCnt = 1;
  return null;
}

/** iommu.c:iommu_device_release_dma_owner */
export function iommuDeviceReleaseDmaOwner(cx: Cx, group: number): void {
  const g = ownGroup(cx, group);
  g.ownerCnt--;
  if (g.ownerCnt > 0) return;
  g.owner = null;
  cx.t.rule("K-UNBIND-5");
  groupSetDomain(cx, group, DEFAULT_DOMAIN, true);
}

/* Function reset */

/** Whether resets of this function are staged at all: rules K-RESET-1, K-RESET-4. */
function isStaged(cx: Cx, dev: number): boolean {
  if (cx.setup.kernel.resetStaging === "no") {
    cx.t.rule("K-RESET-4");
    return false;
  }
  if (cx.setup.devices[dev]?.ats !== true || topology(cx.setup).refused[dev] === true) {
    cx.t.rule("K-RESET-1");
    return false;
  }
  return true;
}

/**
 * iommu.c:pci_dev_reset_iommu_prepare. Returns true if `pciDevResetIommuDone` must follow. Rules K-RESET-2,
 * K-RESET-6.
 */
export function pciDevResetIommuPrepare(cx: Cx, dev: number): boolean {
  if (!isStaged(cx, dev)) return false;
  const group = cx.setup.devices[dev]?.group ?? 0;
  const nested = cx.w.kernel.masters[dev]?.resetDepth ?? 0;
  if (cx.setup.kernel.resetStaging === "group") {
    if (groupOf(cx, group).recoveryCnt > 0) {
      cx.t.rule("K-RESET-6");
      if (cx.t.on) cx.t.message("host", "WARNING: a device of the group is being reset already");
      return false;
    }
  } else if (nested > 0) {
    cx.t.rule("K-RESET-6");
    ownMaster(cx, dev).resetDepth++;
    return true;
  }
  cx.t.rule("K-RESET-2");
  const g = ownGroup(cx, group);
  g.recoveryCnt++;
  const m = ownMaster(cx, dev);
  m.resetDepth++;
  if (g.domain.kind !== "blocked") armSmmuAttachDev(cx, dev, BLOCKED_DOMAIN, g.domain);
  m.blocked = true;
  return true;
}

/** iommu.c:pci_dev_reset_iommu_done. Rule K-RESET-3: a failing attach is only warned about. */
export function pciDevResetIommuDone(cx: Cx, dev: number): void {
  const m = ownMaster(cx, dev);
  m.resetDepth--;
  if (m.resetDepth > 0) return;
  m.blocked = false;
  const group = cx.setup.devices[dev]?.group ?? 0;
  const g = ownGroup(cx, group);
  g.recoveryCnt--;
  if (g.domain.kind === "blocked") return;
  const errno = armSmmuAttachDev(cx, dev, g.domain, BLOCKED_DOMAIN);
  if (errno === null) return;
  cx.t.rule("K-RESET-3", errno);
  if (cx.t.on)
    cx.t.message(
      "host",
      `WARNING: device ${dev} stays blocked after its reset: ${domainText(g.domain)} gives ${errno}`,
    );
}

/** pci.c:pci_reset_function, from the SMMU's point of view. */
export function pciResetFunction(cx: Cx, dev: number): void {
  if (cx.t.on) cx.t.call("iommufd", "pci_reset_function", { dev });
  if (pciDevResetIommuPrepare(cx, dev)) pciDevResetIommuDone(cx, dev);
  cx.t.ret(null);
}
