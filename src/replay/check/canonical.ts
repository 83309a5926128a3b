/** Trace events in the form in which a log's and the model's can be compared: without what is only that run's. */

import type { TraceValue } from "../../engine/tracer.ts";
import type { EventName } from "../events/table.ts";

/** What a line states, for the table of agreements. */
export type Kind =
  | "register write"
  | "register read"
  | "command"
  | "queue index"
  | "command error"
  | "stream table walk"
  | "STE install"
  | "object allocated"
  | "object freed"
  | "attach"
  | "detach"
  | "plug"
  | "reset"
  | "invalidation"
  | "cache invalidation"
  | "event"
  | "interrupt"
  | "DMA"
  | "DMA measured"
  | "host STE"
  | "host command";

const KINDS: Partial<Record<EventName, Kind>> = {
  smmuv3_write_mmio: "register write",
  smmuv3_trigger_irq: "interrupt",
  smmuv3_write_gerror: "command error",
  smmuv3_write_gerrorn: "command error",
  smmuv3_cmdq_consume: "queue index",
  smmuv3_cmdq_consume_out: "queue index",
  smmuv3_cmdq_consume_error: "command error",
  smmuv3_cmdq_opcode: "command",
  smmuv3_unhandled_cmd: "command",
  smmuv3_cmdq_cfgi_ste: "command",
  smmuv3_cmdq_cfgi_ste_range: "command",
  smmuv3_cmdq_cfgi_cd: "command",
  smmuv3_cmdq_tlbi_nh: "command",
  smmuv3_cmdq_tlbi_nsnh: "command",
  smmuv3_cmdq_tlbi_nh_asid: "command",
  smmuv3_cmdq_tlbi_s12_vmid: "command",
  smmuv3_range_inval: "command",
  smmuv3_find_ste: "stream table walk",
  smmuv3_find_ste_2lvl: "stream table walk",
  smmuv3_get_ste: "stream table walk",
  smmuv3_accel_set_iommu_device: "plug",
  smmuv3_accel_unset_iommu_device: "plug",
  smmuv3_accel_translate_ste: "STE install",
  smmuv3_accel_install_ste: "STE install",
  smmuv3_accel_install_nested_ste: "STE install",
  smmuv3_accel_uninstall_nested_ste: "STE install",
  iommufd_backend_connect: "plug",
  iommufd_backend_disconnect: "plug",
  iommufd_cdev_getfd: "plug",
  iommufd_cdev_connect_and_bind: "plug",
  iommufd_cdev_device_info: "plug",
  iommufd_cdev_fail_attach_existing_container: "plug",
  vfio_mdev: "plug",
  iommufd_cdev_alloc_ioas: "object allocated",
  iommufd_backend_alloc_ioas: "object allocated",
  iommufd_backend_alloc_hwpt: "object allocated",
  iommufd_backend_alloc_viommu: "object allocated",
  iommufd_backend_alloc_vdev: "object allocated",
  iommufd_viommu_alloc_eventq: "object allocated",
  iommufd_backend_free_id: "object freed",
  iommufd_backend_invalidate_cache: "invalidation",
  iommufd_cdev_attach_ioas_hwpt: "attach",
  iommufd_cdev_pasid_attach_ioas_hwpt: "attach",
  iommufd_cdev_detach_ioas_hwpt: "detach",
  iommufd_cdev_pasid_detach_ioas_hwpt: "detach",
  vfio_device_reset_handler: "reset",
  vfio_pci_reset: "reset",
  vfio_pci_reset_flr: "reset",
  vfio_pci_hot_reset: "reset",
  smmu_reset_exit: "reset",
  smmuv3_propagate_event: "event",
  smmu_config_cache_inv: "cache invalidation",
  smmu_configs_inv_sid_range: "cache invalidation",
  smmu_iotlb_inv_all: "cache invalidation",
  smmu_iotlb_inv_asid_vmid: "cache invalidation",
  smmu_iotlb_inv_asid: "cache invalidation",
  smmu_iotlb_inv_vmid: "cache invalidation",
  smmu_iotlb_inv_vmid_s1: "cache invalidation",
  smmu_iotlb_inv_iova: "cache invalidation",
};

/** Kind of an event whose line states an outcome that the model has too; null for all others. */
export function kindOf(name: string): Kind | null {
  return KINDS[name as EventName] ?? null;
}

/** Descriptors, host pointers, BAR counts and the wording of errors belong to one run. */
const RUNS_OWN = new Set([
  "iommufd",
  "fd",
  "veventq_fd",
  "data_ptr",
  "data_len",
  "dev",
  "irqs",
  "regions",
  "flags_info",
  "msg",
  "r",
]);

/** More of them for single events. */
const RUNS_OWN_OF: Readonly<Record<string, readonly string[]>> = {
  iommufd_cdev_device_info: ["flags"],
};

type Value = TraceValue | undefined;

function text(value: Value): string {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (typeof value === "number")
    return Number.isInteger(value) && value >= 0 ? `0x${value.toString(16)}` : String(value);
  if (typeof value === "boolean") return value ? "0x1" : "0x0";
  return String(value);
}

/** Field values that can be compared, by name. */
export function comparable(
  name: string,
  fields: Readonly<Record<string, Value>>,
  device: (hostName: string) => string,
): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  const own = RUNS_OWN_OF[name];
  // In order of name: the log's and the model's fields come in different orders.
  for (const key of Object.keys(fields).sort()) {
    // The oldest spelling of CFGI_ALL's range ends at -1.
    const value = key === "end" && fields[key] === -1 ? 0xffff_ffff : fields[key];
    if (RUNS_OWN.has(key) || own?.includes(key)) continue;
    out[key] =
      key === "name" && typeof value === "string" && !name.startsWith("smmuv3_")
        ? device(value)
        : text(value);
  }
  return out;
}

/** Names of the fields that differ; empty when the two say the same. Fields one of them lacks do not count. */
export function differing(
  log: Readonly<Record<string, string>>,
  model: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(log).filter((k) => model[k] !== undefined && model[k] !== log[k]);
}

/** `id=0x5 name=d1`. */
export function fieldText(fields: Readonly<Record<string, string>>, keys?: readonly string[]): string {
  return Object.entries(fields)
    .filter(([k]) => keys === undefined || keys.includes(k))
    .map(([k, v]) => `${k}=${v}`)
    .join(" ");
}
