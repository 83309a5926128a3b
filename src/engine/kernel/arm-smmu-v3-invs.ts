/**
 * arm-smmu-v3.c: who has to be told when a page table changes. From 7.1 a domain keeps an array with a count per
 * tag; before, a list of masters (which the model reads off the masters themselves).
 */
import type { Cx } from "../cx.ts";
import { issueCommand } from "../hardware/cmdq.ts";
import {
  armSmmuAtcInvMaster,
  asidField,
  CMDQ_OP_TLBI_NH_ALL,
  CMDQ_OP_TLBI_NH_ASID,
  CMDQ_OP_TLBI_NH_VA,
  CMDQ_OP_TLBI_S2_IPA,
  CMDQ_OP_TLBI_S12_VMALL,
  issueSync,
  issueWithSync,
  vmidField,
} from "./arm-smmu-v3-cmdq.ts";
import { s2Format } from "./io-pgtable-arm.ts";
import { ownTyped } from "./object.ts";
import { getObj, getTyped } from "./state.ts";
import type { DomainRef, HwptPagingObj } from "./types.ts";

/** arm-smmu-v3.c:arm_smmu_inv_flush_iotlb_tag, and arm_smmu_tlb_inv_context before it. */
export function flushTag(cx: Cx, psmmu: number, stage: 1 | 2, tag: number): void {
  const q0 = stage === 1 ? CMDQ_OP_TLBI_NH_ASID | asidField(tag) : CMDQ_OP_TLBI_S12_VMALL | vmidField(tag);
  issueWithSync(cx, psmmu, q0, 0n);
}

/** arm-smmu-v3.c:arm_smmu_install_new_domain_invs: one attachment more with this tag. */
export function installNewDomainInvs(cx: Cx, file: number, hwptId: number, psmmu: number, tag: number): void {
  if (cx.setup.kernel.invs === "list") return;
  const hwpt = ownTyped(cx, file, hwptId, "HWPT_PAGING");
  const at = hwpt.invs.findIndex((e) => e.psmmu === psmmu && e.tag === tag);
  hwpt.invs =
    at < 0
      ? [...hwpt.invs, { psmmu, tag, users: 1 }]
      : hwpt.invs.map((e, i) => (i === at ? { ...e, users: e.users + 1 } : e));
}

/** arm-smmu-v3.c:arm_smmu_install_old_domain_invs. Rules K-INVS-1, K-INVS-2. */
export function installOldDomainInvs(cx: Cx, file: number, hwptId: number, psmmu: number, tag: number): void {
  if (cx.setup.kernel.invs === "list") return;
  const now = getTyped(cx.w.kernel, file, hwptId, "HWPT_PAGING");
  if (now === null) return;
  const entry = now.invs.find((e) => e.psmmu === psmmu && e.tag === tag);
  if (entry === undefined) {
    cx.t.rule("K-INVS-2");
    if (cx.t.on) cx.t.message("host", "WARNING: arm_smmu_invs_unref: no entry to drop");
    return;
  }
  const hwpt = ownTyped(cx, file, hwptId, "HWPT_PAGING");
  if (entry.users > 1) {
    hwpt.invs = hwpt.invs.map((e) => (e === entry ? { ...e, users: e.users - 1 } : e));
    return;
  }
  hwpt.invs = hwpt.invs.filter((e) => e !== entry);
  cx.t.rule("K-INVS-1");
  flushTag(cx, psmmu, hwpt.stage, tag);
}

/**
 * A move between two targets of one tag (the S2 itself, nested HWPTs of its vIOMMUs): one entry more and one less,
 * so nothing to write. Not so when the entry is missing (rule K-INVS-2).
 */
export function keepsInvs(cx: Cx, hwpt: HwptPagingObj, psmmu: number, tag: number): boolean {
  return cx.setup.kernel.invs === "list" || hwpt.invs.some((e) => e.psmmu === psmmu && e.tag === tag);
}

/** The paging HWPT under a domain: itself, or a nested one's parent. */
export function pagingUnder(cx: Cx, domain: DomainRef): HwptPagingObj | null {
  if (domain.kind !== "hwpt") return null;
  const obj = getObj(cx.w.kernel, domain.file, domain.hwpt);
  if (obj?.type === "HWPT_PAGING") return obj;
  if (obj?.type === "HWPT_NESTED") return getTyped(cx.w.kernel, domain.file, obj.parent, "HWPT_PAGING");
  return null;
}

/** The tag a device's attachment to a domain runs under. */
export function tagOf(cx: Cx, domain: DomainRef, psmmu: number): number {
  if (domain.kind !== "hwpt") return 0;
  const obj = getObj(cx.w.kernel, domain.file, domain.hwpt);
  if (obj?.type === "HWPT_NESTED") return getTyped(cx.w.kernel, domain.file, obj.viommu, "VIOMMU")?.vmid ?? 0;
  if (obj?.type !== "HWPT_PAGING") return 0;
  if (obj.stage === 1) return obj.asid;
  return obj.vmid !== 0 ? obj.vmid : (obj.tags.find((t) => t.psmmu === psmmu)?.vmid ?? 0);
}

interface Target {
  readonly psmmu: number;
  readonly tag: number;
}

/** (SMMU, tag) pairs to be told, in ascending order. */
function targets(cx: Cx, file: number, hwpt: HwptPagingObj): Target[] {
  const out: Target[] = [];
  const add = (psmmu: number, tag: number): void => {
    if (!out.some((t) => t.psmmu === psmmu && t.tag === tag)) out.push({ psmmu, tag });
  };
  if (cx.setup.kernel.invs === "array") for (const e of hwpt.invs) add(e.psmmu, e.tag);
  else
    for (const [dev, m] of cx.w.kernel.masters.entries()) {
      if (m.domain.kind !== "hwpt" || m.domain.file !== file || pagingUnder(cx, m.domain) !== hwpt) continue;
      const psmmu = cx.setup.devices[dev]?.psmmu ?? 0;
      add(psmmu, tagOf(cx, m.domain, psmmu));
    }
  return out.sort((a, b) => a.psmmu - b.psmmu || a.tag - b.tag);
}

/**
 * arm-smmu-v3.c:arm_smmu_cmdq_batch_add_range: the commands that cover `length` bytes from `iova`, in granules, or
 * in ranges where the SMMU has them.
 */
function rangeCommands(
  q0: bigint,
  iova: bigint,
  length: bigint,
  tg: bigint,
  ranges: boolean,
): [bigint, bigint][] {
  const out: [bigint, bigint][] = [];
  let pages = length >> tg;
  let addr = iova;
  if (!ranges) {
    for (; pages > 0n; pages--, addr += 1n << tg) out.push([q0, addr]);
    return out;
  }
  const tgField = ((tg - 10n) / 2n) << 10n;
  // A range of one page would have neither NUM nor SCALE, which some hardware gets wrong.
  if ((pages & 31n) === 1n) pages++;
  while (pages > 0n) {
    let scale = 0n;
    while (((pages >> scale) & 1n) === 0n) scale++;
    const num = (pages >> scale) & 31n;
    out.push([q0 | ((num - 1n) << 12n) | (scale << 20n), addr | tgField]);
    addr += num << (scale + tg);
    pages -= num << scale;
  }
  return out;
}

/**
 * arm-smmu-v3.c:arm_smmu_domain_inv_range. Rule K-UNMAP-1. Length 0 stands for the whole table.
 */
export function armSmmuDomainInvRange(
  cx: Cx,
  file: number,
  hwptId: number,
  iova: bigint,
  length: bigint,
): void {
  const hwpt = getTyped(cx.w.kernel, file, hwptId, "HWPT_PAGING");
  if (hwpt === null) return;
  const tell = targets(cx, file, hwpt);
  if (tell.length === 0) return;
  cx.t.rule("K-UNMAP-1");
  for (const { psmmu, tag } of tell) {
    const p = cx.setup.psmmus[psmmu];
    const from = cx.setup.psmmus[hwpt.psmmu];
    if (p === undefined || from === undefined) continue;
    const tg = BigInt(s2Format(from).granule);
    const large = length === 0n || (!p.rangeInv && length >> tg >= 1n << (tg - 3n));
    if (large) {
      flushTag(cx, psmmu, hwpt.stage, tag);
      continue;
    }
    const op = hwpt.stage === 1 ? CMDQ_OP_TLBI_NH_VA | asidField(tag) : CMDQ_OP_TLBI_S2_IPA | vmidField(tag);
    for (const [q0, q1] of rangeCommands(op, iova, length, tg, p.rangeInv)) issueCommand(cx, psmmu, q0, q1);
    issueSync(cx, psmmu);
    if (hwpt.nestParent) issueWithSync(cx, psmmu, CMDQ_OP_TLBI_NH_ALL | vmidField(tag), 0n);
  }
  for (const [dev, m] of cx.w.kernel.masters.entries()) {
    if (!m.atsEnabled || m.domain.kind !== "hwpt" || m.domain.file !== file) continue;
    if (pagingUnder(cx, m.domain)?.id === hwptId) armSmmuAtcInvMaster(cx, dev);
  }
}
