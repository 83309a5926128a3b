/**
 * What the guest reaches beyond the architecture, as ports: a guest sees registers and its devices, never what
 * emulates them, so whoever builds a step hands these in.
 */
import type { Action } from "../actions.ts";
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";

/** Outcome of one register write in QEMU's column. */
export interface MmioResult {
  readonly ok: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
}

/** QEMU's side of the register file: what a guest's load or store really meets. */
export interface MmioPort {
  write(cx: Cx, v: number, offset: number, size: 4 | 8, value: bigint): MmioResult;
  /** A load that the guest makes; it stands in QEMU's log. */
  read(cx: Cx, v: number, offset: number, size: 4 | 8): bigint;
  /** The same value without the load: what software knows because it wrote it, or read it before. */
  peek(cx: Cx, v: number, offset: number, size: 4 | 8): bigint;
}

/** Where a device stands in the guest's PCI topology. */
export interface Placement {
  readonly vsmmu: number;
  /** StreamID the guest's firmware tables give it (its BDF). */
  readonly sid: number;
}

export interface GuestPorts {
  readonly mmio: MmioPort;
  /** Null while the device is not plugged behind a vSMMU. */
  placement(cx: Cx, dev: number): Placement | null;
}

/** One single write, read or command of a guest sequence. */
export interface MacroPart {
  /** As the sequence tables write it: `W CR0=0x8`, `C CFGI_ALL, S`, `M STE.Q0[0x100]=0xb`. */
  readonly text: string;
  readonly action: Action;
}

/** What executing a part gave. */
export interface PartResult {
  readonly ok: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
}
