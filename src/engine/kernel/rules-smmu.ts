/** Rules of the arm-smmu-v3 driver: domains, VMIDs, vSTE, STE, attach, events, invalidation, reset. */
import { defineRules } from "../rules.ts";

export const SMMU_RULES = defineRules({
  "K-PAGING-5": {
    text: "User data on a paging HWPT: EOPNOTSUPP.",
    source: "arm-smmu-v3.c:arm_smmu_domain_alloc_paging_flags",
  },
  "K-PAGING-6": {
    text: "No flags give stage 1 where the SMMU has it, NEST_PARENT alone a stage-2 nest parent, DIRTY and PASID stage 1; every other mix, or a missing feature, EOPNOTSUPP.",
    source: "arm-smmu-v3.c:arm_smmu_domain_alloc_paging_flags",
  },
  "K-PAGING-8": {
    text: "The S2 takes the lowest free VMID of its SMMU: ENOSPC when there is none.",
    source: "arm-smmu-v3.c:arm_smmu_domain_finalise_s2",
  },
  "K-PAGING-9": {
    text: "A HWPT made for a device that enforces coherency enforces it for every later one.",
    source: "hw_pagetable.c:iommufd_hwpt_paging_alloc",
  },
  "K-PAGING-10": {
    text: "Where vIOMMUs own VMIDs the S2 takes none.",
    source: "unmerged series of March 2026; arm-smmu-v3.c:arm_smmu_domain_finalise_s2",
  },
  "K-PAGING-11": {
    text: "A stage-1 domain takes the lowest free ASID of the host: EBUSY when there is none.",
    source: "arm-smmu-v3.c:arm_smmu_domain_finalise_s1",
  },
  "K-NESTED-5": {
    text: "PASID on a nested HWPT: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_alloc_domain_nested",
  },
  "K-NESTED-6": {
    text: "Data type other than ARM_SMMUV3: EINVAL.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_alloc_domain_nested",
  },
  "K-NESTED-7": {
    text: "Data length other than 16: EINVAL.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_alloc_domain_nested",
  },
  "K-VSTE-1": {
    text: "A vSTE with V=0 is accepted whatever else it says, and acts as abort.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_validate_vste",
  },
  "K-VSTE-2": {
    text: "A bit outside the fields a guest may set: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_validate_vste",
  },
  "K-VSTE-3": {
    text: "Config must be abort, bypass or S1 translate: else EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_validate_vste",
  },
  "K-VSTE-4": {
    text: "EATS must be 0 or 1 for every Config: else EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_validate_vste",
  },
  "K-VSTE-5": {
    text: "EATS is taken out of the words and remembered as a wish for ATS, for translate alone.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_alloc_domain_nested",
  },
  "K-VIOMMU-4": {
    text: "The SMMU cannot nest: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_get_viommu_size",
  },
  "K-VIOMMU-5": {
    text: "The CMDQ_FORCE_SYNC erratum: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_get_viommu_size",
  },
  "K-VIOMMU-6": {
    text: "Neither CANWBS on the device nor S2FWB on the SMMU: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_get_viommu_size",
  },
  "K-VIOMMU-7": {
    text: "A type no implementation handles: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_get_viommu_size",
  },
  "K-VIOMMU-11": {
    text: "The nest parent belongs to another SMMU than the device: EINVAL.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_init",
  },
  "K-VIOMMU-12": {
    text: "The vIOMMU uses its nest parent's VMID; several vIOMMUs on one S2 share it.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_init",
  },
  "K-VIOMMU-13": {
    text: "The page table does not fit the vIOMMU's SMMU: EINVAL.",
    source: "unmerged series of March 2026",
  },
  "K-VIOMMU-14": {
    text: "The vIOMMU takes a VMID of its own from its SMMU for life: ENOSPC when there is none.",
    source: "unmerged series of March 2026",
  },
  "K-VDEVICE-9": {
    text: "The device has no or several StreamIDs: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_vdevice_init",
  },

  "K-PATT-2": {
    text: "The domain belongs to another SMMU: EINVAL.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev",
  },
  "K-PATT-6": {
    text: "The domain enforces coherency and the device does not: EINVAL.",
    source: "arm-smmu-v3.c:arm_smmu_attach_prepare",
  },
  "K-PATT-7": {
    text: "An S2 attached directly gets a VMID of its own per SMMU: the first attach takes it (ENOSPC), the last one flushes and frees it.",
    source: "unmerged series of March 2026",
  },
  "K-PATT-8": {
    text: "The S2's page table does not fit this SMMU: EINVAL.",
    source: "unmerged series of March 2026",
  },
  "K-PATT-9": {
    text: "A nest parent has neither SMMU nor VMID and cannot be attached directly: refused (EINVAL stands in, no code exists).",
    source: "review claim of October 2025",
  },
  "K-NATT-1": {
    text: "The vIOMMU belongs to another SMMU than the device: EINVAL.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested",
  },
  "K-NATT-4": {
    text: "The device has no vDEVICE in this vIOMMU and the vSTE needs one: ENOENT.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_prepare_vmaster",
  },
  "K-NATT-5": {
    text: "Abort, bypass and V=0 need no vDEVICE: attached without a vmaster.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_prepare_vmaster",
  },
  "K-NATT-6": {
    text: "Before 6.15 there is no vmaster, and no nested attach asks for a vDEVICE.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested (6.13, 6.14)",
  },
  "K-NATT-7": {
    text: "The S2 parent enforces coherency and the device does not: EINVAL.",
    source: "arm-smmu-v3.c:arm_smmu_attach_prepare",
  },
  "K-VMASTER-1": {
    text: "The vmaster is set when the attach commits, after the STE, with the vSID the vDEVICE has at that moment.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_commit_vmaster",
  },
  "K-VMASTER-2": {
    text: "Attaching a paging domain, or a nested one without vDEVICE, clears the vmaster.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_commit_vmaster",
  },
  "K-VMASTER-3": {
    text: "Blocking and identity clear the vmaster before the STE changes.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev_blocked",
  },
  "K-ATS-1": {
    text: "ATS is on if SMMU, root complex and endpoint have it and the attach does not disable it.",
    source: "arm-smmu-v3.c:arm_smmu_attach_prepare",
  },
  "K-ATS-2": {
    text: "A nested domain whose vSTE does not ask for ATS disables it: only translate before 7.0 could ask.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested",
  },
  "K-ATS-3": {
    text: "From 7.0 only a translate vSTE can disable ATS: an abort or V=0 vSTE leaves PCI ATS on with an STE that refuses it.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_attach_dev_nested; a45dd3466302",
  },
  "K-STE-1": {
    text: "Abort: V=1, Config 0, all else 0.",
    source: "arm-smmu-v3.c:arm_smmu_make_abort_ste",
  },
  "K-STE-2": {
    text: "Identity: V=1, Config 4; SHCFG incoming where attribute types can be overridden.",
    source: "arm-smmu-v3.c:arm_smmu_make_bypass_ste",
  },
  "K-STE-3": {
    text: "Host stage 1: Config 5 with the host's CD table.",
    source: "arm-smmu-v3.c:arm_smmu_make_cdtable_ste",
  },
  "K-STE-4": {
    text: "Stage 2: Config 6 with the VMID and the S2's page table.",
    source: "arm-smmu-v3.c:arm_smmu_make_s2_domain_ste",
  },
  "K-STE-5": {
    text: "A bypass vSTE gives the stage-2 STE of its parent with the vIOMMU's VMID.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_make_nested_domain_ste",
  },
  "K-STE-6": {
    text: "A translate vSTE gives Config 7: the guest's stage-1 words over the parent's stage 2.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_make_nested_cd_table_ste",
  },
  "K-STE-7": {
    text: "An abort or V=0 vSTE gives an abort STE.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_make_nested_domain_ste",
  },
  "K-STE-8": {
    text: "A function that cannot work without ATS keeps a CD table with S1DSS bypass and ATS under identity.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev_identity",
  },
  "K-STE-9": {
    text: "An STE is written in the order that never shows hardware a half-made one, with CFGI_STE and SYNC after each visible change.",
    source: "arm-smmu-v3.c:arm_smmu_write_entry",
  },
  "K-CD-1": {
    text: "The host's own CD is written before a stage-1 STE names it and cleared after the STE has left it: two CFGI_CD each time.",
    source: "arm-smmu-v3.c:arm_smmu_write_cd_entry, arm_smmu_clear_cd; measured",
  },
  "K-STE-10": {
    text: "An SMMU without ATS, stage 1 or SSIDs refuses a function that cannot work without ATS: it has no IOMMU.",
    source: "arm-smmu-v3.c:arm_smmu_probe_device",
  },
  "K-INVS-1": {
    text: "When the last attachment with a tag ends, the tag's TLB entries are flushed; between targets of one nest parent there is none to end.",
    source: "arm-smmu-v3.c:arm_smmu_install_old_domain_invs",
  },
  "K-INVS-2": {
    text: "A device told to leave a domain it never re-entered takes one count too many: a warning, or another device's entry goes.",
    source: "arm-smmu-v3.c:arm_smmu_invs_unref",
  },
  "K-INVS-3": {
    text: "Before 7.1 a tag is flushed when its page table is freed.",
    source: "arm-smmu-v3.c:arm_smmu_tlb_inv_context",
  },

  "K-RESET-1": {
    text: "Only a function with a usable ATS capability is taken off the SMMU for a reset.",
    source: "iommu.c:pci_dev_reset_iommu_prepare",
  },
  "K-RESET-2": {
    text: "For a reset the device goes to the blocking domain while the group's domain keeps its name; afterwards it is attached to the group's domain with all checks.",
    source: "iommu.c:pci_dev_reset_iommu_prepare, pci_dev_reset_iommu_done",
  },
  "K-RESET-3": {
    text: "If the attach after a reset fails there is only a warning: the device stays blocked while the objects say attached.",
    source: "iommu.c:pci_dev_reset_iommu_done",
  },
  "K-RESET-4": {
    text: "Before 7.0 a function reset changes nothing in the SMMU.",
    source: "pci.c:pci_reset_function",
  },
  "K-RESET-5": {
    text: "Detaching during a reset skips the blocked device and changes the group's domain.",
    source: "iommu.c:__iommu_group_set_domain_internal",
  },
  "K-RESET-6": {
    text: "Resets of one device nest: the outermost alone moves it. With one state per group a second reset is not staged.",
    source: "iommu.c:pci_dev_reset_iommu_prepare",
  },

  "K-EVENT-0": {
    text: "Before 6.15 no stream event is forwarded.",
    source: "arm-smmu-v3.c:arm_smmu_handle_event",
  },
  "K-EVENT-1": {
    text: "An event a guest is never told of: EOPNOTSUPP, host log.",
    source: "arm-smmu-v3.c:arm_smmu_handle_event",
  },
  "K-EVENT-2": {
    text: "The StreamID belongs to no device: EINVAL, host log.",
    source: "arm-smmu-v3.c:arm_smmu_handle_event",
  },
  "K-EVENT-3": {
    text: "A stalled fault goes to the page-fault path, never to a vEVENTQ.",
    source: "arm-smmu-v3.c:arm_smmu_handle_event",
  },
  "K-EVENT-4": {
    text: "No vmaster, or a stage-2 fault: EOPNOTSUPP, host log.",
    source: "arm-smmu-v3.c:arm_smmu_handle_event",
  },
  "K-EVENT-5": {
    text: "The vIOMMU has no vEVENTQ of type ARM_SMMUV3: host log, no sequence number used.",
    source: "driver.c:iommufd_viommu_report_event",
  },
  "K-EVENT-6": {
    text: "The queue is full: the event is lost, the marker says so, the host log does not.",
    source: "private.h:iommufd_vevent_handler",
  },
  "K-EVENT-8": {
    text: "The event is queued with the vSID captured at attach in place of the StreamID; all else is copied.",
    source: "arm-smmu-v3-iommufd.c:arm_vmaster_report_event",
  },

  "K-ARRAY-1": {
    text: "The buffer for the commands cannot be allocated (more than 2^18): ENOMEM, and the count stays what it was on input.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_cache_invalidate",
  },
  "K-ARRAY-2": {
    text: "The data type is not ARM_SMMUV3 invalidation: EINVAL.",
    source: "iommu.h:iommu_copy_struct_from_full_user_array",
  },
  "K-ARRAY-3": {
    text: "An empty array: EINVAL in the loop form, success in the batch form.",
    source: "iommu.h:iommu_copy_struct_from_full_user_array",
  },
  "K-ARRAY-4": {
    text: "The array cannot be read to its end: EFAULT.",
    source: "iommu.h:iommu_copy_struct_from_full_user_array",
  },
  "K-ARRAY-5": {
    text: "Loop form: converted commands behind the last full batch of 63 are counted but never sent when a later one is bad.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_cache_invalidate",
  },
  "K-ARRAY-6": {
    text: "Batch form: up to 63 commands are converted and sent together or not at all, and only sent ones count.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_cache_invalidate (not yet released)",
  },
  "K-CONV-1": {
    text: "TLBI_NSNH_ALL becomes TLBI_NH_ALL of the vIOMMU's VMID.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_convert_user_cmd",
  },
  "K-CONV-2": {
    text: "The VMID of a stage-1 TLBI is overwritten with the vIOMMU's.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_convert_user_cmd",
  },
  "K-CONV-3": {
    text: "The vSID of CFGI_CD, CFGI_CD_ALL and ATC_INV is replaced by the device's first StreamID.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_vsid_to_sid",
  },
  "K-CONV-4": {
    text: "No vDEVICE has this vSID: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_vsid_to_sid",
  },
  "K-CONV-5": {
    text: "A command a guest may not send: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_convert_user_cmd",
  },
  "K-FIELD-1": {
    text: "A bit outside the fields the command has on this SMMU: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_validate_user_cmd",
  },
  "K-FIELD-2": {
    text: "TG, NUM, SCALE and TTL contradict each other: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_validate_range",
  },
  "K-FIELD-3": {
    text: "ATC_INV on an SMMU without ATS, or of a size above 52: EIO.",
    source: "arm-smmu-v3-iommufd.c:arm_vsmmu_validate_user_cmd",
  },
});
