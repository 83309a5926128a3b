/** The kernel before anyone called it, and reading objects. */
import type { Setup } from "../setup.ts";
import { topology } from "./topology.ts";
import type { DomainRef, IommufdFile, KernelState, Obj } from "./types.ts";

export const DEFAULT_DOMAIN: DomainRef = Object.freeze({ kind: "default" });
export const BLOCKED_DOMAIN: DomainRef = Object.freeze({ kind: "blocked" });

/** The live object of that id, or null: free slot, tombstone, unknown file. */
export function getObj(kernel: KernelState, file: number, id: number): Obj | null {
  const slot = kernel.files[file]?.objects[id];
  return slot === undefined || slot === null || slot === "tombstone" ? null : slot;
}

/** The live object of that id if it has that type. */
export function getTyped<T extends Obj["type"]>(
  kernel: KernelState,
  file: number,
  id: number,
  type: T,
): Extract<Obj, { type: T }> | null {
  const obj = getObj(kernel, file, id);
  return obj !== null && obj.type === type ? (obj as Extract<Obj, { type: T }>) : null;
}

export function emptyFile(name: string): IommufdFile {
  return { name, fdOpen: true, refs: 0, released: false, objects: [null], minFree: 1 };
}

export function sameDomain(a: DomainRef, b: DomainRef): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  return a.kind !== "hwpt" || b.kind !== "hwpt" || (a.file === b.file && a.hwpt === b.hwpt);
}

/** Every device on its group's default domain, nothing open. */
export function initialKernel(setup: Setup): KernelState {
  const topo = topology(setup);
  return {
    files: [],
    masters: setup.devices.map((_, dev) => ({
      bound: null,
      vmaster: null,
      atsEnabled: topo.defaults[dev]?.ats ?? false,
      domain: DEFAULT_DOMAIN,
      cdevOpen: false,
      resetDepth: 0,
      blocked: false,
    })),
    groups: setup.groups.map((_, g) => ({
      owner: null,
      ownerCnt: (topo.groupDevs[g] ?? []).filter((d) => setup.devices[d]?.hostDriver === true).length,
      domain: DEFAULT_DOMAIN,
      recoveryCnt: 0,
    })),
    smmus: setup.psmmus.map((_, p) => ({
      vmids: topo.hostVmids[p] ?? [],
      asids: topo.hostAsids[p] ?? [],
    })),
  };
}
