/** Holds what an `expect` line asks against a world and the command before it. */
import type { ObjRef } from "../engine/actions.ts";
import { eventSlug } from "../engine/arch/events.ts";
import { alarmOf } from "../engine/divergence.ts";
import type { DeviceFacts, DivergenceFact } from "../engine/facts.ts";
import { memRead64 } from "../engine/memory.ts";
import { type ListedObject, objectList, resolveObject } from "../engine/objects.ts";
import { deviceFacts, vsmmuFacts } from "../engine/observe.ts";
import type { Outcome, ResultValue, TransactionFacts } from "../engine/outcome.ts";
import { DEFAULT_BACKEND } from "../engine/qemu/state.ts";
import { step } from "../engine/step.ts";
import type { HostNode } from "../engine/tracer.ts";
import type { World } from "../engine/world.ts";
import type { CallPattern, Expectation, IdValue } from "./expectation.ts";
import { type Json, outcomeCalls } from "./record.ts";

/** Where an expectation stands: the world now, and the last command with the world before it. */
export interface Moment {
  readonly world: World;
  readonly before: World | null;
  readonly outcome: Outcome | null;
}

export interface Verdict {
  readonly held: boolean;
  /** What the line calls it (`pste`, `d0.s2`); null when the line asks one thing alone. */
  readonly key: string | null;
  readonly got: Json;
}

const hex = (n: bigint | number): string => `0x${n.toString(16)}`;
const verdict = (key: string | null, held: boolean, got: Json): Verdict => ({ key, held, got });

export function judge(m: Moment, e: Expectation): Verdict {
  switch (e.kind) {
    case "ok":
      return verdict(null, m.outcome?.ok === true, outcomeWord(m.outcome));
    case "fail":
      return verdict(null, m.outcome !== null && !m.outcome.ok, outcomeWord(m.outcome));
    case "rejected":
      return verdict(null, m.outcome?.rejected === true, outcomeWord(m.outcome));
    case "errno":
      return verdict("errno", m.outcome !== null && m.outcome.errno === e.errno, m.outcome?.errno ?? null);
    case "error": {
      const messages = m.outcome === null ? [] : allMessages(m.outcome);
      if (m.outcome?.errno) messages.push(m.outcome.errno);
      return verdict(
        "error",
        messages.some((t) => t.includes(e.text)),
        messages,
      );
    }
    case "device-word":
      return deviceWord(deviceFacts(m.world, e.dev), sentBy(m, e.dev), e.key, e.word);
    case "device-set": {
      const legal: readonly string[] = (sentBy(m, e.dev) ?? deviceFacts(m.world, e.dev)).legal;
      const got: readonly string[] = legal.length === 0 ? ["none"] : legal;
      return verdict("legal", sameSet(got, e.words), [...got]);
    }
    case "device-number":
      return deviceNumber(m.world, e);
    case "device-id": {
      const f = deviceFacts(m.world, e.dev);
      return idVerdict(m.world, e.key, e.key === "hwpt" ? f.hwpt : f.vdevice, e.value);
    }
    case "cmdq": {
      const got = vsmmuFacts(m.world, e.vsmmu).cmdqError ?? "none";
      return verdict("cmdq", got === e.error, got);
    }
    case "vsmmu-diverges":
      return vsmmuVerdict(vsmmuFacts(m.world, e.vsmmu).divergences, e.word);
    case "vsmmu-id":
      return idVerdict(m.world, e.key, vsmmuFacts(m.world, e.vsmmu)[e.key], e.value);
    case "register": {
      const got = readRegister(m.world, e.vsmmu, e.offset, e.size);
      return verdict(e.key, got === e.value, hex(got));
    }
    case "vmids": {
      const got = m.world.kernel.smmus[e.psmmu]?.vmids ?? [];
      return verdict("vmids", sameSet(got.map(String), e.vmids.map(String)), [...got]);
    }
    case "users": {
      const got = usersOf(m.world, e.object);
      return verdict(e.text, got === e.users, got);
    }
    case "id":
      return idVerdict(m.world, e.text, idOf(m.world, e.object), e.value);
    case "count": {
      const got = countOf(m.world, e.what);
      return verdict(e.what, got === e.count, got);
    }
    case "calls":
      return judgeCalls(m, e.mode, e.calls);
    case "events": {
      const got = m.before === null ? [] : guestEvents(m.before, m.world, e.vsmmu);
      const held =
        got.length === e.events.length &&
        e.events.every((p, i) => got[i]?.code === p.code && (p.sid === null || got[i]?.sid === p.sid));
      return verdict(
        null,
        held,
        got.map((x) => `${eventSlug(x.code)}:${hex(x.sid)}`),
      );
    }
    case "result": {
      const got = m.outcome === null ? undefined : resultAt(m.outcome.result, e.path);
      return verdict(e.path, got !== undefined && sameValue(got, e.value), (got ?? null) as Json);
    }
  }
}

function outcomeWord(o: Outcome | null): Json {
  if (o === null) return "no command yet";
  if (o.ok) return "ok";
  if (o.rejected) return "rejected";
  return o.errno ?? "failed";
}

/** Messages of a command, those of a sequence's parts included. */
function allMessages(o: Outcome): string[] {
  return [...o.messages, ...o.parts.flatMap((p) => allMessages(p.outcome))];
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  new Set(a).size === new Set(b).size && a.every((x) => b.includes(x));

/** Words that name the same state of a device that runs no guest: the host's, or nobody's. */
function attachedWords(f: DeviceFacts): readonly string[] {
  if (f.attached === "none")
    return f.pste === "bypass"
      ? ["none", "identity"]
      : f.pste === "s1"
        ? ["none", "s1"]
        : ["none", "blocked"];
  if (f.attached === "blocked") return ["blocked", "none"];
  return [f.attached];
}

/** Names of one physical STE: Config 4 is the identity domain's, Config 0 the blocking domain's. */
const PSTE_ALIAS: Readonly<Record<string, readonly string[]>> = {
  bypass: ["bypass", "identity"],
  abort: ["abort", "blocked"],
};

/** The transaction of the command before, if it was a `dma` of this device: then answers are asked about that one. */
function sentBy(m: Moment, dev: number): TransactionFacts | null {
  const t = m.outcome?.transaction;
  return t?.dev === dev ? t : null;
}

function deviceWord(f: DeviceFacts, sent: TransactionFacts | null, key: string, word: string): Verdict {
  switch (key) {
    case "attached":
      return verdict(key, attachedWords(f).includes(word), f.attached);
    case "pste":
      return verdict(key, (PSTE_ALIAS[f.pste] ?? [f.pste]).includes(word), f.pste);
    case "dma": {
      const got = (sent ?? f).hardware ?? "none";
      return verdict(key, got === word, got);
    }
    case "ats":
      return verdict(key, f.ats === (word === "on"), f.ats ? "on" : "off");
    default: {
      const found = sent === null ? f.divergences : [...sent.divergences, ...f.divergences];
      return divergesVerdict(found, alarmOf(found) !== null, word);
    }
  }
}

const vsmmuVerdict = (found: readonly DivergenceFact[], word: string): Verdict =>
  divergesVerdict(found, found.length > 0, word);

/** `yes` and `no` are about the alarm, a name about the whole list; one without a name shows as `?`. */
function divergesVerdict(found: readonly DivergenceFact[], alarm: boolean, word: string): Verdict {
  const names = [...new Set(found.map((d) => d.id ?? "?"))];
  const held = word === "no" ? !alarm : word === "yes" ? alarm : names.some((n) => n === word);
  return verdict("diverges", held, names.length === 0 ? null : names.join(","));
}

function deviceNumber(world: World, e: Extract<Expectation, { kind: "device-number" }>): Verdict {
  const f = deviceFacts(world, e.dev);
  if (e.key === "vmaster") {
    const held = e.value === "any" ? f.vmaster !== null : f.vmaster === e.value;
    return verdict("vmaster", held, f.vmaster === null ? null : hex(f.vmaster));
  }
  // VMID 0 is nobody's: a physical STE without stage 2 has none.
  const none = f.pste !== "s2" && f.pste !== "nested";
  const held = e.value === null ? none : e.value === "any" ? !none : BigInt(f.vmid) === e.value;
  return verdict("vmid", held, none && f.vmid === 0 ? null : f.vmid);
}

function idOf(world: World, ref: ObjRef): number | null {
  return found(world, ref)?.id ?? null;
}

/** The live object behind a reference; `id:N` is one of the VM's file, and a device's name its DEVICE. */
function found(world: World, ref: ObjRef): ListedObject | null {
  let key: { file: number; id: number } | null;
  if ("id" in ref)
    key = {
      file: Math.max(
        0,
        world.kernel.files.findIndex((f) => f.name === DEFAULT_BACKEND),
      ),
      id: ref.id,
    };
  else {
    const dev = world.setup.devices.findIndex((d) => d.name === ref.name);
    key = dev < 0 ? resolveObject(world, ref.name) : (world.kernel.masters[dev]?.bound ?? null);
  }
  if (key === null) return null;
  const { file, id } = key;
  return objectList(world).find((o) => o.file === file && o.id === id) ?? null;
}

function idVerdict(world: World, key: string, got: number | null, want: IdValue): Verdict {
  return verdict(key, holdsId(world, got, want), got);
}

function holdsId(world: World, got: number | null, want: IdValue): boolean {
  switch (want.is) {
    case "yes":
      return got !== null;
    case "no":
      return got === null;
    case "id":
      return got === want.id;
    case "object":
      return got !== null && got === idOf(world, { name: want.name });
  }
}

function usersOf(world: World, ref: ObjRef): number | null {
  return found(world, ref)?.obj.users ?? null;
}

function countOf(world: World, what: string): number {
  if (what === "tombstones")
    return world.kernel.files.reduce((n, f) => n + f.objects.filter((o) => o === "tombstone").length, 0);
  const all = objectList(world);
  if (what === "objects") return all.length;
  if (what === "hwpt")
    return all.filter((o) => o.obj.type === "HWPT_PAGING" || o.obj.type === "HWPT_NESTED").length;
  const type = what.toUpperCase().replaceAll("-", "_");
  return all.filter((o) => o.obj.type === type).length;
}

/** What the guest would read; a read changes nothing. */
function readRegister(world: World, vsmmu: number, offset: number, size: 4 | 8): bigint {
  const { outcome } = step(world, { kind: "read", vsmmu, offset, size }, { trace: false });
  const value = resultAt(outcome.result, "value");
  return BigInt(typeof value === "string" || typeof value === "number" ? value : 0);
}

/** Calls that `expect calls only` passes over unless they are named: they move no attachment and make no object. */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  "open-iommufd",
  "close-iommufd",
  "open-cdev",
  "kvm-add",
  "kvm-del",
  "iova-ranges",
  "map",
  "unmap",
  "get-info",
  "hw-info",
]);

/** Closing a device's cdev is housekeeping, closing a vEVENTQ is not. */
const isHousekeeping = (n: HostNode): boolean =>
  HOUSEKEEPING.has(n.call) || (n.call === "close" && n.args.device !== undefined);

/** The host calls of a command that move an attachment or make or free an object, in order. */
export const decidingCalls = (outcome: Outcome): HostNode[] =>
  outcomeCalls(outcome).filter((n) => !isHousekeeping(n));

function deviceOfCall(world: World, n: HostNode): number | null {
  const { device, dev } = n.args;
  if (typeof device === "number") return device;
  if (typeof dev !== "number") return null;
  const master = world.kernel.masters.findIndex((m) => m.bound?.file === n.file && m.bound.id === dev);
  return master < 0 ? null : master;
}

function judgeCalls(m: Moment, mode: "in-order" | "only" | "none", want: readonly CallPattern[]): Verdict {
  const made = m.outcome === null ? [] : outcomeCalls(m.outcome);
  const world = m.world;
  const matches = (n: HostNode, p: CallPattern): boolean =>
    n.call === p.call &&
    (p.dev === null ||
      deviceOfCall(world, n) === p.dev ||
      (m.before !== null && deviceOfCall(m.before, n) === p.dev)) &&
    (p.result === null || (p.result === "ok" ? n.errno === null : n.errno === p.result));
  const named = new Set<string>(want.map((p) => p.call));
  const judged = mode === "only" ? made.filter((n) => named.has(n.call) || !isHousekeeping(n)) : made;
  const got = judged.map((n) => callText(world, n));
  if (mode === "none") return verdict(null, made.length === 0, got);
  if (mode === "only")
    return verdict(
      null,
      judged.length === want.length && want.every((p, i) => matches(judged[i] as HostNode, p)),
      got,
    );
  let i = 0;
  for (const n of judged) if (i < want.length && matches(n, want[i] as CallPattern)) i++;
  return verdict(null, i === want.length, got);
}

function callText(world: World, n: HostNode): string {
  const dev = deviceOfCall(world, n);
  const name = dev === null ? "" : `@${world.setup.devices[dev]?.name ?? dev}`;
  return `${n.call}${name}${n.errno === null ? "" : `:${n.errno}`}`;
}

/** Records that the command put into the guest's EVENTQ: what lies between QEMU's PROD before and after. */
export function guestEvents(before: World, after: World, v: number): { code: number; sid: number }[] {
  const a = before.qemu.smmus[v]?.regs;
  const b = after.qemu.smmus[v]?.regs;
  if (a === undefined || b === undefined || a.eventqBase !== b.eventqBase) return [];
  const size = 2 ** b.eventqLog2size;
  const index = 2 * size;
  const count = ((((b.eventqProd % index) - (a.eventqProd % index)) % index) + index) % index;
  // PROD that went back (a reset, a new driver) tells nothing of new records.
  if (count > size) return [];
  const base = b.eventqBase & 0x00ff_ffff_ffff_ffe0n;
  const out: { code: number; sid: number }[] = [];
  for (let i = 0; i < count; i++) {
    const slot = (a.eventqProd + i) % size;
    const word = memRead64(after.memory, base + BigInt(slot * 32)) ?? 0n;
    out.push({ code: Number(word & 0xffn), sid: Number(word >> 32n) });
  }
  return out;
}

/** `records.0.seq` in a command's result. */
function resultAt(result: ResultValue, path: string): ResultValue | undefined {
  let at: ResultValue | undefined = result;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    if (Array.isArray(at)) at = part === "length" ? at.length : (at[Number(part)] as ResultValue | undefined);
    else at = (at as { readonly [key: string]: ResultValue })[part];
  }
  return at;
}

/** Numbers are compared as numbers however they are written, lists of words as sets. */
function sameValue(got: ResultValue, want: string): boolean {
  if (Array.isArray(got))
    return sameSet(got.map(String), want === "" || want === "none" ? [] : want.split(","));
  const text = String(got);
  if (text === want) return true;
  try {
    return typeof got !== "object" && text !== "" && want !== "" && BigInt(text) === BigInt(want);
  } catch {
    return false;
  }
}
