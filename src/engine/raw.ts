/**
 * Raw host verbs: what any VMM can call, with any argument, passed to the kernel's own checks. Each verb is one host
 * call. Objects are named or given by bare id; an id that does not exist goes to the kernel all the same.
 */
import type { ObjRef, RawAction, VsteValue } from "./actions.ts";
import { type EventRecord, encodeEvent } from "./arch/events.ts";
import { makeSte } from "./arch/ste.ts";
import { type Cx, fresh, own } from "./cx.ts";
import type { Errno } from "./errno.ts";
import type { Command, EventResult, HostResult } from "./kernel/calls.ts";
import { getObj } from "./kernel/state.ts";
import * as host from "./kernel/syscalls.ts";
import type { ResultValue, TransactionFacts } from "./outcome.ts";
import { noteAttached } from "./provenance.ts";
import { resolveQemuName } from "./qemu/names.ts";
import { DEFAULT_BACKEND } from "./qemu/state.ts";
import type { World } from "./world.ts";

/** The part of an Outcome that an action decides itself. */
export interface Done {
  readonly ok: boolean;
  readonly rejected: boolean;
  readonly errno: Errno | null;
  readonly messages: readonly string[];
  readonly ids: Readonly<Record<string, number>>;
  readonly result: ResultValue;
  readonly transaction?: TransactionFacts;
}

const NO_IDS: Readonly<Record<string, number>> = Object.freeze({});

export const rejected = (why: string): Done => ({
  ok: false,
  rejected: true,
  errno: null,
  messages: [why],
  ids: NO_IDS,
  result: null,
});

const done = (errno: Errno | null, result: ResultValue = null, ids = NO_IDS): Done => ({
  ok: errno === null,
  rejected: false,
  errno,
  messages: [],
  ids,
  result,
});

const hex = (v: bigint): string => `0x${v.toString(16)}`;

/** Uapi lengths of data that has one. */
const STE_DATA_LEN = 16;
const HWPT_DATA_ARM_SMMUV3 = 2;
const HW_INFO_LEN = 40;
const RECORD_LEN = 40;

/** Index of the newest iommufd file of that name that user space still has open, or of the newest at all; -1 if none. */
function fileNamed(world: World, name: string): number {
  const { files } = world.kernel;
  for (let i = files.length - 1; i >= 0; i--)
    if (files[i]?.name === name && files[i]?.fdOpen === true) return i;
  for (let i = files.length - 1; i >= 0; i--) if (files[i]?.name === name) return i;
  return -1;
}

/** The file a verb makes an object in. The VM's own file is opened by the first raw verb that needs it, and again when it is closed. */
function fileFor(cx: Cx, fd: string | undefined): number {
  const name = fd ?? DEFAULT_BACKEND;
  const at = fileNamed(cx.w, name);
  if (at >= 0 && cx.w.kernel.files[at]?.fdOpen === true) return at;
  if (name !== DEFAULT_BACKEND) return at;
  const opened = host.openIommufd(cx, "raw", name);
  return opened.file;
}

/**
 * The file an object reference belongs to: `fd=` wins, else the named object's own file, else the VM's, also when it is
 * closed: an id that a new file cannot have means the old one.
 */
function fileOf(cx: Cx, fd: string | undefined, ...refs: readonly ObjRef[]): number {
  if (fd === undefined)
    for (const ref of refs) {
      const key = "name" in ref ? lookup(cx.w, ref.name) : null;
      if (key !== null) return key.file;
    }
  const at = fileNamed(cx.w, fd ?? DEFAULT_BACKEND);
  return at >= 0 ? at : fileFor(cx, fd);
}

function lookup(world: World, name: string): { file: number; id: number } | null {
  for (const n of world.names) if (n.name === name) return n;
  // A device's own name stands for the DEVICE object it is bound as.
  const dev = world.setup.devices.findIndex((d) => d.name === name);
  if (dev >= 0) return world.kernel.masters[dev]?.bound ?? null;
  return resolveQemuName(world, name);
}

/** A name whose object was never made resolves to id 0, which no file ever holds. */
function idOf(cx: Cx, ref: ObjRef): number {
  return "id" in ref ? ref.id : (lookup(cx.w, ref.name)?.id ?? 0);
}

/** Remembers `as NAME`; a later object of the same name takes it over. */
function remember(
  cx: Cx,
  name: string | undefined,
  file: number,
  id: number,
): Readonly<Record<string, number>> {
  if (name === undefined || id === 0) return NO_IDS;
  const names = own(cx, cx.w, "names");
  const at = names.findIndex((n) => n.name === name);
  const entry = fresh(cx, { name, file, id });
  if (at < 0) names.push(entry);
  else names[at] = entry;
  return { [name]: id };
}

/** Physical device behind a DEVICE reference, or -1. */
function deviceBehind(cx: Cx, file: number, ref: ObjRef): number {
  const own = "name" in ref ? cx.setup.devices.findIndex((d) => d.name === ref.name) : -1;
  if (own >= 0) return own;
  const obj = getObj(cx.w.kernel, file, idOf(cx, ref));
  return obj?.type === "DEVICE" ? obj.dev : -1;
}

function allocated(cx: Cx, file: number, name: string | undefined, r: HostResult): Done {
  return done(r.errno, null, r.errno === null ? remember(cx, name, file, r.id) : NO_IDS);
}

/** The two words of a `vste=`. */
function vsteWords(v: VsteValue): readonly [bigint, bigint] {
  if ("w0" in v) return [v.w0, v.w1];
  const words = makeSte(v.as);
  return [words[0] ?? 0n, (words[1] ?? 0n) | (v.ats === true ? 1n << 28n : 0n)];
}

function hwptAlloc(cx: Cx, a: Extract<RawAction, { kind: "hwpt-alloc" }>): Done {
  const file = fileOf(cx, a.fd, a.pt, a.dev);
  const [ste0, ste1] = a.vste === undefined ? [0n, 0n] : vsteWords(a.vste);
  const r = host.hwptAlloc(cx, "raw", file, {
    devId: idOf(cx, a.dev),
    ptId: idOf(cx, a.pt),
    flags: a.flags,
    dataType: a.dataType ?? (a.vste === undefined ? 0 : HWPT_DATA_ARM_SMMUV3),
    dataLen: a.dataLen ?? (a.vste === undefined ? 0 : STE_DATA_LEN),
    reserved: a.reserved,
    faultId: a.fault ?? 0,
    ste0,
    ste1,
    name: a.as ?? null,
  });
  return allocated(cx, file, a.as, r);
}

function attachOrDetach(cx: Cx, a: Extract<RawAction, { kind: "attach" | "detach" }>): Done {
  const file = fileOf(cx, a.fd, a.dev);
  const dev = deviceBehind(cx, file, a.dev);
  // Attach and detach are ioctls on the device's own fd; vfio_main.c refuses them on a device that is not bound.
  if (dev < 0)
    return { ...done("EINVAL"), messages: ["no bound device there: the call is one on a device's fd"] };
  if (a.kind === "detach") return done(host.detach(cx, "raw", dev, a.flags).errno);
  const r = host.attach(cx, "raw", dev, idOf(cx, a.pt), a.flags);
  if (r.errno === null) noteAttached(cx, dev, "raw", false);
  return done(r.errno, r.errno === null ? { hwpt: r.id } : null);
}

function invalidate(cx: Cx, a: Extract<RawAction, { kind: "invalidate" }>): Done {
  const cmds: Command[] = a.cmds.map((c) => [c.q0, c.q1]);
  const r = host.invalidate(cx, "raw", fileOf(cx, a.fd, a.object), {
    id: idOf(cx, a.object),
    dataType: a.dataType,
    entryLen: a.entryLen,
    entryNum: a.entryNum ?? cmds.length,
    reserved: a.reserved,
    cmds,
  });
  return done(r.errno, { done: r.done, issued: r.issued.map(([q0, q1]) => `${hex(q0)},${hex(q1)}`) });
}

function hwInfo(cx: Cx, a: Extract<RawAction, { kind: "hw-info" }>): Done {
  const r = host.getHwInfo(cx, "raw", fileOf(cx, a.fd, a.dev), {
    devId: idOf(cx, a.dev),
    flags: a.flags,
    type: a.type,
    dataLen: a.dataLen ?? HW_INFO_LEN,
    reserved: a.reserved,
  });
  const i = r.info;
  if (i === null) return done(r.errno);
  const h = (v: number): string => `0x${(v >>> 0).toString(16)}`;
  return done(null, {
    type: i.type,
    flags: i.flags,
    idr0: h(i.idr0),
    idr1: h(i.idr1),
    idr2: h(i.idr2),
    idr3: h(i.idr3),
    idr4: h(i.idr4),
    idr5: h(i.idr5),
    idr: [i.idr0, i.idr1, i.idr2, i.idr3, i.idr4, i.idr5].map(h),
    iidr: h(i.iidr),
    aidr: h(i.aidr),
    capabilities: i.capabilities,
    dataLen: i.dataLen,
  });
}

function readEvents(cx: Cx, a: Extract<RawAction, { kind: "read-events" }>): Done {
  const file = fileOf(cx, a.fd, a.queue);
  const queue = getObj(cx.w.kernel, file, idOf(cx, a.queue));
  // Without bytes= a buffer that fits everything queued.
  const all = queue?.type === "VEVENTQ" ? Math.max(1, queue.events.length) * RECORD_LEN : RECORD_LEN;
  const r = host.readEvents(cx, "raw", file, idOf(cx, a.queue), a.bytes ?? all);
  if (r.errno !== null) return done(r.errno);
  const records = r.records.map((x) => ({ seq: x.seq, lost: x.lost, words: x.words.map(hex) }));
  return done(null, { records, bytes: r.bytes });
}

/** The 32-byte record the hardware writes for an `event` verb. */
function eventRecord(
  a: Extract<RawAction, { kind: "event" }>,
): Partial<EventRecord> & { readonly code: number } {
  return {
    code: a.code,
    sid: a.sid,
    ...(a.ssid === undefined ? {} : { ssv: true, ssid: a.ssid }),
    stall: a.stall,
    rnw: a.rnw,
    s2: a.s2,
    cls: a.cls,
    addr: a.addr,
    ipa: a.ipa,
  };
}

function result(e: EventResult): { readonly [key: string]: ResultValue } {
  return { to: e.to, vsid: e.vsid === null ? null : hex(e.vsid), why: e.why, rule: e.rule };
}

/** The record is in a vEVENTQ; a full one takes a mark instead. */
const QUEUED = "K-EVENT-8";

/**
 * The host handles every record of a burst before the fd handler runs: a vEVENTQ takes what its depth allows and then
 * one mark for the rest. The result is the last record's; of a burst also how many were queued.
 */
function burst(
  cx: Cx,
  a: Extract<RawAction, { kind: "event" }>,
  eventDelivered: (file: number, queue: number) => readonly string[],
): Done {
  const words = encodeEvent(eventRecord(a));
  const count = a.count ?? 1;
  let last = host.handleEvent(cx, a.psmmu, { words });
  let queued = last.rule === QUEUED ? 1 : 0;
  for (let n = 1; n < count; n++) {
    last = host.handleEvent(cx, a.psmmu, { words });
    if (last.rule === QUEUED) queued++;
  }
  const messages = last.to === "veventq" ? eventDelivered(last.file, last.queue) : [];
  const one = result(last);
  return { ...done(null, count === 1 ? one : { ...one, queued }), messages };
}

/**
 * Runs one raw verb. `eventDelivered` is called when a record reached a vEVENTQ, so that whoever holds the queue's fd
 * can read it (QEMU's handler, if the queue is QEMU's).
 */
export function runRaw(
  cx: Cx,
  a: RawAction,
  eventDelivered: (file: number, queue: number) => readonly string[],
): Done {
  switch (a.kind) {
    case "iommufd": {
      if (fileNamed(cx.w, a.name) >= 0 && cx.w.kernel.files[fileNamed(cx.w, a.name)]?.fdOpen === true)
        return rejected(`iommufd ${a.name} is open already`);
      return done(host.openIommufd(cx, "raw", a.name).errno);
    }
    case "close-iommufd":
      return done(host.closeIommufdFd(cx, "raw", fileNamed(cx.w, a.fd ?? DEFAULT_BACKEND)).errno);
    case "ioas-alloc": {
      const file = fileFor(cx, a.fd);
      return allocated(
        cx,
        file,
        a.as,
        host.ioasAlloc(cx, "raw", file, { flags: a.flags, name: a.as ?? null }),
      );
    }
    case "bind": {
      const file = fileFor(cx, a.fd);
      return allocated(cx, file, a.as, host.bind(cx, "raw", file, a.dev, a.flags, a.as ?? null));
    }
    case "unbind": {
      const dev = deviceBehind(cx, fileOf(cx, a.fd, a.dev), a.dev);
      if (dev < 0) return { ...done("EBADF"), messages: ["no bound device there: its fd is closed"] };
      return done(host.unbind(cx, "raw", dev).errno);
    }
    case "hwpt-alloc":
      return hwptAlloc(cx, a);
    case "viommu-alloc": {
      const file = fileOf(cx, a.fd, a.hwpt, a.dev);
      const r = host.viommuAlloc(cx, "raw", file, {
        devId: idOf(cx, a.dev),
        hwptId: idOf(cx, a.hwpt),
        type: a.type,
        flags: a.flags,
        name: a.as ?? null,
      });
      return allocated(cx, file, a.as, r);
    }
    case "vdevice-alloc": {
      const file = fileOf(cx, a.fd, a.viommu, a.dev);
      const r = host.vdeviceAlloc(cx, "raw", file, {
        viommuId: idOf(cx, a.viommu),
        devId: idOf(cx, a.dev),
        virtId: a.virtId,
        name: a.as ?? null,
      });
      return allocated(cx, file, a.as, r);
    }
    case "veventq-alloc": {
      const file = fileOf(cx, a.fd, a.viommu);
      const r = host.veventqAlloc(cx, "raw", file, {
        viommuId: idOf(cx, a.viommu),
        type: a.type,
        depth: a.depth,
        flags: a.flags,
        reserved: a.reserved,
        name: a.as ?? null,
      });
      return allocated(cx, file, a.as, r);
    }
    case "read-events":
      return readEvents(cx, a);
    case "close":
      return done(host.closeVeventqFd(cx, "raw", fileOf(cx, a.fd, a.queue), idOf(cx, a.queue)).errno);
    case "attach":
    case "detach":
      return attachOrDetach(cx, a);
    case "destroy":
      return done(host.destroy(cx, "raw", fileOf(cx, a.fd, a.object), idOf(cx, a.object)).errno);
    case "invalidate":
      return invalidate(cx, a);
    case "hw-info":
      return hwInfo(cx, a);
    case "event":
      return burst(cx, a, eventDelivered);
    case "flr":
      host.flr(cx, a.dev);
      return done(null);
  }
}
