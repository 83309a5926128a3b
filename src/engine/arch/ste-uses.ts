/** Which bits of an STE the architecture looks at, given the others (sections 2.2 and 5.2: ignored and RES0 fields). */
import type { StructField } from "./bits.ts";
import type { Idr } from "./idr.ts";
import { STE_FIELDS } from "./ste.ts";

type Use = (idr: Idr, config: number, substreams: boolean) => boolean;

const s1: Use = (_idr, config) => (config & 5) === 5;
const s2: Use = (_idr, config) => (config & 6) === 6;
const traffic: Use = (_idr, config) => (config & 4) !== 0;
const types: Use = (idr, config) => idr.attrTypesOvr && (config & 4) !== 0;
const perms: Use = (idr, config) => idr.attrPermsOvr && (config & 4) !== 0;
const substream: Use = (_idr, config, substreams) => substreams && (config & 5) === 5;

/** Fields that something is decided by. Those not named here are ignored, or belong to features the model leaves out. */
const USES: Readonly<Record<string, Use>> = {
  Config: () => true,
  S1Fmt: substream,
  S1ContextPtr: s1,
  S1CDMax: (idr, config) => idr.ssidSize !== 0 && (config & 5) === 5,
  S1DSS: substream,
  S1CIR: s1,
  S1COR: s1,
  S1CSH: s1,
  MEV: traffic,
  S1STALLD: s1,
  EATS: (idr, config) => idr.ats && config > 4,
  STRW: (idr, config) => idr.hyp && config === 5,
  MemAttr: types,
  MTCFG: types,
  ALLOCCFG: types,
  SHCFG: types,
  PRIVCFG: perms,
  INSTCFG: perms,
  S2VMID: (idr, config) => idr.s2p && config > 4,
  S2T0SZ: s2,
  S2SL0: s2,
  S2IR0: s2,
  S2OR0: s2,
  S2SH0: s2,
  S2TG: s2,
  S2PS: s2,
  S2AA64: s2,
  S2ENDI: s2,
  S2AFFD: s2,
  S2PTW: s2,
  S2HD: s2,
  S2HA: s2,
  S2S: s2,
  S2R: s2,
  S2TTB: s2,
};

/** True if the architecture looks at this field of the STE whose words are given. */
export function steUses(idr: Idr, words: readonly bigint[], field: StructField): boolean {
  if (field.name === "V") return true;
  const q0 = words[0] ?? 0n;
  if ((q0 & 1n) === 0n) return false;
  const substreams = idr.ssidSize !== 0 && q0 >> 59n !== 0n;
  return USES[field.name]?.(idr, Number((q0 >> 1n) & 7n), substreams) ?? false;
}

/** The field a bit belongs to; null = RES0. */
export function steFieldAt(word: number, bit: number): StructField | null {
  const number = word * 64 + bit;
  return STE_FIELDS.find(({ lo, hi }) => lo <= number && number <= hi) ?? null;
}
