/**
 * The Linux driver's way of changing an STE or a CD under a running SMMU: from the bits each state uses it works out
 * whether one 64-bit store can carry the change (hitless) or the entry has to be invalid in between (breaking).
 * Source: arm-smmu-v3.c:arm_smmu_write_entry and the functions it calls; model/smmuv3.md 6.3.
 */

/** Eight words. */
export type Entry = readonly bigint[];

export type EntryStep =
  | { readonly kind: "store"; readonly qword: number; readonly value: bigint }
  /** CFGI for every stream of the device, then SYNC. */
  | { readonly kind: "sync" };

const bits = (hi: number, lo: number): bigint => ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo);

const V = 1n;
const STE0_CFG = bits(3, 1);
const STE0_S1 = bits(5, 4) | bits(55, 6) | bits(63, 59);
const STE1_SHCFG = bits(45, 44);
const STE1_EATS = bits(29, 28);
const STE1_MEV = 1n << 19n;
/** S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS, STRW, MEV. */
const STE1_S1 = bits(7, 0) | (1n << 27n) | STE1_EATS | bits(31, 30) | STE1_MEV;
const STE1_S2 = (1n << 25n) | STE1_EATS | STE1_SHCFG | STE1_MEV;
const STE2_VMID = bits(15, 0);
/** VMID, the VTCR fields, S2AA64, S2ENDI, S2PTW, S2S, S2R. */
const STE2_S2 = STE2_VMID | bits(50, 32) | (1n << 51n) | (1n << 52n) | (1n << 54n) | bits(58, 57);
const STE3_S2TTB = bits(51, 4);

const ALL = (1n << 64n) - 1n;
const CD0_V = 1n << 31n;
const CD0_EPD0 = 1n << 14n;
/** T0SZ, TG0, IR0, OR0, SH0: ignored with EPD0. */
const CD0_HALF0 = bits(13, 0);
const CD1_TTB0 = bits(51, 4);

/** arm-smmu-v3.c:arm_smmu_get_ste_used */
export function armSmmuGetSteUsed(ste: Entry): bigint[] {
  const used = [V, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const q0 = ste[0] as bigint;
  if ((q0 & V) === 0n) return used;
  const cfg = Number((q0 >> 1n) & 7n);
  used[0] = V | STE0_CFG;
  if (cfg & 1) {
    used[0] |= STE0_S1;
    used[1] = STE1_S1;
    used[2] = STE2_VMID;
    if (((ste[1] as bigint) & 3n) === 1n) used[1] |= STE1_SHCFG;
  }
  if (cfg & 2) {
    used[1] = (used[1] as bigint) | STE1_S2;
    used[2] = (used[2] as bigint) | STE2_S2;
    used[3] = STE3_S2TTB;
  }
  if (cfg === 4) used[1] = (used[1] as bigint) | STE1_SHCFG;
  return used;
}

/** Bits that may change under a live STE: MEV merges events at most, EATS is sequenced by the endpoint's own switch. */
export const STE_SAFE: Entry = [0n, (1n << 28n) | STE1_MEV, 0n, 0n, 0n, 0n, 0n, 0n];
export const CD_SAFE: Entry = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];

/** arm-smmu-v3.c:arm_smmu_get_cd_used */
export function armSmmuGetCdUsed(cd: Entry): bigint[] {
  const q0 = cd[0] as bigint;
  if ((q0 & CD0_V) === 0n) return [CD0_V, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const used = new Array<bigint>(8).fill(ALL);
  if (q0 & CD0_EPD0) {
    used[0] = ALL & ~CD0_HALF0;
    used[1] = ALL & ~CD1_TTB0;
  }
  return used;
}

/** arm-smmu-v3.c:entry_set: stores what differs in [start, start+len), one SYNC if anything did. */
function entrySet(out: EntryStep[], cur: bigint[], target: Entry, start: number, len: number): void {
  let changed = false;
  for (let i = start; i < start + len; i++) {
    const value = target[i] as bigint;
    if (cur[i] === value) continue;
    cur[i] = value;
    out.push({ kind: "store", qword: i, value });
    changed = true;
  }
  if (changed) out.push({ kind: "sync" });
}

/** arm-smmu-v3.c:arm_smmu_write_entry (rules G-LX-ENTRY-0, G-LX-ENTRY-1, G-LX-ENTRY-2). */
export function armSmmuWriteEntry(
  entry: Entry,
  target: Entry,
  getUsed: (e: Entry) => bigint[],
  safe: Entry,
): EntryStep[] {
  const cur = entry.slice();
  const curUsed = getUsed(entry);
  const targetUsed = getUsed(target);
  const unusedUpdate: bigint[] = [];
  const critical: number[] = [];
  for (let i = 0; i < 8; i++) {
    // A safe bit counts as such only while both states use it; else it goes with the words nobody looks at.
    const both = (curUsed[i] as bigint) & (targetUsed[i] as bigint);
    const keep = (curUsed[i] as bigint) & ~((safe[i] as bigint) & both);
    const update = ((entry[i] as bigint) & keep) | ((target[i] as bigint) & ALL & ~keep);
    unusedUpdate.push(update);
    if ((update & (targetUsed[i] as bigint)) !== (target[i] as bigint)) critical.push(i);
  }
  const out: EntryStep[] = [];
  if (critical.length === 1) {
    const at = critical[0] as number;
    unusedUpdate[at] = entry[at] as bigint;
    entrySet(out, cur, unusedUpdate, 0, 8);
    entrySet(out, cur, target, at, 1);
    entrySet(out, cur, target, 0, 8);
  } else if (critical.length > 1) {
    entrySet(out, cur, [0n], 0, 1);
    entrySet(out, cur, target, 1, 7);
    entrySet(out, cur, target, 0, 1);
  } else {
    entrySet(out, cur, target, 0, 8);
  }
  return out;
}
