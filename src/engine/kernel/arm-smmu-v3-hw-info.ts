/** arm-smmu-v3-iommufd.c:arm_smmu_hw_info: the physical SMMU's identification registers as user space sees them. */
import type { Cx } from "../cx.ts";
import type { DeviceSpec, PsmmuSpec, Setup } from "../setup.ts";
import type { HwInfo } from "./calls.ts";
import { topology } from "./topology.ts";

/** enum iommu_hw_info_type */
const HW_INFO_TYPE_DEFAULT = 0;
const HW_INFO_TYPE_ARM_SMMUV3 = 2;
/** sizeof(struct iommu_hw_info_arm_smmuv3) */
const HW_INFO_BYTES = 40;
/** enum iommufd_hw_capabilities */
const CAP_DIRTY_TRACKING = 1;
const CAP_ATS_NOT_SUPPORTED = 8;
/** enum iommu_hw_info_arm_smmuv3_flags */
const ERRATA_REPEAT_TLBI_CFGI = 1;

const OAS_CODE: Readonly<Record<number, number>> = { 32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 6 };
/** Queue sizes of 2^19 entries for commands and events; neither changes behaviour. */
const QUEUE_LOG2 = 19;

const bit = (on: boolean, at: number): number => (on ? 2 ** at : 0);

/**
 * IDR0 of a physical SMMU: what the setup declares, and little-endian AArch64 tables, MSI-free interrupts,
 * two-level stream tables, as servers have them.
 */
function idr0(p: PsmmuSpec, dirty: boolean): number {
  return (
    bit(p.s2, 0) +
    bit(p.s1, 1) +
    2 * 2 ** 2 +
    bit(p.coherency, 4) +
    (dirty ? 2 * 2 ** 6 : 0) +
    bit(p.ats, 10) +
    bit(p.asidBits === 16, 12) +
    bit(p.vmidBits === 16, 18) +
    bit(p.ssidBits > 0, 19) +
    2 * 2 ** 21 +
    p.stallModel * 2 ** 24 +
    bit(true, 26) +
    1 * 2 ** 27
  );
}

const idr1 = (p: PsmmuSpec): number =>
  p.sidBits + p.ssidBits * 2 ** 6 + QUEUE_LOG2 * 2 ** 16 + QUEUE_LOG2 * 2 ** 21 + bit(p.attrTypesOvr, 27);

/** HAD, stage-2 FWB, range invalidation, BBML 2. */
const idr3 = (p: PsmmuSpec): number => bit(true, 2) + bit(p.s2fwb, 8) + bit(p.rangeInv, 10) + 2 * 2 ** 11;

const idr5 = (p: PsmmuSpec): number =>
  (OAS_CODE[p.oas] ?? 5) + bit(p.gran4k, 4) + bit(p.gran16k, 5) + bit(p.gran64k, 6) + bit(p.ds, 7);

/** Minor revision of the architecture: 3.2 for what needs it, else 3.1. */
const aidr = (p: PsmmuSpec): number => (p.s2fwb || p.rangeInv ? 2 : 1);

const NOTHING: Omit<HwInfo, "capabilities"> = {
  type: 0,
  idr0: 0,
  idr1: 0,
  idr2: 0,
  idr3: 0,
  idr4: 0,
  idr5: 0,
  iidr: 0,
  aidr: 0,
  flags: 0,
  dataLen: 0,
};

/** Rules K-INFO-6, K-INFO-7. Null if the wanted type is none the driver has. */
export function hwInfoOf(cx: Cx, dev: number, type: number): HwInfo | null {
  const spec = cx.setup.devices[dev];
  const p = spec === undefined ? undefined : cx.setup.psmmus[spec.psmmu];
  if (spec === undefined || p === undefined) return null;
  if (type !== HW_INFO_TYPE_DEFAULT && type !== HW_INFO_TYPE_ARM_SMMUV3) return null;
  if (cx.setup.kernel.nesting && cx.setup.kernel.errataFlag && p.repeatTlbi) cx.t.rule("K-INFO-7");
  let known = memo.get(cx.setup);
  if (known === undefined) {
    known = [];
    memo.set(cx.setup, known);
  }
  const info = known[dev] ?? makeHwInfo(cx.setup, dev, spec, p);
  known[dev] = info;
  return info;
}

/** It follows from the setup alone. */
const memo = new WeakMap<Setup, HwInfo[]>();

function makeHwInfo(setup: Setup, dev: number, spec: DeviceSpec, p: PsmmuSpec): HwInfo {
  const k = setup.kernel;
  const noAts = k.atsCapability && topology(setup).atsSupported[dev] !== true;
  const capabilities = (spec.dirty ? CAP_DIRTY_TRACKING : 0) + (noAts ? CAP_ATS_NOT_SUPPORTED : 0);
  // A kernel without nesting on Arm has no hw_info there: type 0, no data.
  if (!k.nesting) return { ...NOTHING, capabilities };
  return {
    ...NOTHING,
    type: HW_INFO_TYPE_ARM_SMMUV3,
    idr0: idr0(p, spec.dirty),
    idr1: idr1(p),
    idr3: idr3(p),
    idr5: idr5(p),
    aidr: aidr(p),
    flags: k.errataFlag && p.repeatTlbi ? ERRATA_REPEAT_TLBI_CFGI : 0,
    capabilities,
    dataLen: HW_INFO_BYTES,
  };
}

/** Byte offset behind each word of the structure. */
const ENDS = [
  ["flags", 4],
  ["idr0", 12],
  ["idr1", 16],
  ["idr2", 20],
  ["idr3", 24],
  ["idr4", 28],
  ["idr5", 32],
  ["iidr", 36],
  ["aidr", 40],
] as const;

/** What a buffer of `bytes` holds of it (rule K-INFO-5): words that do not fit stay zero. */
export function shortened(info: HwInfo, bytes: number): HwInfo {
  if (bytes >= info.dataLen) return info;
  const out: { -readonly [K in keyof HwInfo]: HwInfo[K] } = { ...info };
  for (const [field, end] of ENDS) if (end > bytes) out[field] = 0;
  return out;
}
