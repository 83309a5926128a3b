/** Rules of iommufd, VFIO and the IOMMU core: objects, lookups, references, groups. */
import { defineRules } from "../rules.ts";

export const OBJECT_RULES = defineRules({
  "K-INJECT-1": {
    text: "A fault injection decides: the call returns its errno and does nothing.",
    source: "fault injection of the lab",
  },

  "K-FD-1": { text: "The fd is not open: EBADF.", source: "main.c:iommufd_fops_ioctl (fdget)" },
  "K-IOCTL-2": {
    text: "This kernel does not know the ioctl number: ENOTTY.",
    source: "main.c:iommufd_fops_ioctl",
  },
  "K-ID-1": {
    text: "A new object gets the lowest free id of its file; a failed allocation leaves no gap.",
    source: "main.c:_iommufd_object_alloc",
  },
  "K-ID-2": {
    text: "A tombstoned id stays reserved until the file closes: no object, and never given out again.",
    source: "main.c:iommufd_object_remove, device.c:iommufd_device_pre_destroy",
  },

  "K-IOAS-1": { text: "IOAS_ALLOC with flags: EOPNOTSUPP.", source: "ioas.c:iommufd_ioas_alloc_ioctl" },
  "K-IOAS-2": { text: "The id is not an IOAS: ENOENT.", source: "main.c:iommufd_get_object" },
  "K-UNMAP-1": {
    text: "Unmapping flushes stage 2 for every attached tag: S2, SYNC, NH_ALL for a nest parent, SYNC, ATC, SYNC; with nothing attached nothing is sent.",
    source: "arm-smmu-v3.c:arm_smmu_domain_inv_range",
  },

  "K-DESTROY-1": {
    text: "DESTROY of an id without an object, or with a tombstone: ENOENT.",
    source: "main.c:iommufd_object_remove",
  },
  "K-DESTROY-2": {
    text: "DESTROY of an object with more references than its own: EBUSY.",
    source: "main.c:iommufd_object_remove",
  },
  "K-DESTROY-3": {
    text: "Destroying a vDEVICE does not touch the running attachment: translation goes on and events keep its vSID.",
    source: "viommu.c:iommufd_vdevice_destroy",
  },
  "K-CLOSE-1": {
    text: "The iommufd file is released only when the last reference goes: bound devices and open vEVENTQ files hold it.",
    source: "main.c:iommufd_fops_release",
  },
  "K-CLOSE-2": {
    text: "Release drains the table in passes of ascending ids, destroying what has no other reference.",
    source: "main.c:iommufd_fops_release",
  },

  "K-HWPT-1": { text: "Reserved field not zero: EOPNOTSUPP.", source: "hw_pagetable.c:iommufd_hwpt_alloc" },
  "K-HWPT-2": {
    text: "Data type and data length contradict each other: EINVAL.",
    source: "hw_pagetable.c:iommufd_hwpt_alloc",
  },
  "K-HWPT-3": { text: "dev_id is not a DEVICE: ENOENT.", source: "hw_pagetable.c:iommufd_hwpt_alloc" },
  "K-HWPT-4": {
    text: "pt_id names nothing: EINVAL (not ENOENT).",
    source: "hw_pagetable.c:iommufd_hwpt_alloc",
  },
  "K-HWPT-5": {
    text: "pt_id is neither IOAS, HWPT_PAGING nor VIOMMU: EINVAL.",
    source: "hw_pagetable.c:iommufd_hwpt_alloc",
  },
  "K-HWPT-6": {
    text: "FAULT_ID_VALID with an id that is no FAULT: ENOENT, and the new HWPT is thrown away.",
    source: "hw_pagetable.c:iommufd_hwpt_alloc",
  },
  "K-PAGING-1": { text: "Unknown flag: EOPNOTSUPP.", source: "hw_pagetable.c:iommufd_hwpt_paging_alloc" },
  "K-PAGING-2": {
    text: "DIRTY_TRACKING on a device without it: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_paging_alloc",
  },
  "K-PAGING-3": {
    text: "FAULT_ID_VALID together with NEST_PARENT: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_paging_alloc",
  },
  "K-DIRECT-1": {
    text: "Nested HWPT straight on a HWPT_PAGING with other flags than FAULT_ID_VALID or PASID: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_nested_alloc",
  },
  "K-DIRECT-2": {
    text: "Nested HWPT straight on a HWPT_PAGING without data: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_nested_alloc",
  },
  "K-DIRECT-3": {
    text: "Arm has no nested domain without a vIOMMU: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_nested_alloc (no domain_alloc_nested)",
  },
  "K-NESTED-1": {
    text: "The device sits behind another SMMU than the vIOMMU: EINVAL.",
    source: "hw_pagetable.c:iommufd_hwpt_alloc",
  },
  "K-NESTED-2": {
    text: "Nested HWPT with other flags than FAULT_ID_VALID or PASID: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_viommu_alloc_hwpt_nested",
  },
  "K-NESTED-3": {
    text: "Nested HWPT without data: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_viommu_alloc_hwpt_nested",
  },

  "K-VIOMMU-1": {
    text: "Flags, or type DEFAULT: EOPNOTSUPP.",
    source: "viommu.c:iommufd_viommu_alloc_ioctl",
  },
  "K-VIOMMU-2": { text: "dev_id is not a DEVICE: ENOENT.", source: "viommu.c:iommufd_viommu_alloc_ioctl" },
  "K-VIOMMU-8": {
    text: "hwpt_id is not a HWPT_PAGING: ENOENT.",
    source: "viommu.c:iommufd_viommu_alloc_ioctl",
  },
  "K-VIOMMU-9": {
    text: "The HWPT is not a nest parent: EINVAL.",
    source: "viommu.c:iommufd_viommu_alloc_ioctl",
  },
  "K-VDEVICE-2": {
    text: "viommu_id is not a VIOMMU: ENOENT.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl",
  },
  "K-VDEVICE-3": { text: "dev_id is not a DEVICE: ENOENT.", source: "viommu.c:iommufd_vdevice_alloc_ioctl" },
  "K-VDEVICE-4": {
    text: "The device sits behind another SMMU than the vIOMMU: EINVAL.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl",
  },
  "K-VDEVICE-6": {
    text: "The device already has a vDEVICE, in whatever vIOMMU: EEXIST.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl",
  },
  "K-VDEVICE-8": {
    text: "The virtual id is taken in this vIOMMU: EEXIST.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl",
  },
  "K-VDEVICE-10": {
    text: "A vDEVICE needs no attachment and changes none: an attached device gains a vmaster only at its next attach.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl",
  },
  "K-VEVENTQ-1": {
    text: "Flags, reserved field or type DEFAULT: EOPNOTSUPP.",
    source: "eventq.c:iommufd_veventq_alloc",
  },
  "K-VEVENTQ-2": {
    text: "Depth 0, or above 2^19 where there are limits: EINVAL.",
    source: "eventq.c:iommufd_veventq_alloc",
  },
  "K-VEVENTQ-3": { text: "viommu_id is not a VIOMMU: ENOENT.", source: "eventq.c:iommufd_veventq_alloc" },
  "K-VEVENTQ-4": {
    text: "The vIOMMU already has a vEVENTQ of this type: EEXIST.",
    source: "eventq.c:iommufd_veventq_alloc",
  },
  "K-VEVENTQ-5": {
    text: "Any other type is accepted, also one the driver never feeds.",
    source: "eventq.c:iommufd_veventq_alloc",
  },

  "K-QUEUE-1": {
    text: "A full queue keeps one LOST marker at its tail; a later event replaces the marker, and the gap in the sequence tells the loss.",
    source: "private.h:iommufd_vevent_handler",
  },
  "K-QUEUE-2": {
    text: "Every report that found a queue, kept or lost, takes the next sequence number modulo 2^31.",
    source: "private.h:iommufd_vevent_handler",
  },
  "K-READ-1": {
    text: "A read gives as many whole records as fit; an empty queue reads as 0, without blocking.",
    source: "eventq.c:iommufd_veventq_fops_read",
  },
  "K-READ-2": {
    text: "A buffer shorter than a header, or than the first record: EINVAL where there are limits, 0 before; nothing is lost.",
    source: "eventq.c:iommufd_veventq_fops_read",
  },
  "K-PIN-1": {
    text: "A pending io_uring poll keeps the queue's file past close(): the reference stays, so DESTROY gives EBUSY until the process ends.",
    source: "observation X1; eventq.c:iommufd_eventq_fops_release",
  },

  "K-BIND-1": { text: "Unknown bind flags: EINVAL.", source: "device_cdev.c:vfio_df_ioctl_bind_iommufd" },
  "K-BIND-3": {
    text: "The device file is bound already: EINVAL.",
    source: "device_cdev.c:vfio_df_ioctl_bind_iommufd",
  },
  "K-BIND-5": { text: "No open iommufd: EBADF.", source: "device_cdev.c:vfio_df_ioctl_bind_iommufd" },
  "K-BIND-7": {
    text: "The device has no coherent IOMMU: EINVAL.",
    source: "device.c:iommufd_device_bind",
  },
  "K-BIND-8": {
    text: "The group belongs to another owner or a DMA-API driver holds a device of it: EPERM.",
    source: "iommu.c:iommu_device_claim_dma_owner",
  },
  "K-BIND-9": {
    text: "The group is not on its default domain, or one of its devices is being reset: EBUSY.",
    source: "iommu.c:__iommu_take_dma_ownership",
  },
  "K-BIND-10": {
    text: "Firmware asks for a 1:1 mapping of a device of the group: EINVAL.",
    source: "iommu.c:__iommu_device_set_domain",
  },
  "K-BIND-11": {
    text: "The file owns the group already: one more owner, nothing moves.",
    source: "iommu.c:iommu_device_claim_dma_owner",
  },
  "K-BIND-12": {
    text: "The first bound device moves its whole group to the blocking domain.",
    source: "iommu.c:__iommu_take_dma_ownership",
  },
  "K-UNBIND-1": {
    text: "Closing the device file resets the function while the attachment still stands, then detaches.",
    source: "vfio_main.c:vfio_df_device_last_close",
  },
  "K-UNBIND-3": {
    text: "A device that goes takes its vDEVICE with it and leaves that id as a tombstone.",
    source: "device.c:iommufd_device_pre_destroy",
  },
  "K-UNBIND-4": {
    text: "Before 6.17 the vDEVICE survives unbind and still matches the device when it is bound again.",
    source: "viommu.c:iommufd_vdevice_alloc_ioctl (6.13 to 6.16)",
  },
  "K-UNBIND-5": {
    text: "When the last owner lets go the group returns to its default domain.",
    source: "iommu.c:__iommu_release_dma_ownership",
  },

  "K-VFIO-1": {
    text: "The device file is not bound to an iommufd: EINVAL.",
    source: "vfio_main.c:vfio_device_fops_unl_ioctl",
  },
  "K-VFIO-2": {
    text: "Unknown attach or detach flags: EINVAL, before the HWPT is looked up.",
    source: "device_cdev.c:vfio_df_ioctl_attach_pt, vfio_df_ioctl_detach_pt",
  },
  "K-PT-1": { text: "pt_id names nothing: ENOENT.", source: "device.c:iommufd_device_change_pt" },
  "K-PT-2": {
    text: "pt_id is neither IOAS nor HWPT: EINVAL.",
    source: "device.c:iommufd_device_change_pt",
  },
  "K-ATTACH-1": {
    text: "Another device of the group is attached to a different HWPT: EINVAL.",
    source: "device.c:iommufd_hw_pagetable_attach",
  },
  "K-ATTACH-2": {
    text: "Another device of the group is on this HWPT already: the driver is not called.",
    source: "device.c:iommufd_hw_pagetable_attach",
  },
  "K-ATTACH-5": {
    text: "The group is on a foreign domain: EBUSY.",
    source: "iommu.c:iommu_attach_group_handle",
  },
  "K-ATTACH-7": {
    text: "A function reset is under way in the group: EBUSY.",
    source: "iommu.c:iommu_attach_group_handle, iommu_replace_group_handle",
  },
  "K-ATTACH-8": {
    text: "One attach runs the driver for every device of the group, bound or not.",
    source: "iommu.c:__iommu_group_set_domain_internal",
  },
  "K-REPLACE-2": {
    text: "The target is the HWPT already attached: success, and the driver is not called.",
    source: "device.c:iommufd_device_do_replace",
  },
  "K-REPLACE-3": {
    text: "A failed attach or replace leaves the previous attachment as it was.",
    source: "iommu.c:__iommu_group_set_domain_internal",
  },
  "K-REVERT-1": {
    text: "A failure in the middle of a group: devices already switched go back to the old domain.",
    source: "iommu.c:__iommu_group_set_domain_internal",
  },
  "K-REVERT-2": {
    text: "If going back fails, the device is put on the blocking domain with a warning.",
    source: "iommu.c:__iommu_device_set_domain",
  },
  "K-AUTO-1": {
    text: "An IOAS as target: its auto domains are tried in creation order, EINVAL leads to the next, any other errno ends the walk; HWPTs made by hand are never picked.",
    source: "device.c:iommufd_device_auto_get_domain",
  },
  "K-AUTO-2": {
    text: "No auto domain fits: a new paging HWPT is made, and freed again if the attach fails.",
    source: "device.c:iommufd_device_auto_get_domain",
  },
  "K-AUTO-3": {
    text: "An auto domain goes when its last device leaves.",
    source: "iommufd_private.h:iommufd_hw_pagetable_put",
  },
  "K-DETACH-1": {
    text: "Detaching a device that is not attached succeeds and does nothing.",
    source: "vfio/iommufd.c:vfio_iommufd_physical_detach_ioas",
  },
  "K-DETACH-2": {
    text: "The last device to leave takes the group to the blocking domain.",
    source: "device.c:iommufd_hw_pagetable_detach",
  },

  "K-INFO-1": {
    text: "Flags this kernel does not know: EOPNOTSUPP.",
    source: "device.c:iommufd_get_hw_info",
  },
  "K-INFO-2": { text: "Reserved field not zero: EOPNOTSUPP.", source: "device.c:iommufd_get_hw_info" },
  "K-INFO-3": { text: "dev_id is not a DEVICE: ENOENT.", source: "device.c:iommufd_get_hw_info" },
  "K-INFO-4": {
    text: "The wanted type is neither DEFAULT nor ARM_SMMUV3: EOPNOTSUPP.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_hw_info",
  },
  "K-INFO-5": {
    text: "A short buffer gets the first bytes, a long one is filled with zeros; the length given back is the kernel's.",
    source: "device.c:iommufd_get_hw_info",
  },
  "K-INFO-6": {
    text: "The capability word tells dirty tracking, and that ATS is not usable end to end.",
    source: "device.c:iommufd_get_hw_info",
  },

  "K-INFO-7": {
    text: "On an SMMU with the repeat erratum hw_info says so, and the host sends its own CFGI and TLBI twice, but not those of a guest.",
    source: "arm-smmu-v3-iommufd.c:arm_smmu_hw_info",
  },

  "K-INV-1": {
    text: "Reserved field not zero: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_invalidate",
  },
  "K-INV-2": {
    text: "Entries without an array or with length 0, or beyond the limits: EINVAL.",
    source: "hw_pagetable.c:iommufd_hwpt_invalidate",
  },
  "K-INV-3": { text: "The id names nothing: ENOENT.", source: "hw_pagetable.c:iommufd_hwpt_invalidate" },
  "K-INV-4": {
    text: "A nested HWPT has no invalidation of its own on Arm: EOPNOTSUPP.",
    source: "hw_pagetable.c:iommufd_hwpt_invalidate",
  },
  "K-INV-6": {
    text: "The id is neither nested HWPT nor VIOMMU: EINVAL.",
    source: "hw_pagetable.c:iommufd_hwpt_invalidate",
  },
});
