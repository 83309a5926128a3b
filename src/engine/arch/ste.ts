/** Stream Table Entry (section 5.2): fields, codec, and what makes one ILLEGAL. */
import { decodeStruct, encodeStruct, type StructField } from "./bits.ts";
import { addressBits, type Idr, sizeLimit } from "./idr.ts";
import type { ArchRule } from "./rules.ts";

/** Eight little-endian 64-bit words. */
export type SteWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

const f = (name: string, lo: number, hi: number, text: string, address?: true): StructField =>
  address === undefined ? { name, lo, hi, text } : { name, lo, hi, text, address };

export const STE_FIELDS: readonly StructField[] = [
  f("V", 0, 0, "0: C_BAD_STE"),
  f("Config", 1, 3, "0xx abort, 100 bypass, 101 stage 1, 110 stage 2, 111 both"),
  f("S1Fmt", 4, 5, "CD table: 0 linear, 1 two-level 4K leaves, 2 two-level 64K leaves, 3 as 0"),
  f("S1ContextPtr", 6, 55, "CD or CD table", true),
  f("S1CDMax", 59, 63, "log2 of the number of CDs; 0: substreams off"),
  f("S1DSS", 64, 65, "without SSID: 0 terminate, 1 bypass stage 1, 2 use CD 0, 3 as 0"),
  f("S1CIR", 66, 67, "CD fetch: inner cacheability"),
  f("S1COR", 68, 69, "CD fetch: outer cacheability"),
  f("S1CSH", 70, 71, "CD fetch: shareability"),
  f("S2HWU59", 72, 72, "page-based hardware attribute 59"),
  f("S2HWU60", 73, 73, "page-based hardware attribute 60"),
  f("S2HWU61", 74, 74, "page-based hardware attribute 61"),
  f("S2HWU62", 75, 75, "page-based hardware attribute 62"),
  f("DRE", 76, 76, "destructive reads enabled"),
  f("CONT", 77, 80, "contiguous hint: 2^CONT equal STEs"),
  f("DCP", 81, 81, "directed cache prefetch"),
  f("PPAR", 82, 82, "PRI response: PASID as required"),
  f("MEV", 83, 83, "events may be merged"),
  f("SW_RESERVED", 84, 87, "left to software"),
  f("S1PIE", 88, 88, "stage-1 permission indirection"),
  f("S2FWB", 89, 89, "stage-2 forced write-back"),
  f("S1MPAM", 90, 90, "stage-1 MPAM"),
  f("S1STALLD", 91, 91, "1 forbids CD.S=1; ILLEGAL unless STALL_MODEL=0"),
  f("EATS", 92, 93, "0 ATS denied, 1 full ATS, 2 split-stage, 3 full with DPT"),
  f("STRW", 94, 95, "0 NS-EL1, 2 NS-EL2; used only if HYP=1 and stage 1 only"),
  f("MemAttr", 96, 99, "memory type if MTCFG=1"),
  f("MTCFG", 100, 100, "1: replace the memory type"),
  f("ALLOCCFG", 101, 104, "0xxx incoming, else override"),
  f("SHCFG", 108, 109, "0 non-shareable, 1 incoming, 2 outer, 3 inner"),
  f("NSCFG", 110, 111, "ignored in the Non-secure table"),
  f("PRIVCFG", 112, 113, "0/1 incoming, 2 unprivileged, 3 privileged"),
  f("INSTCFG", 114, 115, "0/1 incoming, 2 data, 3 instruction"),
  f("IMPDEF1", 116, 127, "implementation defined"),
  f("S2VMID", 128, 143, "VMID"),
  f("S2T0SZ", 160, 165, "stage-2 input size: 64-S2T0SZ bits"),
  f("S2SL0", 166, 167, "stage-2 start level"),
  f("S2IR0", 168, 169, "stage-2 walk: inner cacheability"),
  f("S2OR0", 170, 171, "stage-2 walk: outer cacheability"),
  f("S2SH0", 172, 173, "stage-2 walk: shareability"),
  f("S2TG", 174, 175, "0 4K, 1 64K, 2 16K"),
  f("S2PS", 176, 178, "stage-2 output size, coded as OAS"),
  f("S2AA64", 179, 179, "AArch64 stage-2 tables"),
  f("S2ENDI", 180, 180, "stage-2 table endianness"),
  f("S2AFFD", 181, 181, "stage-2 access flag faults off"),
  f("S2PTW", 182, 182, "protected table walk"),
  f("S2HD", 183, 183, "hardware dirty state"),
  f("S2HA", 184, 184, "hardware access flag"),
  f("S2S", 185, 185, "stall stage-2 faults"),
  f("S2R", 186, 186, "record stage-2 faults"),
  f("S2TTB", 196, 247, "stage-2 table", true),
  f("PARTID", 272, 287, "MPAM partition"),
  f("PMG", 320, 327, "MPAM performance group"),
  f("VMSPtr", 332, 375, "VM structure; used if Config=111 and S1MPAM=1", true),
];

export const ZERO_STE: SteWords = Object.freeze([0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]) as SteWords;

/** Fields by name; addresses as addresses. */
export function decodeSte(words: readonly bigint[]): Readonly<Record<string, bigint>> {
  return decodeStruct(STE_FIELDS, words);
}

/** Words with the named fields set, the rest as in `base`. Throws RangeError on an unknown name or a value too large. */
export function encodeSte(
  values: Readonly<Record<string, bigint>>,
  base: readonly bigint[] = ZERO_STE,
): SteWords {
  return encodeStruct(STE_FIELDS, values, base) as unknown as SteWords;
}

export type SteKind = "abort" | "bypass" | "translate" | "invalid";

export interface SteOptions {
  /** CD or CD table, 64-byte aligned; translate only. */
  readonly cdptr?: bigint;
  readonly fmt?: number;
  readonly cdmax?: number;
  readonly s1dss?: number;
  readonly eats?: number;
  readonly stalld?: boolean;
}

/**
 * The STEs that guest software writes: invalid 0x0, abort 0x1, bypass 0x9, translate 0xB with a write-back inner-shareable
 * CD pointer and S1DSS=2 unless told otherwise (what the Linux driver uses).
 */
export function makeSte(kind: SteKind, o: SteOptions = {}): SteWords {
  if (kind === "invalid") return ZERO_STE;
  if (kind === "abort") return ABORT_STE;
  if (kind === "bypass") return BYPASS_STE;
  const q0 =
    0xbn |
    (BigInt((o.fmt ?? 0) & 3) << 4n) |
    ((o.cdptr ?? 0n) & S1_PTR) |
    (BigInt((o.cdmax ?? 0) & 31) << 59n);
  const q1 =
    BigInt((o.s1dss ?? 2) & 3) |
    0xd4n |
    (o.stalld === true ? 1n << 27n : 0n) |
    (BigInt((o.eats ?? 0) & 3) << 28n);
  return [q0, q1, 0n, 0n, 0n, 0n, 0n, 0n];
}

const S1_PTR = 0x00ff_ffff_ffff_ffc0n;
const ABORT_STE: SteWords = Object.freeze([1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]) as SteWords;
const BYPASS_STE: SteWords = Object.freeze([9n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]) as SteWords;

/** CD pointer of word 0. */
export function s1ContextPtr(q0: bigint): bigint {
  return q0 & S1_PTR;
}

/** Bits of each word that decide anything: a reader of old values merges those equal here. */
export const STE_LOOK: readonly bigint[] = [
  0xf8ff_ffff_ffff_ffffn,
  0xf800_0003n,
  0x07ff_ffff_0000_ffffn,
  0x00ff_ffff_ffff_fff0n,
];

/**
 * The rule that makes this STE unusable (each gives C_BAD_STE), or null if it is legal; in the order of section 2.2, first
 * match wins. `word(i)` is asked only for the words that Config leaves in use.
 */
export function judgeSte(idr: Idr, word: (i: number) => bigint): ArchRule | null {
  const q0 = word(0);
  const lo = Number(q0 & 0xffff_ffffn);
  if ((lo & 1) === 0) return "A-STE-V";
  const config = (lo >>> 1) & 7;
  if ((config & 4) === 0) return null;
  const s1 = (config & 1) !== 0;
  const s2 = (config & 2) !== 0;
  if (s1 && !idr.s1p) return "A-STE-S1P";
  if (s2 && !idr.s2p) return "A-STE-S2P";
  if (config === 4) return null;
  const q1 = Number(word(1) & 0xffff_ffffn);
  const s2s = s2 && ((word(2) >> 57n) & 1n) === 1n;
  if (idr.ats) {
    const eats = (q1 >>> 28) & 3;
    if (eats === 2 && (config !== 7 || s2s || idr.ns1ats)) return "A-STE-EATS-SPLIT";
    if (eats === 1 && s2s) return "A-STE-EATS-STALL";
  }
  if (s1 && !s2 && idr.hyp && ((q1 >>> 30) & 1) === 1) return "A-STE-STRW";
  if (s1) {
    const bad = judgeS1(idr, q0, lo, q1);
    if (bad !== null) return bad;
  }
  if (s2) return judgeS2(idr, word(2), word(3));
  if (idr.s2p && !idr.vmid16 && (word(2) & 0xff00n) !== 0n) return "A-STE-VMID";
  return null;
}

function judgeS1(idr: Idr, q0: bigint, lo: number, q1: number): ArchRule | null {
  if (((q1 >>> 27) & 1) === 1 && idr.stallModel !== 0) return "A-STE-STALLD";
  if (idr.ssidSize !== 0) {
    const cdmax = Number(q0 >> 59n);
    if (cdmax > idr.ssidSize) return "A-STE-CDMAX";
    const fmt = (lo >>> 4) & 3;
    if (cdmax !== 0 && !idr.cd2l && (fmt === 1 || fmt === 2)) return "A-STE-CD2L";
  }
  if (s1ContextPtr(q0) >= idr.oasLimit) return "A-STE-PTR";
  return null;
}

/** Log2 of the granule in bytes for S2TG or TG0; 0 = reserved. */
export function granule(tg: number): number {
  return tg === 0 ? 12 : tg === 1 ? 16 : tg === 2 ? 14 : 0;
}

/** True if the granule (12, 14, 16) is implemented. */
export function granuleSupported(idr: Idr, shift: number): boolean {
  if (shift === 12) return idr.gran4k;
  if (shift === 14) return idr.gran16k;
  return shift === 16 && idr.gran64k;
}

/** Largest legal TxSZ for a granule. */
export function maxTsz(idr: Idr, shift: number): number {
  if (!idr.stt) return 39;
  return shift === 16 ? 47 : 48;
}

/** Smallest legal TxSZ for a granule. */
export function minTsz(idr: Idr, shift: number): number {
  return shift === 16 && idr.va52 ? 12 : 16;
}

/** Start level of an AArch64 stage-2 walk. */
function startLevel(shift: number, sl0: number): number {
  if (shift === 12) return sl0 === 3 ? 3 : 2 - sl0;
  return 3 - sl0;
}

function judgeS2(idr: Idr, q2: bigint, q3: bigint): ArchRule | null {
  const hi = Number(q2 >> 32n);
  const bit = (n: number): boolean => ((hi >>> (n - 32)) & 1) === 1;
  const s2s = bit(57);
  if ((idr.stallModel === 1 && s2s) || (idr.stallModel === 2 && !s2s)) return "A-STE-S2S";
  const aa64 = bit(51);
  if (aa64 ? (idr.ttf & 2) === 0 : (idr.ttf & 1) === 0) return "A-STE-S2AA64";
  if ((bit(56) && idr.httu < 1) || (bit(55) && idr.httu < 2)) return "A-STE-S2HTTU";
  const shift = granule((hi >>> 14) & 3);
  if (aa64 && !granuleSupported(idr, shift)) return "A-STE-S2TG";
  const ps = Math.min(addressBits((hi >>> 16) & 7), idr.oas);
  if ((q3 & 0x00ff_ffff_ffff_fff0n) >= sizeLimit(ps)) return "A-STE-S2TTB";
  if (aa64) {
    const t0sz = hi & 0x3f;
    const size = 64 - t0sz;
    if (t0sz < minTsz(idr, shift) || t0sz > maxTsz(idr, shift) || size > idr.oas) return "A-STE-S2T0SZ";
    // A start level resolves its own index, and up to four more bits by concatenated tables.
    const sl0 = (hi >>> 6) & 3;
    if (sl0 === 3 && shift !== 12) return "A-STE-S2SL0";
    const below = (3 - startLevel(shift, sl0)) * (shift - 3) + shift;
    const bottom = below === shift ? 0 : below;
    if (size <= bottom || size > below + (shift - 3) + 4) return "A-STE-S2SL0";
  }
  const big = bit(52);
  if ((idr.ttendian === 2 && big) || (idr.ttendian === 3 && !big)) return "A-STE-S2ENDI";
  if (!idr.vmid16 && (q2 & 0xff00n) !== 0n) return "A-STE-VMID";
  return null;
}
