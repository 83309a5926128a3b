/**
 * arm-smmu-v3.c: attaching a device to a domain. Every check comes before the first change, so a refused attach
 * leaves STE, ATS, vmaster and lists as they were.
 */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { setEndpointAts } from "../hardware/stream-table.ts";
import type { StreamTableEntry } from "../hardware/types.ts";
import type { DeviceSpec, PsmmuSpec } from "../setup.ts";
import { armSmmuAtcInvMaster, armSmmuWriteCdEntry } from "./arm-smmu-v3-cmdq.ts";
import { lowestFree, putVmid, s2OwnsVmid, takeVmid } from "./arm-smmu-v3-domain.ts";
import {
  flushTag,
  installNewDomainInvs,
  installOldDomainInvs,
  keepsInvs,
  pagingUnder,
  tagOf,
} from "./arm-smmu-v3-invs.ts";
import { viommuGetVdevId } from "./arm-smmu-v3-iommufd.ts";
import { armSmmuInstallSteForDev } from "./arm-smmu-v3-ste-writer.ts";
import { s2Compatible, s2Format } from "./io-pgtable-arm.ts";
import { ownMaster, ownTyped } from "./object.ts";
import { type KernelRuleId, refuse } from "./rules.ts";
import { BLOCKED_DOMAIN, getObj, getTyped } from "./state.ts";
import { ABORT_STE, makeNestedCdTableSte, makeS2DomainSte, type S2Table } from "./ste.ts";
import { topology } from "./topology.ts";
import type { DomainRef, HwptNestedObj, HwptPagingObj, Master, ViommuObj } from "./types.ts";

/** What a successful prepare hands to the commit. */
interface Plan {
  readonly domain: DomainRef;
  readonly ste: StreamTableEntry;
  readonly steRule: KernelRuleId;
  readonly ats: boolean;
  readonly vmaster: Master["vmaster"];
}

/**
 * The attach_dev of whatever `domain` is. `old` is what the core believes the device leaves: after a failed attach
 * at the end of a reset the driver is told of a domain it never re-entered.
 */
export function armSmmuAttachDev(cx: Cx, dev: number, domain: DomainRef, old: DomainRef): Errno | null {
  if (cx.t.on) cx.t.call("arm-smmu-v3", attachFn(cx, dev, domain), { dev, domain: domainText(domain) });
  const errno = attachDev(cx, dev, domain, old);
  cx.t.ret(null, errno);
  return errno;
}

function attachFn(cx: Cx, dev: number, d: DomainRef): string {
  if (d.kind === "blocked") return "arm_smmu_attach_dev_blocked";
  if (d.kind === "default") {
    const { groups, devices } = cx.setup;
    const dma = groups[devices[dev]?.group ?? 0]?.defaultDomain === "dma";
    return dma ? "arm_smmu_attach_dev" : "arm_smmu_attach_dev_identity";
  }
  return getObj(cx.w.kernel, d.file, d.hwpt)?.type === "HWPT_NESTED"
    ? "arm_smmu_attach_dev_nested"
    : "arm_smmu_attach_dev";
}

export const domainText = (d: DomainRef): string =>
  d.kind === "hwpt" ? `HWPT ${d.hwpt} of file ${d.file}` : d.kind;

function attachDev(cx: Cx, dev: number, domain: DomainRef, old: DomainRef): Errno | null {
  if (domain.kind === "blocked") {
    attachDevBlocked(cx, dev, old);
    return null;
  }
  if (domain.kind === "default") {
    attachDevDefault(cx, dev, old);
    return null;
  }
  const obj = getObj(cx.w.kernel, domain.file, domain.hwpt);
  if (obj?.type === "HWPT_NESTED") return armSmmuAttachDevNested(cx, dev, domain.file, obj, old);
  if (obj?.type === "HWPT_PAGING") return armSmmuAttachDevPaging(cx, dev, domain.file, obj, old);
  throw new Error(`attach to ${domainText(domain)}, which is no HWPT`);
}

/* Blocking and default domains */

function clearVmasterFirst(cx: Cx, dev: number): void {
  if (cx.w.kernel.masters[dev]?.vmaster === null) return;
  cx.t.rule("K-VMASTER-3");
  ownMaster(cx, dev).vmaster = null;
}

/** arm-smmu-v3.c:arm_smmu_attach_dev_blocked. Rule K-VMASTER-3: the vmaster goes before the STE. */
function attachDevBlocked(cx: Cx, dev: number, old: DomainRef): void {
  clearVmasterFirst(cx, dev);
  commit(cx, dev, old, {
    domain: BLOCKED_DOMAIN,
    ste: ABORT_STE,
    steRule: "K-STE-1",
    ats: false,
    vmaster: null,
  });
}

/** The group's default domain: arm_smmu_attach_dev_identity, or the host's own DMA domain. */
function attachDevDefault(cx: Cx, dev: number, old: DomainRef): void {
  const d = topology(cx.setup).defaults[dev];
  if (d === undefined) return;
  clearVmasterFirst(cx, dev);
  commit(cx, dev, old, {
    domain: { kind: "default" },
    ste: d.ste,
    steRule: d.rule,
    ats: d.ats,
    vmaster: null,
  });
}

/* Paging domains */

/** arm-smmu-v3.c:arm_smmu_attach_dev for a HWPT_PAGING. */
function armSmmuAttachDevPaging(
  cx: Cx,
  dev: number,
  file: number,
  hwpt: HwptPagingObj,
  old: DomainRef,
): Errno | null {
  const spec = cx.setup.devices[dev] as DeviceSpec;
  const p = cx.setup.psmmus[spec.psmmu] as PsmmuSpec;
  const tagged = hwpt.stage === 2 && !s2OwnsVmid(cx, hwpt.nestParent);
  const errno = tagged ? sharedS2Errno(cx, spec.psmmu, hwpt) : ownSmmuErrno(cx, spec.psmmu, hwpt);
  if (errno !== null) return errno;
  if (hwpt.enforceCc && !spec.canwbs) return refuse(cx, "K-PATT-6", "EINVAL");
  const topo = topology(cx.setup);
  const ats = topo.atsSupported[dev] === true;
  const domain: DomainRef = { kind: "hwpt", file, hwpt: hwpt.id };
  if (hwpt.stage === 1) {
    const ste = topo.hostS1[dev]?.[ats ? 1 : 0] as StreamTableEntry;
    commit(cx, dev, old, { domain, ste, steRule: "K-STE-3", ats, vmaster: null });
    return null;
  }
  const vmid = tagged ? tagGet(cx, file, hwpt, spec.psmmu) : hwpt.vmid;
  const ste = makeS2DomainSte(p, spec, s2TableOf(cx, hwpt), vmid, ats);
  commit(cx, dev, old, { domain, ste, steRule: "K-STE-4", ats, vmaster: null });
  return null;
}

function s2TableOf(cx: Cx, hwpt: HwptPagingObj): S2Table {
  return {
    word2: s2Format(cx.setup.psmmus[hwpt.psmmu] as PsmmuSpec).word2,
    ttb: hwpt.ttb,
    s2fwb: hwpt.s2fwb,
  };
}

const ownSmmuErrno = (cx: Cx, psmmu: number, hwpt: HwptPagingObj): Errno | null =>
  hwpt.psmmu === psmmu ? null : refuse(cx, "K-PATT-2", "EINVAL");

/** Rules K-PATT-7 to K-PATT-9: an S2 without a VMID of its own. */
function sharedS2Errno(cx: Cx, psmmu: number, hwpt: HwptPagingObj): Errno | null {
  if (cx.setup.kernel.vmid === "viommu-only") return refuse(cx, "K-PATT-9", "EINVAL");
  const from = cx.setup.psmmus[hwpt.psmmu] as PsmmuSpec;
  const to = cx.setup.psmmus[psmmu] as PsmmuSpec;
  if (!s2Compatible(from, to, hwpt.s2fwb)) return refuse(cx, "K-PATT-8", "EINVAL");
  if (hwpt.tags.some((t) => t.psmmu === psmmu)) return null;
  const none = lowestFree(cx.w.kernel.smmus[psmmu]?.vmids ?? [], to.vmidBits) === 0;
  return none ? refuse(cx, "K-PATT-7", "ENOSPC") : null;
}

/** Rule K-PATT-7: one more direct attach of this S2 on this SMMU; returns the tag's VMID. */
function tagGet(cx: Cx, file: number, hwpt: HwptPagingObj, psmmu: number): number {
  cx.t.rule("K-PATT-7");
  const tag = hwpt.tags.find((t) => t.psmmu === psmmu);
  const draft = ownTyped(cx, file, hwpt.id, "HWPT_PAGING");
  if (tag === undefined) {
    const vmid = takeVmid(cx, psmmu);
    draft.tags = [...draft.tags, { psmmu, vmid, attached: 1 }].sort((a, b) => a.psmmu - b.psmmu);
    return vmid;
  }
  draft.tags = draft.tags.map((t) => (t === tag ? { ...t, attached: t.attached + 1 } : t));
  return tag.vmid;
}

/** One direct attach less; the last one frees the VMID, flushed before. */
function tagPut(cx: Cx, file: number, hwptId: number, psmmu: number): void {
  const hwpt = getTyped(cx.w.kernel, file, hwptId, "HWPT_PAGING");
  const tag = hwpt?.tags.find((t) => t.psmmu === psmmu);
  if (tag === undefined) return;
  const draft = ownTyped(cx, file, hwptId, "HWPT_PAGING");
  if (tag.attached > 1) {
    draft.tags = draft.tags.map((t) => (t === tag ? { ...t, attached: t.attached - 1 } : t));
    return;
  }
  if (cx.setup.kernel.invs === "list") flushTag(cx, psmmu, 2, tag.vmid);
  draft.tags = draft.tags.filter((t) => t !== tag);
  putVmid(cx, psmmu, tag.vmid);
}

/* Nested domains */

/** arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested */
function armSmmuAttachDevNested(
  cx: Cx,
  dev: number,
  file: number,
  nested: HwptNestedObj,
  old: DomainRef,
): Errno | null {
  const spec = cx.setup.devices[dev] as DeviceSpec;
  const viommu = getTyped(cx.w.kernel, file, nested.viommu, "VIOMMU") as ViommuObj;
  if (viommu.psmmu !== spec.psmmu) return refuse(cx, "K-NATT-1", "EINVAL");
  const vmaster = prepareVmaster(cx, dev, file, nested, viommu);
  if (vmaster === "ENOENT") return vmaster;
  const s2 = getTyped(cx.w.kernel, file, nested.parent, "HWPT_PAGING") as HwptPagingObj;
  if (s2.enforceCc && !spec.canwbs) return refuse(cx, "K-NATT-7", "EINVAL");
  const ats = !atsDisabled(cx, nested) && topology(cx.setup).atsSupported[dev] === true;
  const p = cx.setup.psmmus[spec.psmmu] as PsmmuSpec;
  commit(cx, dev, old, {
    domain: { kind: "hwpt", file, hwpt: nested.id },
    ...nestedSte(cx, p, spec, nested, s2TableOf(cx, s2), viommu.vmid, ats),
    ats,
    vmaster,
  });
  return null;
}

/** arm-smmu-v3-iommufd.c:arm_smmu_make_nested_domain_ste */
function nestedSte(
  cx: Cx,
  p: PsmmuSpec,
  spec: DeviceSpec,
  n: HwptNestedObj,
  s2: S2Table,
  vmid: number,
  ats: boolean,
): Pick<Plan, "ste" | "steRule"> {
  if (n.kind === "bypass") return { ste: makeS2DomainSte(p, spec, s2, vmid, ats), steRule: "K-STE-5" };
  if (n.kind !== "translate") return { ste: ABORT_STE, steRule: "K-STE-7" };
  const mev = cx.setup.kernel.veventq;
  return {
    ste: makeNestedCdTableSte(p, spec, s2, vmid, ats, n.ste0, n.ste1, mev),
    steRule: "K-STE-6",
  };
}

/** Rules K-ATS-2, K-ATS-3. */
function atsDisabled(cx: Cx, n: HwptNestedObj): boolean {
  if (n.enableAts) return false;
  if (cx.setup.kernel.bypassAts === "as-s2" && n.kind !== "translate") {
    if (n.kind !== "bypass") cx.t.rule("K-ATS-3");
    return false;
  }
  cx.t.rule("K-ATS-2");
  return true;
}

/** arm-smmu-v3-iommufd.c:arm_smmu_attach_prepare_vmaster */
function prepareVmaster(
  cx: Cx,
  dev: number,
  file: number,
  nested: HwptNestedObj,
  viommu: ViommuObj,
): Master["vmaster"] | "ENOENT" {
  const need = cx.setup.kernel.vdevice;
  if (need === "none") {
    cx.t.rule("K-NATT-6");
    return null;
  }
  const vsid = viommuGetVdevId(cx, file, viommu, dev);
  if (vsid !== null) return { file, viommu: viommu.id, vsid };
  if (need === "all-nested" || nested.kind === "translate") {
    refuse(cx, "K-NATT-4", "ENOENT");
    return "ENOENT";
  }
  cx.t.rule("K-NATT-5");
  return null;
}

/* Commit */

/** arm-smmu-v3.c:arm_smmu_attach_prepare's changes, the STE, and arm_smmu_attach_commit. Cannot fail. */
function commit(cx: Cx, dev: number, old: DomainRef, plan: Plan): void {
  const psmmu = cx.setup.devices[dev]?.psmmu ?? 0;
  const before = cx.w.kernel.masters[dev] as Master;
  const stays = sameTag(cx, plan.domain, old, psmmu);
  if (!stays) join(cx, plan.domain, psmmu);
  if (plan.ats) cx.t.rule("K-ATS-1");
  if (!plan.ats && before.atsEnabled) setEndpointAts(cx, dev, false);
  cx.t.rule(plan.steRule);
  const cdBefore = hasCd(cx, dev, before.domain);
  const cdAfter = hasCd(cx, dev, plan.domain);
  if (cdAfter && !cdBefore) writeCd(cx, dev);
  armSmmuInstallSteForDev(cx, dev, plan.ste);
  const m = ownMaster(cx, dev);
  if (plan.vmaster !== null) cx.t.rule("K-VMASTER-1");
  else if (before.vmaster !== null) cx.t.rule("K-VMASTER-2");
  m.vmaster = plan.vmaster;
  // Before ATS is switched on, after any change of translation, and when it has been switched off.
  if (plan.ats || before.atsEnabled) armSmmuAtcInvMaster(cx, dev);
  if (plan.ats && !before.atsEnabled) setEndpointAts(cx, dev, true);
  m.atsEnabled = plan.ats;
  m.domain = plan.domain;
  if (!stays) leave(cx, dev, old, psmmu);
  if (cdBefore && !cdAfter) writeCd(cx, dev);
}

/** The domain is a stage-1 one of the host's own: the device's CD is in use. */
function hasCd(cx: Cx, dev: number, domain: DomainRef): boolean {
  // Commands that change no state: without a trace nobody sees them.
  if (!cx.t.on) return false;
  if (domain.kind === "default") return topology(cx.setup).defaults[dev]?.rule === "K-STE-3";
  if (domain.kind !== "hwpt") return false;
  return getTyped(cx.w.kernel, domain.file, domain.hwpt, "HWPT_PAGING")?.stage === 1;
}

/** Rule K-CD-1. */
function writeCd(cx: Cx, dev: number): void {
  cx.t.rule("K-CD-1");
  armSmmuWriteCdEntry(cx, dev);
}

/** Both domains run under one tag that has its entry: joining and leaving cancel out. */
function sameTag(cx: Cx, to: DomainRef, old: DomainRef, psmmu: number): boolean {
  if (to.kind !== "hwpt" || old.kind !== "hwpt" || to.file !== old.file) return false;
  const hwpt = pagingUnder(cx, to);
  if (hwpt === null || hwpt !== pagingUnder(cx, old)) return false;
  const tag = tagOf(cx, to, psmmu);
  return tag === tagOf(cx, old, psmmu) && keepsInvs(cx, hwpt, psmmu, tag);
}

function join(cx: Cx, domain: DomainRef, psmmu: number): void {
  if (domain.kind !== "hwpt") return;
  installNewDomainInvs(cx, domain.file, pagingId(cx, domain), psmmu, tagOf(cx, domain, psmmu));
}

function leave(cx: Cx, dev: number, old: DomainRef, psmmu: number): void {
  if (old.kind === "default") leaveHostDomain(cx, dev, psmmu);
  if (old.kind !== "hwpt") return;
  installOldDomainInvs(cx, old.file, pagingId(cx, old), psmmu, tagOf(cx, old, psmmu));
  tagPutIfDirect(cx, old, psmmu);
}

function tagPutIfDirect(cx: Cx, old: DomainRef, psmmu: number): void {
  if (old.kind !== "hwpt" || cx.setup.kernel.vmid !== "viommu+tag") return;
  const hwpt = getTyped(cx.w.kernel, old.file, old.hwpt, "HWPT_PAGING");
  if (hwpt !== null && hwpt.stage === 2) tagPut(cx, old.file, old.hwpt, psmmu);
}

/** The host's own DMA domain has a tag too, flushed when the group's last device leaves it. */
function leaveHostDomain(cx: Cx, dev: number, psmmu: number): void {
  const group = cx.setup.devices[dev]?.group ?? 0;
  const topo = topology(cx.setup);
  const asid = topo.groupAsid[group] ?? 0;
  const vmid = topo.groupVmid[group] ?? 0;
  if ((asid === 0 && vmid === 0) || cx.setup.kernel.invs === "list") return;
  const others = topo.groupDevs[group] ?? [];
  if (others.some((d) => cx.w.kernel.masters[d]?.domain.kind === "default")) return;
  cx.t.rule("K-INVS-1");
  flushTag(cx, psmmu, asid !== 0 ? 1 : 2, asid !== 0 ? asid : vmid);
}

function pagingId(cx: Cx, domain: DomainRef & { kind: "hwpt" }): number {
  const nested = getTyped(cx.w.kernel, domain.file, domain.hwpt, "HWPT_NESTED");
  return nested === null ? domain.hwpt : nested.parent;
}
