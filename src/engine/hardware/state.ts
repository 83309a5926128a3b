/** Physical SMMUs as the host left them before anything was assigned. */
import type { Setup } from "../setup.ts";
import type { HardwareState, StreamTableEntry } from "./types.ts";

/** What the host driver attached a device to at boot. */
export interface BootAttachment {
  readonly ste: StreamTableEntry;
  readonly ats: boolean;
}

const ABORT: StreamTableEntry = Object.freeze([1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n] as const);

/** `boot`: each device's default domain; without it every stream aborts, as a fresh stream table has it. */
export function initialHardware(setup: Setup, boot: readonly BootAttachment[] = []): HardwareState {
  return {
    devices: setup.devices.map((d, i) => ({
      stes: d.sids.map(() => boot[i]?.ste ?? ABORT),
      ats: boot[i]?.ats ?? false,
      alive: true,
    })),
    tlb: [],
  };
}
