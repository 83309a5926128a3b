/** Commands as the Linux driver builds them (arm-smmu-v3.c:arm_smmu_cmdq_build_cmd and its callers). */
import type { GuestCommand } from "../../actions.ts";
import { encodeCommand, READY } from "../../arch/commands.ts";

/** SYNC without MSI: CS=SEV, inner shareable, write-back. */
export const CMD_SYNC: GuestCommand = READY.syncSev;

export const cfgiAll = (): GuestCommand => READY.cfgiAll;
export const cfgiSte = (sid: number): GuestCommand => READY.cfgiSte(sid);
export const cfgiCd = (sid: number, ssid: number, leaf: boolean): GuestCommand =>
  READY.cfgiCd(sid, ssid, leaf);
export const prefetchConfig = (sid: number): GuestCommand =>
  encodeCommand("PREFETCH_CONFIG", { SID: BigInt(sid) });
export const tlbiEl2All = (): GuestCommand => encodeCommand("TLBI_EL2_ALL");
export const tlbiNsnhAll = (): GuestCommand => READY.tlbiNsnhAll;
export const tlbiNhAsid = (asid: number): GuestCommand => READY.tlbiNhAsid(asid);

/** All of an endpoint's ATC (Size 52, address 0), for one SSID or for traffic without. */
export const atcInvAll = (sid: number, ssid: number): GuestCommand => atcInv(sid, ssid, 0n, 52);

/** arm-smmu-v3.c:arm_smmu_atc_inv_to_cmd: a span of 2^log2 pages. */
export const atcInv = (sid: number, ssid: number, iova: bigint, log2: number): GuestCommand => ({
  name: "ATC_INV",
  q0: 0x40n | (ssid > 0 ? 1n << 11n : 0n) | (BigInt(ssid) << 12n) | (BigInt(sid) << 32n),
  q1: BigInt(log2) | ((iova >> 12n) << 12n),
});

/** The smallest aligned power of two of pages that holds [iova, iova+size), as ATS wants it. */
export function atcSpan(iova: bigint, size: bigint): { readonly base: bigint; readonly log2: number } {
  const first = iova >> 12n;
  const last = (iova + size - 1n) >> 12n;
  let log2 = 0;
  while (first >> BigInt(log2) !== last >> BigInt(log2)) log2++;
  return { base: (first >> BigInt(log2)) << BigInt(log2 + 12), log2 };
}

const PAGE = 4096n;
/** Entries of one page-table level: more single-page commands than that and the driver flushes the ASID. */
const MAX_TLBI_OPS = 512n;

/**
 * arm-smmu-v3.c:arm_smmu_tlb_inv_range_domain with 4 KiB leaf pages (rule G-LX-TLBI): with RIL one command for each
 * run of (NUM+1)·2^SCALE pages, leaf TTL 3; without, one a page, or the whole ASID when there are too many.
 */
export function tlbiRange(asid: number, iova: bigint, size: bigint, ril: boolean): readonly GuestCommand[] {
  const head = 0x12n | (BigInt(asid) << 48n);
  const name = "TLBI_NH_VA";
  const out: GuestCommand[] = [];
  let pages = size / PAGE;
  let va = iova;
  if (!ril) {
    if (pages >= MAX_TLBI_OPS) return [tlbiNhAsid(asid)];
    for (; pages > 0n; pages--, va += PAGE) out.push({ name, q0: head, q1: va | 1n });
    return out;
  }
  while (pages > 0n) {
    let scale = 0n;
    while (((pages >> scale) & 1n) === 0n) scale++;
    const num = (pages >> scale) & 31n;
    out.push({
      name,
      q0: head | ((num - 1n) << 12n) | (scale << 20n),
      q1: va | (1n << 10n) | (3n << 8n) | 1n,
    });
    va += (num << scale) * PAGE;
    pages -= num << scale;
  }
  return out;
}
