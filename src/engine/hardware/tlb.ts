/**
 * The physical SMMU's TLB: stage-1 translations tagged (psmmu, VMID, ASID, page). The device, its StreamID and
 * its STE are no part of the tag, which is why two vSMMUs on one S2 (hence one VMID) with equal ASIDs see each
 * other's translations (observation X9, rule H-TLB-2).
 *
 * Stage 2 is the identity over the VM's RAM, so only what stage 1 gave is worth keeping. An entry covers one
 * 4 KiB page whatever the size of the mapping it came from.
 */
import { type Cx, own } from "../cx.ts";
import type { TlbEntry } from "./types.ts";

/** Rule H-TLB-1: the entry for a tag, or null. */
export function tlbLookup(
  tlb: readonly TlbEntry[],
  psmmu: number,
  vmid: number,
  asid: number,
  page: bigint,
): TlbEntry | null {
  for (const e of tlb) {
    if (e.page === page && e.asid === asid && e.vmid === vmid && e.psmmu === psmmu) return e;
  }
  return null;
}

/** Keeps the result of a successful walk; a translation that faulted is never kept (rule H-TLB-3). */
export function tlbFill(cx: Cx, entry: TlbEntry): void {
  const hw = own(cx, cx.w, "hw");
  const tlb = own(cx, hw, "tlb") as TlbEntry[];
  // Sorted by tag, so that equal contents are equal data however they came about.
  let at = 0;
  while (at < tlb.length && tagOrder(tlb[at] as TlbEntry, entry) < 0) at++;
  tlb.splice(at, 0, entry);
  if (cx.t.on)
    cx.t.hw("tlb", `fill VMID=${entry.vmid} ASID=${entry.asid} page=0x${entry.page.toString(16)}`, {
      psmmu: entry.psmmu,
      vmid: entry.vmid,
      asid: entry.asid,
      page: entry.page,
      out: entry.out,
      dev: entry.filledBy,
    });
}

function tagOrder(a: TlbEntry, b: TlbEntry): number {
  if (a.psmmu !== b.psmmu) return a.psmmu - b.psmmu;
  if (a.vmid !== b.vmid) return a.vmid - b.vmid;
  if (a.asid !== b.asid) return a.asid - b.asid;
  return a.page < b.page ? -1 : a.page > b.page ? 1 : 0;
}

/** Removes the entries a TLBI names; -1 stands for "any" in `vmid` and `asid`. Returns how many went. */
export function tlbInvalidate(
  cx: Cx,
  psmmu: number,
  vmid: number,
  asid: number,
  firstPage: bigint,
  lastPage: bigint,
): number {
  const tlb = cx.w.hw.tlb;
  const goes = (e: TlbEntry): boolean =>
    e.psmmu === psmmu &&
    (vmid < 0 || e.vmid === vmid) &&
    (asid < 0 || e.asid === asid) &&
    e.page >= firstPage &&
    e.page <= lastPage;
  let n = 0;
  for (const e of tlb) if (goes(e)) n++;
  if (n === 0) return 0;
  own(cx, cx.w, "hw").tlb = tlb.filter((e) => !goes(e));
  return n;
}
