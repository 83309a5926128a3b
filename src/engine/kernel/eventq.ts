/** iommufd/eventq.c: virtual event queues (model/kernel.md sections 2.6 and 4.2). */
import { type Cx, fresh } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { EventRecord, HostResult, ReadResult, VeventqAllocArgs } from "./calls.ts";
import { iommufdFput } from "./main.ts";
import { addUsers, install, nextId, ownFile, ownTyped } from "./object.ts";
import { refuse } from "./rules.ts";
import { getTyped } from "./state.ts";
import type { VeventqObj } from "./types.ts";

/** [7.3] upper bound of a queue's depth. */
const MAX_DEPTH = 1 << 19;
/** Sequence numbers count modulo 2^31. */
const SEQUENCE_MASK = 0x7fff_ffff;
/** struct iommufd_vevent_header, and the data of a normal record. */
const HEADER_BYTES = 8;
const RECORD_BYTES = 32;

const failed = (errno: Errno): HostResult => ({ errno, id: 0 });

/** eventq.c:iommufd_veventq_alloc */
export function iommufdVeventqAlloc(cx: Cx, file: number, a: VeventqAllocArgs): HostResult {
  if (!cx.setup.kernel.veventq || !cx.setup.kernel.nesting) return failed(refuse(cx, "K-IOCTL-2", "ENOTTY"));
  if (cx.t.on)
    cx.t.call("iommufd", "iommufd_veventq_alloc", { viommu: a.viommuId, type: a.type, depth: a.depth });
  const r = veventqAlloc(cx, file, a);
  cx.t.ret(r.errno === null ? r.id : null, r.errno);
  return r;
}

function veventqAlloc(cx: Cx, file: number, a: VeventqAllocArgs): HostResult {
  if (a.flags !== 0 || a.reserved !== 0 || a.type === 0)
    return failed(refuse(cx, "K-VEVENTQ-1", "EOPNOTSUPP"));
  if (a.depth === 0 || (cx.setup.kernel.limits && a.depth > MAX_DEPTH))
    return failed(refuse(cx, "K-VEVENTQ-2", "EINVAL"));
  const viommu = getTyped(cx.w.kernel, file, a.viommuId, "VIOMMU");
  if (viommu === null) return failed(refuse(cx, "K-VEVENTQ-3", "ENOENT"));
  if (viommu.veventqs.some((id) => getTyped(cx.w.kernel, file, id, "VEVENTQ")?.evType === a.type))
    return failed(refuse(cx, "K-VEVENTQ-4", "EEXIST"));
  if (a.type !== 1) cx.t.rule("K-VEVENTQ-5");
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "VEVENTQ",
    id: nextId(cx, file),
    users: 2,
    name: a.name,
    viommu: viommu.id,
    evType: a.type,
    depth: a.depth,
    numEvents: 0,
    sequence: 0,
    events: [],
    fdOpen: true,
    pinned: false,
  });
  const v = ownTyped(cx, file, viommu.id, "VIOMMU");
  v.users++;
  v.veventqs = [...v.veventqs, id];
  ownFile(cx, file).refs++;
  return { errno: null, id };
}

/** The queue behind an open fd, or null. */
function openQueue(cx: Cx, file: number, id: number): VeventqObj | null {
  const q = getTyped(cx.w.kernel, file, id, "VEVENTQ");
  return q?.fdOpen === true ? q : null;
}

/**
 * close(2) of the queue's fd. `pinned`: a pending poll of io_uring still holds the file, so nothing is released
 * yet (rule K-PIN-1, observation X1).
 */
export function iommufdEventqClose(cx: Cx, file: number, id: number, pinned: boolean): Errno | null {
  if (openQueue(cx, file, id) === null) return refuse(cx, "K-FD-1", "EBADF");
  const q = ownTyped(cx, file, id, "VEVENTQ");
  q.fdOpen = false;
  if (pinned) {
    q.pinned = true;
    cx.t.rule("K-PIN-1");
    return null;
  }
  iommufdEventqFopsRelease(cx, file, id);
  return null;
}

/** eventq.c:iommufd_eventq_fops_release: the queue's file lets go of the queue and of the iommufd file. */
function iommufdEventqFopsRelease(cx: Cx, file: number, id: number): void {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_eventq_fops_release", { veventq: id });
  addUsers(cx, file, id, -1);
  ownFile(cx, file).refs--;
  iommufdFput(cx, file);
  cx.t.ret(null);
}

/** Pinned queue files of an iommufd file are let go: io_uring ends with its process. */
export function unpinVeventqs(cx: Cx, file: number): void {
  const slots = cx.w.kernel.files[file]?.objects.length ?? 0;
  for (let id = 1; id < slots; id++) {
    if (getTyped(cx.w.kernel, file, id, "VEVENTQ")?.pinned !== true) continue;
    ownTyped(cx, file, id, "VEVENTQ").pinned = false;
    iommufdEventqFopsRelease(cx, file, id);
  }
}

/** private.h:iommufd_vevent_handler. Rules K-QUEUE-1, K-QUEUE-2, K-EVENT-6. Returns false if the event was lost. */
export function iommufdVeventHandler(cx: Cx, file: number, id: number, data: readonly bigint[]): boolean {
  const q = ownTyped(cx, file, id, "VEVENTQ");
  const lost = q.numEvents >= q.depth;
  const last = q.events[q.events.length - 1];
  const kept = last?.lost === true ? q.events.slice(0, -1) : q.events;
  cx.t.rule("K-QUEUE-2");
  if (lost || last?.lost === true) cx.t.rule("K-QUEUE-1");
  q.events = [...kept, fresh(cx, { seq: q.sequence, lost, words: lost ? [] : data })];
  q.sequence = (q.sequence + 1) & SEQUENCE_MASK;
  if (!lost) q.numEvents++;
  return !lost;
}

/** eventq.c:iommufd_veventq_fops_read */
export function iommufdVeventqFopsRead(cx: Cx, file: number, id: number, bytes: number): ReadResult {
  const q = openQueue(cx, file, id);
  if (q === null) return { errno: refuse(cx, "K-FD-1", "EBADF"), id: 0, bytes: 0, records: [] };
  const size = (e: EventRecord): number => HEADER_BYTES + (e.lost ? 0 : RECORD_BYTES);
  const first = q.events[0];
  if (bytes < HEADER_BYTES || (first !== undefined && bytes < size(first))) {
    const errno = cx.setup.kernel.limits ? refuse(cx, "K-READ-2", "EINVAL") : null;
    if (errno === null) cx.t.rule("K-READ-2");
    return { errno, id: 0, bytes: 0, records: [] };
  }
  cx.t.rule("K-READ-1");
  let done = 0;
  let n = 0;
  for (const e of q.events) {
    if (done + size(e) > bytes) break;
    done += size(e);
    n++;
  }
  if (n === 0) return { errno: null, id: 0, bytes: 0, records: [] };
  const records = q.events.slice(0, n);
  const draft = ownTyped(cx, file, id, "VEVENTQ");
  draft.events = q.events.slice(n);
  draft.numEvents = q.numEvents - records.filter((e) => !e.lost).length;
  return { errno: null, id: 0, bytes: done, records };
}
