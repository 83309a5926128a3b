/** Level-1 descriptors: of the stream table (L1STD, section 5.1) and of a CD table (L1CD). One 64-bit word each. */
import type { StructField } from "./bits.ts";

export const L1STD_FIELDS: readonly StructField[] = [
  {
    name: "Span",
    lo: 0,
    hi: 4,
    text: "0 invalid; 1…SPLIT+1: the level-2 table has 2^(Span-1) STEs; larger: bad StreamID",
  },
  {
    name: "L2Ptr",
    lo: 6,
    hi: 55,
    address: true,
    text: "Level-2 table; taken as aligned to its size (bits Span+4:0 are 0)",
  },
];

export const L1CD_FIELDS: readonly StructField[] = [
  { name: "V", lo: 0, hi: 0, text: "0: C_BAD_SUBSTREAMID" },
  {
    name: "L2Ptr",
    lo: 12,
    hi: 55,
    address: true,
    text: "Leaf of 64 CDs (S1Fmt=1) or 1024 CDs (S1Fmt=2)",
  },
];

const L1STD_PTR = 0x00ff_ffff_ffff_ffc0n;
const L1CD_PTR = 0x00ff_ffff_ffff_f000n;

export function l1stdSpan(word: bigint): number {
  return Number(word & 0x1fn);
}

/** Base of the level-2 table, aligned as the hardware takes it. Span must not be 0. */
export function l1stdPtr(word: bigint): bigint {
  const align = (1n << ((word & 0x1fn) + 5n)) - 1n;
  return word & L1STD_PTR & ~align;
}

export function makeL1std(span: number, ptr: bigint): bigint {
  return (ptr & L1STD_PTR) | (BigInt(span) & 0x1fn);
}

export function l1cdValid(word: bigint): boolean {
  return (word & 1n) === 1n;
}

export function l1cdPtr(word: bigint): bigint {
  return word & L1CD_PTR;
}

export function makeL1cd(valid: boolean, ptr: bigint): bigint {
  return (ptr & L1CD_PTR) | (valid ? 1n : 0n);
}
