/**
 * What the guest's side of a world holds: the architecture's register file and caches (the oracle's column), and
 * what guest software remembers about the structures it built. The structures themselves are in guest memory.
 */
import type { EventWords } from "../arch/events.ts";
import type { ArchSmmu } from "../arch/smmu.ts";
import type { Errno } from "../errno.ts";
import type { ResultValue } from "../outcome.ts";

/** Guest software's own bookkeeping for one vSMMU: what it cannot read back from registers or memory. */
export interface GuestSoftware {
  /** Which of the two memory areas the present kernel uses; a kernel started by kexec takes the other one. */
  readonly gen: 0 | 1;
  /** The queue registers hold what this guest wrote since the last system reset. */
  readonly cmdqReady: boolean;
  readonly evtqReady: boolean;
  /** Next ASID the verbs hand out; each vSMMU counts from 1. */
  readonly nextAsid: number;
  /** Page tables made so far: the next one's number. */
  readonly tables: number;
  /** Numbers below `tables` that are free again, ascending. */
  readonly freeTables: readonly number[];
  /** StreamIDs that have a CD table, in order of allocation; the index gives the address. */
  readonly cdTables: readonly { readonly sid: number; readonly log2: number }[];
}

/** What a stream of the Linux guest is attached to. */
export type LinuxDomain =
  | { readonly kind: "identity" }
  | { readonly kind: "blocked" }
  | { readonly kind: "dma"; readonly asid: number; readonly ttb: bigint };

export interface LinuxPasid {
  readonly ssid: number;
  readonly asid: number;
  readonly ttb: bigint;
}

/** struct arm_smmu_master as the guest's driver keeps it. */
export interface LinuxMaster {
  readonly dev: number;
  readonly sid: number;
  readonly domain: LinuxDomain | null;
  /** Base of the CD table, null before one was needed. */
  readonly cdTable: bigint | null;
  readonly cdMax: number;
  readonly pasids: readonly LinuxPasid[];
  /** Endpoint ATS as the guest switched it. */
  readonly ats: boolean;
}

/** struct arm_smmu_device of the guest's driver. */
export interface LinuxSmmu {
  readonly fmt: "linear" | "2lvl";
  readonly log2size: number;
  readonly split: number;
  readonly ats: boolean;
  /** Firmware names RMRs: release goes to identity instead of blocked. */
  readonly rmr: boolean;
  readonly masters: readonly LinuxMaster[];
}

export interface GuestSmmu {
  readonly arch: ArchSmmu;
  /** Records the architecture has put into its event queue and the guest has not read, oldest first. */
  readonly expected: readonly EventWords[];
  readonly sw: GuestSoftware;
  /** Null until `guest v0 probe`, and again after its kernel is gone. */
  readonly linux: LinuxSmmu | null;
}

export interface GuestState {
  /** Index = vSMMU. */
  readonly smmus: readonly GuestSmmu[];
}

/** What one guest verb did. */
export interface GuestResult {
  readonly ok: boolean;
  /** The verb makes no sense here; nothing changed. */
  readonly rejected: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
  readonly result: ResultValue;
}
