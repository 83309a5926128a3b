/** Attributes that bypassed traffic leaves with: what GBPA or the STE overrides, where the vSMMU honours it. */
import type { Idr } from "./idr.ts";

/** `null` = as the device sent it. */
export interface Attributes {
  /** Memory type (stage-2 style encoding). */
  readonly memAttr: number | null;
  /** 0 non-shareable, 2 outer, 3 inner. */
  readonly share: number | null;
  /** Three bits: read-allocate, write-allocate, transient. */
  readonly alloc: number | null;
  /** 2 unprivileged, 3 privileged. */
  readonly priv: number | null;
  /** 2 data, 3 instruction. */
  readonly inst: number | null;
}

interface Raw {
  readonly mtcfg: boolean;
  readonly memAttr: number;
  readonly alloccfg: number;
  readonly shcfg: number;
  readonly privcfg: number;
  readonly instcfg: number;
}

/** Rules A-ATTR-TYPES and A-ATTR-PERMS: override fields are incoming where IDR1 does not offer them. */
function effective(idr: Idr, r: Raw): Attributes {
  const types = idr.attrTypesOvr;
  const perms = idr.attrPermsOvr;
  return {
    memAttr: types && r.mtcfg ? r.memAttr : null,
    share: types && r.shcfg !== 1 ? r.shcfg : null,
    alloc: types && (r.alloccfg & 8) !== 0 ? r.alloccfg & 7 : null,
    priv: perms && r.privcfg >= 2 ? r.privcfg : null,
    inst: perms && r.instcfg >= 2 ? r.instcfg : null,
  };
}

export function gbpaAttributes(idr: Idr, gbpa: number): Attributes {
  return effective(idr, {
    memAttr: gbpa & 0xf,
    mtcfg: ((gbpa >>> 4) & 1) === 1,
    alloccfg: (gbpa >>> 8) & 0xf,
    shcfg: (gbpa >>> 12) & 3,
    privcfg: (gbpa >>> 16) & 3,
    instcfg: (gbpa >>> 18) & 3,
  });
}

export function steAttributes(idr: Idr, words: readonly bigint[]): Attributes {
  const hi = Number(((words[1] ?? 0n) >> 32n) & 0xffff_ffffn);
  return effective(idr, {
    memAttr: hi & 0xf,
    mtcfg: ((hi >>> 4) & 1) === 1,
    alloccfg: (hi >>> 5) & 0xf,
    shcfg: (hi >>> 12) & 3,
    privcfg: (hi >>> 16) & 3,
    instcfg: (hi >>> 18) & 3,
  });
}
