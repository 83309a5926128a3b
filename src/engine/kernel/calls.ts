/** Arguments and results of the host calls, as the door in syscalls.ts takes and gives them. */
import type { Errno } from "../errno.ts";

/** Who makes a host call: QEMU, or a raw verb of a script. */
export type By = "qemu" | "raw";

export interface HostResult {
  readonly errno: Errno | null;
  /** The id the call gave out or put in effect; 0 if none. */
  readonly id: number;
}

export interface OpenResult extends HostResult {
  /** Index of the new iommufd file; -1 on failure. */
  readonly file: number;
}

export interface IoasAllocArgs {
  readonly flags: number;
  readonly name: string | null;
}

export interface HwptAllocArgs {
  readonly devId: number;
  readonly ptId: number;
  readonly flags: number;
  /** 0 none, 2 ARM_SMMUV3. */
  readonly dataType: number;
  readonly dataLen: number;
  readonly reserved: number;
  readonly faultId: number;
  /** vSTE words; looked at only when a vSTE is expected. */
  readonly ste0: bigint;
  readonly ste1: bigint;
  readonly name: string | null;
}

export interface ViommuAllocArgs {
  readonly devId: number;
  readonly hwptId: number;
  readonly type: number;
  readonly flags: number;
  readonly name: string | null;
}

export interface VdeviceAllocArgs {
  readonly viommuId: number;
  readonly devId: number;
  /** The vSID: any 64-bit value. */
  readonly virtId: bigint;
  readonly name: string | null;
}

export interface VeventqAllocArgs {
  readonly viommuId: number;
  readonly type: number;
  readonly depth: number;
  readonly flags: number;
  readonly reserved: number;
  readonly name: string | null;
}

/** A record as read from the vEVENTQ fd: header, and four words unless it is the LOST marker. */
export interface EventRecord {
  readonly seq: number;
  readonly lost: boolean;
  readonly words: readonly bigint[];
}

export interface ReadResult extends HostResult {
  /** What read(2) returns: whole records only. */
  readonly bytes: number;
  readonly records: readonly EventRecord[];
}

/** A 128-bit SMMU command. */
export type Command = readonly [q0: bigint, q1: bigint];

export interface InvalidateArgs {
  /** hwpt_id of the ioctl: normally a VIOMMU. */
  readonly id: number;
  readonly dataType: number;
  /** Bytes per entry; each command stands at the start of its own entry, the rest of the entry is zero. */
  readonly entryLen: number;
  readonly entryNum: number;
  readonly reserved: number;
  readonly cmds: readonly Command[];
}

export interface InvalidateResult extends HostResult {
  /** entry_num as the ioctl writes it back: what it claims to be done. */
  readonly done: number;
  /** Commands that reached the physical queue, in order, without the SYNCs. */
  readonly issued: readonly Command[];
}

export interface HwInfoArgs {
  readonly devId: number;
  readonly flags: number;
  /** Input type; looked at only with the INPUT_TYPE flag. */
  readonly type: number;
  /** Size of the caller's buffer. */
  readonly dataLen: number;
  readonly reserved: number;
}

export interface HwInfo {
  /** 2 ARM_SMMUV3, 0 none. */
  readonly type: number;
  readonly idr0: number;
  readonly idr1: number;
  readonly idr2: number;
  readonly idr3: number;
  readonly idr4: number;
  readonly idr5: number;
  readonly iidr: number;
  readonly aidr: number;
  /** Bit 0: ERRATA_REPEAT_TLBI_CFGI. */
  readonly flags: number;
  /** Bit 0 dirty tracking, bit 3 ATS not supported. */
  readonly capabilities: number;
  /** Size the kernel supports. */
  readonly dataLen: number;
}

export interface HwInfoResult extends HostResult {
  readonly info: HwInfo | null;
}

export interface RangesResult extends HostResult {
  /** Usable IOVA ranges, inclusive ends. */
  readonly ranges: readonly (readonly [bigint, bigint])[];
}

/** A physical event record: four 64-bit words. */
export interface HwEvent {
  readonly words: readonly [bigint, bigint, bigint, bigint];
}

export interface EventResult {
  readonly to: "veventq" | "fault" | "host-log";
  /** StreamID the guest's record carries, or null. */
  readonly vsid: bigint | null;
  /** iommufd file and VEVENTQ id of the queue that took it; -1 and 0 if none. */
  readonly file: number;
  readonly queue: number;
  readonly why: string;
  readonly rule: string;
}
