/** Stage 1 over an abstract table: which half, TLB or walk, the faults of section 3.2 in their order. */
import { answer, type Hops, offered } from "./answer.ts";
import { effectiveIps, granule1, TTB_MASK } from "./cd.ts";
import { CLASS_IN, CLASS_TT } from "./events.ts";
import { sizeLimit } from "./idr.ts";
import type { Answer, OracleInput, TableRange, Txn } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";
import { granule } from "./ste.ts";

/** Sends a guest PA fetched or produced by stage 1 through the vSMMU's own stage 2; an Answer ends the transaction. */
export type ThroughS2 = (ipa: bigint, cls: number) => bigint | Answer;

export type Stage1Result = { readonly out: bigint; readonly rule: ArchRule } | Answer;

export function isAnswer(x: object): x is Answer {
  return "cls" in x;
}

/** Translates `t.addr` by the CD whose words `word` gives. `word` is asked only for what is in use. */
export function stage1(
  input: OracleInput,
  t: Txn,
  word: (i: number) => bigint,
  through: ThroughS2 | null,
  hops: Hops,
): Stage1Result {
  const q0 = word(0);
  const lo = Number(q0 & 0xffff_ffffn);
  const hi = Number(q0 >> 32n);
  const fault = (code: number, rule: ArchRule): Answer => s1Fault(input, t, hi, code, rule, hops);

  const sel = selectHalf(lo, hi, t.addr);
  if (sel.bad !== null) {
    hops?.push({ what: "TT", addr: t.addr, words: [], note: "no table for this address" });
    return fault(0x10, sel.bad);
  }
  const ttb = word(sel.upper ? 2 : 1) & TTB_MASK;

  const asid = hi >>> 16;
  const hit = input.tlbHit?.(asid, ttb, sel.va) ?? null;
  let range: TableRange;
  if (hit !== null) {
    hops?.push({ what: "TLB", addr: sel.va, words: [BigInt(asid)], note: "kept from an earlier walk" });
    range = hit;
  } else {
    const descriptor = ttb + firstDescriptor(lo, hi, sel.upper, sel.va);
    if (through !== null) {
      const pa = through(descriptor, CLASS_TT);
      if (typeof pa !== "bigint") return pa;
      if (input.read(pa, 0n) === null) return walkAbort(input, t, descriptor, hops);
    } else if (descriptor >= input.idr.oasLimit || input.read(descriptor, 0n) === null) {
      return walkAbort(input, t, descriptor, hops);
    }
    const walked = input.lookup(ttb, sel.va);
    hops?.push({
      what: "TT",
      addr: ttb,
      words: walked === null ? [] : [walked.iova, walked.gpa, walked.size],
      note: walked === null ? "no mapping" : "mapped",
    });
    if (walked === null) return fault(0x10, "A-FLT-MAP");
    range = walked;
  }
  const out = range.gpa + (sel.va - range.iova);
  if (out >= sizeLimit(effectiveIps(input.idr, q0))) return fault(0x11, "A-FLT-SIZE");
  const affd = ((hi >>> 3) & 1) === 1;
  const hardwareAf = input.idr.httu >= 1 && ((hi >>> 11) & 1) === 1;
  if (!range.af && !affd && !hardwareAf) return fault(0x12, "A-FLT-AF");
  if (!(t.rnw ? range.read : range.write)) return fault(0x13, "A-FLT-PERM");
  hops?.push({ what: "S1", addr: out, words: [], note: "stage-1 output" });
  return { out, rule: hit === null ? "A-S1" : "A-S1-TLB" };
}

interface Half {
  readonly upper: boolean;
  /** Input address with an ignored top byte replaced by copies of bit 55. */
  readonly va: bigint;
  readonly bad: ArchRule | null;
}

function selectHalf(lo: number, hi: number, addr: bigint): Half {
  const aa64 = ((hi >>> 9) & 1) === 1;
  if (!aa64) {
    const size = 32 - (lo & 7);
    const bad = addr >> BigInt(size) !== 0n ? "A-FLT-VA" : ((lo >>> 14) & 1) === 1 ? "A-FLT-EPD" : null;
    return { upper: false, va: addr, bad };
  }
  const upper = ((addr >> 55n) & 1n) === 1n;
  const tbi = ((hi >>> (upper ? 7 : 6)) & 1) === 1;
  let va = addr;
  if (tbi) va = upper ? addr | (0xffn << 56n) : addr & ((1n << 56n) - 1n);
  const tsz = upper ? (lo >>> 16) & 0x3f : lo & 0x3f;
  const bits = BigInt(64 - tsz);
  // An address of the other half's pattern, or between the halves, belongs to no table.
  if (upper) {
    if (((lo >>> 30) & 1) === 1) return { upper, va, bad: "A-FLT-EPD" };
    return { upper, va, bad: va >> bits === (1n << BigInt(tsz)) - 1n ? null : "A-FLT-VA" };
  }
  if (((lo >>> 14) & 1) === 1) return { upper, va, bad: "A-FLT-EPD" };
  return { upper, va, bad: va >> bits === 0n ? null : "A-FLT-VA" };
}

/** Offset of the first descriptor that a walk of this address reads, from its table's base. */
function firstDescriptor(lo: number, hi: number, upper: boolean, va: bigint): bigint {
  if (((hi >>> 9) & 1) === 0) return 0n;
  const shift = upper ? granule1((lo >>> 22) & 3) : granule((lo >>> 6) & 3);
  const size = 64 - (upper ? (lo >>> 16) & 0x3f : lo & 0x3f);
  const stride = shift - 3;
  const levels = Math.ceil((size - shift) / stride);
  const low = shift + stride * (levels - 1);
  const index = (va & ((1n << BigInt(size)) - 1n)) >> BigInt(low);
  return index * 8n;
}

function walkAbort(input: OracleInput, t: Txn, at: bigint, hops: Hops): Answer {
  hops?.push({ what: "TT", addr: at, words: [], note: "descriptor fetch aborts" });
  const event = offered({
    code: 0x0b,
    sid: t.sid,
    ssid: t.ssid,
    pnu: t.pnu,
    ind: t.ind,
    rnw: t.rnw,
    s2: false,
    cls: CLASS_TT,
    addr: t.addr,
    ipa: at,
  });
  return answer(input, "abort", "A-FLT-WALK", null, event, hops);
}

/** F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION at stage 1: CD.S, A and R decide (table of section 3.2). */
function s1Fault(input: OracleInput, t: Txn, hi: number, code: number, rule: ArchRule, hops: Hops): Answer {
  const stall = ((hi >>> 12) & 1) === 1;
  const record = ((hi >>> 13) & 1) === 1;
  const abort = ((hi >>> 14) & 1) === 1;
  if (!stall && !record) {
    return answer(
      input,
      abort ? "abort" : "razwi",
      abort ? rule : "A-FLT-RAZWI",
      null,
      null,
      hops,
      "A-FLT-R",
    );
  }
  const event = offered({
    code,
    sid: t.sid,
    ssid: t.ssid,
    stall,
    pnu: t.pnu,
    ind: t.ind,
    rnw: t.rnw,
    s2: false,
    cls: CLASS_IN,
    addr: t.addr,
  });
  if (stall) return answer(input, "stall", "A-FLT-STALL", null, event, hops);
  return answer(input, abort ? "abort" : "razwi", abort ? rule : "A-FLT-RAZWI", null, event, hops);
}
