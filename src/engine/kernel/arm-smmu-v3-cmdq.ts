/** Commands the host driver itself puts on the queue of a physical SMMU. */
import type { Cx } from "../cx.ts";
import { issueCommand } from "../hardware/cmdq.ts";

export const CMDQ_OP_PREFETCH_CFG = 0x01n;
export const CMDQ_OP_CFGI_STE = 0x03n;
export const CMDQ_OP_CFGI_CD = 0x05n;
export const CMDQ_OP_CFGI_CD_ALL = 0x06n;
export const CMDQ_OP_TLBI_NH_ALL = 0x10n;
export const CMDQ_OP_TLBI_NH_ASID = 0x11n;
export const CMDQ_OP_TLBI_NH_VA = 0x12n;
export const CMDQ_OP_TLBI_NH_VAA = 0x13n;
export const CMDQ_OP_TLBI_S12_VMALL = 0x28n;
export const CMDQ_OP_TLBI_S2_IPA = 0x2an;
export const CMDQ_OP_TLBI_NSNH_ALL = 0x30n;
export const CMDQ_OP_ATC_INV = 0x40n;
export const CMDQ_OP_CMD_SYNC = 0x46n;

/** ATC_INV of everything. */
const ATC_INV_SIZE_ALL = 52n;

export const sidField = (sid: number): bigint => BigInt(sid) << 32n;
export const vmidField = (vmid: number): bigint => BigInt(vmid) << 32n;
export const asidField = (asid: number): bigint => BigInt(asid) << 48n;

export function issueSync(cx: Cx, psmmu: number): void {
  issueCommand(cx, psmmu, CMDQ_OP_CMD_SYNC, 0n);
}

/**
 * A CFGI or TLBI and its SYNC; twice on an SMMU with the repeat erratum, for the host's own commands only
 * (rule K-INFO-7).
 */
export function issueWithSync(cx: Cx, psmmu: number, q0: bigint, q1: bigint): void {
  const twice = cx.setup.kernel.errataFlag && cx.setup.psmmus[psmmu]?.repeatTlbi === true;
  for (let n = twice ? 2 : 1; n > 0; n--) {
    issueCommand(cx, psmmu, q0, q1);
    issueSync(cx, psmmu);
  }
}

/** arm-smmu-v3.c:arm_smmu_atc_inv_master: the whole ATC of a device, one command a stream, one SYNC. */
export function armSmmuAtcInvMaster(cx: Cx, dev: number): void {
  // Hardware keeps no ATC, so without a trace the command has no effect (as CFGI).
  if (!cx.t.on) return;
  const spec = cx.setup.devices[dev];
  if (spec === undefined) return;
  for (const sid of spec.sids)
    issueCommand(cx, spec.psmmu, CMDQ_OP_ATC_INV | sidField(sid), ATC_INV_SIZE_ALL);
  issueSync(cx, spec.psmmu);
}

/**
 * arm-smmu-v3.c:arm_smmu_write_cd_entry between V=0 and V=1, either way: the word with V and the others apart, each
 * followed by a CFGI_CD with Leaf=1.
 */
export function armSmmuWriteCdEntry(cx: Cx, dev: number): void {
  const spec = cx.setup.devices[dev];
  if (spec === undefined) return;
  for (let n = 0; n < 2; n++)
    issueWithSync(cx, spec.psmmu, CMDQ_OP_CFGI_CD | sidField(spec.sids[0] ?? 0), 1n);
}
