/** The C that the selected thing is modelled on. */
import type { Subject } from "../state/selection-store.ts";
import { Section } from "../widgets/section.tsx";

const FUNCTIONS: Readonly<Record<Subject["kind"], readonly string[]>> = {
  device: [
    "hw/vfio/iommufd.c:iommufd_cdev_attach",
    "hw/arm/smmuv3-accel.c:smmuv3_accel_set_iommu_device",
    "iommufd/device.c:iommufd_device_attach",
  ],
  vsmmu: [
    "hw/arm/smmuv3.c:smmu_writel",
    "hw/arm/smmuv3.c:smmuv3_cmdq_consume",
    "hw/arm/smmuv3.c:smmuv3_reset",
  ],
  accel: [
    "hw/arm/smmuv3-accel.c:smmuv3_accel_alloc_viommu",
    "hw/arm/smmuv3-accel.c:smmuv3_accel_attach_gbpa_hwpt",
    "hw/arm/smmuv3-accel.c:smmuv3_accel_reset",
  ],
  "accel-device": [
    "hw/arm/smmuv3-accel.c:smmuv3_accel_set_iommu_device",
    "hw/arm/smmuv3-accel.c:smmuv3_accel_unset_iommu_device",
    "hw/arm/smmuv3-accel.c:smmuv3_accel_install_ste",
  ],
  object: [
    "iommufd/main.c:iommufd_object_remove",
    "iommufd/hw_pagetable.c:iommufd_hwpt_alloc",
    "iommufd/viommu.c",
  ],
  psmmu: ["arm-smmu-v3.c:arm_smmu_attach_dev", "arm-smmu-v3.c:arm_smmu_domain_finalise_s2"],
  ste: ["Arm SMMUv3 architecture, IHI 0070, 5.2", "hw/arm/smmuv3.c:smmu_find_ste"],
  pste: ["arm-smmu-v3.c:arm_smmu_write_ste", "arm-smmu-v3-iommufd.c:arm_smmu_make_nested_domain_ste"],
};

export function ModelledOn({ kind }: { readonly kind: Subject["kind"] }) {
  return (
    <Section id="modelled-on" title="Modelled on">
      <ul className="plain-list mono">
        {FUNCTIONS[kind].map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Section>
  );
}
