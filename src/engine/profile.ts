/**
 * Profiles: a kernel or QEMU release is a row of knobs, and the code asks the knob at the one
 * place where the C differed (model/kernel.md section 6, model/qemu.md section 5, model/observed.md).
 */

/** Kernel variation points. Each knob can be set on its own in a script: `kernel 6.17 vmid=viommu+tag`. */
export interface KernelKnobs {
  /** Release name as written in scripts: 6.13 6.15 6.17 6.19 7.0 7.1 7.3.0 7.3 next plan-2026 review-claim. */
  readonly name: string;
  /** Arm nesting at all (before 6.13 there is none). */
  readonly nesting: boolean;
  /** (a) which nested attaches need a vDEVICE: smmu-iommufd.c:arm_smmu_attach_prepare_vmaster. */
  readonly vdevice: "none" | "all-nested" | "translate-only";
  /** (b) home of the VMID. */
  readonly vmid: "s2" | "viommu+tag" | "viommu-only";
  /** (c) lifetime of the vDEVICE. */
  readonly vdevLifetime: "device-ref" | "tombstone";
  readonly viommuOrder: "old" | "new";
  readonly bypassAts: "off" | "as-s2";
  readonly resetStaging: "no" | "group" | "device";
  readonly vdevStreams: "any" | "one";
  readonly invalidate: "loop" | "batch";
  readonly fieldCheck: boolean;
  readonly limits: boolean;
  readonly veventq: boolean;
  /** DEVICE object allocated first (7.3) or last in bind. */
  readonly bindAlloc: "last" | "first";
  /** GET_HW_INFO takes an input type (6.17). */
  readonly hwInfoInputType: boolean;
  /** FAULT_ID_VALID together with NEST_PARENT is refused. */
  readonly faultNestRefused: boolean;
  /** [7.3] functions that cannot work without ATS keep a CD table and ATS under identity. */
  readonly atsAlwaysOn: boolean;
  /** Who an invalidation goes to: a list of masters (before 7.1) or an array with a count per tag (7.1). */
  readonly invs: "list" | "array";
  /** GET_HW_INFO reports "ATS not supported" as a capability. */
  readonly atsCapability: boolean;
  /** [7.3] GET_HW_INFO reports ERRATA_REPEAT_TLBI_CFGI, and the host repeats its own commands. */
  readonly errataFlag: boolean;
}

/** QEMU variation points (model/qemu.md section 5 plus model/observed.md). */
export interface QemuKnobs {
  /** v4 v5 v6 v7 m0 m1 11.1 */
  readonly name: string;
  /** Set attaches the GBPA HWPT to the first device. */
  readonly setAttach: "none" | "first";
  /** When the hardware compatibility check of set_iommu_device runs. */
  readonly hwCheck: boolean;
  /** `auto` properties are resolved from the first device. */
  readonly autoProps: boolean;
  /** A second error_setg on a set error ends QEMU by assertion when viommu creation fails (v4). */
  readonly viommuErrorAsserts: boolean;
  /** unset destroys the s1 HWPT (v4/v5 leak it). */
  readonly unsetFreesS1: boolean;
  /** v4/v5: pointer to the freed vIOMMU kept after the last unset. */
  readonly staleViommuPointer: boolean;
  /** v4/v5: vDEVICE is allocated at the first CFGI and bypass attached at once; freed when that attach fails. */
  readonly vdevAttachBypass: boolean;
  /** CFGI looks at SMMUEN (v6+). */
  readonly cfgiSmmuen: boolean;
  /** v4/v5: abort/bypass applied only when a translate HWPT is installed; decided by Config[2] even when V=0. */
  readonly cfgiAbortBypass: "only-from-translate" | "always";
  /** translate over translate. */
  readonly translateReplace: "break-before-make" | "make-before-break";
  /** Config 7. */
  readonly config7: "translate" | "error";
  /** v4/v5: an STE that is not found returns success with the error object set. */
  readonly steMissSetsError: boolean;
  /** v4: a failed install inside CFGI_STE asserts. */
  readonly installErrorAsserts: boolean;
  /** Range walk after a failure. */
  readonly rangeFailure: "stop" | "continue";
  /** System reset. */
  readonly reset: "vdev-bypass" | "gbpa";
  /** GBPA write moves devices. */
  readonly gbpaWrite: boolean;
  /** v5: the local error is not reset between devices, so a second failure asserts. */
  readonly gbpaStaleError: boolean;
  /** v4/v5 print a command's error inside the command loop; later the register write prints it after the loop. */
  readonly cmdqErrorPrint: "in-loop" | "after";
  /** v4/v5 free the vDEVICE after the device has left the vSMMU's list. */
  readonly unsetVdevAfterUnlink: boolean;
  /** vEVENTQ support (m1, 11.1). */
  readonly veventq: boolean;
  /** Host dirty-tracking capability adds DIRTY_TRACKING to the S2's flags. */
  readonly s2Dirty: boolean;
  /** 11.1: one more GET_HW_INFO (CMDQV probe) before VIOMMU_ALLOC for the first device (X3). */
  readonly cmdqvProbe: boolean;
  /** X1: the event loop keeps the vEVENTQ file open past close(). */
  readonly eventloop: "io_uring" | "poll";
  /** Trace format of iommufd_backend_alloc_viommu and of attach/detach. */
  readonly traceNames: "v4" | "v5" | "v6" | "m1" | "11.1";
}

/** What-if repairs of model/qemu.md 6.2, in its order (1…7). */
export const REPAIRS = [
  "set-attaches",
  "set-by-smmuen",
  "smmuen-edge",
  "gbpa-guard",
  "ste-miss-aborts",
  "veventq-reset",
  "vdev-reset",
] as const;
export type Repair = (typeof REPAIRS)[number];
