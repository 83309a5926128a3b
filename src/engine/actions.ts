/**
 * The closed set of actions: everything that can happen in the lab. A script line is one action, a click appends
 * one, the explorer enumerates them. Indices are those of Setup (device, vSMMU, psmmu).
 */

import type { Errno } from "./errno.ts";
import type { CallName } from "./tracer.ts";

/** An iommufd object: by script name, or by bare id (which need not exist). */
export type ObjRef = { readonly name: string } | { readonly id: number };

/** What a guest stores as an STE: a kind, or explicit words (missing ones keep their value, 0 in a fresh STE). */
export type SteValue =
  | { readonly as: "abort" | "bypass" | "translate" | "invalid" }
  | { readonly as: "words"; readonly words: readonly (bigint | undefined)[] };

/** vSTE of a raw hwpt-alloc: a kind or two words. */
export type VsteValue =
  | { readonly as: "abort" | "bypass" | "translate" | "invalid"; readonly ats?: boolean }
  | { readonly w0: bigint; readonly w1: bigint };

/** A guest command: 128 bits, with its mnemonic for display. */
export interface GuestCommand {
  readonly name: string;
  readonly q0: bigint;
  readonly q1: bigint;
}

export type MachineAction =
  | {
      readonly kind: "plug";
      readonly dev: number;
      readonly vsmmu: number;
      readonly bdf?: number;
      readonly hot?: boolean;
      readonly iommufd?: string;
    }
  /** The first half of `plug`: VFIO's attach, without set_iommu_device (window of D18). */
  | {
      readonly kind: "realize";
      readonly dev: number;
      readonly vsmmu: number;
      readonly bdf?: number;
      readonly hot?: boolean;
      readonly iommufd?: string;
    }
  /** The second half: set_iommu_device and the rest of realize. */
  | { readonly kind: "set"; readonly dev: number }
  /** The guest reprograms bridge bus numbers: the function answers at another BDF. */
  | { readonly kind: "renumber"; readonly dev: number; readonly bdf: number }
  | { readonly kind: "unplug"; readonly dev: number }
  | { readonly kind: "unset"; readonly dev: number }
  | { readonly kind: "finalize"; readonly dev: number }
  | { readonly kind: "reset" }
  | { readonly kind: "machine-start" };

/** What a GBPA write without UPDATE does in the architecture's column; v3.2 and later know `ignore` alone. */
export type GbpaNoUpdate = "ignore" | "store" | "effect";

export type GuestAction =
  | {
      readonly kind: "gbpa";
      readonly vsmmu: number;
      readonly abort: boolean;
      readonly update: boolean;
      readonly noUpdate?: GbpaNoUpdate;
    }
  | { readonly kind: "cr0"; readonly vsmmu: number; readonly set: number; readonly clear: number }
  | { readonly kind: "cr0-value"; readonly vsmmu: number; readonly value: number }
  /** wait=false: the architecture's handshake stays open until `ack`. */
  | {
      readonly kind: "write";
      readonly vsmmu: number;
      readonly offset: number;
      readonly size: 4 | 8;
      readonly value: bigint;
      readonly wait: boolean;
      readonly noUpdate?: GbpaNoUpdate;
    }
  | { readonly kind: "read"; readonly vsmmu: number; readonly offset: number; readonly size: 4 | 8 }
  | { readonly kind: "ack"; readonly vsmmu: number }
  | {
      readonly kind: "strtab";
      readonly vsmmu: number;
      readonly fmt: "linear" | "2lvl";
      readonly log2size: number;
      readonly split: number;
      readonly base?: bigint;
    }
  | {
      readonly kind: "l1std";
      readonly vsmmu: number;
      readonly sid: number;
      readonly span: number;
      readonly ptr?: bigint;
    }
  | { readonly kind: "ste"; readonly vsmmu: number; readonly sid: number; readonly value: SteValue }
  /** Fields by name (v, asid, ttb0, t0sz, epd0, epd1, a, r, s, aa64, ips, …) or whole words q0…q7. */
  | {
      readonly kind: "cd";
      readonly vsmmu: number;
      readonly sid: number;
      readonly ssid: number;
      readonly fields: Readonly<Record<string, bigint>>;
    }
  | {
      readonly kind: "map";
      readonly vsmmu: number;
      readonly sid: number;
      readonly ssid: number;
      /** The table by its base; `sid` and `ssid` are then ignored. */
      readonly ttb?: bigint;
      /** The lab's own mapping of a new table: the first explicit one removes it. */
      readonly auto?: boolean;
      readonly iova: bigint;
      readonly gpa: bigint;
      readonly size: bigint;
      readonly read: boolean;
      readonly write: boolean;
      readonly af: boolean;
    }
  | {
      readonly kind: "unmap";
      readonly vsmmu: number;
      readonly sid: number;
      readonly ssid: number;
      readonly ttb?: bigint;
      readonly iova: bigint;
      readonly size: bigint;
    }
  /** Guest stores words at an address, no command; `count` times, `stride` bytes apart (fills a table with entries). */
  | {
      readonly kind: "store";
      readonly addr: bigint;
      readonly words: readonly bigint[];
      readonly count?: number;
      readonly stride?: number;
    }
  | {
      readonly kind: "cfgi";
      readonly vsmmu: number;
      readonly sid: number | "all";
      readonly range?: number;
      readonly leaf: boolean;
      readonly sync: boolean;
      readonly cmdqen: "auto" | "asis";
    }
  | {
      readonly kind: "cmd";
      readonly vsmmu: number;
      readonly cmd: GuestCommand;
      readonly sync: boolean;
      readonly cmdqen: "auto" | "asis";
    }
  /** The Linux driver's sequences (model/smmuv3.md section 6). */
  | {
      readonly kind: "guest";
      readonly vsmmu: number;
      readonly macro: GuestMacro;
      readonly dev?: number;
      readonly ssid?: number;
      readonly opts: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "dma";
      readonly dev: number;
      readonly iova?: bigint;
      readonly write: boolean;
      readonly ssid?: number;
      readonly ats: "none" | "request" | "translated";
      readonly priv: boolean;
      readonly inst: boolean;
    };

export type GuestMacro =
  | "probe"
  | "add"
  | "attach"
  | "detach"
  | "identity"
  | "block"
  | "release"
  | "pasid"
  | "pasid-detach"
  | "map"
  | "unmap"
  | "recover"
  | "events"
  | "shutdown"
  | "suspend"
  | "kexec"
  | "crash-kexec"
  | "flr";

export type RawAction =
  | { readonly kind: "iommufd"; readonly name: string }
  | { readonly kind: "close-iommufd"; readonly fd?: string }
  | { readonly kind: "ioas-alloc"; readonly as?: string; readonly fd?: string; readonly flags: number }
  | {
      readonly kind: "bind";
      readonly dev: number;
      readonly as?: string;
      readonly fd?: string;
      readonly flags: number;
    }
  | { readonly kind: "unbind"; readonly dev: ObjRef; readonly fd?: string }
  | {
      readonly kind: "hwpt-alloc";
      readonly dev: ObjRef;
      readonly pt: ObjRef;
      readonly flags: number;
      readonly vste?: VsteValue;
      readonly dataType?: number;
      readonly dataLen?: number;
      readonly reserved: number;
      readonly fault?: number;
      readonly as?: string;
      readonly fd?: string;
    }
  | {
      readonly kind: "viommu-alloc";
      readonly dev: ObjRef;
      readonly hwpt: ObjRef;
      readonly type: number;
      readonly flags: number;
      /** `__reserved` and the length of user data: the kernel looks at neither for the plain type. */
      readonly reserved?: number;
      readonly dataLen?: number;
      readonly as?: string;
      readonly fd?: string;
    }
  | {
      readonly kind: "vdevice-alloc";
      readonly viommu: ObjRef;
      readonly dev: ObjRef;
      readonly virtId: bigint;
      readonly as?: string;
      readonly fd?: string;
    }
  | {
      readonly kind: "veventq-alloc";
      readonly viommu: ObjRef;
      readonly type: number;
      readonly depth: number;
      readonly flags: number;
      readonly reserved: number;
      readonly as?: string;
      readonly fd?: string;
    }
  | { readonly kind: "read-events"; readonly queue: ObjRef; readonly bytes?: number; readonly fd?: string }
  | { readonly kind: "close"; readonly queue: ObjRef; readonly fd?: string }
  | {
      readonly kind: "attach";
      readonly dev: ObjRef;
      readonly pt: ObjRef;
      readonly flags?: number;
      readonly fd?: string;
    }
  | { readonly kind: "detach"; readonly dev: ObjRef; readonly flags?: number; readonly fd?: string }
  | { readonly kind: "destroy"; readonly object: ObjRef; readonly fd?: string }
  | {
      readonly kind: "invalidate";
      /** Any object; normally a vIOMMU. */
      readonly object: ObjRef;
      readonly cmds: readonly GuestCommand[];
      readonly dataType: number;
      readonly entryLen: number;
      /** Defaults to the number of commands. */
      readonly entryNum?: number;
      readonly reserved: number;
      readonly fd?: string;
    }
  | {
      readonly kind: "hw-info";
      readonly dev: ObjRef;
      readonly flags: number;
      readonly type: number;
      readonly dataLen?: number;
      readonly reserved: number;
      readonly fd?: string;
    }
  /** The physical SMMU records an event. */
  | {
      readonly kind: "event";
      readonly psmmu: number;
      readonly code: number;
      readonly sid: number;
      readonly ssid?: number;
      readonly s2: boolean;
      readonly stall: boolean;
      readonly cls: number;
      readonly addr: bigint;
      readonly ipa: bigint;
      readonly rnw: boolean;
      /** Records in one burst, before whoever holds a vEVENTQ's fd comes to read it. Default 1. */
      readonly count?: number;
    }
  | { readonly kind: "flr"; readonly dev: number };

export type FaultAction = {
  readonly kind: "inject";
  readonly call: CallName;
  readonly nth: number;
  readonly dev?: number;
  readonly errno: Errno;
};

export type Action = MachineAction | GuestAction | RawAction | FaultAction;
