/**
 * arm-smmu-v3.c:arm_smmu_write_entry: in which steps an STE is replaced. Hardware reads 64 bits at a time, so bits
 * not in use may go first, one word in use may change alone, and anything else takes the entry out (V=0) meanwhile.
 * Every visible change is followed by CFGI_STE and SYNC. Only the trace shows it: nothing runs in between here.
 */
import type { Cx } from "../cx.ts";
import { issueCommand } from "../hardware/cmdq.ts";
import { writeSte } from "../hardware/stream-table.ts";
import type { StreamTableEntry } from "../hardware/types.ts";
import { CMDQ_OP_CFGI_STE, CMDQ_OP_PREFETCH_CFG, issueWithSync, sidField } from "./arm-smmu-v3-cmdq.ts";
import { S1DSS_BYPASS, STE_1_EATS_TRANS, STE_1_MEV, STE_CFG_BYPASS } from "./ste.ts";

type Words = readonly bigint[];

const S1_USED_0 = (3n << 4n) | 0x000f_ffff_ffff_ffc0n | (31n << 59n);
/** S1DSS, CIR, COR, CSH, STALLD, STRW, EATS, MEV. */
const S1_USED_1 = 0xffn | (1n << 27n) | (3n << 30n) | (3n << 28n) | STE_1_MEV;
const SHCFG = 3n << 44n;
/** S2FWB, EATS, SHCFG, MEV. */
const S2_USED_1 = (1n << 25n) | (3n << 28n) | SHCFG | STE_1_MEV;
const VMID_USED = 0xffffn;
/** VMID, VTCR, AA64, ENDI, PTW, S2S, S2R. */
const S2_USED_2 = VMID_USED | (0x7_ffffn << 32n) | (1n << 51n) | (1n << 52n) | (1n << 54n) | (3n << 57n);
const TTB_USED = 0x000f_ffff_ffff_fff0n;

/** arm-smmu-v3.c:arm_smmu_get_ste_used: bits hardware looks at, given what the entry says. */
function getSteUsed(ste: Words): bigint[] {
  const used = [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const [w0 = 0n, w1 = 0n] = ste;
  if ((w0 & 1n) === 0n) return used;
  used[0] = 0xfn;
  const cfg = (w0 >> 1n) & 7n;
  const on = (i: number, bits: bigint): void => {
    used[i] = (used[i] as bigint) | bits;
  };
  if ((cfg & 1n) !== 0n) {
    on(0, S1_USED_0);
    on(1, S1_USED_1);
    on(2, VMID_USED);
    if ((w1 & 3n) === S1DSS_BYPASS) on(1, SHCFG);
  }
  if ((cfg & 2n) !== 0n) {
    on(1, S2_USED_1);
    on(2, S2_USED_2);
    on(3, TTB_USED);
  }
  if (cfg === STE_CFG_BYPASS) on(1, SHCFG);
  return used;
}

/** arm-smmu-v3.c:arm_smmu_get_ste_update_safe: bits in use that may change at any moment. */
const SAFE_1 = STE_1_EATS_TRANS | STE_1_MEV;

/** The states an entry goes through on its way, without the one it starts in. Each is followed by a sync. */
export function steSteps(from: StreamTableEntry, to: StreamTableEntry): readonly Words[] {
  const steps: Words[] = [];
  let now: Words = from;
  const set = (words: Words): void => {
    if (words.every((w, i) => w === now[i])) return;
    now = words;
    steps.push(words);
  };
  const fromUsed = getSteUsed(from);
  const toUsed = getSteUsed(to);
  const early = to.map((w, i) => {
    // Safe only where both entries use the bit; else the unused one decides.
    const safe = i === 1 ? SAFE_1 & (toUsed[1] as bigint) & (fromUsed[1] as bigint) : 0n;
    const keep = (fromUsed[i] as bigint) & ~safe;
    return ((from[i] as bigint) & keep) | (w & ~keep);
  });
  const differ = to.flatMap((w, i) => (((early[i] as bigint) & (toUsed[i] as bigint)) !== w ? [i] : []));
  if (differ.length === 1) {
    const [critical = 0] = differ;
    set(early.map((w, i) => (i === critical ? (from[i] as bigint) : w)));
    set(now.map((w, i) => (i === critical ? (to[i] as bigint) : w)));
  } else if (differ.length > 1) {
    set(now.map((w, i) => (i === 0 ? 0n : w)));
    set(to.map((w, i) => (i === 0 ? 0n : w)));
  }
  set(to);
  return steps;
}

/** Steps between two entries, remembered: entries are few and keep their identity. */
const known = new WeakMap<StreamTableEntry, WeakMap<StreamTableEntry, number>>();

function stepCount(from: StreamTableEntry, to: StreamTableEntry): number {
  let row = known.get(from);
  if (row === undefined) {
    row = new WeakMap();
    known.set(from, row);
  }
  let count = row.get(to);
  if (count === undefined) {
    count = steSteps(from, to).length;
    row.set(to, count);
  }
  return count;
}

/** arm-smmu-v3.c:arm_smmu_install_ste_for_dev: every StreamID once. Rule K-STE-9. */
export function armSmmuInstallSteForDev(cx: Cx, dev: number, ste: StreamTableEntry): void {
  if (cx.t.on) {
    const spec = cx.setup.devices[dev];
    const sids = spec?.sids ?? [];
    cx.t.call("arm-smmu-v3", "arm_smmu_install_ste_for_dev", { dev, sids: [...sids] });
    cx.t.rule("K-STE-9");
    for (const [i, sid] of sids.entries()) {
      if (sids.indexOf(sid) < i) continue;
      const from = cx.w.hw.devices[dev]?.stes[i];
      for (let n = from === undefined ? 0 : stepCount(from, ste); n > 0; n--)
        issueWithSync(cx, spec?.psmmu ?? 0, CMDQ_OP_CFGI_STE | sidField(sid), 1n);
      issueCommand(cx, spec?.psmmu ?? 0, CMDQ_OP_PREFETCH_CFG | sidField(sid), 0n);
    }
  }
  writeSte(cx, dev, ste);
  cx.t.ret(null);
}
