/**
 * QEMU releases as rows of knobs, and the knobs and repairs as a reader sees them.
 * Source of the rows: model/qemu.md section 5 and model/observed.md.
 */
import type { QemuKnobs, Repair } from "../profile.ts";

const V4: QemuKnobs = {
  name: "v4",
  setAttach: "none",
  hwCheck: false,
  autoProps: false,
  viommuErrorAsserts: true,
  unsetFreesS1: false,
  staleViommuPointer: true,
  vdevAttachBypass: true,
  cfgiSmmuen: false,
  cfgiAbortBypass: "only-from-translate",
  translateReplace: "break-before-make",
  config7: "translate",
  steMissSetsError: true,
  installErrorAsserts: true,
  rangeFailure: "stop",
  reset: "vdev-bypass",
  gbpaWrite: false,
  gbpaStaleError: false,
  cmdqErrorPrint: "in-loop",
  unsetVdevAfterUnlink: true,
  veventq: false,
  s2Dirty: true,
  cmdqvProbe: false,
  eventloop: "poll",
  traceNames: "v4",
};

const V5: QemuKnobs = {
  ...V4,
  name: "v5",
  viommuErrorAsserts: false,
  installErrorAsserts: false,
  reset: "gbpa",
  gbpaWrite: true,
  gbpaStaleError: true,
  traceNames: "v5",
};

const V6: QemuKnobs = {
  name: "v6",
  setAttach: "first",
  hwCheck: false,
  autoProps: false,
  viommuErrorAsserts: false,
  unsetFreesS1: true,
  staleViommuPointer: false,
  vdevAttachBypass: false,
  cfgiSmmuen: true,
  cfgiAbortBypass: "always",
  translateReplace: "make-before-break",
  config7: "error",
  steMissSetsError: false,
  installErrorAsserts: false,
  rangeFailure: "continue",
  reset: "gbpa",
  gbpaWrite: true,
  gbpaStaleError: false,
  cmdqErrorPrint: "after",
  unsetVdevAfterUnlink: false,
  veventq: false,
  s2Dirty: true,
  cmdqvProbe: false,
  eventloop: "poll",
  traceNames: "v6",
};

const V7: QemuKnobs = { ...V6, name: "v7" };
const M0: QemuKnobs = { ...V6, name: "m0", hwCheck: true };
const M1: QemuKnobs = { ...M0, name: "m1", autoProps: true, veventq: true, s2Dirty: false, traceNames: "m1" };
const R11_1: QemuKnobs = { ...M1, name: "11.1", cmdqvProbe: true, eventloop: "io_uring", traceNames: "11.1" };

/** In order of time. */
export const QEMU_PROFILES: readonly QemuKnobs[] = [V4, V5, V6, V7, M0, M1, R11_1];
export const DEFAULT_QEMU: QemuKnobs = R11_1;

export function qemuProfile(name: string): QemuKnobs | null {
  return QEMU_PROFILES.find((p) => p.name === name) ?? null;
}

/** One line a profile, for pickers. */
export const QEMU_PROFILE_TEXT: Readonly<Record<string, string>> = {
  v4: "Series v4 (29 Sep 2025): devices stay on S2 until the first CFGI; GBPA is never honoured.",
  v5: "Series v5 (31 Oct 2025): as v4, but GBPA writes and reset move every device.",
  v6: "Series v6 (20 Nov 2025): the first device is attached by GBPA; CFGI looks at SMMUEN.",
  v7: "Series v7 (11 Jan 2026): as v6; accel refused with a device tree.",
  m0: "First merged form: as v7 plus the host compatibility check.",
  m1: "Merged, newest read: auto properties and the vEVENTQ.",
  "11.1": "QEMU 11.1.3 as measured: m1 plus the CMDQV probe and the io_uring event loop.",
};

/** Everything about a knob except `name`. */
export interface QemuKnobInfo {
  /** Key in scripts: `qemu v6 KEY=VALUE`. */
  readonly key: string;
  readonly knob: Exclude<keyof QemuKnobs, "name">;
  /** Values as scripts write them; `on`/`off` for booleans. */
  readonly values: readonly string[];
  readonly text: string;
  readonly source: string;
}

const BOOL = ["on", "off"] as const;

export const QEMU_KNOBS: readonly QemuKnobInfo[] = [
  {
    key: "set-attach",
    knob: "setAttach",
    values: ["none", "first"],
    text: "set_iommu_device attaches the HWPT that GBPA names to the first device of a vSMMU, or leaves it on S2.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu (v6)",
  },
  {
    key: "hw-check",
    knob: "hwCheck",
    values: BOOL,
    text: "set_iommu_device compares the host SMMU's ID registers with the guest's.",
    source: "smmuv3-accel.c:smmuv3_accel_hw_compatible (m0)",
  },
  {
    key: "auto-props",
    knob: "autoProps",
    values: BOOL,
    text: "Properties may be auto and are taken from the first device's host SMMU.",
    source: "smmuv3-accel.c:smmuv3_accel_hw_compatible (m1)",
  },
  {
    key: "viommu-error-asserts",
    knob: "viommuErrorAsserts",
    values: BOOL,
    text: "A failed vIOMMU creation sets an error twice: QEMU ends by assertion.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device (v4)",
  },
  {
    key: "unset-frees-s1",
    knob: "unsetFreesS1",
    values: BOOL,
    text: "unset destroys the translate HWPT; otherwise it leaks and keeps its vIOMMU alive.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device (v6)",
  },
  {
    key: "stale-viommu",
    knob: "staleViommuPointer",
    values: BOOL,
    text: "After the last unset the slot still points to the freed vIOMMU; a CFGI_STE naming it uses freed memory.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device (v4, v5; inference)",
  },
  {
    key: "vdev-attach-bypass",
    knob: "vdevAttachBypass",
    values: BOOL,
    text: "The first CFGI allocates the vDEVICE and puts the device on bypass at once, whatever the STE says.",
    source: "smmuv3-accel.c:smmuv3_accel_install_nested_ste (v4, v5)",
  },
  {
    key: "cfgi-smmuen",
    knob: "cfgiSmmuen",
    values: BOOL,
    text: "CFGI looks at CR0.SMMUEN: while it is 0, GBPA decides and not the STE.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste (v6)",
  },
  {
    key: "cfgi-abort-bypass",
    knob: "cfgiAbortBypass",
    values: ["only-from-translate", "always"],
    text: "An abort or bypass STE is applied always, or only to a device that is on a translate HWPT.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste (v6)",
  },
  {
    key: "translate-replace",
    knob: "translateReplace",
    values: ["break-before-make", "make-before-break"],
    text: "A new translate STE over an old one: through abort, or attached before the old HWPT is destroyed.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste (v6)",
  },
  {
    key: "config7",
    knob: "config7",
    values: ["translate", "error"],
    text: "A guest STE with Config 7 (both stages) is treated as stage 1, or is an error.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste (v6)",
  },
  {
    key: "ste-miss-sets-error",
    knob: "steMissSetsError",
    values: BOOL,
    text: "An STE that is not found returns success with the error object set; a second one in a range asserts.",
    source: "smmuv3-accel.c:smmuv3_accel_install_nested_ste (v4, v5; inference)",
  },
  {
    key: "install-error-asserts",
    knob: "installErrorAsserts",
    values: BOOL,
    text: "A failed install inside CFGI_STE sets an error twice: QEMU ends by assertion.",
    source: "smmuv3.c:smmuv3_cmdq_consume (v4; inference)",
  },
  {
    key: "range-failure",
    knob: "rangeFailure",
    values: ["stop", "continue"],
    text: "CFGI_STE_RANGE and CFGI_ALL stop at the first device that fails, or go on with the others.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste_range (v6)",
  },
  {
    key: "reset",
    knob: "reset",
    values: ["vdev-bypass", "gbpa"],
    text: "Reset puts devices that have a vDEVICE on bypass, or all devices on what GBPA's reset value names.",
    source: "smmuv3-accel.c:smmuv3_accel_reset (v5)",
  },
  {
    key: "gbpa-write",
    knob: "gbpaWrite",
    values: BOOL,
    text: "A GBPA write with UPDATE moves all devices of the vSMMU.",
    source: "smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt (v5)",
  },
  {
    key: "gbpa-stale-error",
    knob: "gbpaStaleError",
    values: BOOL,
    text: "The error of a failed GBPA attach is not cleared: a second failure ends QEMU by assertion.",
    source: "smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt (v5)",
  },
  {
    key: "cmdq-error-print",
    knob: "cmdqErrorPrint",
    values: ["in-loop", "after"],
    text: "Command errors are printed inside the command loop, or by the register write after it.",
    source: "smmuv3.c:smmuv3_cmdq_consume (v6)",
  },
  {
    key: "unset-vdev-after-unlink",
    knob: "unsetVdevAfterUnlink",
    values: BOOL,
    text: "unset frees the vDEVICE after the device has left the vSMMU's list, or before.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device (v6)",
  },
  {
    key: "veventq",
    knob: "veventq",
    values: BOOL,
    text: "Host events reach the guest's event queue through a vEVENTQ.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_veventq (m1)",
  },
  {
    key: "s2-dirty",
    knob: "s2Dirty",
    values: BOOL,
    text: "VFIO adds DIRTY_TRACKING to the S2's flags when the host reports it, even for a nesting parent.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_get (older form)",
  },
  {
    key: "cmdqv-probe",
    knob: "cmdqvProbe",
    values: BOOL,
    text: "One more GET_HW_INFO asks for a Tegra241 CMDQV before the vIOMMU is allocated.",
    source: "observed X3",
  },
  {
    key: "eventloop",
    knob: "eventloop",
    values: ["io_uring", "poll"],
    text: "With io_uring a pending poll keeps the vEVENTQ's file open past close(): its destruction fails with EBUSY.",
    source: "observed X1",
  },
  {
    key: "trace-names",
    knob: "traceNames",
    values: ["v4", "v5", "v6", "m1", "11.1"],
    text: "Names and layout of the trace events that changed between releases.",
    source: "observed X4, X5; model/qemu.md 4.3",
  },
];

export interface RepairInfo {
  readonly id: Repair;
  /** Divergences it removes, as scripts name them: `fix D1,D3`. The first one is the name that is printed. */
  readonly names: readonly string[];
  readonly text: string;
}

export const QEMU_REPAIRS: readonly RepairInfo[] = [
  {
    id: "set-attaches",
    names: ["D1"],
    text: "A device set on an existing vIOMMU is attached to what GBPA or its STE asks for, like the first one.",
  },
  {
    id: "set-by-smmuen",
    names: ["D2"],
    text: "The first device of a vSMMU is attached by its STE when SMMUEN is set, by GBPA otherwise.",
  },
  {
    id: "smmuen-edge",
    names: ["D3", "D4", "D4b"],
    text: "A change of CR0.SMMUEN moves every device: to GBPA when cleared, to its STE when set.",
  },
  {
    id: "gbpa-guard",
    names: ["D5"],
    text: "A GBPA write moves devices only while SMMUEN is 0.",
  },
  {
    id: "ste-miss-aborts",
    names: ["D6"],
    text: "A CFGI whose STE cannot be found puts the device on abort while SMMUEN is 1.",
  },
  {
    id: "veventq-reset",
    names: ["D15"],
    text: "Reset and clearing EVENTQEN free the vEVENTQ.",
  },
  {
    id: "vdev-reset",
    names: ["D14"],
    text: "Reset frees the vDEVICEs, so that the next CFGI takes the SID of that time.",
  },
];

/** The repair that removes divergence `name`, or null. */
export function repairFor(name: string): Repair | null {
  return QEMU_REPAIRS.find((r) => r.names.includes(name))?.id ?? null;
}
