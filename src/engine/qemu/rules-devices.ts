/** Rules of the machine, VFIO and set/unset. */
import { defineRules } from "../rules.ts";

export const DEVICE_RULES = defineRules({
  "Q-TOP-OAS": {
    text: "A vSMMU's OAS is 44 or 48 bits; anything else is refused at start.",
    source: "smmuv3.c:smmu_validate_property",
  },
  "Q-TOP-SSIDSIZE": {
    text: "ssidsize is 0 to 20 bits.",
    source: "smmuv3.c:smmu_validate_property",
  },
  "Q-TOP-NO-AUTO": {
    text: "Releases before the automatic properties refuse `auto`.",
    source: "model/qemu.md 0, 5 (M0: bool and int properties)",
  },
  "Q-TOP-STAGE": {
    text: "accel=on works with stage 1 only.",
    source: "smmuv3.c:smmu_validate_property",
  },
  "Q-TOP-NEEDS-ACCEL": {
    text: "Without accel, ril=off, ats=on, an OAS above 44 bits, a SubstreamID size and auto are refused.",
    source: "smmuv3.c:smmu_validate_property",
  },
  "Q-TOP-ONE-PER-BUS": {
    text: "A root bus has at most one SMMU.",
    source: "pci.c:pci_setup_iommu_per_bus",
  },
  "Q-TOP-SLOT": {
    text: "A bus address holds one function: a second vfio-pci there is refused before it touches the host.",
    source: "pci.c:do_pci_register_device",
  },
  "Q-BE-OPEN": {
    text: "The first user of an iommufd backend opens /dev/iommu.",
    source: "backends/iommufd.c:iommufd_backend_connect",
  },
  "Q-BE-PASSED-FD": {
    text: "A file that somebody else opened under the backend's name is used as if passed by fd=: QEMU never closes it.",
    source: "backends/iommufd.c:iommufd_backend_set_fd",
  },
  "Q-BE-CLOSE": {
    text: "The last user of a backend closes its file; the next plug starts with ids from 1 again.",
    source: "backends/iommufd.c:iommufd_backend_disconnect; model/observed.md X1",
  },
  "Q-AUTO-REUSE": {
    text: "VFIO first tries the HWPTs of the container, newest first, and shares the one that takes the device.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_get",
  },
  "Q-AUTO-INCOMPATIBLE": {
    text: "EINVAL from such an attach means the HWPT does not fit: the error is dropped and the next one tried.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_get",
  },
  "Q-AUTO-FAIL": {
    text: "Any other errno of such an attach gives up this container.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_get",
  },
  "Q-AUTO-NEW": {
    text: "With no fitting HWPT a new one is allocated: NEST_PARENT behind an accelerated vSMMU, dirty tracking by release.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_get",
  },
  "Q-AUTO-PUT": {
    text: "The last device of an S2 destroys it; VFIO forgets it even if that fails.",
    source: "vfio/iommufd.c:iommufd_cdev_autodomains_put",
  },
  "Q-CONT-NEXT": {
    text: "A container that did not take the device is only traced; the next one, and then a new one, is tried.",
    source: "vfio/iommufd.c:iommufd_cdev_attach; model/observed.md X10",
  },
  "Q-CONT-NEW": {
    text: "Without a container that takes the device, a new IOAS is allocated after the bind.",
    source: "vfio/iommufd.c:iommufd_cdev_attach",
  },
  "Q-IOVA-WARN": {
    text: "A failure to read the IOVA ranges is a warning.",
    source: "vfio/iommufd.c:iommufd_cdev_attach",
  },
  "Q-LISTEN-EMULATED": {
    text: "vfio-pci behind an SMMU without accel fails in the memory listener: it would need MAP notifications.",
    source: "smmuv3.c:smmuv3_notify_flag_changed; model/observed.md X15",
  },
  "Q-LISTEN-MAP": {
    text: "A RAM section that cannot be mapped fails the realize and undoes attach, HWPT and IOAS.",
    source: "vfio/listener.c:vfio_listener_region_add; model/qemu.md 3.1 row 2f",
  },
  "Q-REAL-CDEV": {
    text: "A cdev that cannot be opened ends the realize with nothing to undo.",
    source: "vfio/iommufd.c:iommufd_cdev_getfd",
  },
  "Q-REAL-BIND": {
    text: "A failed connect, KVM registration or bind undoes what preceded it and closes the cdev.",
    source: "vfio/iommufd.c:iommufd_cdev_connect_and_bind; model/qemu.md 3.1 rows 2c, 2d",
  },
  "Q-REAL-ATTACH": {
    text: "Without any container for it, the device is taken off KVM, the backend disconnected and the cdev closed.",
    source: "vfio/iommufd.c:iommufd_cdev_attach; model/qemu.md 3.1 row 2e",
  },
  "Q-REAL-INFO": {
    text: "A failed GET_INFO or HostIOMMUDevice realize detaches, puts the HWPT and destroys an empty container.",
    source: "vfio/iommufd.c:iommufd_cdev_attach; model/qemu.md 3.1 rows 2g, 2h",
  },
  "Q-REAL-SET": {
    text: "A failed set fails the realize without an unset; VFIO detaches when the object is finalized.",
    source: "vfio/pci.c:vfio_pci_realize; model/qemu.md 3.1 row 4",
  },
  "Q-REAL-HOT-RESET": {
    text: "A hot-plugged function is reset at the end of its realize; the SMMU is not.",
    source: "model/qemu.md 2; model/observed.md X12",
  },
  "Q-FIN": {
    text: "Finalization detaches, puts the S2, destroys an empty IOAS, disconnects the backend and closes the cdev.",
    source: "vfio/iommufd.c:iommufd_cdev_detach",
  },
  "Q-FIN-DETACH-FAIL": {
    text: "A failed DETACH is reported and the rest goes on.",
    source: "vfio/iommufd.c:iommufd_cdev_detach_container",
  },
  "Q-HW-TYPE": {
    text: "The host IOMMU must be an Arm SMMUv3.",
    source: "smmuv3-accel.c:smmuv3_accel_hw_compatible",
  },
  "Q-HW-STLEVEL": {
    text: "Host and vSMMU must agree on two-level stream tables.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-TTENDIAN": {
    text: "The host's TTENDIAN must not exceed 2 (little endian).",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-TTF": {
    text: "The host's TTF must be at least 2 (AArch64).",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-SIDSIZE": {
    text: "The host's SIDSIZE must be at least 16.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-SSIDSIZE": {
    text: "The host's SSIDSIZE must not be below the vSMMU's.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-RIL": {
    text: "The host must have range invalidation if the vSMMU shows it.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-OAS": {
    text: "The host's OAS must not be below the vSMMU's.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-ATS": {
    text: "The host must have ATS if the vSMMU shows it.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-GRAN4K": {
    text: "Host and vSMMU must agree on the 4 KiB granule.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-GRAN16K": {
    text: "Host and vSMMU must agree on the 16 KiB granule.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-HW-GRAN64K": {
    text: "Host and vSMMU must agree on the 64 KiB granule.",
    source: "smmuv3-accel.c:smmuv3_accel_check_hw_compatible",
  },
  "Q-SET-2": {
    text: "A slot that has a host device takes the same one again and refuses another.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  "Q-SET-3": {
    text: "A host that does not fit fails the set; the device stays on its S2 and nothing was allocated.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  "Q-SET-NO-CHECK": {
    text: "Before M0 set does not look at the host's ID registers.",
    source: "model/qemu.md 5",
  },
  "Q-SET-AUTO": {
    text: "auto properties take the first device's host values, once, even if its set fails later.",
    source: "smmuv3-accel.c:smmuv3_accel_hw_compatible; model/qemu.md 6.1",
  },
  "Q-SET-CMDQV": {
    text: "11.1 asks for a Tegra241 CMDQV before it allocates the vIOMMU and falls back whatever the answer.",
    source: "model/observed.md X3",
  },
  "Q-SET-4": {
    text: "A device set on an existing vIOMMU is not attached: it stays on its S2 whatever GBPA says (D1).",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  "Q-SET-5": {
    text: "A failed VIOMMU_ALLOC leaves the device on its S2 with nothing to undo.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-6-ABORT": {
    text: "If the abort HWPT cannot be allocated the vIOMMU is destroyed.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-6-BYPASS": {
    text: "If the bypass HWPT cannot be allocated the abort HWPT and the vIOMMU are destroyed.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-7": {
    text: "If the vEVENTQ cannot be allocated, bypass, abort and the vIOMMU are destroyed.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-8": {
    text: "The first device of a vSMMU is attached to the HWPT that GBPA.ABORT names; SMMUEN is not looked at (D2).",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-8-FAIL": {
    text: "If that attach fails, the vEVENTQ, bypass, abort and the vIOMMU are destroyed; the device stays on its S2.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_viommu",
  },
  "Q-SET-NO-ATTACH": {
    text: "v4 and v5 leave every device on its S2 at set.",
    source: "model/qemu.md 5",
  },
  "Q-SET-9": {
    text: "A device that was set goes to the head of the vSMMU's list.",
    source: "smmuv3-accel.c:smmuv3_accel_set_iommu_device",
  },
  "Q-SET-ASSERT": {
    text: "v4: a failed vIOMMU creation sets an error object that is set already; QEMU ends.",
    source: "model/qemu.md 5",
  },
  "Q-UNSET-S2": {
    text: "unset attaches the device to the S2 that VFIO chose for it.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device",
  },
  "Q-UNSET-S2-FAIL": {
    text: "If that fails unset prints it and goes on; what the device holds cannot be destroyed (D11).",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device; model/qemu.md 6.1",
  },
  "Q-UNSET-S1": {
    text: "unset destroys the translate HWPT on record.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device",
  },
  "Q-UNSET-S1-LEAK": {
    text: "v4 and v5 never destroy it: it keeps its vIOMMU alive.",
    source: "model/qemu.md 5",
  },
  "Q-UNSET-VDEV": {
    text: "unset destroys the vDEVICE, through the vIOMMU's own file.",
    source: "smmuv3-accel.c:smmuv3_accel_unset_iommu_device",
  },
  "Q-UNSET-LAST": {
    text: "The last unset destroys vEVENTQ, bypass, abort and vIOMMU in this order; no result is looked at.",
    source: "smmuv3-accel.c:smmuv3_accel_free_viommu",
  },
  "Q-PLUG-HALVES": {
    text: "Between VFIO's attach and set the device runs on its S2 whatever the vSMMU's state asks for (D18).",
    source: "vfio/pci.c:vfio_pci_realize; model/qemu.md 6",
  },
  "Q-UNPLUG-HALVES": {
    text: "unset runs in the unplugging thread, finalization later in another: guest activity can fall between.",
    source: "model/observed.md X2",
  },
  "Q-GBPA-NO-UPDATE": {
    text: "A GBPA write without UPDATE is ignored and not stored.",
    source: "smmuv3.c:smmu_writel",
  },
  "Q-GBPA-UPDATE": {
    text: "With UPDATE the value is stored, UPDATE itself reads 0, and every device moves even if ABORT is unchanged.",
    source: "smmuv3.c:smmu_writel; smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt",
  },
  "Q-GBPA-IGNORED": {
    text: "v4: a GBPA write moves no device.",
    source: "model/qemu.md 5",
  },
  "Q-GBPA-FAIL": {
    text: "A device that cannot be attached keeps its HWPT and is reported; the others move (D10).",
    source: "smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt; model/observed.md X7",
  },
  "Q-GBPA-STALE": {
    text: "v5: the error object is not cleared, so that a second failing device ends QEMU.",
    source: "model/qemu.md 5",
  },
  "Q-RESET-ORDER": {
    text: "Reset: VFIO reset handler, each vfio-pci in reverse plug order, then each SMMU, last created first.",
    source: "model/observed.md X12",
  },
  "Q-RESET-FLR-FAIL": {
    text: "A failed VFIO_DEVICE_RESET makes QEMU try a hot reset of that device; the system reset goes on.",
    source: "vfio/pci.c:vfio_pci_reset",
  },
  "Q-RESET-GBPA": {
    text: "Reset attaches every device to GBPA's reset value, bypass; failures print the attach error only.",
    source: "smmuv3-accel.c:smmuv3_accel_reset; model/observed.md X7",
  },
  "Q-RESET-VDEV": {
    text: "v4: reset puts only devices with a vDEVICE on bypass.",
    source: "model/qemu.md 5",
  },
  "Q-START-AUTO": {
    text: "auto properties need a cold-plugged device: without one QEMU exits at machine-done.",
    source: "smmuv3-accel.c:smmuv3_accel_machine_done; model/observed.md X15",
  },
  "Q-DEAD": {
    text: "When the QEMU process ends the host closes its fds in ascending order: devices unbind, io_uring's pins go.",
    source: "model/qemu.md 3.10",
  },
});
