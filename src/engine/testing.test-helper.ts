/** Setups for engine tests, without the script layer. */
import { DEFAULT_KERNEL, KERNEL_PROFILES } from "./kernel/profiles.ts";
import type { KernelKnobs } from "./profile.ts";
import { DEFAULT_QEMU } from "./qemu/profiles.ts";
import { DEFAULT_DEVICE, DEFAULT_PSMMU, DEFAULT_VSMMU, type Setup } from "./setup.ts";

const SIDS = [0x100, 0x108, 0x200];

/** The default topology of a script without one, with parts replaced. */
export function setupOf(parts: Partial<Setup> = {}): Setup {
  return {
    title: "",
    kernel: KERNEL_PROFILES[DEFAULT_KERNEL] as KernelKnobs,
    qemu: DEFAULT_QEMU,
    repairs: [],
    psmmus: [{ ...DEFAULT_PSMMU, name: "p0" }],
    devices: SIDS.map((sid, i) => ({
      ...DEFAULT_DEVICE,
      name: `d${i}`,
      psmmu: 0,
      sids: [sid],
      group: i,
      bdf: sid,
    })),
    groups: SIDS.map((_, i) => ({ name: `g${i}`, defaultDomain: "identity" as const })),
    vsmmus: [0, 1].map((i) => ({ ...DEFAULT_VSMMU, name: `v${i}`, bus: `pcie.${i + 1}` })),
    ...parts,
  };
}
