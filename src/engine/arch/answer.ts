/** Builders of answers: one place that knows when an offered event is recorded. */
import { type EventRecord, encodeEvent, eventName } from "./events.ts";
import type { Answer, AnswerClass, Hop, OfferedEvent, OracleInput, Txn } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";

export type Hops = Hop[] | null;

export function answer(
  input: OracleInput,
  cls: AnswerClass,
  rule: ArchRule,
  output: bigint | null,
  event: OfferedEvent | null,
  path: Hops,
  silencedBy: ArchRule | null = null,
): Answer {
  const recorded =
    event === null ? "none" : input.eventq === "writable" ? ("written" as const) : input.eventq;
  return { cls, output, event, recorded, rule, silencedBy, path };
}

export function offered(r: Partial<EventRecord> & { readonly code: number }): OfferedEvent {
  return { code: r.code, name: eventName(r.code), words: encodeEvent(r) };
}

/** Terminated with an abort and a configuration or fetch event. */
export function abortWith(
  input: OracleInput,
  t: Txn,
  rule: ArchRule,
  code: number,
  path: Hops,
  fetchAddr = 0n,
): Answer {
  const event = offered({ code, sid: t.sid, ssid: t.ssid, addr: t.addr, rnw: t.rnw, ipa: fetchAddr });
  return answer(input, "abort", rule, null, event, path);
}

/** Terminated with an abort, nothing offered. */
export function silentAbort(
  input: OracleInput,
  rule: ArchRule,
  path: Hops,
  silencedBy: ArchRule | null = null,
): Answer {
  return answer(input, "abort", rule, null, null, path, silencedBy);
}
