/** Every rule of QEMU's side. */
import { DEVICE_RULES } from "./rules-devices.ts";
import { SMMU_RULES } from "./rules-smmu.ts";

export const QEMU_RULES = Object.freeze({ ...DEVICE_RULES, ...SMMU_RULES });
