/** What can be said about a device or a vSMMU, as the page, the JSON output and expectations use it. */
import type { DivergenceId, DivergenceKind } from "./divergence-table.ts";

/** What a device's RID is attached to. `none`: not bound to iommufd; `blocked`: bound, not attached. */
export type Attached = "none" | "blocked" | "s2" | "abort" | "bypass" | "translate" | "s1";

/** What a physical STE says. `bypass`: Config 4, the host's identity domain. */
export type PhysicalSte = "invalid" | "abort" | "bypass" | "s1" | "s2" | "nested";

/** What the hardware does to the probe transaction. */
export type HardwareAnswer = "pass-s2" | "pass-bypass" | "pass-s1" | "abort" | "stall";

/** One way the architecture allows it to go. */
export type LegalAnswer = "pass-bypass" | "pass-s1" | "abort" | "stall";

export interface DivergenceFact {
  /** Null when the difference has no name in the table. */
  readonly id: DivergenceId | null;
  readonly kind: DivergenceKind;
  /** What differs, for this device in this state. */
  readonly text: string;
}

export interface DeviceFacts {
  readonly attached: Attached;
  /** Id of the attached HWPT, null if none. */
  readonly hwpt: number | null;
  readonly pste: PhysicalSte;
  /** S2VMID field of the physical STE. */
  readonly vmid: number;
  /** Id of its vDEVICE, null if none. */
  readonly vdevice: number | null;
  /** vSID the driver reports its events under, null without a vmaster. */
  readonly vmaster: bigint | null;
  /** PCI ATS switched on in the endpoint. */
  readonly ats: boolean;
  /** vSMMU and guest StreamID, null while the guest does not have it. */
  readonly placement: { readonly vsmmu: number; readonly sid: number } | null;
  /** Address of the probe transaction the two answers are about. */
  readonly iova: bigint;
  /** Empty while the guest does not have the device. */
  readonly legal: readonly LegalAnswer[];
  /** Rules that decided the legal answers, newest first. */
  readonly legalRules: readonly string[];
  /** Why the architecture says so, in words. */
  readonly legalWhy: string;
  /** Null while the guest does not have the device. */
  readonly hardware: HardwareAnswer | null;
  readonly hardwareWhy: string;
  /** First DMA divergence, else the first of another kind, else null; `?` = without a name. */
  readonly diverges: DivergenceId | "?" | null;
  readonly divergences: readonly DivergenceFact[];
}

export interface VsmmuFacts {
  /** What QEMU's registers read. */
  readonly cr0: number;
  readonly cr0ack: number;
  readonly gbpa: number;
  readonly gerror: number;
  readonly gerrorn: number;
  /** Ids of the host objects behind it, null while there are none. */
  readonly viommu: number | null;
  readonly abort: number | null;
  readonly bypass: number | null;
  readonly veventq: number | null;
  /** The command queue stopped on this error and the guest has not acknowledged it. */
  readonly cmdqError: "ill" | "abt" | "atc-inv-sync" | null;
  /** Devices realized behind it, most recently set first. */
  readonly devices: readonly number[];
  readonly divergences: readonly DivergenceFact[];
}
