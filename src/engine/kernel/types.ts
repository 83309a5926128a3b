/** Host kernel state: iommufd files and objects, iommu groups, masters, VMIDs (model/kernel.md section 1). */

interface ObjBase {
  readonly id: number;
  /** Reference count as the kernel keeps it: 1 (the xarray's own) plus the inbound references of section 1.2. */
  readonly users: number;
  /** Name in scripts (`d0.s2`, `vi1`), or null. */
  readonly name: string | null;
}

export interface IoasObj extends ObjBase {
  readonly type: "IOAS";
  /** Ids of the HWPT_PAGINGs made from it, in creation order. */
  readonly hwpts: readonly number[];
}

export interface DeviceObj extends ObjBase {
  readonly type: "DEVICE";
  /** Index into Setup.devices. */
  readonly dev: number;
  /** Id of the HWPT the RID is attached to, or 0. */
  readonly hwpt: number;
  /** Id of its vDEVICE (>= 6.17), or 0. */
  readonly vdev: number;
}

/** A page table and its tags: what the arm-smmu-v3 driver keeps in struct arm_smmu_domain. */
export interface HwptPagingObj extends ObjBase {
  readonly type: "HWPT_PAGING";
  readonly ioas: number;
  readonly nestParent: boolean;
  readonly autoDomain: boolean;
  readonly enforceCc: boolean;
  readonly dirty: boolean;
  readonly pasid: boolean;
  readonly stage: 1 | 2;
  /** psmmu index of the device it was allocated for. */
  readonly psmmu: number;
  /** S2FWB page-table quirk. */
  readonly s2fwb: boolean;
  /** VMID (stage 2, profile `s2`), 0 if it has none; with `viommu+tag` see tags. */
  readonly vmid: number;
  /** ASID of a stage-1 domain, 0 for stage 2. */
  readonly asid: number;
  /** `viommu+tag`: VMID per psmmu that has a direct attach of this S2. */
  readonly tags: readonly { readonly psmmu: number; readonly vmid: number; readonly attached: number }[];
  /**
   * Invalidation array [7.1]: attachments per tag (VMID, or ASID of a stage-1 domain) on an SMMU. Always empty with
   * `invs=list`. Not simply a function of the attachments: a failed re-attach at a reset leaves it one short.
   */
  readonly invs: readonly { readonly psmmu: number; readonly tag: number; readonly users: number }[];
  /** Synthetic physical address of the table: unique among live page tables (it follows from file and id). */
  readonly ttb: bigint;
  /** Input/output size in bits (the SMMU's oas). */
  readonly oas: number;
}

export interface HwptNestedObj extends ObjBase {
  readonly type: "HWPT_NESTED";
  readonly viommu: number;
  /** = viommu's HWPT. */
  readonly parent: number;
  /** Filtered vSTE words, EATS cleared; both 0n when V=0 was given. */
  readonly ste0: bigint;
  readonly ste1: bigint;
  readonly enableAts: boolean;
  /** What the filtered words mean. */
  readonly kind: "abort" | "bypass" | "translate" | "invalid";
}

export interface ViommuObj extends ObjBase {
  readonly type: "VIOMMU";
  readonly psmmu: number;
  readonly hwpt: number;
  readonly vmid: number;
  /** virt_id -> VDEVICE id. */
  readonly vdevs: readonly { readonly virtId: bigint; readonly vdevice: number }[];
  /** VEVENTQ ids. */
  readonly veventqs: readonly number[];
}

export interface VdeviceObj extends ObjBase {
  readonly type: "VDEVICE";
  readonly viommu: number;
  /** DEVICE id (>= 6.17); before, the id at allocation (the vDEVICE keeps the device, not the object). */
  readonly device: number;
  /** Index into Setup.devices. */
  readonly dev: number;
  readonly virtId: bigint;
}

/** A queued record: 32 bytes of data, or the LOST marker. */
export interface Vevent {
  readonly seq: number;
  readonly lost: boolean;
  /** Four words; empty for LOST. */
  readonly words: readonly bigint[];
}

export interface VeventqObj extends ObjBase {
  readonly type: "VEVENTQ";
  readonly viommu: number;
  readonly evType: number;
  readonly depth: number;
  readonly numEvents: number;
  readonly sequence: number;
  readonly events: readonly Vevent[];
  /** The queue's file is open. */
  readonly fdOpen: boolean;
  /** X1: an io_uring poll request still pins the file after close(). */
  readonly pinned: boolean;
}

/** Page-request queues need stall-capable hardware and are left out: no call makes one. */
export type Obj = IoasObj | DeviceObj | HwptPagingObj | HwptNestedObj | ViommuObj | VdeviceObj | VeventqObj;

/** One open of /dev/iommu with its object xarray. */
export interface IommufdFile {
  readonly name: string;
  /** User space still holds its fd. */
  readonly fdOpen: boolean;
  /** References on the file besides the fd: bound DEVICEs, open vEVENTQ fds. At 0 with fdOpen false it is released. */
  readonly refs: number;
  readonly released: boolean;
  /** Slot = id; null = free, "tombstone" = reserved for ever. Slot 0 is unused. */
  readonly objects: readonly (Obj | null | "tombstone")[];
  /** No free id is smaller. */
  readonly minFree: number;
}

/** What a physical device's DMA currently runs on, as the IOMMU core and the driver keep it. */
export type DomainRef =
  | { readonly kind: "default" }
  | { readonly kind: "blocked" }
  /** HWPT (paging or nested) of one iommufd file. */
  | { readonly kind: "hwpt"; readonly file: number; readonly hwpt: number };

/** struct arm_smmu_master and the VFIO device over it; index = device. */
export interface Master {
  /** Bound to this iommufd file as this DEVICE, or null. */
  readonly bound: { readonly file: number; readonly id: number } | null;
  readonly vmaster: { readonly file: number; readonly viommu: number; readonly vsid: bigint } | null;
  readonly atsEnabled: boolean;
  /**
   * The domain the *driver* last attached (what the STE expresses). Equals the group's domain except after a
   * failed re-attach at a function reset.
   */
  readonly domain: DomainRef;
  /** Raw `bind` opened the cdev file (false when nobody has it open). */
  readonly cdevOpen: boolean;
  /** Function resets under way, nested ones counted; 0 between steps. */
  readonly resetDepth: number;
  /** A reset holds the device on the blocking domain whatever the group's domain; false between steps. */
  readonly blocked: boolean;
}

export interface IommuGroup {
  /** Owner's iommufd file, or null. */
  readonly owner: number | null;
  readonly ownerCnt: number;
  readonly domain: DomainRef;
  /** Devices of the group in a reset; 0 between steps. With `reset-staging=group` at most 1. */
  readonly recoveryCnt: number;
}

/** Per physical SMMU driver state. */
export interface SmmuState {
  /** VMIDs in use, ascending. */
  readonly vmids: readonly number[];
  /** ASIDs in use by host stage-1 domains, ascending. */
  readonly asids: readonly number[];
}

export interface KernelState {
  readonly files: readonly IommufdFile[];
  /** Index = device. */
  readonly masters: readonly Master[];
  /** Index = group. */
  readonly groups: readonly IommuGroup[];
  /** Index = psmmu. */
  readonly smmus: readonly SmmuState[];
}
