/**
 * The known divergences: places where a real QEMU on a real kernel leaves what the architecture promises the
 * guest. Ids, causes and evidence from model/qemu.md section 6 and model/observed.md.
 */

/**
 * `dma`: the device's DMA gets an answer the architecture does not allow. `event`: the DMA is right, but an event the
 * guest should see never reaches it, or one it should not see does. `register`: what the guest reads. `attribute`:
 * memory attributes. `leak`: host objects outlive what they were made for.
 */
export type DivergenceKind = "dma" | "event" | "register" | "attribute" | "leak";

export interface DivergenceInfo {
  readonly kind: DivergenceKind;
  readonly title: string;
  /** Cause in one sentence. */
  readonly text: string;
  readonly source: string;
}

const table = {
  D1: {
    kind: "dma",
    title: "A second device escapes GBPA",
    text: "set_iommu_device() found a vIOMMU and skipped the GBPA attach, so the device stays on the S2 HWPT that VFIO attached.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  D2: {
    kind: "dma",
    title: "The first device takes GBPA although SMMUEN=1",
    text: "set_iommu_device() attaches the GBPA HWPT to the first device without looking at CR0.SMMUEN or the STE.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  D3: {
    kind: "dma",
    title: "SMMUEN 1→0 leaves the STE's attachment",
    text: "A CR0 write attaches nothing: after SMMUEN is cleared the device stays on its last STE HWPT instead of GBPA's.",
    source: "smmuv3.c:smmu_writel (A_CR0)",
  },
  D4: {
    kind: "dma",
    title: "SMMUEN 0→1 without a later CFGI leaves GBPA's attachment",
    text: "A CR0 write attaches nothing: until the first CFGI that names the device after SMMUEN=1, GBPA's HWPT stays.",
    source: "smmuv3.c:smmu_writel (A_CR0), smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D4b: {
    kind: "dma",
    title: "A kexec'd kernel inherits the old kernel's tables",
    text: "CR0=0 and a new, empty stream table move nothing: the old translate HWPT stays until the first CFGI that finds an STE.",
    source: "smmuv3.c:smmu_writel (A_CR0, A_STRTAB_BASE)",
  },
  D5: {
    kind: "dma",
    title: "A GBPA write acts although SMMUEN=1",
    text: "A GBPA write with UPDATE attaches the GBPA HWPT to every device without looking at CR0.SMMUEN.",
    source: "smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt",
  },
  D6: {
    kind: "dma",
    title: "An STE that cannot be found installs nothing",
    text: "When the STE lookup of a CFGI misses, the command succeeds and the old HWPT stays.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D7: {
    kind: "event",
    title: "An invalid STE aborts without an event",
    text: "V=0 becomes the abort HWPT; a physical abort STE terminates silently, so no C_BAD_STE reaches the guest.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D8: {
    kind: "dma",
    title: "Config 6 or 7 stops the command queue and keeps the old attachment",
    text: "The STE is refused with CERROR_ILL and the device keeps its previous HWPT, where the architecture terminates with C_BAD_STE.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D9: {
    kind: "dma",
    title: "A refused install leaves guest memory and hardware apart",
    text: "The host refused the vDEVICE, the vSTE or the attach: CERROR_ILL, and DMA goes on through the old HWPT.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D10: {
    kind: "dma",
    title: "A refused GBPA attach is only reported",
    text: "The host refused the GBPA HWPT for this device: it keeps its HWPT while GBPA reads back the new value.",
    source: "smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt",
  },
  D11: {
    kind: "dma",
    title: "Unset cannot return to the S2",
    text: "The attach of the S2 failed at unplug: the device stays on a nested HWPT and the destroys that follow find it busy.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device",
  },
  D12: {
    kind: "attribute",
    title: "GBPA's attributes are stored and ignored",
    text: "SHCFG, MTCFG, MemAttr, ALLOCCFG, INSTCFG and PRIVCFG of GBPA reach no STE.",
    source: "smmuv3-accel.c:smmuv3_accel_gbpa_hwpt",
  },
  D13: {
    kind: "dma",
    title: "A device of another physical SMMU never leaves its S2",
    text: "The vIOMMU belongs to another physical SMMU: every nested attach and VDEVICE_ALLOC fails with EINVAL.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  D14: {
    kind: "dma",
    title: "The vSID is frozen at the first CFGI",
    text: "The vDEVICE keeps the StreamID of its allocation; after the guest renumbers its buses, commands and events miss.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_vdev",
  },
  D15: {
    kind: "register",
    title: "A vEVENTQ outlives EVENTQEN and its queue",
    text: "EVENTQEN 1→0 and reset keep the vEVENTQ (and its depth): a later event raises GERROR.EVENTQ_ABT_ERR.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_veventq",
  },
  D16: {
    kind: "register",
    title: "A full EVENTQ raises EVENTQ_ABT_ERR instead of OVFLG",
    text: "Delivery to a full queue toggles GERROR.EVENTQ_ABT_ERR; PROD.OVFLG is never set.",
    source: "smmuv3.c:smmuv3_propagate_event",
  },
  D17: {
    kind: "dma",
    title: "Between unset and detach the device is on the S2",
    text: "unset_iommu_device() attaches the S2 and VFIO detaches later: in between stage 1 is bypassed.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device, vfio/iommufd.c:iommufd_cdev_detach",
  },
  D18: {
    kind: "dma",
    title: "Between VFIO attach and set the device is on the S2",
    text: "VFIO attaches the S2 at realize, before set_iommu_device() runs.",
    source: "vfio/iommufd.c:iommufd_cdev_attach",
  },
  D19: {
    kind: "dma",
    title: "The two-level format sticks",
    text: "FMT=1 is remembered until reset: after FMT=0 QEMU still decodes two levels and reads another STE.",
    source: "smmuv3.c:smmu_writel (A_STRTAB_BASE_CFG)",
  },
  D20: {
    kind: "dma",
    title: "STE and CD features are masked or passed on unjudged",
    text: "QEMU validates no STE field: unlisted ones are dropped, the rest is judged by the physical SMMU's IDRs.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  D21: {
    kind: "dma",
    title: "A blocked device was never told to QEMU",
    text: "The STE already said abort, so the guest's driver sent no CFGI_STE: the GBPA HWPT of before the enable stays.",
    source: "arm-smmu-v3.c:arm_smmu_write_entry (guest), smmuv3.c:smmu_writel (A_CR0)",
  },
  D22: {
    kind: "dma",
    title: "Two vSMMUs' ASIDs alias in the TLB",
    text: "Two vSMMUs on one physical SMMU share the S2 and so one VMID: equal ASIDs of two guests' tables hit each other's entries.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_init",
  },
  D23: {
    kind: "dma",
    title: "A second iommufd object under one vSMMU is accepted",
    text: "The vIOMMU lives in another iommufd file: every nested attach gives ENOENT and the device stays on its own S2.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  D24: {
    kind: "leak",
    title: "The last unset with a vEVENTQ leaks",
    text: "A pending io_uring poll keeps the closed vEVENTQ file open: its destroy, and the vIOMMU's, the S2's and the IOAS's, give EBUSY.",
    source: "smmuv3-accel.c:smmuv3_accel_free_viommu",
  },
} as const satisfies Record<string, DivergenceInfo>;

export type DivergenceId = keyof typeof table;

export const DIVERGENCES: Readonly<Record<DivergenceId, DivergenceInfo>> = table;

export const DIVERGENCE_IDS = Object.keys(table) as readonly DivergenceId[];
