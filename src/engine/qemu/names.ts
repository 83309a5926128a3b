/** Script names of the objects QEMU made: `d0.device`, `d0.s2`, `v0.viommu`, `vm.ioas`. */
import type { World } from "../world.ts";
import { DEFAULT_BACKEND } from "./state.ts";
import type { DeviceIds, SmmuIds } from "./types.ts";

export interface QemuObjectRef {
  readonly file: number;
  readonly id: number;
}

const DEVICE_PARTS: Readonly<Record<string, keyof DeviceIds>> = {
  device: "device",
  s2: "s2",
  vdevice: "vdevice",
  s1: "s1",
};
const SMMU_PARTS: Readonly<Record<string, keyof SmmuIds>> = {
  viommu: "viommu",
  abort: "abort",
  bypass: "bypass",
  veventq: "veventq",
};

function ref(file: number, id: number): QemuObjectRef | null {
  return file < 0 || id === 0 ? null : { file, id };
}

/**
 * The object a name stands for: the present one, or the last that bore it, so that stale ids can be tried. `d1.s2` is
 * the S2 that VFIO chose for d1, even if it was allocated for another device.
 */
export function resolveQemuName(world: World, name: string): QemuObjectRef | null {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return null;
  const owner = name.slice(0, dot);
  const part = name.slice(dot + 1);
  const { setup, qemu } = world;
  const dev = DEVICE_PARTS[part];
  if (dev !== undefined) {
    const i = setup.devices.findIndex((d) => d.name === owner);
    const ids = qemu.devices[i]?.ids;
    return ids === undefined ? null : ref(ids.file, ids[dev]);
  }
  const smmu = SMMU_PARTS[part];
  if (smmu !== undefined) {
    const i = setup.vsmmus.findIndex((v) => v.name === owner);
    const ids = qemu.smmus[i]?.accel.ids;
    return ids === undefined ? null : ref(ids.file, ids[smmu]);
  }
  return name === `${DEFAULT_BACKEND}.ioas` && qemu.ioas !== null ? ref(qemu.ioas.file, qemu.ioas.id) : null;
}

/** Every name that can be resolved now, for completion. */
export function qemuNames(world: World): readonly string[] {
  const { setup } = world;
  const names: string[] = [];
  setup.devices.forEach((d) => {
    for (const part of Object.keys(DEVICE_PARTS)) names.push(`${d.name}.${part}`);
  });
  setup.vsmmus.forEach((v) => {
    for (const part of Object.keys(SMMU_PARTS)) names.push(`${v.name}.${part}`);
  });
  names.push(`${DEFAULT_BACKEND}.ioas`);
  return names.filter((n) => resolveQemuName(world, n) !== null);
}
