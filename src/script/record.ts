/** The JSON objects of a headless run (`lab run --json`), one a line. Field names are a contract. */
import { alarmOf } from "../engine/divergence.ts";
import type { Errno } from "../engine/errno.ts";
import { deviceFacts } from "../engine/observe.ts";
import type { Outcome, Part, ResultValue } from "../engine/outcome.ts";
import { streamName } from "../engine/promise.ts";
import type { Setup } from "../engine/setup.ts";
import type { CallName, HostNode, TraceNode, TraceValue } from "../engine/tracer.ts";
import type { World } from "../engine/world.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One call into the host kernel: what was asked, what came back. Further arguments bear the kernel's names. */
export interface CallRecord {
  readonly call: CallName;
  readonly by: "qemu" | "raw";
  readonly ret: 0 | -1;
  readonly errno?: Errno;
  readonly id?: number;
  readonly [argument: string]: Json | undefined;
}

export interface PartRecord {
  readonly text: string;
  readonly ok: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
  readonly calls: readonly CallRecord[];
  /** By device (`d0`, or `d0 ssid=3`): traffic whose legal answers changed, each with the event it records. */
  readonly delta: Readonly<Record<string, { readonly before: string; readonly after: string }>>;
  readonly result?: ResultValue;
}

export interface CommandRecord {
  readonly line: number;
  readonly text: string;
  readonly ok: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
  readonly ids: Readonly<Record<string, number>>;
  readonly calls: readonly CallRecord[];
  /** Devices whose hardware answer is not a legal one, after the command. */
  readonly diverges: Readonly<Record<string, string>>;
  readonly result?: ResultValue;
  readonly rejected?: true;
  readonly parts?: readonly PartRecord[];
}

export interface ExpectRecord {
  readonly line: number;
  readonly expect: string;
  readonly held: boolean;
  readonly got: Json;
}

export interface EndRecord {
  readonly end: true;
  readonly commands: number;
  readonly expectations: { readonly held: number; readonly failed: number };
  readonly state: Json;
}

const jsonValue = (v: TraceValue): Json => {
  if (typeof v === "bigint") return `0x${v.toString(16)}`;
  if (typeof v === "object" && v !== null) return v.map((x) => jsonValue(x));
  return v;
};

/** Host calls of a trace, in the order they were made. */
export function hostCalls(trace: readonly TraceNode[]): HostNode[] {
  const out: HostNode[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      if (n.kind === "host") out.push(n);
      if (n.kind === "host" || n.kind === "call") walk(n.children);
    }
  };
  walk(trace);
  return out;
}

/** Host calls of an outcome, those of a guest sequence's parts included. */
export function outcomeCalls(outcome: Outcome): HostNode[] {
  const own = hostCalls(outcome.trace);
  return own.length > 0 ? own : outcome.parts.flatMap((p) => outcomeCalls(p.outcome));
}

export function callRecord(setup: Setup, n: HostNode): CallRecord {
  const rest: Record<string, Json> = {};
  for (const [key, value] of [...Object.entries(n.args), ...Object.entries(n.out)])
    rest[key] = jsonValue(value);
  const { id, device, ...others } = rest;
  return {
    call: n.call,
    by: n.by,
    ret: n.errno === null ? 0 : -1,
    ...(n.errno === null ? {} : { errno: n.errno }),
    ...(typeof id === "number" ? { id } : {}),
    ...(typeof device === "number" ? { device: setup.devices[device]?.name ?? device } : {}),
    ...(n.injected ? { injected: true } : {}),
    ...others,
  };
}

/** Devices whose hardware leaves the legal set, by name: in the state, or in the transaction just sent. */
export function divergences(world: World, outcome: Outcome): Record<string, string> {
  const out: Record<string, string> = {};
  const sent = outcome.transaction;
  for (const [i, d] of world.setup.devices.entries()) {
    const alarm = sent?.dev === i ? alarmOf(sent.divergences) : null;
    const id = alarm === null ? deviceFacts(world, i).diverges : (alarm.id ?? "?");
    if (id !== null) out[d.name] = id;
  }
  return out;
}

function partRecord(world: World, part: Part): PartRecord {
  const o = part.outcome;
  const delta: Record<string, { before: string; after: string }> = {};
  for (const d of part.delta) delta[streamName(world.setup, d)] = { before: d.before, after: d.after };
  return {
    text: part.text,
    ok: o.ok,
    errno: o.errno,
    messages: o.messages,
    calls: outcomeCalls(o).map((n) => callRecord(world.setup, n)),
    delta,
    ...(o.result === null ? {} : { result: o.result }),
  };
}

export function commandRecord(line: number, text: string, world: World, outcome: Outcome): CommandRecord {
  return {
    line,
    text,
    ok: outcome.ok,
    errno: outcome.errno,
    messages: outcome.messages,
    ids: outcome.ids,
    calls: outcomeCalls(outcome).map((n) => callRecord(world.setup, n)),
    diverges: divergences(world, outcome),
    ...(outcome.result === null ? {} : { result: outcome.result }),
    ...(outcome.rejected ? { rejected: true as const } : {}),
    ...(outcome.parts.length === 0 ? {} : { parts: outcome.parts.map((p) => partRecord(world, p)) }),
  };
}
