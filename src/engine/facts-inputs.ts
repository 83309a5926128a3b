/**
 * A step leaves most devices alone, and what is said of a device follows from a few parts of the world. When the very
 * same parts come again, so does the answer: with a thousand devices that is the difference between a step one feels
 * and one one does not.
 */
import type { DeviceFacts } from "./facts.ts";
import { getObj } from "./kernel/state.ts";
import type { Setup } from "./setup.ts";
import type { World } from "./world.ts";

/** True if everything that facts about `dev` are derived from is the very same in both worlds of one setup. */
function sameInputs(a: World, b: World, dev: number): boolean {
  if (
    a.memory !== b.memory ||
    a.hw.devices[dev] !== b.hw.devices[dev] ||
    a.provenance[dev] !== b.provenance[dev] ||
    a.qemu.devices[dev] !== b.qemu.devices[dev] ||
    a.kernel.masters[dev] !== b.kernel.masters[dev]
  )
    return false;
  // Who filled a TLB entry decides what a hit on it is called.
  if (a.hw.tlb !== b.hw.tlb && (a.hw.tlb.length > 0 || b.hw.tlb.length > 0)) return false;
  if (b.hw.tlb.length > 0 && a.qemu.devices !== b.qemu.devices) return false;
  // Before vDEVICEs died with their device, one could lie in any file.
  if (b.setup.kernel.vdevLifetime !== "tombstone" && a.kernel !== b.kernel) return false;
  const v = b.qemu.devices[dev]?.vsmmu ?? -1;
  if (a.qemu.smmus[v] !== b.qemu.smmus[v] || a.guest.smmus[v] !== b.guest.smmus[v]) return false;
  const bound = b.kernel.masters[dev]?.bound ?? null;
  if (bound !== null) {
    const idev = getObj(b.kernel, bound.file, bound.id);
    if (getObj(a.kernel, bound.file, bound.id) !== idev) return false;
    const hwpt = idev?.type === "DEVICE" ? idev.hwpt : 0;
    if (hwpt !== 0 && kindOf(a, bound.file, hwpt) !== kindOf(b, bound.file, hwpt)) return false;
  }
  const accel = b.qemu.smmus[v]?.accel;
  if (accel === undefined) return true;
  // Of a backend only its file matters; how many devices use it changes with every plug.
  const backend = accel.viommu?.backend ?? -1;
  if (a.qemu.backends[backend]?.file !== b.qemu.backends[backend]?.file) return false;
  // The vEVENTQ that was left behind, and the vIOMMU whose physical SMMU is compared with the device's.
  const { file, veventq, viommu } = accel.ids;
  return (
    getObj(a.kernel, file, veventq) === getObj(b.kernel, file, veventq) &&
    (getObj(a.kernel, file, viommu) === null) === (getObj(b.kernel, file, viommu) === null)
  );
}

/** What of a HWPT facts are made from; its reference count is not. */
function kindOf(world: World, file: number, id: number): string | null {
  const o = getObj(world.kernel, file, id);
  if (o?.type === "HWPT_PAGING") return `paging ${o.stage}`;
  return o?.type === "HWPT_NESTED" ? o.kind : null;
}

interface Known {
  readonly world: World;
  readonly facts: DeviceFacts;
}
const known = new WeakMap<Setup, (Known | undefined)[]>();

/** The device's facts in the world they were last computed in, if this one says the same of it; else null. */
export function recalledFacts(world: World, dev: number): DeviceFacts | null {
  const last = known.get(world.setup)?.[dev];
  return last !== undefined && sameInputs(last.world, world, dev) ? last.facts : null;
}

export function rememberFacts(world: World, dev: number, facts: DeviceFacts): void {
  let list = known.get(world.setup);
  if (list === undefined) {
    list = [];
    known.set(world.setup, list);
  }
  list[dev] = { world, facts };
}
