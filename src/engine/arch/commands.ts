/** Commands (section 4): 16 bytes, two 64-bit words. Encoding by mnemonic and named fields, decoding, and what is ILL. */
import { decodeStruct, findField, readField, type StructField, writeField } from "./bits.ts";
import type { Idr } from "./idr.ts";
import type { ArchRule } from "./rules.ts";

export interface CommandSpec {
  readonly op: number;
  /** As the architecture spells it: `CFGI_STE`. */
  readonly name: string;
  readonly fields: readonly StructField[];
  /** What must be cached no longer, or happen, once it completed. */
  readonly text: string;
}

const f = (name: string, lo: number, hi: number, text: string, address?: true): StructField =>
  address === undefined ? { name, lo, hi, text } : { name, lo, hi, text, address };

const SSEC = f("SSec", 10, 10, "Secure StreamID; 1 is ILL on the Non-secure queue");
const SSV = f("SSV", 11, 11, "SSID valid");
const SSID = f("SSID", 12, 31, "SubstreamID");
const SID = f("SID", 32, 63, "StreamID");
const LEAF = f("Leaf", 64, 64, "1: only the last level");
const VMID = f("VMID", 32, 47, "matched only if S2P=1");
const ASID = f("ASID", 48, 63, "address space");
const NUM = f("NUM", 12, 16, "range: NUM+1 units");
const SCALE = f("SCALE", 20, 24, "range: unit of 2^SCALE pages");
const TTL = f("TTL", 72, 73, "level hint");
const TG = f("TG", 74, 75, "range granule: 1 4K, 2 16K, 3 64K; 0: no range");
const VA = f("VA", 76, 127, "input address", true);
const ADDR = f("Addr", 76, 127, "address", true);
const BY_VA = [NUM, SCALE, VMID, LEAF, TTL, TG, VA];
const PREFETCH = [SSEC, SSV, SSID, SID, f("Size", 64, 68, "range size"), ADDR];

const c = (op: number, name: string, fields: readonly StructField[], text: string): CommandSpec => ({
  op,
  name,
  fields,
  text,
});

const RANGE = f("Range", 64, 68, "2^(Range+1) StreamIDs; 31: all");

export const COMMANDS: readonly CommandSpec[] = [
  c(0x01, "PREFETCH_CONFIG", PREFETCH, "hint; no event"),
  c(0x02, "PREFETCH_ADDR", PREFETCH, "hint; no event"),
  c(
    0x03,
    "CFGI_STE",
    [SSEC, SID, LEAF],
    "STE and every CD and L1CD under it; Leaf=0: L1STDs on the path too",
  ),
  c(0x04, "CFGI_STE_RANGE", [SSEC, SID, RANGE], "an aligned block of STEs, with L1STDs and CDs"),
  c(0x04, "CFGI_ALL", [SSEC, SID, RANGE], "every cached configuration"),
  c(0x05, "CFGI_CD", [SSEC, SSID, SID, LEAF], "one CD; Leaf=0: its L1CD too"),
  c(0x06, "CFGI_CD_ALL", [SSEC, SID], "every CD and L1CD of a stream"),
  c(0x07, "CFGI_VMS_PIDM", [SSEC, VMID], "VM structures"),
  c(0x10, "TLBI_NH_ALL", [VMID], "all stage-1 translations"),
  c(0x11, "TLBI_NH_ASID", [VMID, ASID], "stage-1 translations of an ASID"),
  c(0x12, "TLBI_NH_VA", [...BY_VA, ASID], "stage-1 translations of an address or range of an ASID"),
  c(0x13, "TLBI_NH_VAA", BY_VA, "stage-1 translations of an address or range, any ASID"),
  c(0x20, "TLBI_EL2_ALL", [], "EL2 regime"),
  c(0x21, "TLBI_EL2_ASID", [ASID], "EL2 regime, by ASID"),
  c(0x22, "TLBI_EL2_VA", [...BY_VA, ASID], "EL2 regime, by address"),
  c(0x23, "TLBI_EL2_VAA", BY_VA, "EL2 regime, by address, any ASID"),
  c(0x28, "TLBI_S12_VMALL", [VMID], "both stages of a VMID"),
  c(
    0x2a,
    "TLBI_S2_IPA",
    [NUM, SCALE, VMID, LEAF, TTL, TG, f("IPA", 76, 115, "intermediate address", true)],
    "stage 2 by IPA",
  ),
  c(0x30, "TLBI_NSNH_ALL", [], "every Non-secure, non-hypervisor translation"),
  c(
    0x40,
    "ATC_INV",
    [
      SSEC,
      f("Global", 9, 9, "any SSID"),
      SSV,
      SSID,
      SID,
      f("Size", 64, 69, "2^Size 4K pages; 52: all"),
      ADDR,
    ],
    "sends an ATS invalidate; ignored at SMMUEN=0",
  ),
  c(
    0x41,
    "PRI_RESP",
    [
      SSEC,
      SSV,
      SSID,
      SID,
      f("PRGIndex", 64, 72, "page request group"),
      f("Resp", 76, 77, "0 deny, 1 invalid, 2 success"),
    ],
    "answers a page request; ignored at SMMUEN=0",
  ),
  c(
    0x44,
    "RESUME",
    [SSEC, f("Action", 12, 13, "0 terminate, 1 retry, 2 abort"), SID, f("STAG", 64, 79, "stall tag")],
    "resumes a stalled transaction",
  ),
  c(0x45, "STALL_TERM", [SSEC, SID], "marks a stream's stalled transactions for abort"),
  c(
    0x46,
    "SYNC",
    [
      f("CS", 12, 13, "0 none, 1 IRQ or MSI, 2 SEV, 3 ILL"),
      f("MSH", 22, 23, "MSI shareability"),
      f("MSIAttr", 24, 27, "MSI memory attributes"),
      f("MSIData", 32, 63, "MSI data"),
      f("MSIAddr", 66, 119, "MSI address", true),
    ],
    "completes everything before it",
  ),
];

export const OP = {
  CFGI_STE: 0x03,
  CFGI_STE_RANGE: 0x04,
  CFGI_CD: 0x05,
  CFGI_CD_ALL: 0x06,
  TLBI_NH_ALL: 0x10,
  TLBI_NH_ASID: 0x11,
  TLBI_NH_VA: 0x12,
  TLBI_NH_VAA: 0x13,
  TLBI_NSNH_ALL: 0x30,
  ATC_INV: 0x40,
  PRI_RESP: 0x41,
  SYNC: 0x46,
} as const;

/** A command's 128 bits with its name. */
export interface Command {
  readonly name: string;
  readonly q0: bigint;
  readonly q1: bigint;
}

/** By `CFGI_STE` or `cfgi-ste`; null if there is none. */
export function findCommand(name: string): CommandSpec | null {
  const key = name.toUpperCase().replaceAll("-", "_");
  return COMMANDS.find((spec) => spec.name === key) ?? null;
}

/** Script spelling: `cfgi-ste`. */
export function commandSlug(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/**
 * Command from mnemonic and named fields (any case; addresses as addresses). Left out: 0, except that an SSID implies
 * SSV=1 where the command has both, CFGI_ALL has Range 31, and an ATC_INV without address and size names everything.
 * Throws RangeError on an unknown mnemonic or field or a value that does not fit.
 */
export function encodeCommand(name: string, values: Readonly<Record<string, bigint>> = {}): Command {
  const spec = findCommand(name);
  if (spec === null) throw new RangeError(`no command ${name}`);
  let words: bigint[] = [BigInt(spec.op), 0n];
  const given = new Set<string>();
  for (const [key, value] of Object.entries(values)) {
    const field = findField(spec.fields, key);
    if (field === null) throw new RangeError(`${spec.name} has no field ${key}`);
    words = writeField(words, field, value);
    if (readField(words, field) !== value)
      throw new RangeError(`${field.name}: value does not fit in its bits`);
    given.add(field.name);
  }
  if (given.has("SSID") && !given.has("SSV") && spec.fields.includes(SSV)) words = writeField(words, SSV, 1n);
  if (spec.name === "CFGI_ALL") words = writeField(words, RANGE, 31n);
  if (spec.op === OP.ATC_INV && !given.has("Size") && !given.has("Addr")) {
    words[1] = (words[1] ?? 0n) | 52n;
  }
  return { name: spec.name, q0: words[0] as bigint, q1: words[1] as bigint };
}

export interface DecodedCommand extends Command {
  readonly op: number;
  /** Fields by name; empty for an unknown opcode. */
  readonly fields: Readonly<Record<string, bigint>>;
}

export function commandName(q0: bigint, q1: bigint): string {
  const op = Number(q0 & 0xffn);
  if (op === OP.CFGI_STE_RANGE) return (q1 & 31n) === 31n ? "CFGI_ALL" : "CFGI_STE_RANGE";
  return COMMANDS.find((spec) => spec.op === op)?.name ?? `UNKNOWN_0x${op.toString(16)}`;
}

export function decodeCommand(q0: bigint, q1: bigint): DecodedCommand {
  const name = commandName(q0, q1);
  const spec = findCommand(name);
  return {
    op: Number(q0 & 0xffn),
    name,
    q0,
    q1,
    fields: spec === null ? {} : decodeStruct(spec.fields, [q0, q1]),
  };
}

/** The rule by which this command is refused with CERROR_ILL, or null. */
export function judgeCommand(idr: Idr, q0: bigint): ArchRule | null {
  const lo = Number(q0 & 0xffff_ffffn);
  const op = lo & 0xff;
  const ssec = ((lo >>> 10) & 1) === 1;
  switch (op) {
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
      return ssec ? "A-CMD-SSEC" : null;
    case 0x05:
    case 0x06:
      return idr.s1p ? (ssec ? "A-CMD-SSEC" : null) : "A-CMD-S1P";
    case 0x07:
      return idr.mpam ? (ssec ? "A-CMD-SSEC" : null) : "A-CMD-MPAM";
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
      return idr.s1p ? null : "A-CMD-S1P";
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
      return idr.hyp ? null : "A-CMD-HYP";
    case 0x28:
    case 0x2a:
      return idr.s2p ? null : "A-CMD-S2P";
    case 0x30:
      return null;
    case 0x40:
      return idr.ats ? (ssec ? "A-CMD-SSEC" : null) : "A-CMD-ATS";
    case 0x41:
      return idr.pri ? (ssec ? "A-CMD-SSEC" : null) : "A-CMD-PRI";
    case 0x44:
    case 0x45:
      return idr.stallModel !== 1 ? (ssec ? "A-CMD-SSEC" : null) : "A-CMD-STALL";
    case 0x46:
      return ((lo >>> 12) & 3) === 3 ? "A-CMD-CS" : null;
    default:
      return "A-CMD-OPCODE";
  }
}

/** Values that guests write, as vectors of section 4. */
export const READY = {
  cfgiSte: (sid: number, leaf = true): Command => ({
    name: "CFGI_STE",
    q0: (BigInt(sid) << 32n) | 3n,
    q1: leaf ? 1n : 0n,
  }),
  cfgiAll: { name: "CFGI_ALL", q0: 4n, q1: 0x1fn } as Command,
  cfgiCd: (sid: number, ssid: number, leaf = true): Command => ({
    name: "CFGI_CD",
    q0: (BigInt(sid) << 32n) | (BigInt(ssid) << 12n) | 5n,
    q1: leaf ? 1n : 0n,
  }),
  tlbiNsnhAll: { name: "TLBI_NSNH_ALL", q0: 0x30n, q1: 0n } as Command,
  tlbiNhAsid: (asid: number): Command => ({
    name: "TLBI_NH_ASID",
    q0: (BigInt(asid) << 48n) | 0x11n,
    q1: 0n,
  }),
  atcInvAll: (sid: number): Command => ({ name: "ATC_INV", q0: (BigInt(sid) << 32n) | 0x40n, q1: 0x34n }),
  /** CMD_SYNC signalling by event, inner-shareable write-back MSI attributes left in. */
  syncSev: { name: "SYNC", q0: 0x0fc02046n, q1: 0n } as Command,
  /** CMD_SYNC signalling by a memory write of 0 to `addr`. */
  syncMsi: (addr: bigint): Command => ({ name: "SYNC", q0: 0x0fc01046n, q1: addr }),
} as const;
