/** The world a setup begins with: hardware probed, a VM with its vSMMUs and no device, nothing open. */
import { initialGuest } from "./guest/state.ts";
import { initialHardware } from "./hardware/state.ts";
import { initialKernel } from "./kernel/state.ts";
import { topology } from "./kernel/topology.ts";
import { EMPTY_MEMORY } from "./memory.ts";
import { NO_PROVENANCE } from "./provenance.ts";
import { initialQemu } from "./qemu/state.ts";
import type { Setup } from "./setup.ts";
import type { World } from "./world.ts";

export function buildWorld(setup: Setup): World {
  return {
    setup,
    kernel: initialKernel(setup),
    hw: initialHardware(setup, topology(setup).defaults),
    qemu: initialQemu(setup),
    guest: initialGuest(setup),
    memory: setup.ram === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, ram: setup.ram },
    provenance: setup.devices.map(() => NO_PROVENANCE),
    injections: [],
    names: [],
  };
}
