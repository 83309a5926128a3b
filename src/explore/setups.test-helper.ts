/** Setups of n vSMMUs and m alike devices, for tests and benchmarks of the search. */
import { buildWorld } from "../engine/build-world.ts";
import type { Setup } from "../engine/setup.ts";
import { setupOf } from "../engine/testing.test-helper.ts";
import type { World } from "../engine/world.ts";

export function setupWith(vsmmus: number, devices: number, parts: Partial<Setup> = {}): Setup {
  const base = setupOf();
  const device = base.devices[0] as Setup["devices"][number];
  const vsmmu = base.vsmmus[0] as Setup["vsmmus"][number];
  return {
    ...base,
    devices: Array.from({ length: devices }, (_, i) => ({
      ...device,
      name: `d${i}`,
      sids: [0x100 + 8 * i],
      bdf: 0x100 + 8 * i,
      group: i,
    })),
    groups: Array.from({ length: devices }, (_, i) => ({
      name: `g${i}`,
      defaultDomain: "identity" as const,
    })),
    vsmmus: Array.from({ length: vsmmus }, (_, i) => ({ ...vsmmu, name: `v${i}`, bus: `pcie.${i + 1}` })),
    ...parts,
  };
}

export const worldWith = (vsmmus: number, devices: number, parts: Partial<Setup> = {}): World =>
  buildWorld(setupWith(vsmmus, devices, parts));

/** The same setup as the head of a script. */
export const scriptWith = (vsmmus: number, devices: number): string =>
  [
    "psmmu p0",
    ...Array.from(
      { length: devices },
      (_, i) => `device d${i} psmmu=p0 sid=0x${(0x100 + 8 * i).toString(16)}`,
    ),
    ...Array.from({ length: vsmmus }, (_, i) => `vsmmu v${i} bus=pcie.${i + 1}`),
    "",
  ].join("\n");
