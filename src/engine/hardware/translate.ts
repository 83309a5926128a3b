/**
 * What really happens to a transaction: the physical SMMU's answer, from the words of the physical STE, the guest's CD
 * and tables behind stage 2, and the TLB. Nothing here looks at kernel objects.
 *
 * A nested STE goes through the architecture's own decision function, asked with the *physical* identification registers;
 * what the architecture says about one SMMU holds for this one too.
 */
import type { EventWords } from "../arch/events.ts";
import { encodeEvent } from "../arch/events.ts";
import { oracle } from "../arch/oracle.ts";
import type { Answer, AnswerClass, Hop, OracleInput, TableRange } from "../arch/oracle-types.ts";
import type { Cx } from "../cx.ts";
import { type GuestMemory, isBacked, lookupMapping, memRead64 } from "../memory.ts";
import type { PsmmuSpec, Setup } from "../setup.ts";
import { physicalIdr } from "./physical-idr.ts";
import type { HardwareRule } from "./rules.ts";
import { tlbFill, tlbLookup } from "./tlb.ts";
import type { HardwareState, StreamTableEntry, TlbEntry } from "./types.ts";

/** A transaction as the endpoint sends it. */
export interface HwTxn {
  readonly iova: bigint;
  readonly write: boolean;
  readonly ssid: number | null;
  readonly ats: "none" | "request" | "translated";
  readonly priv: boolean;
  readonly inst: boolean;
}

/**
 * `pass-s2`: untranslated by stage 1, through stage 2 (a direct S2 attach and a nested bypass alike: their STEs say the
 * same). `pass-s1`: the guest's stage 1, then stage 2. `host-bypass`, `host-s1`: the host's own domains. The `ats-`
 * classes answer ATS traffic.
 */
export type HwClass =
  | "pass-s2"
  | "pass-s1"
  | "host-bypass"
  | "host-s1"
  | "abort"
  | "ats-served"
  | "ats-noperm"
  | "ats-ur"
  | "ats-ca"
  | "ats-failed"
  | "ats-pass"
  | "ats-off";

/** What the physical STE says of its stream. */
export type SteMeaning = "bad" | "abort" | "bypass" | "s1" | "s2" | "nested";

export interface HwAnswer {
  readonly cls: HwClass;
  readonly ste: SteMeaning;
  /** Output address: an IPA of the VM (stage 2 is the identity); null if nothing passes or the host's tables decide. */
  readonly output: bigint | null;
  /** The record in the physical event queue, or null. */
  readonly event: EventWords | null;
  /** The rule of arch/ or hardware/ that decided. */
  readonly rule: string;
  /** Null if no stage-1 translation was looked for. */
  readonly tlb: "hit" | "miss" | null;
  /** On a hit: the device whose transaction had filled the entry. */
  readonly filledBy: number | null;
  /** Hops in order; null unless asked for. */
  readonly path: readonly Hop[] | null;
}

export interface HwWorld {
  readonly setup: Setup;
  readonly hw: HardwareState;
  readonly memory: GuestMemory;
}

const rule = (id: HardwareRule): HardwareRule => id;

function steMeaning(q0: bigint): SteMeaning {
  const lo = Number(q0 & 0xfn);
  if ((lo & 1) === 0) return "bad";
  switch (lo >> 1) {
    case 4:
      return "bypass";
    case 5:
      return "s1";
    case 6:
      return "s2";
    case 7:
      return "nested";
    default:
      return "abort";
  }
}

/** What a peek found out, with the TLB entry a real transaction would leave behind. */
interface Resolved {
  readonly answer: HwAnswer;
  readonly fill: TlbEntry | null;
}

const ABORT: Resolved = {
  answer: {
    cls: "abort",
    ste: "abort",
    output: null,
    event: null,
    rule: rule("H-STE-ABORT"),
    tlb: null,
    filledBy: null,
    path: null,
  },
  fill: null,
};

function plain(
  cls: HwClass,
  ste: SteMeaning,
  output: bigint | null,
  event: EventWords | null,
  by: HardwareRule,
): Resolved {
  return { answer: { cls, ste, output, event, rule: by, tlb: null, filledBy: null, path: null }, fill: null };
}

/** The transaction's fate through the first stream of the device; changes nothing. */
function resolve(world: HwWorld, dev: number, txn: HwTxn, trace: boolean): Resolved {
  const hd = world.hw.devices[dev];
  const spec = world.setup.devices[dev];
  const psmmu = spec === undefined ? undefined : world.setup.psmmus[spec.psmmu];
  const ste = hd?.stes[0];
  if (hd === undefined || spec === undefined || psmmu === undefined || ste === undefined) return ABORT;
  const meaning = steMeaning(ste[0]);
  if (txn.ats !== "none" && !hd.ats) return plain("ats-off", meaning, null, null, "H-ATS-OFF");
  if (meaning === "bypass" && txn.ats === "none")
    return plain("host-bypass", meaning, txn.iova, null, "H-STE-BYPASS");
  if (meaning === "s1") return plain("host-s1", meaning, null, null, "H-STE-HOST-S1");
  if (!trace && txn.ats === "none") {
    if (meaning === "abort") return ABORT;
    if (meaning === "s2" && txn.ssid === null) return stage2Only(world, txn, spec.sids[0] ?? 0);
  }
  return throughOracle(world, dev, psmmu, ste, meaning, txn, trace);
}

/** The common case of Config=110 without the decision function: stage 2 alone. */
function stage2Only(world: HwWorld, txn: HwTxn, sid: number): Resolved {
  if (isBacked(world.memory, txn.iova)) return plain("pass-s2", "s2", txn.iova, null, "H-STE-S2");
  const event = encodeEvent({
    code: 0x10,
    sid,
    pnu: txn.priv,
    ind: txn.inst,
    rnw: !txn.write,
    s2: true,
    cls: 2,
    addr: txn.iova,
    ipa: txn.iova,
  });
  return plain("abort", "s2", null, event, "H-S2-FAULT");
}

const CLASSES: Readonly<Record<AnswerClass, HwClass>> = {
  abort: "abort",
  razwi: "abort",
  stall: "abort",
  bypass: "host-bypass",
  s1: "host-s1",
  s2: "pass-s2",
  s1s2: "pass-s1",
  "ats-served": "ats-served",
  "ats-noperm": "ats-noperm",
  "ats-ur": "ats-ur",
  "ats-ca": "ats-ca",
  "ats-failed": "ats-failed",
  "ats-pass": "ats-pass",
};

const PAGE = 4096n;

function throughOracle(
  world: HwWorld,
  dev: number,
  psmmu: PsmmuSpec,
  ste: StreamTableEntry,
  meaning: SteMeaning,
  txn: HwTxn,
  trace: boolean,
): Resolved {
  const { memory, hw, setup } = world;
  const spec = setup.devices[dev];
  const p = spec?.psmmu ?? 0;
  const sid = spec?.sids[0] ?? 0;
  const idr = physicalIdr(psmmu);
  const vmid = Number(ste[2] & 0xffffn);
  // The stream table lies at the top of the physical address space, where no guest memory is.
  const base = idr.oasLimit - (64n << BigInt(idr.sidSize));
  const mine = base + BigInt(sid) * 64n;
  let tlb: "hit" | "miss" | null = null;
  let hit: TlbEntry | null = null;
  let asid = 0;
  let page = 0n;
  let walked: TableRange | null = null;
  const input: OracleInput = {
    idr,
    smmuen: true,
    atschk: true,
    gbpa: 0,
    cr2: 0x2,
    strtabBase: base,
    strtabCfg: idr.sidSize,
    eventq: "writable",
    read: (addr) => {
      if (addr >= mine && addr < mine + 64n) return ste[Number((addr - mine) >> 3n)] as bigint;
      return memRead64(memory, addr);
    },
    lookup: (ttb, va) => {
      walked = lookupMapping(memory, ttb, va);
      return walked;
    },
    tlbHit: (tag, _ttb, va) => {
      asid = tag;
      page = va / PAGE;
      hit = tlbLookup(hw.tlb, p, vmid, tag, page);
      tlb = hit === null ? "miss" : "hit";
      return hit === null ? null : pageRange(hit);
    },
    lookup2: (_ttb, ipa) => (isBacked(memory, ipa) ? identityPage(ipa) : null),
  };
  const got: Answer = oracle(
    input,
    {
      sid,
      ssid: txn.ssid,
      addr: txn.iova,
      rnw: !txn.write,
      ind: txn.inst,
      pnu: txn.priv,
      ats: txn.ats,
    },
    trace,
  );
  const filledBy = (hit as TlbEntry | null)?.filledBy ?? null;
  const answer: HwAnswer = {
    cls: CLASSES[got.cls],
    ste: meaning,
    output: got.output,
    event: got.event === null ? null : got.event.words,
    rule: physicalRule(got, meaning, filledBy, dev),
    tlb,
    filledBy,
    path: got.path === null ? null : physicalHops(got.path),
  };
  const walk: TableRange | null = walked;
  if (tlb !== "miss" || walk === null || got.output === null) return { answer, fill: null };
  // A fault leaves nothing behind (rule H-TLB-3).
  if (answer.cls !== "pass-s1" && answer.cls !== "ats-served") return { answer, fill: null };
  const { read, write } = walk as TableRange;
  const out = got.output / PAGE;
  return { answer, fill: { psmmu: p, vmid, asid, page, out, read, write, filledBy: dev } };
}

/** The hardware's own rule where it has one: the same whichever way the answer was found. */
function physicalRule(got: Answer, meaning: SteMeaning, filledBy: number | null, dev: number): string {
  if (got.cls === "s1s2") return rule(filledBy === null ? "H-STE-NESTED" : hitRule(filledBy, dev));
  if (got.cls === "s2" && meaning === "s2") return rule("H-STE-S2");
  if (got.rule === "A-STE-ABORT") return rule("H-STE-ABORT");
  const s2 = got.event !== null && ((got.event.words[1] >> 39n) & 1n) === 1n;
  return s2 ? rule("H-S2-FAULT") : got.rule;
}

const hitRule = (filledBy: number, dev: number): HardwareRule => (filledBy === dev ? "H-TLB-1" : "H-TLB-2");

const pageRange = (e: TlbEntry): TableRange => ({
  iova: e.page * PAGE,
  gpa: e.out * PAGE,
  size: PAGE,
  read: e.read,
  write: e.write,
  af: true,
});

/** Stage 2: the VM's RAM one to one. */
function identityPage(ipa: bigint): TableRange {
  const page = ipa & ~(PAGE - 1n);
  return { iova: page, gpa: page, size: PAGE, read: true, write: true, af: true };
}

/** The way without what only the decision function's frame is: the host's registers and stream table. */
function physicalHops(path: readonly Hop[]): Hop[] {
  const out: Hop[] = [];
  for (const hop of path) {
    if (hop.what === "CR0" || hop.what === "STRTAB") continue;
    out.push(hop.what === "STE" ? { ...hop, addr: null } : hop);
  }
  return out;
}

/** The answer a transaction would get now; the world stays as it is. */
export function peekTransaction(world: HwWorld, dev: number, txn: HwTxn, trace = false): HwAnswer {
  return resolve(world, dev, txn, trace).answer;
}

/** One transaction: its answer, and the TLB entry it leaves. The event is handed back, not delivered. */
export function hardwareTransaction(cx: Cx, dev: number, txn: HwTxn, trace = false): HwAnswer {
  const { answer, fill } = resolve(cx.w, dev, txn, trace);
  if (fill !== null) tlbFill(cx, fill);
  if (cx.t.on) {
    cx.t.rule(answer.rule);
    if (answer.tlb === "hit") cx.t.hw("tlb", "hit", { dev, filledBy: answer.filledBy });
    if (answer.event !== null)
      cx.t.hw("event", "recorded in the physical event queue", { dev, words: [...answer.event] });
  }
  return answer;
}
