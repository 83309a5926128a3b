/** The vEVENTQ: allocation, reading, release (hw/arm/smmuv3-accel.c, model/qemu.md 3.9). */
import { type Cx, fresh, own } from "../cx.ts";
import { getObj } from "../kernel/state.ts";
import { readEvents } from "../kernel/syscalls.ts";
import { closeVeventq, iommufdBackendAllocVeventq, iommufdBackendFreeId } from "./iommufd-backend.ts";
import { MSG } from "./messages.ts";
import { errorReport, isDead, newReport, type QErr, type Report, rejected, result } from "./qerr.ts";
import { smmuv3PropagateEvent } from "./smmuv3-eventq.ts";
import { eventqEnabled, ownAccel, ownSmmuIds, smmuOf, vsmmuName } from "./smmuv3-state.ts";
import type { QemuResult, QemuVeventq } from "./types.ts";

/** sizeof(header) and sizeof(header) + sizeof(event). */
const HEADER = 8;
const RECORD = 40;

/** Bits of QemuState.once: error_report_once call sites. */
const ONCE_READ = 1;
const ONCE_OVERFLOW = 2;
const ONCE_LOST = 4;

/** smmuv3-accel.c:smmuv3_accel_alloc_veventq: only with a vIOMMU, without a queue, and with EVENTQEN set. */
export function smmuv3AccelAllocVeventq(cx: Cx, e: QErr, v: number): boolean {
  if (!cx.setup.qemu.veventq) return true;
  const s = smmuOf(cx, v);
  const viommu = s.accel.viommu;
  if (viommu === null || s.accel.veventq !== null || !eventqEnabled(s.regs)) return true;
  const depth = 2 ** s.regs.eventqLog2size;
  cx.t.rule("Q-EVQ-ALLOC", `depth ${depth}`);
  const q = iommufdBackendAllocVeventq(
    cx,
    e,
    viommu.backend,
    viommu.viommuId,
    depth,
    `${vsmmuName(cx, v)}.veventq`,
  );
  if (q === null) {
    cx.t.rule("Q-EVQ-ALLOC-FAIL");
    return false;
  }
  ownAccel(cx, v).veventq = fresh(cx, { ...q, depth, lastEventSeq: 0, eventStart: false });
  ownSmmuIds(cx, v).veventq = q.id;
  return true;
}

/**
 * smmuv3-accel.c:smmuv3_accel_free_veventq: handler off, close, destroy. `polled`: the event loop has had a chance to
 * start its poll, which with io_uring then keeps the file open past close().
 */
export function smmuv3AccelFreeVeventq(cx: Cx, r: Report, v: number, polled: boolean): void {
  const accel = smmuOf(cx, v).accel;
  const q = accel.veventq;
  if (q === null || accel.viommu === null) return;
  const pinned = polled && cx.setup.qemu.eventloop === "io_uring";
  cx.t.rule(pinned ? "Q-EVQ-PINNED" : "Q-EVQ-FREE");
  closeVeventq(cx, q.file, q.id, q.fd, pinned);
  iommufdBackendFreeId(cx, r, accel.viommu.backend, q.id);
  ownAccel(cx, v).veventq = null;
}

function errorReportOnce(cx: Cx, r: Report, bit: number, text: string): void {
  if ((cx.w.qemu.once & bit) !== 0) return;
  own(cx, cx.w, "qemu").once |= bit;
  errorReport(cx, r, text);
}

function ownVeventq(cx: Cx, v: number): { lastEventSeq: number; eventStart: boolean } {
  return own(cx, ownAccel(cx, v), "veventq");
}

/**
 * smmuv3-accel.c:smmuv3_accel_event_read, one callback: one record. The kernel gives whole records only, so that the
 * C's check for a short read cannot fire.
 */
function eventReadOnce(cx: Cx, r: Report, v: number, q: QemuVeventq): void {
  const got = readEvents(cx, "qemu", q.file, q.id, RECORD);
  if (got.errno !== null || got.bytes <= 0) {
    if (got.errno === "EAGAIN" || got.errno === "EINTR") {
      cx.t.rule("Q-EVQ-AGAIN");
      if (r.errno === null) r.errno = got.errno;
      return;
    }
    cx.t.rule("Q-EVQ-READ-FAIL");
    if (r.errno === null) r.errno = got.errno;
    errorReportOnce(cx, r, ONCE_READ, MSG.veventqRead(q.id, got.errno ?? "EIO"));
    return;
  }
  const rec = got.records[0];
  if (rec === undefined) return;
  if (got.bytes === HEADER && rec.lost) {
    cx.t.rule("Q-EVQ-OVERFLOW");
    errorReportOnce(cx, r, ONCE_OVERFLOW, MSG.veventqOverflow(q.id));
    ownVeventq(cx, v).eventStart = false;
    return;
  }
  const gap = rec.seq - q.lastEventSeq - 1;
  if (q.eventStart && gap !== 0) {
    cx.t.rule("Q-EVQ-GAP", `${gap}`);
    errorReportOnce(cx, r, ONCE_LOST, MSG.veventqLost(q.id, gap));
  }
  const draft = ownVeventq(cx, v);
  draft.lastEventSeq = rec.seq;
  draft.eventStart = true;
  smmuv3PropagateEvent(cx, v, rec.words);
}

/** poll(2) of the queue's fd: readable while the list is not empty. */
function readable(cx: Cx, q: QemuVeventq): boolean {
  const obj = getObj(cx.w.kernel, q.file, q.id);
  return obj?.type === "VEVENTQ" && obj.events.length > 0;
}

/**
 * The event loop: calls the fd handler of vSMMU `v` as long as its queue is readable. A read that fails leaves the
 * queue as it is and ends the loop; the next event starts it again.
 */
export function smmuv3AccelEventRead(cx: Cx, v: number): QemuResult {
  const dead = cx.w.qemu.dead;
  if (dead !== null) return rejected(MSG.dead(dead));
  const r = newReport();
  for (;;) {
    const q = smmuOf(cx, v).accel.veventq;
    if (q === null || isDead(cx) || !readable(cx, q)) break;
    if (cx.t.on) cx.t.call("qemu-accel", "smmuv3_accel_event_read", { vsmmu: v });
    const before = r.errno;
    eventReadOnce(cx, r, v, q);
    if (cx.t.on) cx.t.ret(null, r.errno);
    if (before === null && r.errno !== null) break;
  }
  return result(r, r.errno === null);
}
