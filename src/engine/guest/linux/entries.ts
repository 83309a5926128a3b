/** STEs and CDs as the Linux driver makes them, and where its masters keep them. */
import { makeCd } from "../../arch/cd.ts";
import { findTable, memRead64 } from "../../memory.ts";
import { AUTO_SIZE, autoTarget, cdTable, pageTable } from "../layout.ts";
import { REG } from "../regs.ts";
import { linuxAsids, readReg, smmuOf } from "../software.ts";
import type { LinuxMaster } from "../types.ts";
import { cfgiCd, cfgiSte, prefetchConfig } from "./cmds.ts";
import { command, type Env, ownSmmu, type Sequence, setMaster, writeEntry } from "./driver.ts";
import { armSmmuGetCdUsed, armSmmuGetSteUsed, CD_SAFE, type Entry, STE_SAFE } from "./entry.ts";
import { zeroed } from "./probe.ts";

export const S1DSS_TERMINATE = 0n;
export const S1DSS_BYPASS = 1n;
export const S1DSS_SSID0 = 2n;

/** S1CIR and S1COR write-back, S1CSH inner shareable. */
const CD_FETCH_ATTRS = 0xd4n;
const STE1_STALLD = 1n << 27n;
const STE1_SHCFG_INCOMING = 1n << 44n;
const EATS_TRANS = 1n << 28n;

const words = (q0: bigint, q1 = 0n, q2 = 0n, q3 = 0n): Entry => [q0, q1, q2, q3, 0n, 0n, 0n, 0n];

/** arm-smmu-v3.c:arm_smmu_make_abort_ste */
export const makeAbortSte = (): Entry => words(0x1n);

const attrTypesOvr = (env: Env): boolean => ((readReg(env, REG.IDR1) >> 27n) & 1n) === 1n;

/** arm-smmu-v3.c:arm_smmu_make_bypass_ste */
export const makeBypassSte = (env: Env): Entry => words(0x9n, attrTypesOvr(env) ? STE1_SHCFG_INCOMING : 0n);

/** arm-smmu-v3.c:arm_smmu_make_cdtable_ste */
export function makeCdtableSte(env: Env, master: LinuxMaster, s1dss: bigint, ats: boolean): Entry {
  const stallModel = (readReg(env, REG.IDR0) >> 24n) & 3n;
  let q1 = CD_FETCH_ATTRS | s1dss;
  if (stallModel === 0n) q1 |= STE1_STALLD;
  if (ats) q1 |= EATS_TRANS;
  if (s1dss === S1DSS_BYPASS && attrTypesOvr(env)) q1 |= STE1_SHCFG_INCOMING;
  const fmt = 0n; // linear: the accelerated vSMMU has no two-level CD tables
  return words(0xbn | (fmt << 4n) | (master.cdTable as bigint) | (BigInt(master.cdMax) << 59n), q1);
}

/** MAIR of the io-pgtable format: non-cacheable, write-back, device, outer write-back. */
const MAIR = 0xf404_ff44n;

/** arm-smmu-v3.c:arm_smmu_make_s1_cd */
export function makeS1Cd(env: Env, asid: number, ttb: bigint): Entry {
  const ips = Number(readReg(env, REG.IDR5) & 7n);
  return makeCd({ asid, ttb, mair: MAIR, ips });
}

export const NO_CD: Entry = words(0n);

/** Lowest free ASID of the guest: arm_smmu_asid_xa is one xarray for all its SMMUs (rule G-LX-ASID). */
export function allocAsid(env: Env): number {
  const used = new Set<number>();
  let asid = 1;
  for (const s of env.cx.w.guest.smmus) {
    for (const n of linuxAsids(s.linux)) used.add(n);
    // Those the verbs have handed out are taken too.
    asid = Math.max(asid, s.sw.nextAsid);
  }
  while (used.has(asid)) asid++;
  return asid;
}

/** All of an input range but its last page: still a 64-bit number. */
const EVERYTHING = (1n << 64n) - 4096n;

/** A new stage-1 page table with the lab's automatic mapping; its TTB. Freed tables are used again, lowest first. */
export function* newPageTable(env: Env): Sequence<bigint> {
  const smmu = ownSmmu(env);
  const [n = smmu.sw.tables, ...free] = smmu.sw.freeTables;
  const tables = Math.max(smmu.sw.tables, n + 1);
  smmu.sw = { ...smmu.sw, tables, freeTables: free };
  const ttb = pageTable(env.v, smmu.sw.gen, n);
  const at = { vsmmu: env.v, sid: 0, ssid: 0, ttb, iova: 0n } as const;
  if ((findTable(env.cx.w.memory, ttb)?.maps.length ?? 0) > 0)
    yield {
      text: `M page table ${addr(ttb)}: emptied`,
      action: { kind: "unmap", ...at, size: EVERYTHING },
    };
  const gpa = autoTarget(env.v, n);
  yield {
    text: `M page table ${addr(ttb)}: 0x0..${addr(AUTO_SIZE - 1n)} to ${addr(gpa)}`,
    action: { kind: "map", ...at, gpa, size: AUTO_SIZE, read: true, write: true, af: true, auto: true },
  };
  return ttb;
}

/** The page table of a domain nobody uses any more. */
export function freePageTable(env: Env, ttb: bigint): void {
  const smmu = ownSmmu(env);
  const n = Number((ttb - pageTable(env.v, smmu.sw.gen, 0)) / 4096n);
  if (n < 0 || n >= smmu.sw.tables || smmu.sw.freeTables.includes(n)) return;
  smmu.sw = { ...smmu.sw, freeTables: [...smmu.sw.freeTables, n].sort((a, b) => a - b) };
}

/** Address of the stream's STE through the driver's own table. */
export function steAddress(env: Env, sid: number): bigint {
  const base = readReg(env, REG.STRTAB_BASE) & 0x00ff_ffff_ffff_ffc0n;
  const linux = smmuOf(env).linux;
  if (linux === null || linux.fmt === "linear") return base + BigInt(sid) * 64n;
  const l1 = memRead64(env.cx.w.memory, base + BigInt(sid >> linux.split) * 8n) ?? 0n;
  return (l1 & 0x00ff_ffff_ffff_ffc0n) + BigInt(sid & ((1 << linux.split) - 1)) * 64n;
}

const addr = (a: bigint): string => `0x${a.toString(16)}`;
const hex = (n: number): string => `0x${n.toString(16)}`;

/** arm-smmu-v3.c:arm_smmu_install_ste_for_dev, arm_smmu_write_ste: the entry, then a prefetch without SYNC. */
export function* writeSte(env: Env, master: LinuxMaster, target: Entry): Sequence {
  const { sid } = master;
  yield* writeEntry(
    env,
    (q) => `STE.Q${q}[${hex(sid)}]`,
    steAddress(env, sid),
    target,
    cfgiSte(sid),
    armSmmuGetSteUsed,
    STE_SAFE,
  );
  yield* command(env, prefetchConfig(sid), false);
}

/** arm-smmu-v3.c:arm_smmu_write_cd_entry */
export function* writeCd(env: Env, master: LinuxMaster, ssid: number, target: Entry): Sequence {
  if (master.cdTable === null) return;
  yield* writeEntry(
    env,
    (q) => `CD.Q${q}[${hex(master.sid)},${ssid}]`,
    master.cdTable + BigInt(ssid) * 64n,
    target,
    cfgiCd(master.sid, ssid, true),
    armSmmuGetCdUsed,
    CD_SAFE,
  );
}

/** arm-smmu-v3.c:arm_smmu_alloc_cd_tables: zeroed memory; linear, since the vSMMU offers no two-level CD tables. */
export function* allocCdTable(env: Env, master: LinuxMaster): Sequence<LinuxMaster> {
  if (master.cdTable !== null) return master;
  const smmu = ownSmmu(env);
  let n = smmu.sw.cdTables.findIndex((t) => t.sid === master.sid);
  if (n < 0) {
    n = smmu.sw.cdTables.length;
    smmu.sw = { ...smmu.sw, cdTables: [...smmu.sw.cdTables, { sid: master.sid, log2: master.cdMax }] };
  }
  const base = cdTable(env.v, smmu.sw.gen, n);
  yield* zeroed(env, `CD table of ${hex(master.sid)}`, base, 64n << BigInt(master.cdMax));
  return setMaster(env, master.dev, { cdTable: base });
}
