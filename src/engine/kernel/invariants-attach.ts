/** Invariants 11 to 16, 19, 24 and 25: groups, attachments, and what the hardware holds because of them. */
import type { StreamTableEntry } from "../hardware/types.ts";
import type { DeviceSpec, PsmmuSpec } from "../setup.ts";
import type { World } from "../world.ts";
import { s2Format } from "./io-pgtable-arm.ts";
import { getObj, getTyped, sameDomain } from "./state.ts";
import { topology } from "./topology.ts";
import type { DeviceObj, DomainRef, HwptNestedObj, HwptPagingObj, Master } from "./types.ts";

interface Where {
  readonly world: World;
  readonly dev: number;
  readonly spec: DeviceSpec;
  readonly p: PsmmuSpec;
  readonly m: Master;
}

const idevOf = (world: World, dev: number): DeviceObj | null => {
  const bound = world.kernel.masters[dev]?.bound ?? null;
  return bound === null ? null : getTyped(world.kernel, bound.file, bound.id, "DEVICE");
};

/** 11, 12, 24, 25: what a group's state follows from. */
function groupInvariants(world: World, g: number, out: string[]): void {
  const group = world.kernel.groups[g];
  const devs = topology(world.setup).groupDevs[g] ?? [];
  if (group === undefined) return;
  const bound = devs.filter((d) => world.kernel.masters[d]?.bound !== null);
  const files = new Set(bound.map((d) => world.kernel.masters[d]?.bound?.file));
  const hwpts = new Set(bound.map((d) => idevOf(world, d)?.hwpt ?? 0).filter((id) => id !== 0));
  if (files.size > 1 || hwpts.size > 1) out.push(`11: group ${g} is in several files or on several HWPTs`);
  if (
    group.owner !== null &&
    (group.ownerCnt !== bound.length || bound.length === 0 || !files.has(group.owner))
  )
    out.push(`24: group ${g} counts ${group.ownerCnt} owners for ${bound.length} bound devices`);
  const hostHeld = devs.filter((d) => world.setup.devices[d]?.hostDriver === true).length;
  if (group.owner === null && (bound.length > 0 || group.ownerCnt !== hostHeld))
    out.push(`24: group ${g} without owner counts ${group.ownerCnt}`);
  const [hwpt = 0] = hwpts;
  const domain: DomainRef =
    group.owner === null
      ? { kind: "default" }
      : hwpt === 0
        ? { kind: "blocked" }
        : { kind: "hwpt", file: group.owner, hwpt };
  if (!sameDomain(group.domain, domain))
    out.push(`12: group ${g} is on ${group.domain.kind}, its devices say ${domain.kind}`);
  if (group.recoveryCnt !== 0) out.push(`25: group ${g} is in a reset`);
  for (const d of devs) {
    const m = world.kernel.masters[d];
    if (m === undefined) continue;
    if (m.resetDepth !== 0 || m.blocked) out.push(`25: device ${d} is in a reset`);
    // After a failed attach at the end of a reset the device stays blocked.
    const stranded = m.domain.kind === "blocked" && group.domain.kind === "hwpt";
    if (!stranded && !sameDomain(m.domain, group.domain))
      out.push(`13: device ${d} is on ${m.domain.kind}, its group on ${group.domain.kind}`);
  }
}

/** Word 1 of a stage-2 STE but for the fields a guest gives. */
function s2Word1(w: Where, s2: HwptPagingObj, ats: boolean): bigint {
  return (ats ? 1n << 28n : 0n) | (s2.s2fwb ? 1n << 25n : 0n) | (w.p.attrTypesOvr ? 1n << 44n : 0n);
}

/** Words 0 to 3 of the STE table of section 3.2 for a nested attachment. */
function nestedWords(w: Where, file: number, n: HwptNestedObj): readonly bigint[] | null {
  const s2 = getTyped(w.world.kernel, file, n.parent, "HWPT_PAGING");
  const viommu = getTyped(w.world.kernel, file, n.viommu, "VIOMMU");
  if (s2 === null || viommu === null) return null;
  const [, , word2 = 0n, word3 = 0n] = s2Words(w, s2, viommu.vmid, false);
  if (n.kind === "abort" || n.kind === "invalid") return [1n, 0n, 0n, 0n];
  const word1 = s2Word1(w, s2, w.m.atsEnabled);
  if (n.kind === "bypass") return [0xdn, word1, word2, word3];
  const mev = w.world.setup.kernel.veventq ? 1n << 19n : 0n;
  return [(n.ste0 & ~0xen) | 0xen, word1 | n.ste1 | mev, word2, word3];
}

function s2Words(w: Where, s2: HwptPagingObj, vmid: number, ats: boolean): readonly bigint[] {
  const format = s2Format(w.world.setup.psmmus[s2.psmmu] as PsmmuSpec).word2;
  const stalls = w.p.stallModel === 2 || (w.p.stallModel === 0 && w.spec.stall);
  return [0xdn, s2Word1(w, s2, ats), format | BigInt(vmid) | (stalls ? 1n << 57n : 0n), s2.ttb];
}

/** 13: the STE that follows from the domain the driver attached. */
function expectedWords(w: Where): readonly bigint[] | null {
  const { domain } = w.m;
  if (domain.kind === "blocked") return [1n, 0n, 0n, 0n];
  const topo = topology(w.world.setup);
  if (domain.kind === "default") return topo.defaults[w.dev]?.ste ?? null;
  const obj = getObj(w.world.kernel, domain.file, domain.hwpt);
  if (obj?.type === "HWPT_NESTED") return nestedWords(w, domain.file, obj);
  if (obj?.type !== "HWPT_PAGING") return null;
  const ats = topo.atsSupported[w.dev] === true;
  if (obj.stage === 1) return topo.hostS1[w.dev]?.[ats ? 1 : 0] ?? null;
  const vmid = obj.vmid !== 0 ? obj.vmid : (obj.tags.find((t) => t.psmmu === w.spec.psmmu)?.vmid ?? 0);
  return s2Words(w, obj, vmid, ats);
}

const cfgOf = (ste: StreamTableEntry): number => Number((ste[0] >> 1n) & 7n);

function deviceInvariants(w: Where, out: string[]): void {
  const { world, dev, m } = w;
  const hw = world.hw.devices[dev];
  const ste = hw?.stes[0];
  if (hw === undefined || ste === undefined) return;
  const words = expectedWords(w);
  if (words === null || hw.stes.some((s) => words.some((x, i) => s[i] !== x)))
    out.push(`13: STE of device ${dev} is not that of its domain`);
  if (hw.ats !== m.atsEnabled) out.push(`12: PCI ATS of device ${dev} is not what the driver believes`);
  if (m.domain.kind === "blocked" && (m.vmaster !== null || hw.ats))
    out.push(`12: blocked device ${dev} has a vmaster or ATS`);
  const { domain } = m;
  const nested =
    domain.kind === "hwpt" ? getTyped(world.kernel, domain.file, domain.hwpt, "HWPT_NESTED") : null;
  const viommu =
    nested === null || domain.kind !== "hwpt"
      ? null
      : getTyped(world.kernel, domain.file, nested.viommu, "VIOMMU");
  if (viommu !== null && viommu.psmmu !== w.spec.psmmu)
    out.push(`14: device ${dev} is under a foreign vIOMMU`);
  if (domain.kind === "hwpt" && nested === null && world.setup.kernel.vmid === "s2") {
    const s2 = getTyped(world.kernel, domain.file, domain.hwpt, "HWPT_PAGING");
    if (s2?.psmmu !== w.spec.psmmu) out.push(`14: device ${dev} is on a HWPT of another SMMU`);
  }
  if (m.vmaster !== null && (viommu === null || viommu.id !== m.vmaster.viommu))
    out.push(`15: vmaster of device ${dev} is not of its domain's vIOMMU`);
  if (nested?.kind === "translate" && world.setup.kernel.vdevice !== "none" && m.vmaster === null)
    out.push(`16: device ${dev} translates without a vmaster`);
  const vmid = Number(ste[2] & 0xffffn);
  const carries = cfgOf(ste) === 6 || cfgOf(ste) === 7;
  if (carries && vmid !== 0 && world.kernel.smmus[w.spec.psmmu]?.vmids.includes(vmid) !== true)
    out.push(`19: STE of device ${dev} carries the free VMID ${vmid}`);
  if (carries && vmid === 0) out.push(`19: STE of device ${dev} translates stage 2 with VMID 0`);
}

export function attachmentInvariants(world: World, out: string[]): void {
  for (const g of world.kernel.groups.keys()) groupInvariants(world, g, out);
  for (const [dev, m] of world.kernel.masters.entries()) {
    const spec = world.setup.devices[dev] as DeviceSpec;
    deviceInvariants({ world, dev, spec, p: world.setup.psmmus[spec.psmmu] as PsmmuSpec, m }, out);
  }
}
