/** Host calls as the kernel's headers spell them, by the names scripts use. */
import type { CallName } from "../../engine/tracer.ts";

export const HOST_CALL_NAMES: Readonly<Record<CallName, string>> = {
  "open-iommufd": "open(/dev/iommu)",
  "close-iommufd": "close(/dev/iommu)",
  "open-cdev": "open(/dev/vfio/devices)",
  bind: "VFIO_DEVICE_BIND_IOMMUFD",
  unbind: "close(/dev/vfio/devices)",
  "ioas-alloc": "IOMMU_IOAS_ALLOC",
  "iova-ranges": "IOMMU_IOAS_IOVA_RANGES",
  map: "IOMMU_IOAS_MAP",
  unmap: "IOMMU_IOAS_UNMAP",
  "hwpt-alloc": "IOMMU_HWPT_ALLOC",
  "viommu-alloc": "IOMMU_VIOMMU_ALLOC",
  "vdevice-alloc": "IOMMU_VDEVICE_ALLOC",
  "veventq-alloc": "IOMMU_VEVENTQ_ALLOC",
  "read-events": "read(vEVENTQ)",
  close: "close(vEVENTQ)",
  attach: "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
  detach: "VFIO_DEVICE_DETACH_IOMMUFD_PT",
  destroy: "IOMMU_DESTROY",
  invalidate: "IOMMU_HWPT_INVALIDATE",
  "hw-info": "IOMMU_GET_HW_INFO",
  "get-info": "VFIO_DEVICE_GET_INFO",
  "device-reset": "VFIO_DEVICE_RESET",
  "kvm-add": "KVM_DEV_VFIO_FILE_ADD",
  "kvm-del": "KVM_DEV_VFIO_FILE_DEL",
};

/** `IOMMU_DESTROY(id=5)`, `read(vEVENTQ, bytes=40)`. */
export function hostCall(call: CallName, args: string): string {
  const name = HOST_CALL_NAMES[call];
  if (!name.endsWith(")")) return `${name}(${args})`;
  return args === "" ? name : `${name.slice(0, -1)}, ${args})`;
}
