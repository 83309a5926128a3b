/**
 * What a script's header declares: hardware, devices, virtual SMMUs and the profiles.
 * Immutable for the life of a session; the world refers to everything here by index.
 */
import type { KernelKnobs, QemuKnobs, Repair } from "./profile.ts";

/** A physical SMMUv3 (`psmmu p0 …`). Sizes are in bits. */
export interface PsmmuSpec {
  readonly name: string;
  /** TRANS_S1 && TRANS_S2 and no erratum that clears the feature. */
  readonly nesting: boolean;
  readonly s1: boolean;
  readonly s2: boolean;
  readonly s2fwb: boolean;
  readonly ats: boolean;
  readonly coherency: boolean;
  readonly rangeInv: boolean;
  /** IDR5.DS. */
  readonly ds: boolean;
  /** ATTR_TYPES_OVR: the STE's SHCFG can be honoured. */
  readonly attrTypesOvr: boolean;
  /** IDR0.STALL_MODEL: 0 both, 1 terminate only, 2 stall forced. */
  readonly stallModel: 0 | 1 | 2;
  /** The CMDQ_FORCE_SYNC erratum. */
  readonly forceSync: boolean;
  /** ERRATA_REPEAT_TLBI_CFGI (Tegra264). */
  readonly repeatTlbi: boolean;
  readonly vmidBits: number;
  readonly asidBits: number;
  readonly ssidBits: number;
  readonly sidBits: number;
  /** Output address size in bits: 32, 36, 40, 42, 44, 48 or 52. */
  readonly oas: number;
  /** Granules: 4K, 16K, 64K. */
  readonly gran4k: boolean;
  readonly gran16k: boolean;
  readonly gran64k: boolean;
}

/** A host PCI function behind a physical SMMU (`device d0 …`). */
export interface DeviceSpec {
  readonly name: string;
  /** Index into Setup.psmmus. */
  readonly psmmu: number;
  /** Physical StreamIDs; normally one. */
  readonly sids: readonly number[];
  /** Endpoint has a usable ATS capability and the root complex supports ATS. */
  readonly ats: boolean;
  /** Index into Setup.groups (iommu_group). */
  readonly group: number;
  /** CANWBS / enforce-cache-coherency from firmware. */
  readonly canwbs: boolean;
  /** HD + COHERENCY as seen through this function: DIRTY_TRACKING is possible and reported in GET_HW_INFO. */
  readonly dirty: boolean;
  /** Stall-capable master. */
  readonly stall: boolean;
  /** [7.3] function that cannot work without ATS. */
  readonly atsAlwaysOn: boolean;
  /** Firmware asks for a 1:1 mapping of this device on the host: bind gives EINVAL. */
  readonly directMap: boolean;
  /** A host driver using the DMA API is bound to the function: bind gives EPERM. */
  readonly hostDriver: boolean;
  /** Guest BDF used when `plug` names none, as a 16-bit RID. */
  readonly bdf: number;
}

/** An iommu_group and the domain the host gave it before anyone bound its devices. */
export interface GroupSpec {
  readonly name: string;
  readonly defaultDomain: "identity" | "dma";
}

/** `-device arm-smmuv3,accel=on,…` (`vsmmu v0 …`). */
export interface VsmmuSpec {
  readonly name: string;
  /** Root bus it serves, e.g. `pcie.1`. */
  readonly bus: string;
  readonly accel: boolean;
  readonly oas: number;
  readonly ats: "on" | "off" | "auto";
  readonly ril: "on" | "off" | "auto";
  readonly ssidsize: number | "auto";
  /** Only with accel off: the machine's own SMMU (`-M virt,iommu=smmuv3`) has both stages. Default `1`. */
  readonly stage?: "1" | "nested";
}

export interface Setup {
  readonly title: string;
  readonly kernel: KernelKnobs;
  readonly qemu: QemuKnobs;
  /** What-if repairs of model/qemu.md 6.2 that are switched on. */
  readonly repairs: readonly Repair[];
  readonly psmmus: readonly PsmmuSpec[];
  readonly devices: readonly DeviceSpec[];
  readonly groups: readonly GroupSpec[];
  readonly vsmmus: readonly VsmmuSpec[];
  /** Backed guest memory (`ram base=… size=…`); absent = the default of memory.ts. */
  readonly ram?: readonly { readonly base: bigint; readonly size: bigint }[];
}

export const DEFAULT_PSMMU: Omit<PsmmuSpec, "name"> = {
  nesting: true,
  s1: true,
  s2: true,
  s2fwb: true,
  ats: true,
  coherency: true,
  rangeInv: true,
  ds: false,
  attrTypesOvr: false,
  stallModel: 1,
  forceSync: false,
  repeatTlbi: false,
  vmidBits: 16,
  asidBits: 16,
  ssidBits: 0,
  sidBits: 16,
  oas: 48,
  gran4k: true,
  gran16k: true,
  gran64k: true,
};

export const DEFAULT_DEVICE: Omit<DeviceSpec, "name" | "psmmu" | "sids" | "group" | "bdf"> = {
  ats: true,
  canwbs: true,
  dirty: false,
  stall: false,
  atsAlwaysOn: false,
  directMap: false,
  hostDriver: false,
};

export const DEFAULT_VSMMU: Omit<VsmmuSpec, "name" | "bus"> = {
  accel: true,
  oas: 44,
  ats: "off",
  ril: "on",
  ssidsize: 0,
};
