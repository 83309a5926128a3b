/**
 * Stage-2 page-table format as io-pgtable-arm.c chooses it: which granule, where the walk starts, and the VTCR
 * bits that go into an STE. The host kernel runs with 4 KiB pages.
 */
import type { PsmmuSpec } from "../setup.ts";

/** S2PS of an output size. */
const PS_OF: Readonly<Record<number, number>> = { 32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 6 };

export interface S2Format {
  /** log2 of the granule: 12, 14 or 16. */
  readonly granule: number;
  /** Input and output size of the table in bits. */
  readonly bits: number;
  /** STE word 2 but for the VMID and S2S: VTCR fields, S2AA64, S2PTW, S2R. */
  readonly word2: bigint;
}

/** io-pgtable-arm.c:arm_lpae_restrict_pgsizes: the CPU's page size if possible, else the next larger. */
function granuleOf(p: PsmmuSpec): number {
  if (p.gran4k) return 12;
  return p.gran16k ? 14 : 16;
}

/** io-pgtable-arm.c:arm_lpae_concat_mandatory */
function concatMandatory(granule: number, startLevel: number, bits: number): boolean {
  if (granule === 14 && startLevel === 0) return bits === 48;
  if (granule === 12 && startLevel === 0) return bits === 40 || bits === 42;
  return granule === 14 && startLevel === 1 && bits === 40;
}

/** io-pgtable-arm.c:arm_64_lpae_alloc_pgtable_s2 */
function alloc64LpaePgtableS2(p: PsmmuSpec): S2Format {
  const granule = granuleOf(p);
  const bits = Math.min(p.oas, granule === 16 ? 52 : 48);
  const levels = Math.ceil((bits - granule) / (granule - 3));
  let startLevel = 4 - levels;
  if (concatMandatory(granule, startLevel, bits)) startLevel++;
  // SL0 counts downwards, and with 4K from one level higher.
  const sl0 = ~(granule === 12 ? startLevel + 1 : startLevel) & 3;
  const tg = granule === 12 ? 0 : granule === 16 ? 1 : 2;
  const ps = PS_OF[bits] ?? 5;
  const innerShareable = 3;
  const writeBackAllocate = 1;
  // Walks of a non-coherent SMMU are outer shareable and not cached.
  const ir = p.coherency ? writeBackAllocate : 0;
  const sh = p.coherency ? innerShareable : 2;
  const word2 =
    (BigInt(64 - bits) << 32n) |
    (BigInt(sl0) << 38n) |
    (BigInt(ir) << 40n) |
    (BigInt(ir) << 42n) |
    (BigInt(sh) << 44n) |
    (BigInt(tg) << 46n) |
    (BigInt(ps) << 48n) |
    (1n << 51n) |
    (1n << 54n) |
    (1n << 58n);
  return Object.freeze({ granule, bits, word2 });
}

const formats = new WeakMap<PsmmuSpec, S2Format>();

export function s2Format(p: PsmmuSpec): S2Format {
  let f = formats.get(p);
  if (f === undefined) {
    f = alloc64LpaePgtableS2(p);
    formats.set(p, f);
  }
  return f;
}

/**
 * Whether a stage-2 table made for `from` can serve on `to`: stage, page sizes, size, coherent walk, S2FWB.
 * (Sharing a domain across SMMUs, a series not merged.)
 */
export function s2Compatible(from: PsmmuSpec, to: PsmmuSpec, s2fwb: boolean): boolean {
  const f = s2Format(from);
  const granuleThere = f.granule === 12 ? to.gran4k : f.granule === 14 ? to.gran16k : to.gran64k;
  return (
    to.s2 && granuleThere && f.bits <= to.oas && (to.coherency || !from.coherency) && (to.s2fwb || !s2fwb)
  );
}
