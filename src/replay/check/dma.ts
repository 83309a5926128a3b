/**
 * Transactions of emulated functions. QEMU translates them itself, so they meet the guest-visible SMMU alone: what it
 * did must be among the answers the architecture allows in the registers and tables of that moment.
 */
import { legal } from "../../engine/arch/legal.ts";
import type { Answer, TableRange, Txn } from "../../engine/arch/oracle-types.ts";
import { memRead64 } from "../../engine/memory.ts";
import type { World } from "../../engine/world.ts";
import type { Group } from "../meaning/grouper.ts";
import { big, type LogEvent, num, str } from "../meaning/log-event.ts";
import type { ReplayRun } from "../meaning/steps.ts";
import type { Tallies } from "./result.ts";

const PAGE = 0xfffn;

/** Event records that emulated functions' faults left in the queues: the model does not write them. */
export class EmulatedEvents {
  private readonly counts = new Map<number, number>();

  recorded(vsmmu: number): void {
    this.counts.set(vsmmu, (this.counts.get(vsmmu) ?? 0) + 1);
  }

  reset(): void {
    this.counts.clear();
  }

  /** EVENTQ_PROD with them; null when there are none. */
  prod(vsmmu: number, prod: number, log2: number): bigint | null {
    const n = this.counts.get(vsmmu);
    return n === undefined ? null : BigInt((prod + n) & (2 * 2 ** log2 - 1));
  }
}

/** What the last line of a transaction says. */
interface Seen {
  readonly what: "abort" | "bypass" | "s1" | "event";
  readonly event: string | null;
  readonly output: bigint | null;
}

function seenIn(e: LogEvent): Seen {
  switch (e.name) {
    case "smmuv3_translate_disable":
    case "smmuv3_translate_bypass":
      return { what: "bypass", event: null, output: big(e.f, "iova") };
    case "smmuv3_translate_abort":
      return { what: "abort", event: null, output: null };
    case "smmuv3_record_event":
    case "smmuv3_propagate_event":
      return { what: "event", event: str(e.f, "type").replace(/^SMMU_EVT_/, ""), output: null };
    default:
      return { what: "s1", event: null, output: big(e.f, "translated") };
  }
}

function fits(seen: Seen, a: Answer): boolean {
  switch (seen.what) {
    case "bypass":
      return a.cls === "bypass";
    case "abort":
      return a.cls === "abort" && a.event === null;
    case "event":
      return a.cls === "abort" && a.event?.name === seen.event;
    case "s1":
      return a.cls === "s1" && a.output === seen.output;
  }
}

const hex = (x: bigint): string => `0x${x.toString(16)}`;

function words(s: Seen): string {
  if (s.what === "event") return `abort, ${s.event}`;
  return s.output === null ? s.what : `${s.what} to ${hex(s.output)}`;
}

function answerText(a: Answer): string {
  const event = a.event === null ? "" : `, ${a.event.name}`;
  return `${a.cls}${a.output === null ? "" : ` to ${hex(a.output)}`}${event}`;
}

const isFault = (e: LogEvent): boolean =>
  e.name === "smmuv3_record_event" || e.name === "smmuv3_propagate_event";

export function checkDma(
  g: Group,
  run: ReplayRun,
  world: World,
  runIndex: number,
  step: number,
  tallies: Tallies,
  emulated: EmulatedEvents,
): void {
  const e = g.events.find((x) => x.name.startsWith("smmuv3_translate_") || isFault(x));
  if (e === undefined) return;
  const sid = num(e.f, "sid");
  const only = world.guest.smmus.length === 1 ? 0 : -1;
  const vsmmu = run.busOwners.get(sid >> 8) ?? only;
  const seen = seenIn(e);
  if (isFault(e)) emulated.recorded(Math.max(0, vsmmu));
  // Before any command named the bus, every SMMU is as its reset left it: any of them answers.
  const smmu = world.guest.smmus[Math.max(0, vsmmu)];
  if (smmu === undefined) {
    tallies.outside("DMA");
    return;
  }
  const addr = e.f.iova === undefined ? null : big(e.f, "iova");
  const txn: Txn = {
    sid,
    ssid: null,
    addr: addr ?? 0n,
    rnw: num(e.f, "w") !== 1,
    ind: false,
    pnu: false,
    ats: "none",
  };
  // Page tables are not in the log: a walk finds what this line shows, or nothing.
  const lookup = (_ttb: bigint, va: bigint): TableRange | null =>
    seen.what === "s1" && seen.output !== null
      ? { iova: va & ~PAGE, gpa: seen.output & ~PAGE, size: 4096n, read: true, write: true, af: true }
      : null;
  const answers = legal(smmu.arch, txn, (a) => memRead64(world.memory, a), lookup);
  if (answers.some((a) => fits(seen, a))) {
    tallies.agree("DMA");
    return;
  }
  tallies.disagree({
    run: runIndex,
    kind: "DMA",
    line: e.line,
    step,
    expected: `SID 0x${sid.toString(16)}${addr === null ? "" : ` ${hex(addr)}`}: ${words(seen)}`,
    got: answers.map(answerText).join(" or "),
    rule: answers[0]?.rule ?? null,
  });
}
