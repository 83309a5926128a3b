/** The physical SMMU's identification registers, from what a script's `psmmu` line declares. */
import { ADDRESS_BITS, type Idr, makeIdr } from "../arch/idr.ts";
import type { PsmmuSpec } from "../setup.ts";

const cache = new WeakMap<PsmmuSpec, Idr>();

const flag = (on: boolean, n: number): number => (on ? 2 ** n : 0);

/**
 * IDR0…IDR5 of a physical SMMU: stages and sizes as declared; what the declaration leaves open is as on a server-class
 * implementation (AArch64 tables, little-endian, two-level tables of both kinds, abort-only termination).
 */
export function physicalIdr(p: PsmmuSpec): Idr {
  const known = cache.get(p);
  if (known !== undefined) return known;
  const idr = makeIdr({
    idr0:
      flag(p.s2, 0) +
      flag(p.s1, 1) +
      flag(true, 3) +
      flag(p.coherency, 4) +
      flag(p.ats, 10) +
      flag(p.asidBits > 8, 12) +
      flag(p.vmidBits > 8, 18) +
      flag(true, 19) +
      flag(true, 22) +
      p.stallModel * 2 ** 24 +
      flag(true, 26) +
      flag(true, 27),
    idr1: p.sidBits + p.ssidBits * 64 + 19 * 2 ** 16 + 19 * 2 ** 21 + flag(p.attrTypesOvr, 27),
    idr3: flag(true, 2) + flag(p.s2fwb, 8) + flag(p.rangeInv, 10),
    idr5:
      Math.max(0, ADDRESS_BITS.indexOf(p.oas as (typeof ADDRESS_BITS)[number])) +
      flag(p.gran4k, 4) +
      flag(p.gran16k, 5) +
      flag(p.gran64k, 6),
    aidr: 1,
  });
  cache.set(p, idr);
  return idr;
}
