/**
 * Where guest software puts its SMMU structures unless a script says otherwise. Every address follows from the
 * vSMMU's index, the boot it belongs to and the StreamID (or a counter), so that two runs, two explorers and two
 * readers find the same structure at the same place (rule G-LAYOUT).
 *
 * A vSMMU owns two areas of 256 MiB, used in turn by successive kernels: after kexec the new kernel builds its
 * tables beside the old kernel's, which stay in memory as they do in reality.
 */

const AREA0 = 0x4000_0000n;
const AREA_SIZE = 0x1000_0000n;

/** Offsets inside an area; each is aligned to the largest structure that can stand there. */
const LINEAR_STRTAB = 0x0n;
const L1_STRTAB = 0x40_0000n;
const CMDQ = 0x100_0000n;
const EVENTQ = 0x200_0000n;
const L2_STRTAB = 0x400_0000n;
const CD_TABLES = 0x500_0000n;
const PAGE_TABLES = 0xc00_0000n;

/** Room for a linear CD table of 2^10 descriptors, the most Linux uses without two-level tables. */
const CD_TABLE_SIZE = 0x1_0000n;
const PAGE_TABLE_SIZE = 0x1000n;

/** log2 of the entries of the queues that the verbs program: 256 each. */
export const QUEUE_LOG2 = 8;
export const DEFAULT_LOG2SIZE = 16;

/** First address of the area of vSMMU `v` for boot `gen` (0 or 1). */
export function areaBase(v: number, gen: number): bigint {
  return AREA0 + BigInt(v * 2 + (gen & 1)) * AREA_SIZE;
}

export function linearStrtab(v: number, gen: number): bigint {
  return areaBase(v, gen) + LINEAR_STRTAB;
}

export function l1Strtab(v: number, gen: number): bigint {
  return areaBase(v, gen) + L1_STRTAB;
}

export function cmdqBase(v: number, gen: number): bigint {
  return areaBase(v, gen) + CMDQ;
}

export function eventqBase(v: number, gen: number): bigint {
  return areaBase(v, gen) + EVENTQ;
}

/** Level-2 table of the block that holds `sid`, as if all blocks lay in one linear table. */
export function l2Strtab(v: number, gen: number, sid: number, split: number): bigint {
  return areaBase(v, gen) + L2_STRTAB + BigInt(((sid & 0xffff) >> split) << split) * 64n;
}

/** The `n`-th CD table a guest makes, n counted from 0. */
export function cdTable(v: number, gen: number, n: number): bigint {
  return areaBase(v, gen) + CD_TABLES + BigInt(n) * CD_TABLE_SIZE;
}

/** Base (TTB0) of the `n`-th stage-1 page table, n counted from 0. */
export function pageTable(v: number, gen: number, n: number): bigint {
  return areaBase(v, gen) + PAGE_TABLES + BigInt(n) * PAGE_TABLE_SIZE;
}

const FOUR_GIB = 1n << 32n;
const TABLES_APART = 32;

/**
 * Where the automatic mapping of page table `n` of vSMMU `v` sends iova 0: a multiple of 4 GiB that differs from
 * table to table (32 tables a vSMMU, then again), so that an output address tells which table was used.
 */
export function autoTarget(v: number, n: number): bigint {
  return BigInt(1 + (v % 7) * TABLES_APART + (n % TABLES_APART)) * FOUR_GIB;
}

export const AUTO_SIZE = FOUR_GIB;
