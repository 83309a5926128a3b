/**
 * Why a device runs on what it runs on. No C keeps this: it exists so that a divergence can be named after its
 * cause, and no modelled function reads it.
 */
import { type Cx, own } from "./cx.ts";

export type Cause =
  /** Not in the VM, or never attached. */
  | "none"
  /** VFIO's S2 attach at realize, and nothing since. */
  | "realize"
  /** The GBPA attach of the first set_iommu_device on a vSMMU. */
  | "set"
  /** The attach by the STE at set (what-if repairs 1 and 2). */
  | "set-ste"
  /** GBPA write with UPDATE. */
  | "gbpa"
  /** System reset. */
  | "reset"
  /** CFGI_STE, CFGI_STE_RANGE or CFGI_ALL. */
  | "cfgi"
  /** CR0.SMMUEN edge (what-if repair 3). */
  | "cr0"
  /** unset_iommu_device's return to the S2. */
  | "unset"
  /** A raw host call moved it. */
  | "raw";

/** What was tried since and left the device where it was. */
export type Missed =
  | null
  /** The host refused the GBPA HWPT. */
  | "attach"
  /** The host refused the vDEVICE, the vSTE or the attach of a CFGI while SMMUEN=1. */
  | "install"
  /** The same while SMMUEN=0: GBPA's HWPT was to be attached. */
  | "install-disabled"
  /** QEMU refused the STE's Config. */
  | "config"
  /** v4 and v5 take an abort or bypass STE only from a translate one. */
  | "untaken"
  /** SMMUEN=1 and the STE was not found: nothing was installed. */
  | "miss"
  /** The same while SMMUEN=0. */
  | "miss-disabled"
  /** The return to the S2 failed. */
  | "unset";

export interface Provenance {
  readonly cause: Cause;
  /** CR0.SMMUEN when the cause acted. */
  readonly smmuen: boolean;
  readonly missed: Missed;
}

export const NO_PROVENANCE: Provenance = Object.freeze({ cause: "none", smmuen: false, missed: null });

/** Interned: there are few, and equal ones should be identical. */
const interned = new Map<string, Provenance>();

function provenance(cause: Cause, smmuen: boolean, missed: Missed): Provenance {
  const key = `${cause}/${smmuen}/${missed}`;
  let p = interned.get(key);
  if (p === undefined) {
    p = Object.freeze({ cause, smmuen, missed });
    interned.set(key, p);
  }
  return p;
}

/** Records that `cause` put device `dev` where it is. */
export function noteAttached(cx: Cx, dev: number, cause: Cause, smmuen: boolean): void {
  const next = provenance(cause, smmuen, null);
  if (cx.w.provenance[dev] !== next) own(cx, cx.w, "provenance")[dev] = next;
}

/** Records that something was tried and left the device where it was. */
export function noteMissed(cx: Cx, dev: number, missed: Missed): void {
  const old = cx.w.provenance[dev] ?? NO_PROVENANCE;
  const next = provenance(old.cause, old.smmuen, missed);
  if (old !== next) own(cx, cx.w, "provenance")[dev] = next;
}
