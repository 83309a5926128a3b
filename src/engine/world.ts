/**
 * Every piece of state, as plain data: serialisable, comparable, printable. 64-bit values that must be exact are
 * bigint; ids, counts, indices and 32-bit registers are numbers. Tables are arrays indexed by device, vSMMU,
 * psmmu or object id, so that a step copies a spine and shares the rest.
 */

import type { Errno } from "./errno.ts";
import type { GuestState } from "./guest/types.ts";
import type { HardwareState } from "./hardware/types.ts";
import type { KernelState } from "./kernel/types.ts";
import type { GuestMemory } from "./memory.ts";
import type { Provenance } from "./provenance.ts";
import type { QemuState } from "./qemu/types.ts";
import type { Setup } from "./setup.ts";
import type { CallName } from "./tracer.ts";

/** A pending fault injection: the `left`-th matching host call from now on fails. */
export interface Injection {
  readonly call: CallName;
  readonly left: number;
  readonly dev: number | null;
  readonly errno: Errno;
}

/**
 * Script name that a raw verb gave an iommufd object (`as n1`); sticky after destruction, so that stale ids can be
 * tried. Names of QEMU's objects (`d0.s2`, `v0.viommu`) are not listed: they follow from the QEMU state.
 */
export interface ObjectName {
  readonly name: string;
  readonly file: number;
  readonly id: number;
}

export interface World {
  readonly setup: Setup;
  readonly kernel: KernelState;
  readonly hw: HardwareState;
  readonly qemu: QemuState;
  /** Guest software's view: the architecture's register file and caches per vSMMU, driver state. */
  readonly guest: GuestState;
  /** Guest physical memory, shared by all vSMMUs of the VM. */
  readonly memory: GuestMemory;
  /** Index = device. */
  readonly provenance: readonly Provenance[];
  readonly injections: readonly Injection[];
  readonly names: readonly ObjectName[];
}
