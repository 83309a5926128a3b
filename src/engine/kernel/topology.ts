/**
 * What follows from a setup alone and never changes: group members, who can use ATS, the STEs of host domains.
 * Computed once a setup.
 */
import type { StreamTableEntry } from "../hardware/types.ts";
import type { DeviceSpec, PsmmuSpec, Setup } from "../setup.ts";
import { s2Format } from "./io-pgtable-arm.ts";
import {
  ABORT_STE,
  makeBypassSte,
  makeCdtableSte,
  makeS2DomainSte,
  S1DSS_BYPASS,
  S1DSS_SSID0,
} from "./ste.ts";

/** The driver's attachment of a device to its group's default domain. */
export interface DefaultAttachment {
  readonly ste: StreamTableEntry;
  readonly ats: boolean;
  readonly rule: "K-STE-1" | "K-STE-2" | "K-STE-3" | "K-STE-4" | "K-STE-8";
}

export interface Topology {
  /** Devices of each group that have an IOMMU, in setup order. */
  readonly groupDevs: readonly (readonly number[])[];
  /** Rule K-STE-10: the driver refused to probe the device. */
  readonly refused: readonly boolean[];
  /** SMMU, root complex and endpoint all have ATS (arm-smmu-v3.c:arm_smmu_ats_supported). */
  readonly atsSupported: readonly boolean[];
  readonly defaults: readonly DefaultAttachment[];
  /** Stage-1 STE of a host paging domain: without and with ATS. */
  readonly hostS1: readonly (readonly [StreamTableEntry, StreamTableEntry])[];
  /** ASID of a group's default DMA domain, 0 if it has none. */
  readonly groupAsid: readonly number[];
  /** VMID of a group's default DMA domain on an SMMU without stage 1, 0 if it has none. */
  readonly groupVmid: readonly number[];
  /** Tags the host's own domains hold, per psmmu. */
  readonly hostVmids: readonly (readonly number[])[];
  readonly hostAsids: readonly (readonly number[])[];
}

function cannotProbe(d: DeviceSpec, p: PsmmuSpec): boolean {
  return d.atsAlwaysOn && !(p.ats && d.ats && p.s1 && p.ssidBits > 0);
}

/** Synthetic addresses of tables nobody walks: a page apart, away from what scripts use. */
const cdTable = (dev: number): bigint => 0x20_0000_0000n + (BigInt(dev) << 16n);
const groupTable = (group: number): bigint => 0x28_0000_0000n + (BigInt(group) << 16n);

function build(setup: Setup): Topology {
  const spec = (dev: number): DeviceSpec => setup.devices[dev] as DeviceSpec;
  const smmu = (dev: number): PsmmuSpec => setup.psmmus[spec(dev).psmmu] as PsmmuSpec;
  const devs = setup.devices.map((_, i) => i);
  const refused = devs.map((i) => setup.kernel.atsAlwaysOn && cannotProbe(spec(i), smmu(i)));
  const atsSupported = devs.map((i) => smmu(i).ats && spec(i).ats);
  const groupDevs = setup.groups.map((_, g) =>
    devs.filter((i) => spec(i).group === g && refused[i] !== true),
  );

  const hostVmids: number[][] = setup.psmmus.map(() => []);
  const hostAsids: number[][] = setup.psmmus.map(() => []);
  const groupAsid: number[] = [];
  const groupVmid: number[] = [];
  let asid = 0; // ASIDs are one space for the whole host
  for (const [g, group] of setup.groups.entries()) {
    const first = groupDevs[g]?.[0];
    const dma = group.defaultDomain === "dma" && first !== undefined;
    const s1 = dma && smmu(first).s1;
    groupAsid.push(s1 ? ++asid : 0);
    groupVmid.push(0);
    if (!dma) continue;
    const p = spec(first).psmmu;
    if (s1) hostAsids[p]?.push(asid);
    else {
      groupVmid[g] = (hostVmids[p]?.length ?? 0) + 1;
      hostVmids[p]?.push(groupVmid[g]);
    }
  }

  const hostS1 = devs.map((i) => {
    const make = (ats: boolean): StreamTableEntry =>
      makeCdtableSte(smmu(i), spec(i), cdTable(i), ats, S1DSS_SSID0);
    return [make(false), make(true)] as const;
  });
  const defaults = devs.map((i): DefaultAttachment => {
    const d = spec(i);
    const p = smmu(i);
    const ats = atsSupported[i] === true;
    if (refused[i] === true) return { ste: ABORT_STE, ats: false, rule: "K-STE-1" };
    if (setup.groups[d.group]?.defaultDomain === "dma") {
      if (p.s1) return { ste: hostS1[i]?.[ats ? 1 : 0] as StreamTableEntry, ats, rule: "K-STE-3" };
      const table = { word2: s2Format(p).word2, ttb: groupTable(d.group), s2fwb: false };
      return { ste: makeS2DomainSte(p, d, table, groupVmid[d.group] ?? 0, ats), ats, rule: "K-STE-4" };
    }
    if (setup.kernel.atsAlwaysOn && d.atsAlwaysOn)
      return { ste: makeCdtableSte(p, d, cdTable(i), true, S1DSS_BYPASS), ats: true, rule: "K-STE-8" };
    return { ste: makeBypassSte(p), ats: false, rule: "K-STE-2" };
  });
  return {
    groupDevs,
    refused,
    atsSupported,
    defaults,
    hostS1,
    groupAsid,
    groupVmid,
    hostVmids,
    hostAsids,
  };
}

const known = new WeakMap<Setup, Topology>();

export function topology(setup: Setup): Topology {
  let t = known.get(setup);
  if (t === undefined) {
    t = build(setup);
    known.set(setup, t);
  }
  return t;
}

/** What the hardware holds for a device before anything happens: one STE a stream, and the endpoint's ATS. */
export function initialStreams(
  setup: Setup,
  dev: number,
): { readonly stes: readonly StreamTableEntry[]; readonly ats: boolean } {
  const d = topology(setup).defaults[dev] as DefaultAttachment;
  return { stes: (setup.devices[dev]?.sids ?? []).map(() => d.ste), ats: d.ats };
}
