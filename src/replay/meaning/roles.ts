/** What each event does to the groups of lines under construction. */
import type { EventName } from "../events/table.ts";
import type { LogEvent } from "./log-event.ts";

export type Role =
  | "effect"
  | "write"
  | "read"
  | "plug-start"
  | "plug"
  | "set"
  | "unset"
  | "attach"
  | "detach"
  | "free"
  | "disconnect"
  | "map"
  | "reset-start"
  | "reset"
  | "reset-exit"
  | "event"
  | "irq"
  | "dma-skip"
  | "dma"
  | "dma-end"
  | "region";

export const ROLES: Partial<Record<EventName, Role>> = {
  smmuv3_write_mmio: "write",
  smmuv3_read_mmio: "read",
  smmuv3_trigger_irq: "irq",
  smmuv3_write_gerror: "irq",
  vfio_mdev: "plug-start",
  iommufd_cdev_getfd: "plug-start",
  iommufd_backend_connect: "plug-start",
  iommufd_cdev_connect_and_bind: "plug-start",
  iommufd_cdev_alloc_ioas: "plug",
  iommufd_backend_alloc_ioas: "plug",
  iommufd_cdev_device_info: "plug",
  iommufd_cdev_fail_attach_existing_container: "plug",
  iommufd_backend_alloc_viommu: "plug",
  smmuv3_accel_set_iommu_device: "set",
  smmuv3_accel_unset_iommu_device: "unset",
  iommufd_cdev_attach_ioas_hwpt: "attach",
  iommufd_cdev_pasid_attach_ioas_hwpt: "attach",
  iommufd_cdev_detach_ioas_hwpt: "detach",
  iommufd_cdev_pasid_detach_ioas_hwpt: "detach",
  iommufd_backend_free_id: "free",
  iommufd_backend_disconnect: "disconnect",
  iommufd_backend_map_dma: "map",
  iommufd_backend_map_file_dma: "map",
  iommufd_backend_unmap_dma: "map",
  iommufd_backend_unmap_dma_non_exist: "map",
  vfio_device_reset_handler: "reset-start",
  vfio_pci_reset: "reset",
  vfio_pci_reset_flr: "reset",
  vfio_pci_hot_reset: "reset",
  smmu_reset_exit: "reset-exit",
  smmuv3_propagate_event: "event",
  smmuv3_record_event: "dma-end",
  smmuv3_translate_disable: "dma-end",
  smmuv3_translate_bypass: "dma-end",
  smmuv3_translate_abort: "dma-end",
  smmuv3_translate_success: "dma-end",
  smmuv3_config_cache_hit: "dma-skip",
  smmuv3_config_cache_miss: "dma",
  smmu_iotlb_insert: "dma",
  smmu_iotlb_lookup_hit: "dma",
  smmu_iotlb_lookup_miss: "dma",
  smmu_ptw_invalid_pte: "dma-skip",
  smmu_ptw_page_pte: "dma-skip",
  smmu_ptw_level: "dma-skip",
  smmu_get_pte: "dma-skip",
  smmu_add_mr: "region",
};

/** Roles that may stand inside a plug; any other line ends it. */
export const IN_PLUG: ReadonlySet<Role> = new Set(["plug", "attach", "detach", "free", "map", "disconnect"]);

export const isAttach = (e: LogEvent | undefined): boolean => e !== undefined && ROLES[e.name] === "attach";

export function isLookup(name: EventName): boolean {
  return (
    name === "smmuv3_find_ste" ||
    name === "smmuv3_find_ste_2lvl" ||
    name === "smmuv3_get_ste" ||
    name === "smmuv3_get_cd" ||
    name === "smmuv3_decode_cd" ||
    name === "smmuv3_decode_cd_tt"
  );
}
