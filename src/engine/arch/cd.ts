/** Context Descriptor (section 5.4): fields, codec, and what makes it C_BAD_CD. */
import { decodeStruct, encodeStruct, type StructField } from "./bits.ts";
import { addressBits, type Idr, sizeLimit } from "./idr.ts";
import type { ArchRule } from "./rules.ts";
import { granule, granuleSupported, maxTsz, minTsz } from "./ste.ts";

/** Eight little-endian 64-bit words. */
export type CdWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

const f = (name: string, lo: number, hi: number, text: string, address?: true): StructField =>
  address === undefined ? { name, lo, hi, text } : { name, lo, hi, text, address };

export const CD_FIELDS: readonly StructField[] = [
  f("T0SZ", 0, 5, "lower half: 64-T0SZ input bits"),
  f("TG0", 6, 7, "0 4K, 1 64K, 2 16K"),
  f("IR0", 8, 9, "walk: inner cacheability"),
  f("OR0", 10, 11, "walk: outer cacheability"),
  f("SH0", 12, 13, "walk: shareability"),
  f("EPD0", 14, 14, "1: no walks for the lower half, F_TRANSLATION"),
  f("ENDI", 15, 15, "1: big-endian tables"),
  f("T1SZ", 16, 21, "upper half: 64-T1SZ input bits"),
  f("TG1", 22, 23, "1 16K, 2 4K, 3 64K"),
  f("IR1", 24, 25, "walk: inner cacheability"),
  f("OR1", 26, 27, "walk: outer cacheability"),
  f("SH1", 28, 29, "walk: shareability"),
  f("EPD1", 30, 30, "1: no walks for the upper half, F_TRANSLATION"),
  f("V", 31, 31, "0: C_BAD_CD"),
  f("IPS", 32, 34, "output size, coded as OAS"),
  f("AFFD", 35, 35, "access flag faults off"),
  f("WXN", 36, 36, "writable is never executable"),
  f("UWXN", 37, 37, "unprivileged writable is never privileged executable"),
  f("TBI0", 38, 38, "top byte ignored, lower half"),
  f("TBI1", 39, 39, "top byte ignored, upper half"),
  f("PAN", 40, 40, "privileged access never"),
  f("AA64", 41, 41, "AArch64 tables"),
  f("HD", 42, 42, "hardware dirty state"),
  f("HA", 43, 43, "hardware access flag"),
  f("S", 44, 44, "stall faulting transactions"),
  f("R", 45, 45, "record faults"),
  f("A", 46, 46, "terminated transactions abort (else RAZ/WI)"),
  f("ASET", 47, 47, "ASID not shared with the processors"),
  f("ASID", 48, 63, "address space identifier"),
  f("HAD0", 65, 65, "hierarchical attributes off, lower half"),
  f("TTB0", 68, 119, "table of the lower half", true),
  f("HAD1", 129, 129, "hierarchical attributes off, upper half"),
  f("TTB1", 132, 183, "table of the upper half", true),
  f("MAIR", 192, 255, "memory attributes"),
  f("AMAIR", 256, 319, "auxiliary memory attributes"),
];

export const ZERO_CD: CdWords = Object.freeze([0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]) as CdWords;

/** Fields by name; addresses as addresses. */
export function decodeCd(words: readonly bigint[]): Readonly<Record<string, bigint>> {
  return decodeStruct(CD_FIELDS, words);
}

/** Words with the named fields set, the rest as in `base`. Throws RangeError on an unknown name or a value too large. */
export function encodeCd(
  values: Readonly<Record<string, bigint>>,
  base: readonly bigint[] = ZERO_CD,
): CdWords {
  return encodeStruct(CD_FIELDS, values, base) as unknown as CdWords;
}

export interface CdOptions {
  readonly asid: number;
  /** Table base, 16-byte aligned at least. */
  readonly ttb: bigint;
  readonly mair?: bigint;
  /** IPS code; 4 = 44 bits. */
  readonly ips?: number;
}

/** Attribute 0 non-cacheable, 1 write-back, 2 device, 3 inner non-cacheable outer write-back: the driver's four. */
const DEFAULT_MAIR = 0xf404_ff44n;

/**
 * A stage-1 CD as the Linux driver makes it: 48-bit lower half, 4K, write-back inner-shareable walks, upper half off,
 * V, AA64, R, A and ASET set (section 2.3's example is this with ASID 1 and IPS 4).
 */
export function makeCd(o: CdOptions): CdWords {
  const q0 = 0x0000_e200_c000_3510n | (BigInt((o.ips ?? 4) & 7) << 32n) | (BigInt(o.asid & 0xffff) << 48n);
  return [q0, o.ttb & TTB_MASK, 0n, o.mair ?? DEFAULT_MAIR, 0n, 0n, 0n, 0n];
}

/** TTB0 of word 1, TTB1 of word 2. */
export const TTB_MASK = 0x00ff_ffff_ffff_fff0n;

/** Bits of each word that decide anything. */
export const CD_LOOK: readonly bigint[] = [0xffff_7ecf_c0ff_c0ffn, TTB_MASK, TTB_MASK];

/** Granule shift for TG1's own coding; 0 = reserved. */
export function granule1(tg: number): number {
  return tg === 1 ? 14 : tg === 2 ? 12 : tg === 3 ? 16 : 0;
}

/** Output size in bits that stage 1 may produce: IPS, no more than OAS. */
export function effectiveIps(idr: Idr, q0: bigint): number {
  return Math.min(addressBits(Number((q0 >> 32n) & 7n)), idr.oas);
}

/**
 * The rule that makes this CD unusable (each gives C_BAD_CD), or null; in the order of section 2.3. `stalld` is the STE's
 * S1STALLD. `word(i)` is asked only for what is in use.
 */
export function judgeCd(idr: Idr, stalld: boolean, word: (i: number) => bigint): ArchRule | null {
  const q0 = word(0);
  const lo = Number(q0 & 0xffff_ffffn);
  const hi = Number(q0 >> 32n);
  const bit = (n: number): boolean => ((hi >>> (n - 32)) & 1) === 1;
  if (lo >>> 31 === 0) return "A-CD-V";
  const stall = bit(44);
  if (stalld && stall) return "A-CD-STALLD";
  if (idr.termModel && !bit(46)) return "A-CD-A";
  if (idr.stallModel === 1 && stall) return "A-CD-S-TERMINATE";
  if (idr.stallModel === 2 && !stall) return "A-CD-S-FORCED";
  const big = ((lo >>> 15) & 1) === 1;
  if ((idr.ttendian === 2 && big) || (idr.ttendian === 3 && !big)) return "A-CD-ENDI";
  const aa64 = bit(41);
  if (aa64 ? (idr.ttf & 2) === 0 : (idr.ttf & 1) === 0) return "A-CD-AA64";
  if ((bit(43) && idr.httu < 1) || (bit(42) && idr.httu < 2)) return "A-CD-HTTU";
  if (!idr.asid16 && hi >>> 24 !== 0) return "A-CD-ASID";
  const limit = sizeLimit(effectiveIps(idr, q0));
  if (((lo >>> 14) & 1) === 0) {
    const bad = judgeHalf(idr, aa64, granule((lo >>> 6) & 3), lo & 0x3f, word(1), limit);
    if (bad !== null) return bad;
  }
  if (((lo >>> 30) & 1) === 0) {
    return judgeHalf(idr, aa64, granule1((lo >>> 22) & 3), (lo >>> 16) & 0x3f, word(2), limit);
  }
  return null;
}

function judgeHalf(
  idr: Idr,
  aa64: boolean,
  shift: number,
  tsz: number,
  ttb: bigint,
  limit: bigint,
): ArchRule | null {
  if (aa64 && !granuleSupported(idr, shift)) return "A-CD-TG";
  if ((ttb & TTB_MASK) >= limit) return "A-CD-TTB";
  // AArch32 tables have a 3-bit size that cannot be out of range.
  if (aa64 && (tsz < minTsz(idr, shift) || tsz > maxTsz(idr, shift))) return "A-CD-TSZ";
  return null;
}
