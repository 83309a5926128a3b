/** The border of the oracle: what it is asked, what it may look at, what it answers. */
import type { Idr } from "./idr.ts";
import type { ArchRule } from "./rules.ts";

/** One device transaction (section 3.1). */
export interface Txn {
  readonly sid: number;
  /** SubstreamID; null = none supplied (SSV=0). */
  readonly ssid: number | null;
  readonly addr: bigint;
  /** Read, not write. */
  readonly rnw: boolean;
  /** Instruction fetch. */
  readonly ind: boolean;
  /** Privileged. */
  readonly pnu: boolean;
  /** An ordinary transaction, an ATS Translation Request, or an ATS Translated transaction. */
  readonly ats: "none" | "request" | "translated";
}

/** One range of an abstract translation table (memory.ts:Mapping has this shape). */
export interface TableRange {
  readonly iova: bigint;
  readonly gpa: bigint;
  readonly size: bigint;
  readonly read: boolean;
  readonly write: boolean;
  readonly af: boolean;
}

/** Whether a record offered now would be written, and if not, why (section 5.1). */
export type EventqState = "writable" | "eventqen" | "full" | "abt-err";

/** Everything the decision depends on: registers in effect, and readers. Nothing else is consulted. */
export interface OracleInput {
  readonly idr: Idr;
  /** CR0.SMMUEN in effect. */
  readonly smmuen: boolean;
  /** CR0.ATSCHK in effect. */
  readonly atschk: boolean;
  /** GBPA in effect. */
  readonly gbpa: number;
  readonly cr2: number;
  readonly strtabBase: bigint;
  readonly strtabCfg: number;
  readonly eventq: EventqState;
  /**
   * The 64-bit word at an address; null where no guest memory is (any access aborts). `mask` = the bits the decision
   * looks at; a reader that enumerates old values merges those equal under it. The value may have other bits set.
   */
  readonly read: (addr: bigint, mask?: bigint) => bigint | null;
  /** Stage 1: the range of the table based at `ttb` (as in CD.TTBx) that covers `va`, or null. */
  readonly lookup: (ttb: bigint, va: bigint) => TableRange | null;
  /** A translation found in a TLB under this ASID, so that no walk happens; null = miss. Absent = no TLB. */
  readonly tlbHit?: (asid: number, ttb: bigint, va: bigint) => TableRange | null;
  /** Stage 2 of a vSMMU that advertises S2P: the range of table `ttb` covering the IPA. */
  readonly lookup2?: (ttb: bigint, ipa: bigint) => TableRange | null;
}

/**
 * Outcome classes of section 3's vocabulary. ATS requests: `ats-served` (translation in `output`), `ats-noperm` (reply
 * without permission), `ats-ur` (Unsupported Request), `ats-ca` (Completer Abort), `ats-failed` (a failed completion, CA
 * or UR unverified). Translated traffic that is let through: `ats-pass` (output = input).
 */
export type AnswerClass =
  | "abort"
  | "bypass"
  | "s1"
  | "s2"
  | "s1s2"
  | "stall"
  | "razwi"
  | "ats-served"
  | "ats-noperm"
  | "ats-ur"
  | "ats-ca"
  | "ats-failed"
  | "ats-pass";

export interface OfferedEvent {
  readonly code: number;
  /** As the architecture spells it: `C_BAD_STE`. */
  readonly name: string;
  /** The 32-byte record, four 64-bit words. */
  readonly words: readonly [bigint, bigint, bigint, bigint];
}

/** One hop of a transaction's way, for drawing. */
export interface Hop {
  readonly what:
    | "CR0"
    | "GBPA"
    | "STRTAB"
    | "L1STD"
    | "STE"
    | "L1CD"
    | "CD"
    | "TLB"
    | "TT"
    | "S1"
    | "S2"
    | "OUT";
  /** Address of the structure read (guest PA), or the address translated; null for registers. */
  readonly addr: bigint | null;
  /** Words or register values seen there, in order; empty if the fetch failed. */
  readonly words: readonly bigint[];
  readonly note: string;
}

export interface Answer {
  readonly cls: AnswerClass;
  /** Output address (IPA) if something passes, else null. */
  readonly output: bigint | null;
  /** Event offered to the queue, or null. */
  readonly event: OfferedEvent | null;
  /** What becomes of it: `none` = no event offered; `written`; else why it is dropped or kept back. */
  readonly recorded: "none" | "written" | Exclude<EventqState, "writable">;
  /** The rule that decided the class. */
  readonly rule: ArchRule;
  /** The rule that kept an event from being offered (RECINVSID=0, CD.R=0 …), or null. */
  readonly silencedBy: ArchRule | null;
  /** Hops in order; null unless asked for. */
  readonly path: readonly Hop[] | null;
}
