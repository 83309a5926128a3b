/** `dma`: one transaction, asked of the architecture and of the hardware. */
import type { GuestAction } from "../actions.ts";
import { type EventWords, insideView } from "../arch/events.ts";
import { legal } from "../arch/legal.ts";
import { oracle, oracleInput } from "../arch/oracle.ts";
import type { Answer, AnswerClass, Hop, TableRange, Txn } from "../arch/oracle-types.ts";
import type { Cx } from "../cx.ts";
import { lookupMapping, memRead64 } from "../memory.ts";
import type { ResultValue } from "../outcome.ts";
import type { World } from "../world.ts";
import { deliverEvent, type EventFate, type EventPorts, eventText, recordExpected } from "./events.ts";
import type { GuestPorts } from "./ports.ts";
import type { GuestResult, GuestSmmu } from "./types.ts";

export type DmaAction = Extract<GuestAction, { kind: "dma" }>;

/** Where a `dma` goes if its line names no address. */
export const DEFAULT_IOVA = 0x1000n;

/** What the endpoint puts on the bus. */
export interface DmaTxn {
  readonly iova: bigint;
  readonly write: boolean;
  readonly ssid: number | null;
  readonly ats: "none" | "request" | "translated";
  readonly priv: boolean;
  readonly inst: boolean;
}

/** The hardware's answer as far as a guest's side needs it (hardware/translate.ts:HwAnswer has this shape). */
export interface HardwareAnswer {
  readonly cls: string;
  readonly output: bigint | null;
  readonly event: EventWords | null;
  readonly rule: string;
  readonly tlb: "hit" | "miss" | null;
  readonly filledBy: number | null;
  readonly path: readonly Hop[] | null;
}

export interface DmaPorts extends GuestPorts, EventPorts {
  /** The physical SMMU's answer; may leave a TLB entry behind. */
  transaction(cx: Cx, dev: number, txn: DmaTxn, trace: boolean): HardwareAnswer;
}

export interface DmaReport {
  readonly dev: number;
  readonly txn: DmaTxn;
  /** Null for a device behind no vSMMU: the architecture has nothing to say. */
  readonly vsmmu: number | null;
  readonly sid: number | null;
  /** Every answer the architecture allows; the first is the current one. Empty without a vSMMU. */
  readonly legal: readonly Answer[];
  /** The one of them that happened, or the current one if none did; null without a vSMMU. */
  readonly due: Answer | null;
  readonly hardware: HardwareAnswer;
  /** The way of what must happen, hop by hop; null unless asked for. */
  readonly expectedPath: readonly Hop[] | null;
  /** What the physical event became. */
  readonly event: EventFate | null;
  /** What the guest was entitled to see of the physical event (section 3.3). */
  readonly entitled: EventWords | null;
}

export interface DmaResult extends GuestResult {
  readonly report: DmaReport | null;
}

/** Script words for the architecture's answers: those of `expect d0 legal=`. */
const WORDS: Readonly<Record<AnswerClass, string>> = {
  abort: "abort",
  razwi: "razwi",
  stall: "stall",
  bypass: "pass-bypass",
  s1: "pass-s1",
  s2: "pass-s2",
  s1s2: "pass-s1",
  "ats-served": "ats-served",
  "ats-noperm": "ats-noperm",
  "ats-ur": "ats-ur",
  "ats-ca": "ats-ca",
  "ats-failed": "ats-failed",
  "ats-pass": "ats-pass",
};

export const legalWord = (cls: AnswerClass): string => WORDS[cls];

/** The script words of a set of answers, each once, current first. */
export function legalWords(answers: readonly Answer[]): string[] {
  const out: string[] = [];
  for (const a of answers) if (!out.includes(WORDS[a.cls])) out.push(WORDS[a.cls]);
  return out;
}

export function archTxn(sid: number, t: DmaTxn): Txn {
  return { sid, ssid: t.ssid, addr: t.iova, rnw: !t.write, ind: t.inst, pnu: t.priv, ats: t.ats };
}

/** What the architecture allows for a transaction of StreamID `sid` at vSMMU `v`, in the world as it is. */
export function legalAnswers(
  world: Pick<World, "guest" | "memory">,
  v: number,
  sid: number,
  txn: DmaTxn,
  read: (addr: bigint) => bigint | null,
): readonly Answer[] {
  const smmu = world.guest.smmus[v];
  if (smmu === undefined) return [];
  const lookup = (ttb: bigint, va: bigint): TableRange | null => lookupMapping(world.memory, ttb, va);
  return legal(smmu.arch, archTxn(sid, txn), read, lookup);
}

const hex = (x: bigint): string => `0x${x.toString(16)}`;

export function txnOf(a: DmaAction): DmaTxn {
  return {
    iova: a.iova ?? DEFAULT_IOVA,
    write: a.write,
    ssid: a.ssid ?? null,
    ats: a.ats,
    priv: a.priv,
    inst: a.inst,
  };
}

/** One transaction (rules G-DMA-1, G-DMA-2): the world's answer, the architecture's set, and the way of the event. */
export function dma(cx: Cx, ports: DmaPorts, a: DmaAction, trace = cx.t.on): DmaResult {
  const spec = cx.setup.devices[a.dev];
  if (spec === undefined)
    return {
      ok: false,
      rejected: true,
      errno: null,
      messages: ["no such device"],
      result: null,
      report: null,
    };
  const txn = txnOf(a);
  const place = ports.placement(cx, a.dev);
  const v = place?.vsmmu ?? null;
  const read = readerOf(cx);
  const answers = place === null ? [] : legalAnswers(cx.w, place.vsmmu, place.sid, txn, read);
  const expectedPath = place !== null && trace ? pathOf(cx, place.vsmmu, place.sid, txn) : null;
  const hardware = ports.transaction(cx, a.dev, txn, trace);
  const due = dueAnswer(answers, hardware);
  if (v !== null && due?.event) recordExpected(cx, v, due.event.words);
  const event = hardware.event === null ? null : deliverEvent(cx, ports, spec.psmmu, v, hardware.event);
  const entitled =
    hardware.event === null || place === null ? null : insideView(hardware.event, place.sid).event;
  const report: DmaReport = {
    dev: a.dev,
    txn,
    vsmmu: v,
    sid: place?.sid ?? null,
    legal: answers,
    due,
    hardware,
    expectedPath,
    event,
    entitled,
  };
  return {
    ok: true,
    rejected: false,
    errno: null,
    messages: messagesOf(event),
    result: resultOf(report),
    report,
  };
}

const ABORTS: readonly AnswerClass[] = ["abort", "razwi", "stall"];
const PASSES: Readonly<Record<string, readonly AnswerClass[]>> = {
  "pass-s1": ["s1", "s1s2"],
  "pass-s2": ["bypass", "s2"],
  "host-bypass": ["bypass", "s2"],
};

/** The class of the answer, and for something that passes the address, are what the hardware gave. */
function happened(a: Answer, hardware: HardwareAnswer): boolean {
  if (hardware.cls === "abort") return ABORTS.includes(a.cls);
  const passes = PASSES[hardware.cls];
  return passes === undefined
    ? a.cls === hardware.cls
    : passes.includes(a.cls) && a.output === hardware.output;
}

/**
 * Of several legal answers the one the hardware gave, so that only its event is due (rule G-DMA-3): an old translation that
 * is still legal owes no fault, and what was not sent owes nothing. Where two differ in the event alone, the one whose event was recorded, or none.
 */
export function dueAnswer(answers: readonly Answer[], hardware: HardwareAnswer): Answer | null {
  // An endpoint whose ATS is off has sent nothing.
  if (hardware.cls === "ats-off") return null;
  const fitting = answers.filter((a) => happened(a, hardware));
  const code =
    hardware.event === null ? null : Number((insideView(hardware.event, 0).event?.[0] ?? 0n) & 0xffn);
  return fitting.find((a) => (a.event?.code ?? null) === code) ?? fitting[0] ?? answers[0] ?? null;
}

function readerOf(cx: Cx): (addr: bigint) => bigint | null {
  return (addr) => memRead64(cx.w.memory, addr);
}

function pathOf(cx: Cx, v: number, sid: number, txn: DmaTxn): readonly Hop[] | null {
  const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
  const lookup = (ttb: bigint, va: bigint): TableRange | null => lookupMapping(cx.w.memory, ttb, va);
  return oracle(oracleInput(arch, readerOf(cx), lookup), archTxn(sid, txn), true).path;
}

function messagesOf(event: EventFate | null): readonly string[] {
  if (event === null || event.at === "guest") return [];
  return [`event ${event.name} did not reach the guest: ${event.why}`];
}

const DROPPED: Readonly<Record<Exclude<Answer["recorded"], "none" | "written">, string>> = {
  eventqen: "EVENTQEN=0",
  full: "the event queue is full",
  "abt-err": "EVENTQ_ABT_ERR is not acknowledged",
};

/** The event the architecture records, or the one it drops, and why. */
function dueEvent(due: Answer | null): { readonly [key: string]: ResultValue } {
  if (due === null || due.event === null || due.recorded === "none") return { expected: [], dropped: null };
  const text = eventText(due.event.words);
  if (due.recorded === "written") return { expected: [text], dropped: null };
  return { expected: [], dropped: { event: text, why: DROPPED[due.recorded] } };
}

function resultOf(r: DmaReport): ResultValue {
  const seen = r.event?.delivered ?? [];
  return {
    legal: legalWords(r.legal),
    hardware: r.hardware.cls,
    output: r.hardware.output === null ? null : hex(r.hardware.output),
    rule: r.hardware.rule,
    tlb: r.hardware.tlb,
    events: seen.map((w) => eventText(w)),
    ...dueEvent(r.due),
    lost:
      r.event === null || r.event.at === "guest"
        ? null
        : { event: r.event.name, at: r.event.at, why: r.event.why, rule: r.event.rule },
  };
}
