/**
 * Which virtual SMMU a line is about. Register and command lines do not say; queue indices, StreamIDs and the order of
 * the guest's work do.
 */
import {
  A_CMDQ_BASE,
  A_CMDQ_CONS,
  A_CMDQ_PROD,
  A_CR0,
  A_EVENTQ_CONS,
  A_EVENTQ_PROD,
  A_GBPA,
  A_STRTAB_BASE,
} from "../../engine/qemu/smmuv3-regs.ts";

const QUEUE_ADDR = 0x000f_ffff_ffff_ffe0n;
const GBPA_UPDATE = 0x8000_0000;
const GBPA_ABORT = 1 << 20;
const INDEX_MASK = 0xf_ffff;

/** What the log has shown of one vSMMU so far. */
export class VsmmuTrack {
  readonly index: number;
  cmdqBase = 0n;
  cmdqLog2 = 0;
  baseKnown = false;
  prod = 0;
  cons = 0;
  cr0 = 0;
  /** CR0 has been written since the last reset. */
  touched = false;
  /** CR0 has been non-zero since the last reset. */
  enabled = false;
  eventqProd = 0;
  eventqCons = 0;
  /** The log has shown what the command queue held. */
  commandsSeen = false;
  /** GBPA.ABORT as last written. */
  gbpaAbort = false;
  /** Bus numbers of StreamIDs seen here. */
  readonly buses = new Set<number>();
  /** Commands that the script has put at an index of the queue. */
  readonly queue = new Map<number, string>();

  constructor(index: number) {
    this.index = index;
  }

  get name(): string {
    return `v${this.index}`;
  }

  get smmuen(): boolean {
    return (this.cr0 & 1) !== 0;
  }

  reset(): void {
    this.cmdqLog2 = 19;
    this.prod = 0;
    this.cons = 0;
    this.cr0 = 0;
    this.touched = false;
    this.enabled = false;
    this.gbpaAbort = false;
    this.eventqProd = 0;
    this.eventqCons = 0;
    this.queue.clear();
  }

  /** Index without the wrap bit. */
  slot(i: number): number {
    return i & (2 ** this.cmdqLog2 - 1);
  }

  /** Address of a queue entry. */
  entry(i: number): bigint {
    return this.cmdqBase + BigInt(16 * this.slot(i));
  }

  /** Entries between two indices. */
  distance(from: number, to: number): number {
    return (to - from) & (2 * 2 ** this.cmdqLog2 - 1);
  }

  write(offset: number, value: bigint): void {
    const low = Number(value & 0xffff_ffffn);
    switch (offset) {
      case A_CR0:
        this.cr0 = low;
        this.touched = true;
        if (low !== 0) this.enabled = true;
        return;
      case A_GBPA:
        if ((low & GBPA_UPDATE) !== 0) this.gbpaAbort = (low & GBPA_ABORT) !== 0;
        return;
      case A_CMDQ_BASE:
        this.cmdqBase = value & QUEUE_ADDR;
        this.cmdqLog2 = Math.min(low & 31, 19);
        this.baseKnown = true;
        this.queue.clear();
        return;
      case A_CMDQ_PROD:
        this.prod = low & INDEX_MASK;
        return;
      case A_CMDQ_CONS:
        this.cons = low & INDEX_MASK;
        return;
      case A_EVENTQ_PROD:
        this.eventqProd = low & INDEX_MASK;
        return;
      case A_EVENTQ_CONS:
        this.eventqCons = low & INDEX_MASK;
        return;
      default:
    }
  }
}

/** What is known about a register access or a burst of commands when its vSMMU is asked for. */
export interface AccessHint {
  readonly offset: number;
  readonly value: bigint;
  readonly write: boolean;
  /** First command's CONS, -1 without commands. */
  readonly cons: number;
  /** Last `consume_out` indices, -1 without. */
  readonly outCons: number;
  readonly sids: readonly number[];
  /** vSMMU that attaches or installs in the same group belong to, or -1. */
  readonly byDevice: number;
  /** vSMMU to take among several that fit, or -1. */
  readonly likely: number;
  /** vSMMUs that it cannot be: their devices would have moved. */
  readonly not: readonly number[];
}

export interface Choice {
  readonly vsmmu: VsmmuTrack;
  /** Several would fit; the one used last was taken. */
  readonly ambiguous: boolean;
}

export class VsmmuChooser {
  readonly all: VsmmuTrack[] = [];
  private current = 0;
  private readsSeen = false;

  /** At least `n` vSMMUs exist. */
  ensure(n: number): void {
    while (this.all.length < n) this.all.push(new VsmmuTrack(this.all.length));
  }

  at(index: number): VsmmuTrack {
    this.ensure(index + 1);
    return this.all[index] as VsmmuTrack;
  }

  /** The one made last, as the one used last. */
  next(): VsmmuTrack {
    this.current = this.all.length - 1;
    return this.at(this.current);
  }

  reset(): void {
    this.current = 0;
    for (const v of this.all) v.reset();
  }

  /** The vSMMU that knows a StreamID's bus, or null. */
  ofSid(sid: number): VsmmuTrack | null {
    return this.all.find((v) => v.buses.has(sid >> 8)) ?? null;
  }

  choose(h: AccessHint): Choice {
    this.ensure(1);
    if (!h.write) this.readsSeen = true;
    const chosen = this.pick(h);
    this.current = chosen.vsmmu.index;
    for (const sid of h.sids) {
      const owner = this.ofSid(sid);
      if (owner === null) chosen.vsmmu.buses.add(sid >> 8);
    }
    return chosen;
  }

  /**
   * A driver that reads the identification registers is at its next SMMU: one that is not on yet, or, after an orderly
   * shutdown has turned them off, the first of those. Null: nothing speaks for another than the one used before.
   */
  private probed(now: VsmmuTrack): VsmmuTrack | null {
    if (now.cr0 !== 0) return this.all.find((v) => v.cr0 === 0) ?? null;
    return now.enabled ? (this.all.find((v) => v.enabled && v.cr0 === 0) ?? null) : null;
  }

  private pick(h: AccessHint): Choice {
    const now = this.at(this.current);
    if (this.all.length === 1) return { vsmmu: now, ambiguous: false };
    if (h.byDevice >= 0) return { vsmmu: this.at(h.byDevice), ambiguous: false };
    for (const sid of h.sids) {
      const owner = this.ofSid(sid);
      if (owner !== null) return { vsmmu: owner, ambiguous: false };
    }
    if (!h.write && h.offset === 0) {
      const next = this.probed(now);
      if (next !== null) return { vsmmu: next, ambiguous: false };
    }
    // The first write of a driver's probe, where reads do not tell it from a shutdown; an SMMU that no driver has touched is not left for the end.
    if (!this.readsSeen && h.write && h.offset === A_CR0 && h.value === 0n && now.cr0 !== 0) {
      const next = this.all.find((v) => !v.touched);
      if (next !== undefined) return { vsmmu: next, ambiguous: false };
    }
    const fits = this.all.filter((v) => mayBe(v, h) && !h.not.includes(v.index));
    const near = fits.length > 1 ? nearest(fits, h.sids) : null;
    if (near !== null) return { vsmmu: near, ambiguous: false };
    const likely = fits.find((v) => v.index === h.likely);
    if (likely !== undefined) return { vsmmu: likely, ambiguous: fits.length > 1 && h.cons >= 0 };
    if (fits.includes(now)) return { vsmmu: now, ambiguous: fits.length > 1 && h.cons >= 0 };
    const first = fits[0];
    return first === undefined
      ? { vsmmu: now, ambiguous: true }
      : { vsmmu: first, ambiguous: fits.length > 1 };
  }
}

/** Root buses share the bus numbers out in ranges: a StreamID's is that of the nearest bus below it that is known. */
function nearest(fits: readonly VsmmuTrack[], sids: readonly number[]): VsmmuTrack | null {
  const [sid] = sids;
  if (sid === undefined) return null;
  let best: VsmmuTrack | null = null;
  let below = -1;
  for (const v of fits)
    for (const bus of v.buses)
      if (bus <= sid >> 8 && bus > below) {
        best = v;
        below = bus;
      }
  return best;
}

/** Nothing speaks against the access being this vSMMU's. */
function mayBe(v: VsmmuTrack, h: AccessHint): boolean {
  if (h.cons >= 0) return v.enabled && v.slot(v.cons) === h.cons;
  if (h.outCons >= 0 && h.offset !== A_CMDQ_PROD) return v.slot(v.cons) === h.outCons;
  if (!h.write) {
    const value = Number(h.value & 0xffff_ffffn);
    switch (h.offset) {
      case A_CMDQ_CONS:
        return (value & INDEX_MASK) === v.cons;
      case A_CMDQ_PROD:
        return value === v.prod;
      case A_CR0:
        return value === v.cr0;
      default:
        return true;
    }
  }
  return h.offset !== A_STRTAB_BASE || !v.smmuen;
}
