/** arm-smmu-v3-iommufd.c: what a guest's command becomes on the physical queue (model/kernel.md 5.1, 5.1a). */
import type { Cx } from "../cx.ts";
import type { PsmmuSpec } from "../setup.ts";
import {
  CMDQ_OP_ATC_INV,
  CMDQ_OP_CFGI_CD,
  CMDQ_OP_CFGI_CD_ALL,
  CMDQ_OP_TLBI_NH_ALL,
  CMDQ_OP_TLBI_NH_ASID,
  CMDQ_OP_TLBI_NH_VA,
  CMDQ_OP_TLBI_NH_VAA,
  CMDQ_OP_TLBI_NSNH_ALL,
  sidField,
  vmidField,
} from "./arm-smmu-v3-cmdq.ts";
import type { Command } from "./calls.ts";
import { refuse } from "./rules.ts";
import { getTyped } from "./state.ts";
import type { ViommuObj } from "./types.ts";

const OPCODE = 0xffn;
const VMID = 0xffffn << 32n;
const SID = 0xffff_ffffn << 32n;
const SSID = 0xf_ffffn << 12n;
const SSV = 1n << 11n;
const GLOBAL = 1n << 9n;
const NUM = 0x1fn << 12n;
const LEAF = 1n;
const TTL = 3n << 8n;
const TG = 3n << 10n;
/** VA of a TLBI, address of an ATC_INV: bits 63:12. */
const ADDR = ~0xfffn & 0xffff_ffff_ffff_ffffn;
const SIZE = 0x3fn;
const ATC_SIZE_MAX = 52n;

/** Bits a command may have set in each word, on one physical SMMU; null: not a command for guests. */
export function allowedBits(p: PsmmuSpec, opcode: bigint): readonly [bigint, bigint] | null {
  const asid = (p.asidBits === 16 ? 0xffffn : 0xffn) << 48n;
  const scale = (p.ds ? 0x3fn : 0x1fn) << 20n;
  const range0 = p.rangeInv ? NUM | scale : 0n;
  const va1 = LEAF | ADDR | (p.rangeInv ? TTL | TG : 0n);
  const ssid = p.ssidBits > 0;
  switch (opcode) {
    case CMDQ_OP_TLBI_NSNH_ALL:
      return [OPCODE, 0n];
    case CMDQ_OP_TLBI_NH_ALL:
      return [OPCODE | VMID, 0n];
    case CMDQ_OP_TLBI_NH_ASID:
      return [OPCODE | VMID | asid, 0n];
    case CMDQ_OP_TLBI_NH_VA:
      return [OPCODE | VMID | asid | range0, va1];
    case CMDQ_OP_TLBI_NH_VAA:
      return [OPCODE | VMID | range0, va1];
    case CMDQ_OP_ATC_INV:
      return [OPCODE | SID | (ssid ? SSV | SSID | GLOBAL : 0n), SIZE | ADDR];
    case CMDQ_OP_CFGI_CD:
      return [OPCODE | SID | (ssid ? SSID : 0n), LEAF];
    case CMDQ_OP_CFGI_CD_ALL:
      return [OPCODE | SID, 0n];
    default:
      return null;
  }
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_validate_range. Bits were checked before: without ranges all four are 0. */
function rangeIsBad(p: PsmmuSpec, q0: bigint, q1: bigint): boolean {
  const num = (q0 >> 12n) & 0x1fn;
  const scale = (q0 >> 20n) & 0x3fn;
  const ttl = (q1 >> 8n) & 3n;
  const tg = (q1 >> 10n) & 3n;
  if (tg === 0n) return num !== 0n || scale !== 0n || ttl !== 0n;
  if (tg === 2n && ttl === 1n && !p.ds) return true;
  return num === 0n && scale === 0n && ttl === 0n;
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_validate_user_cmd [7.3.4]. Rules K-FIELD-1 to K-FIELD-3. */
function fieldsAreBad(cx: Cx, p: PsmmuSpec, opcode: bigint, q0: bigint, q1: bigint): boolean {
  const allowed = allowedBits(p, opcode);
  if (allowed === null) return false;
  if ((q0 & ~allowed[0]) !== 0n || (q1 & ~allowed[1]) !== 0n) {
    refuse(cx, "K-FIELD-1", "EIO");
    return true;
  }
  if (opcode === CMDQ_OP_TLBI_NH_VA || opcode === CMDQ_OP_TLBI_NH_VAA) {
    if (!rangeIsBad(p, q0, q1)) return false;
    refuse(cx, "K-FIELD-2", "EIO");
    return true;
  }
  if (opcode === CMDQ_OP_ATC_INV && (!p.ats || (q1 & SIZE) > ATC_SIZE_MAX)) {
    refuse(cx, "K-FIELD-3", "EIO");
    return true;
  }
  return false;
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_vsid_to_sid: the device's first StreamID, or −1. */
function vsidToSid(cx: Cx, file: number, viommu: ViommuObj, vsid: bigint): number {
  const entry = viommu.vdevs.find((e) => e.virtId === vsid);
  const vdev = entry === undefined ? null : getTyped(cx.w.kernel, file, entry.vdevice, "VDEVICE");
  return vdev === null ? -1 : (cx.setup.devices[vdev.dev]?.sids[0] ?? -1);
}

/** arm-smmu-v3-iommufd.c:arm_vsmmu_convert_user_cmd. The physical command, or null for EIO. */
export function armVsmmuConvertUserCmd(
  cx: Cx,
  file: number,
  viommu: ViommuObj,
  [q0, q1]: Command,
): Command | null {
  const opcode = q0 & OPCODE;
  const p = cx.setup.psmmus[viommu.psmmu];
  if (p !== undefined && cx.setup.kernel.fieldCheck && fieldsAreBad(cx, p, opcode, q0, q1)) return null;
  switch (opcode) {
    case CMDQ_OP_TLBI_NSNH_ALL:
      cx.t.rule("K-CONV-1");
      return [CMDQ_OP_TLBI_NH_ALL | vmidField(viommu.vmid), 0n];
    case CMDQ_OP_TLBI_NH_ALL:
    case CMDQ_OP_TLBI_NH_ASID:
    case CMDQ_OP_TLBI_NH_VA:
    case CMDQ_OP_TLBI_NH_VAA:
      cx.t.rule("K-CONV-2");
      return [(q0 & ~VMID) | vmidField(viommu.vmid), q1];
    case CMDQ_OP_ATC_INV:
    case CMDQ_OP_CFGI_CD:
    case CMDQ_OP_CFGI_CD_ALL: {
      const sid = vsidToSid(cx, file, viommu, q0 >> 32n);
      if (sid < 0) {
        refuse(cx, "K-CONV-4", "EIO");
        return null;
      }
      cx.t.rule("K-CONV-3");
      return [(q0 & ~SID) | sidField(sid), q1];
    }
    default:
      refuse(cx, "K-CONV-5", "EIO");
      return null;
  }
}
