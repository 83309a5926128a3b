/** Kernel releases as rows of knobs, and what each knob changes (model/kernel.md section 6). */
import type { KernelKnobs } from "../profile.ts";

const V6_13: KernelKnobs = {
  name: "6.13",
  nesting: true,
  vdevice: "none",
  vmid: "s2",
  vdevLifetime: "device-ref",
  viommuOrder: "old",
  bypassAts: "off",
  resetStaging: "no",
  vdevStreams: "any",
  invalidate: "loop",
  fieldCheck: false,
  limits: false,
  veventq: false,
  bindAlloc: "last",
  hwInfoInputType: false,
  faultNestRefused: false,
  atsAlwaysOn: false,
  invs: "list",
  atsCapability: false,
  errataFlag: false,
};
const V6_15: KernelKnobs = {
  ...V6_13,
  name: "6.15",
  vdevice: "all-nested",
  veventq: true,
  faultNestRefused: true,
};
const V6_17: KernelKnobs = {
  ...V6_15,
  name: "6.17",
  vdevLifetime: "tombstone",
  viommuOrder: "new",
  hwInfoInputType: true,
};
const V6_19: KernelKnobs = { ...V6_17, name: "6.19", vdevice: "translate-only" };
const V7_0: KernelKnobs = { ...V6_19, name: "7.0", bypassAts: "as-s2", resetStaging: "group" };
const V7_1: KernelKnobs = { ...V7_0, name: "7.1", invs: "array", atsCapability: true };
const V7_3_0: KernelKnobs = {
  ...V7_1,
  name: "7.3.0",
  resetStaging: "device",
  vdevStreams: "one",
  limits: true,
  bindAlloc: "first",
  atsAlwaysOn: true,
  errataFlag: true,
};
const V7_3: KernelKnobs = { ...V7_3_0, name: "7.3", fieldCheck: true };
const NEXT: KernelKnobs = { ...V7_3, name: "next", invalidate: "batch" };

const ROWS: readonly KernelKnobs[] = [
  { ...V6_13, name: "6.12", nesting: false },
  V6_13,
  V6_15,
  V6_17,
  V6_19,
  V7_0,
  V7_1,
  V7_3_0,
  V7_3,
  NEXT,
  { ...NEXT, name: "plan-2026", vmid: "viommu+tag" },
  { ...NEXT, name: "review-claim", vmid: "viommu-only" },
];

/** Every row by its canonical name, oldest first. */
export const KERNEL_PROFILES: Readonly<Record<string, KernelKnobs>> = Object.freeze(
  Object.fromEntries(ROWS.map((row) => [row.name, Object.freeze(row)])),
);

export const DEFAULT_KERNEL = "7.3";

/** Releases that behave as another row. */
const SAME_AS: Readonly<Record<string, string>> = {
  "6.14": "6.13",
  "6.16": "6.15",
  "6.18": "6.17",
  "7.3.1": "7.3.0",
  "7.3.2": "7.3.0",
  "7.3.3": "7.3.0",
  "7.3.4": "7.3",
};

/** Names a script may use for a kernel, besides an optional leading `v`. */
export const KERNEL_SPELLINGS: readonly string[] = [...ROWS.map((r) => r.name), ...Object.keys(SAME_AS)];

/** The row a script means, or null if there is none of that name. */
export function kernelProfile(name: string): KernelKnobs | null {
  const bare = /^v\d/.test(name) ? name.slice(1) : name;
  const row = Object.hasOwn(SAME_AS, bare) ? (SAME_AS[bare] as string) : bare;
  return Object.hasOwn(KERNEL_PROFILES, row) ? (KERNEL_PROFILES[row] as KernelKnobs) : null;
}

/** One knob as pickers and scripts show it. */
export interface KernelKnob {
  /** Key in a script: `kernel 6.17 vmid=viommu+tag`. */
  readonly key: string;
  readonly field: Exclude<keyof KernelKnobs, "name">;
  /** Spelling in a script and the value it stands for. */
  readonly values: readonly { readonly text: string; readonly value: string | boolean }[];
  /** What it changes, in one line. */
  readonly what: string;
  readonly source: string;
}

const words = (...texts: string[]): KernelKnob["values"] => texts.map((text) => ({ text, value: text }));
const NO_YES: KernelKnob["values"] = [
  { text: "no", value: false },
  { text: "yes", value: true },
];

export const KERNEL_KNOBS: readonly KernelKnob[] = [
  {
    key: "nesting",
    field: "nesting",
    values: NO_YES,
    what: "Whether Arm has nested translation at all: without it no nest parent and no VIOMMU, VDEVICE or VEVENTQ.",
    source: "arm-smmu-v3-iommufd.c, since 6.13",
  },
  {
    key: "vdevice",
    field: "vdevice",
    values: words("none", "all-nested", "translate-only"),
    what: "Which nested attaches need a vDEVICE (ENOENT without): none, every kind, or translate alone.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_prepare_vmaster; f0ea207ed781 (6.15), 81c45c62dc3e (6.19)",
  },
  {
    key: "vmid",
    field: "vmid",
    values: words("s2", "viommu+tag", "viommu-only"),
    what: "Who owns the VMID: the S2 HWPT; each vIOMMU plus a tag per directly attached S2; or vIOMMUs alone, a direct S2 attach being refused.",
    source:
      "arm-smmu-v3.c:arm_smmu_domain_finalise_s2; unmerged series of March 2026; review of October 2025",
  },
  {
    key: "vdev-lifetime",
    field: "vdevLifetime",
    values: words("device-ref", "tombstone"),
    what: "A vDEVICE survives unbind and a device may have many, or it dies with its DEVICE and leaves its id reserved.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl, device.c:iommufd_device_pre_destroy; 850f14f5b919 (6.17)",
  },
  {
    key: "viommu-order",
    field: "viommuOrder",
    values: words("old", "new"),
    what: "VIOMMU_ALLOC asks the driver after looking up the HWPT, or before.",
    source: "viommu.c:iommufd_viommu_alloc_ioctl (6.17)",
  },
  {
    key: "bypass-ats",
    field: "bypassAts",
    values: words("off", "as-s2"),
    what: "ATS of an abort, bypass or V=0 vSTE: forced off, or as on a plain S2.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested; a45dd3466302 (7.0)",
  },
  {
    key: "reset-staging",
    field: "resetStaging",
    values: words("no", "group", "device"),
    what: "A function reset of an ATS-capable device leaves the SMMU alone, or takes the device to blocking and back (counted per group, per device).",
    source: "iommu.c:pci_dev_reset_iommu_prepare; c279e83953d9 (7.0)",
  },
  {
    key: "vdev-streams",
    field: "vdevStreams",
    values: words("any", "one"),
    what: "VDEVICE_ALLOC takes any device, or only one with exactly one StreamID (EOPNOTSUPP).",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_vdevice_init; c3b8ee84a965",
  },
  {
    key: "invalidate",
    field: "invalidate",
    values: words("loop", "batch"),
    what: "HWPT_INVALIDATE counts converted commands that a later bad one kept from being sent, or counts only what was sent.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_cache_invalidate; 61e2f25a49bc, 2d4f03f6610d",
  },
  {
    key: "field-check",
    field: "fieldCheck",
    values: NO_YES,
    what: "Reserved or unsupported bits of a guest command give EIO, or pass through to the shared host queue.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_validate_user_cmd (7.3.4)",
  },
  {
    key: "limits",
    field: "limits",
    values: NO_YES,
    what: "Upper bounds on vEVENTQ depth and invalidation arrays; a too short vEVENTQ read gives EINVAL instead of 0.",
    source: "eventq.c:iommufd_veventq_alloc, hw_pagetable.c:iommufd_hwpt_invalidate (7.3)",
  },
  {
    key: "veventq",
    field: "veventq",
    values: NO_YES,
    what: "vEVENTQ objects, forwarding of stream events, and MEV in a translate STE.",
    source: "eventq.c:iommufd_veventq_alloc; 6.15",
  },
  {
    key: "bind-alloc",
    field: "bindAlloc",
    values: words("last", "first"),
    what: "The DEVICE object is allocated after or before the other checks of bind; the id comes out the same.",
    source: "device.c:iommufd_device_bind (7.3)",
  },
  {
    key: "hw-info-type",
    field: "hwInfoInputType",
    values: NO_YES,
    what: "GET_HW_INFO knows the INPUT_TYPE flag; before, any flag gives EOPNOTSUPP.",
    source: "device.c:iommufd_get_hw_info (6.17)",
  },
  {
    key: "fault-nest",
    field: "faultNestRefused",
    values: NO_YES,
    what: "FAULT_ID_VALID together with NEST_PARENT gives EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_paging_alloc",
  },
  {
    key: "ats-always-on",
    field: "atsAlwaysOn",
    values: NO_YES,
    what: "A function that cannot work without ATS keeps a CD table and ATS under identity, and is refused where ATS is impossible.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev_identity (7.3)",
  },
  {
    key: "invs",
    field: "invs",
    values: words("list", "array"),
    what: "TLB entries of a tag are flushed when the page table is freed, or when the tag's last attachment ends.",
    source: "arm-smmu-v3.c:arm_smmu_install_old_domain_invs (7.1)",
  },
  {
    key: "ats-capability",
    field: "atsCapability",
    values: NO_YES,
    what: "GET_HW_INFO reports the capability bit for ATS not being usable.",
    source: "device.c:iommufd_get_hw_info",
  },
  {
    key: "errata-flag",
    field: "errataFlag",
    values: NO_YES,
    what: "On an SMMU with the repeat-TLBI/CFGI erratum: hw_info says so and the host sends its own commands twice.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_hw_info (7.3)",
  },
];
