/**
 * Identification registers and what they say, decoded once: every other part of `arch/` asks these fields.
 * One object a vSMMU configuration; states share it.
 */

/** IDR0…IDR5, IIDR and AIDR as read, with the fields of IHI 0070 section 6.3 that the model uses. */
export interface Idr {
  readonly idr0: number;
  readonly idr1: number;
  readonly idr2: number;
  readonly idr3: number;
  readonly idr4: number;
  readonly idr5: number;
  readonly iidr: number;
  readonly aidr: number;
  readonly s1p: boolean;
  readonly s2p: boolean;
  /** 1 AArch32, 2 AArch64, 3 both. */
  readonly ttf: number;
  readonly btm: boolean;
  /** 0 none, 1 access flag, 2 access flag and dirty state. */
  readonly httu: number;
  readonly dormhint: boolean;
  readonly hyp: boolean;
  readonly ats: boolean;
  readonly ns1ats: boolean;
  readonly asid16: boolean;
  readonly msi: boolean;
  readonly sev: boolean;
  readonly pri: boolean;
  readonly vmw: boolean;
  readonly vmid16: boolean;
  readonly cd2l: boolean;
  /** 0 mixed, 2 little, 3 big. */
  readonly ttendian: number;
  readonly atsRecErr: boolean;
  /** 0 both, 1 terminate only, 2 stall forced. */
  readonly stallModel: number;
  /** True: a terminated transaction can only be aborted. */
  readonly termModel: boolean;
  readonly twoLevel: boolean;
  readonly sidSize: number;
  readonly ssidSize: number;
  /** Log2 of the largest queue. */
  readonly cmdqs: number;
  readonly eventqs: number;
  readonly attrPermsOvr: boolean;
  readonly attrTypesOvr: boolean;
  readonly queuesPreset: boolean;
  readonly tablesPreset: boolean;
  readonly mpam: boolean;
  readonly stt: boolean;
  readonly ril: boolean;
  readonly dpt: boolean;
  /** Output address size in bits; the input size IAS equals it (AArch64 tables only). */
  readonly oas: number;
  /** One beyond the last output address. */
  readonly oasLimit: bigint;
  readonly gran4k: boolean;
  readonly gran16k: boolean;
  readonly gran64k: boolean;
  /** 52-bit input addresses with 64K granules (IDR5.VAX). */
  readonly va52: boolean;
  /** SMMUv3.x minor revision. */
  readonly minor: number;
}

/** Address sizes in bits as coded by IDR5.OAS, CD.IPS and STE.S2PS. */
export const ADDRESS_BITS = [32, 36, 40, 42, 44, 48, 52, 56] as const;

/** Bits of an address-size code (0…7). */
export function addressBits(code: number): number {
  return ADDRESS_BITS[code & 7] as number;
}

const LIMITS: readonly bigint[] = Array.from({ length: 65 }, (_, bits) => 1n << BigInt(bits));

/** One beyond the last address of so many bits (0…64). */
export function sizeLimit(bits: number): bigint {
  return LIMITS[bits] as bigint;
}

export interface RawIdr {
  readonly idr0: number;
  readonly idr1: number;
  readonly idr2?: number;
  readonly idr3: number;
  readonly idr4?: number;
  readonly idr5: number;
  readonly iidr?: number;
  readonly aidr: number;
}

/** Decodes the identification registers (section 1.1). */
export function makeIdr(raw: RawIdr): Idr {
  const { idr0, idr1, idr3, idr5, aidr } = raw;
  const bit = (v: number, n: number): boolean => ((v >>> n) & 1) === 1;
  const oas = addressBits(idr5);
  return Object.freeze({
    idr0,
    idr1,
    idr2: raw.idr2 ?? 0,
    idr3,
    idr4: raw.idr4 ?? 0,
    idr5,
    iidr: raw.iidr ?? 0,
    aidr,
    s2p: bit(idr0, 0),
    s1p: bit(idr0, 1),
    ttf: (idr0 >>> 2) & 3,
    btm: bit(idr0, 5),
    httu: (idr0 >>> 6) & 3,
    dormhint: bit(idr0, 8),
    hyp: bit(idr0, 9),
    ats: bit(idr0, 10),
    ns1ats: bit(idr0, 11),
    asid16: bit(idr0, 12),
    msi: bit(idr0, 13),
    sev: bit(idr0, 14),
    pri: bit(idr0, 16),
    vmw: bit(idr0, 17),
    vmid16: bit(idr0, 18),
    cd2l: bit(idr0, 19),
    ttendian: (idr0 >>> 21) & 3,
    atsRecErr: bit(idr0, 23),
    stallModel: (idr0 >>> 24) & 3,
    termModel: bit(idr0, 26),
    twoLevel: ((idr0 >>> 27) & 3) === 1,
    sidSize: idr1 & 0x3f,
    ssidSize: (idr1 >>> 6) & 0x1f,
    eventqs: (idr1 >>> 16) & 0x1f,
    cmdqs: (idr1 >>> 21) & 0x1f,
    attrPermsOvr: bit(idr1, 26),
    attrTypesOvr: bit(idr1, 27),
    queuesPreset: bit(idr1, 29),
    tablesPreset: bit(idr1, 30),
    mpam: bit(idr3, 7),
    stt: bit(idr3, 9),
    ril: bit(idr3, 10),
    dpt: bit(idr3, 15),
    oas,
    oasLimit: sizeLimit(oas),
    gran4k: bit(idr5, 4),
    gran16k: bit(idr5, 5),
    gran64k: bit(idr5, 6),
    va52: ((idr5 >>> 10) & 3) === 1,
    minor: aidr & 0xf,
  });
}

export interface AccelProps {
  /** 44 or 48 (any coded size is accepted). */
  readonly oas: number;
  readonly ats: boolean;
  readonly ril: boolean;
  readonly ssidsize: number;
  /** Both stages: the machine's own SMMU without accel. Default false. */
  readonly nested?: boolean;
}

const S2P = 1;
const XNX = 1 << 4;

/** What a QEMU `arm-smmuv3,accel=on` with these properties identifies itself as (section 1.1, last column). */
export function accelIdr(p: AccelProps): Idr {
  const nested = p.nested === true;
  return makeIdr({
    idr0: (p.ats ? 0x0d44141a : 0x0d44101a) | (nested ? S2P : 0),
    idr1: 0x02730010 | (p.ssidsize << 6),
    idr3: (p.ril ? 0x1404 : 0x1004) | (nested ? XNX : 0),
    idr5: 0x70 | ADDRESS_BITS.indexOf(p.oas as (typeof ADDRESS_BITS)[number]),
    aidr: 1,
  });
}

/** The defaults: 44-bit output, no ATS, range invalidation, no substreams. */
export const DEFAULT_IDR: Idr = accelIdr({ oas: 44, ats: false, ril: true, ssidsize: 0 });
