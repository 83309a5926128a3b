/** Event records (section 7.3): 32 bytes, four 64-bit words. */
import type { ArchRule } from "./rules.ts";

export type EventWords = readonly [bigint, bigint, bigint, bigint];

/** Groups of fields a record may carry beside type and StreamID. */
type Part = "ssv" | "ssid" | "full" | "addr" | "rnw" | "perms" | "fetch" | "reason";

export interface EventSpec {
  readonly code: number;
  /** As the architecture spells it. */
  readonly name: string;
  readonly parts: readonly Part[];
  /** When it arises. */
  readonly text: string;
}

const e = (code: number, name: string, parts: readonly Part[], text: string): EventSpec => ({
  code,
  name,
  parts,
  text,
});

export const EVENTS: readonly EventSpec[] = [
  e(0x01, "F_UUT", ["full", "reason"], "unsupported upstream transaction"),
  e(0x02, "C_BAD_STREAMID", ["ssv"], "StreamID outside the stream table; recorded only if CR2.RECINVSID=1"),
  e(0x03, "F_STE_FETCH", ["ssv", "fetch"], "external abort or address out of range fetching L1STD or STE"),
  e(0x04, "C_BAD_STE", ["ssv"], "STE invalid or ILLEGAL"),
  e(0x05, "F_BAD_ATS_TREQ", ["ssv", "addr", "perms"], "ATS Translation Request denied"),
  e(0x06, "F_STREAM_DISABLED", [], "no SSID with S1DSS=0, or SSID 0 with S1DSS=2"),
  e(0x07, "F_TRANSL_FORBIDDEN", ["addr", "rnw"], "ATS Translated traffic denied"),
  e(0x08, "C_BAD_SUBSTREAMID", ["ssid"], "SSID not usable with this STE"),
  e(0x09, "F_CD_FETCH", ["ssv", "fetch"], "external abort on a CD or L1CD fetch"),
  e(0x0a, "C_BAD_CD", ["ssv"], "CD invalid or ILLEGAL"),
  e(0x0b, "F_WALK_EABT", ["full", "fetch"], "external abort on a translation table descriptor"),
  e(0x10, "F_TRANSLATION", ["full"], "no mapping, address outside TxSZ, or EPDx"),
  e(0x11, "F_ADDR_SIZE", ["full"], "output beyond IPS or S2PS; input of a bypassed stage 1 beyond IAS"),
  e(0x12, "F_ACCESS", ["full"], "access flag clear"),
  e(0x13, "F_PERMISSION", ["full"], "permission"),
  e(0x20, "F_TLB_CONFLICT", ["full", "reason"], "implementation defined TLB conflict"),
  e(0x21, "F_CFG_CONFLICT", ["ssv", "reason"], "overlapping contiguous STEs"),
  e(0x24, "E_PAGE_REQUEST", ["ssv", "addr"], "device hint; no transaction fails"),
  e(0x25, "F_VMS_FETCH", ["ssv", "fetch"], "external abort on a VMS fetch"),
];

const BY_CODE: readonly (EventSpec | undefined)[] = (() => {
  const table: (EventSpec | undefined)[] = new Array<EventSpec | undefined>(256).fill(undefined);
  for (const spec of EVENTS) table[spec.code] = spec;
  return table;
})();

export function eventName(code: number): string {
  const spec = BY_CODE[code];
  if (spec !== undefined) return spec.name;
  if (code >= 0xe0 && code <= 0xef) return "IMPDEF";
  return `EVENT_0x${code.toString(16)}`;
}

/** By code, by `C_BAD_STE` or by `c-bad-ste`; null if there is none. */
export function findEvent(which: string | number): EventSpec | null {
  if (typeof which === "number") return BY_CODE[which] ?? null;
  const key = which.toUpperCase().replaceAll("-", "_");
  return EVENTS.find((spec) => spec.name === key) ?? null;
}

/** Script spelling: `c-bad-ste`. */
export function eventSlug(code: number): string {
  return eventName(code).toLowerCase().replaceAll("_", "-");
}

export const CLASS_CD = 0;
export const CLASS_TT = 1;
export const CLASS_IN = 2;

/** What a record says. Fields that its type does not have are 0 / false / null. */
export interface EventRecord {
  readonly code: number;
  readonly sid: number;
  /** SubstreamID, null without. C_BAD_SUBSTREAMID always has one. */
  readonly ssid: number | null;
  readonly stag: number;
  readonly stall: boolean;
  readonly pnu: boolean;
  readonly ind: boolean;
  readonly rnw: boolean;
  readonly s2: boolean;
  /** 0 CD, 1 TT, 2 IN. */
  readonly cls: number;
  readonly ttrnw: boolean;
  readonly addr: bigint;
  /** IPA (page) or FetchAddr, by type. */
  readonly ipa: bigint;
}

/** The one type whose record says what the table access was (TTRnW). */
const F_PERMISSION = 0x13;

export const NO_FIELDS: EventRecord = Object.freeze({
  code: 0,
  sid: 0,
  ssid: null,
  stag: 0,
  stall: false,
  pnu: false,
  ind: false,
  rnw: false,
  s2: false,
  cls: 0,
  ttrnw: false,
  addr: 0n,
  ipa: 0n,
});

const IPA_MASK = 0x00ff_ffff_ffff_f000n;
const FETCH_MASK = 0x00ff_ffff_ffff_fff8n;
const PAGE_MASK = 0xffff_ffff_ffff_f000n;

/** Which groups of fields a type has, looked up once a record. */
interface Shape {
  readonly full: boolean;
  readonly ssv: boolean;
  readonly ssid: boolean;
  readonly rnw: boolean;
  /** PnU and InD beside RnW. */
  readonly perms: boolean;
  readonly addr: boolean;
  readonly fetch: boolean;
  readonly reason: boolean;
}

function shapeOf(parts: readonly Part[]): Shape {
  const full = parts.includes("full");
  const perms = full || parts.includes("perms");
  return {
    full,
    ssv: full || parts.includes("ssv"),
    ssid: parts.includes("ssid"),
    rnw: perms || parts.includes("rnw"),
    perms,
    addr: full || parts.includes("addr"),
    fetch: parts.includes("fetch"),
    reason: full || parts.includes("reason"),
  };
}

const SHAPES: readonly (Shape | undefined)[] = BY_CODE.map((s) =>
  s === undefined ? undefined : shapeOf(s.parts),
);
const ANY_SHAPE = shapeOf(["full", "fetch"]);

/** The record's four words: only the fields that its type has, all others RES0. Codes without a row carry everything. */
export function encodeEvent(r: Partial<EventRecord> & { readonly code: number }): EventWords {
  const shape = SHAPES[r.code] ?? ANY_SHAPE;
  const ssid = r.ssid ?? null;
  let low = r.code & 0xff;
  if (ssid !== null && (shape.ssv || shape.ssid)) {
    low += (ssid & 0xfffff) * 2 ** 12;
    if (!shape.ssid) low += 1 << 11;
  }
  // Word 1 stays below 2^53: a number is exact and cheaper.
  let e1 = shape.reason ? (r.stag ?? 0) & 0xffff : 0;
  if (shape.perms) {
    if (r.pnu === true) e1 += 2 ** 33;
    if (r.ind === true) e1 += 2 ** 34;
  }
  if (shape.rnw && r.rnw === true) e1 += 2 ** 35;
  if (shape.full) {
    if (r.stall === true) e1 += 2 ** 31;
    if (r.s2 === true) e1 += 2 ** 39;
    e1 += ((r.cls ?? 0) & 3) * 2 ** 40;
    if (r.ttrnw === true && r.cls === CLASS_TT && r.code === F_PERMISSION) e1 += 2 ** 44;
  }
  let e2 = 0n;
  if (shape.addr) e2 = (r.addr ?? 0n) & (r.code === 0x24 ? PAGE_MASK : 0xffff_ffff_ffff_ffffn);
  let e3 = 0n;
  if (shape.fetch) e3 = (r.ipa ?? 0n) & FETCH_MASK;
  else if (shape.full && r.s2 === true) e3 = (r.ipa ?? 0n) & IPA_MASK;
  return [(BigInt(r.sid ?? 0) << 32n) | BigInt(low), e1 === 0 ? 0n : BigInt(e1), e2, e3];
}

export function decodeEvent(words: readonly bigint[]): EventRecord & { readonly name: string } {
  const e0 = words[0] ?? 0n;
  const e1 = words[1] ?? 0n;
  const code = Number(e0 & 0xffn);
  const shape = SHAPES[code] ?? ANY_SHAPE;
  const bit = (n: bigint): boolean => ((e1 >> n) & 1n) === 1n;
  const { full } = shape;
  const hasSsid = shape.ssid || (shape.ssv && ((e0 >> 11n) & 1n) === 1n);
  const cls = full ? Number((e1 >> 40n) & 3n) : 0;
  return {
    name: eventName(code),
    code,
    sid: Number((e0 >> 32n) & 0xffff_ffffn),
    ssid: hasSsid ? Number((e0 >> 12n) & 0xfffffn) : null,
    stag: shape.reason ? Number(e1 & 0xffffn) : 0,
    stall: full && bit(31n),
    pnu: shape.perms && bit(33n),
    ind: shape.perms && bit(34n),
    rnw: shape.rnw && bit(35n),
    s2: full && bit(39n),
    cls,
    ttrnw: code === F_PERMISSION && cls === CLASS_TT && bit(44n),
    addr: shape.addr ? (words[2] ?? 0n) : 0n,
    ipa: shape.fetch || (full && bit(39n)) ? (words[3] ?? 0n) : 0n,
  };
}

/** Types that may be merged with an equal one whatever STE.MEV says (section 5.1). */
export function alwaysMergeable(code: number): boolean {
  return code >= 0x01 && code <= 0x04;
}

/**
 * What the guest must see of an event that the physical SMMU recorded for its device under a nested STE (section 3.3):
 * the host's stage 2 never surfaces as such. `vsid` replaces the physical StreamID. Null = nothing in its queue; the
 * device just sees an abort.
 */
export function insideView(
  physical: readonly bigint[],
  vsid: number,
): { readonly event: EventWords | null; readonly rule: ArchRule } {
  const r = decodeEvent(physical);
  if (!r.s2) {
    const e0 = ((physical[0] ?? 0n) & 0xffff_ffffn) | (BigInt(vsid) << 32n);
    return { event: [e0, physical[1] ?? 0n, physical[2] ?? 0n, physical[3] ?? 0n], rule: "A-IN-S1" };
  }
  if (r.cls === CLASS_CD) {
    return {
      event: encodeEvent({ code: 0x09, sid: vsid, ssid: r.ssid, ipa: r.ipa }),
      rule: "A-IN-CD",
    };
  }
  if (r.cls === CLASS_TT) {
    return {
      event: encodeEvent({ ...r, code: 0x0b, sid: vsid, s2: false, stall: false, stag: 0 }),
      rule: "A-IN-TT",
    };
  }
  return { event: null, rule: "A-IN-OUT" };
}
