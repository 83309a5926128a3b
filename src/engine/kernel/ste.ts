/** Physical STEs: the makers of arm-smmu-v3.c and arm-smmu-v3-iommufd.c (model/kernel.md section 3.2). */
import type { StreamTableEntry } from "../hardware/types.ts";
import type { DeviceSpec, PsmmuSpec } from "../setup.ts";

export const STE_V = 1n;
export const STE_CFG_BYPASS = 4n;
export const STE_CFG_S1 = 5n;
export const STE_CFG_S2 = 6n;
export const STE_CFG_NESTED = 7n;
export const STE_0_CFG = 7n << 1n;
export const STE_1_EATS_TRANS = 1n << 28n;
const STE_1_S1STALLD = 1n << 27n;
const STE_1_S2FWB = 1n << 25n;
export const STE_1_MEV = 1n << 19n;
const STE_1_SHCFG_INCOMING = 1n << 44n;
const STE_2_S2S = 1n << 57n;

/** Without SSID: SSID 0's CD (2), or bypass (1). */
export const S1DSS_SSID0 = 2n;
export const S1DSS_BYPASS = 1n;

/** arm-smmu-v3.c:arm_smmu_make_abort_ste; also the initial stream table. */
export const ABORT_STE: StreamTableEntry = Object.freeze([STE_V, 0n, 0n, 0n, 0n, 0n, 0n, 0n] as const);

const BYPASS: StreamTableEntry = Object.freeze([
  STE_V | (STE_CFG_BYPASS << 1n),
  0n,
  0n,
  0n,
  0n,
  0n,
  0n,
  0n,
] as const);
const BYPASS_INCOMING: StreamTableEntry = Object.freeze([
  STE_V | (STE_CFG_BYPASS << 1n),
  STE_1_SHCFG_INCOMING,
  0n,
  0n,
  0n,
  0n,
  0n,
  0n,
] as const);

/** arm-smmu-v3.c:arm_smmu_make_bypass_ste */
export function makeBypassSte(p: PsmmuSpec): StreamTableEntry {
  return p.attrTypesOvr ? BYPASS_INCOMING : BYPASS;
}

/** The driver sees the stall model as a feature unless it is "terminate only". */
const hasStalls = (p: PsmmuSpec): boolean => p.stallModel !== 1;

/**
 * master->stall_enabled (arm-smmu-v3.c:arm_smmu_probe_device): firmware says the device can stall and the SMMU has
 * stalls, or the SMMU forces them on every device.
 */
export const stallEnabled = (p: PsmmuSpec, d: DeviceSpec): boolean =>
  p.stallModel === 2 || (hasStalls(p) && d.stall);

/** CD tables up to 2^10 contexts are linear, larger ones two-level with 64K leaves. */
const LINEAR_CDMAX = 10;

/** arm-smmu-v3.c:arm_smmu_make_cdtable_ste: host stage 1. */
export function makeCdtableSte(
  p: PsmmuSpec,
  d: DeviceSpec,
  cdTable: bigint,
  ats: boolean,
  s1dss: bigint,
): StreamTableEntry {
  const fmt = p.ssidBits > LINEAR_CDMAX ? 2n : 0n;
  const word0 = STE_V | (STE_CFG_S1 << 1n) | (fmt << 4n) | cdTable | (BigInt(p.ssidBits) << 59n);
  let word1 = s1dss | (1n << 2n) | (1n << 4n) | (3n << 6n);
  if (hasStalls(p) && !stallEnabled(p, d)) word1 |= STE_1_S1STALLD;
  if (ats) word1 |= STE_1_EATS_TRANS;
  if (p.attrTypesOvr && s1dss === S1DSS_BYPASS) word1 |= STE_1_SHCFG_INCOMING;
  return Object.freeze([word0, word1, 0n, 0n, 0n, 0n, 0n, 0n] as const);
}

/** What an STE needs of a stage-2 page table. */
export interface S2Table {
  /** io-pgtable-arm.ts:S2Format.word2. */
  readonly word2: bigint;
  readonly ttb: bigint;
  readonly s2fwb: boolean;
}

function s2Word1(p: PsmmuSpec, s2fwb: boolean, ats: boolean): bigint {
  let word1 = ats ? STE_1_EATS_TRANS : 0n;
  if (s2fwb) word1 |= STE_1_S2FWB;
  if (p.attrTypesOvr) word1 |= STE_1_SHCFG_INCOMING;
  return word1;
}

const s2Word2 = (p: PsmmuSpec, d: DeviceSpec, word2: bigint, vmid: number): bigint =>
  stallEnabled(p, d) ? word2 | BigInt(vmid) | STE_2_S2S : word2 | BigInt(vmid);

/** arm-smmu-v3.c:arm_smmu_make_s2_domain_ste; also what a bypass vSTE becomes. */
export function makeS2DomainSte(
  p: PsmmuSpec,
  d: DeviceSpec,
  s2: S2Table,
  vmid: number,
  ats: boolean,
): StreamTableEntry {
  return [
    STE_V | (STE_CFG_S2 << 1n),
    s2Word1(p, s2.s2fwb, ats),
    s2Word2(p, d, s2.word2, vmid),
    s2.ttb,
    0n,
    0n,
    0n,
    0n,
  ];
}

/** arm-smmu-v3-iommufd.c:arm_smmu_make_nested_cd_table_ste: the guest's stage 1 over the parent's stage 2. */
export function makeNestedCdTableSte(
  p: PsmmuSpec,
  d: DeviceSpec,
  s2: S2Table,
  vmid: number,
  ats: boolean,
  vste0: bigint,
  vste1: bigint,
  mev: boolean,
): StreamTableEntry {
  return [
    STE_V | (STE_CFG_NESTED << 1n) | (vste0 & ~STE_0_CFG),
    s2Word1(p, s2.s2fwb, ats) | vste1 | (mev ? STE_1_MEV : 0n),
    s2Word2(p, d, s2.word2, vmid),
    s2.ttb,
    0n,
    0n,
    0n,
    0n,
  ];
}
