/** Error objects, reports and the end of the QEMU process. */
import { type Cx, own } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { MmioResult, QemuResult } from "./types.ts";

/** `Error *`: filled by the function that fails, used by the one that handles it. */
export interface QErr {
  msg: string | null;
  errno: Errno | null;
  /** error_setg met a set error object: its assertion has ended the process; nothing may run after it. */
  twice: boolean;
}

/** What one action printed. */
export interface Report {
  errno: Errno | null;
  messages: string[] | null;
  /** Something other than an IOMMU_DESTROY failed: whoever looks at results would see it. */
  failed: boolean;
}

export function newErr(): QErr {
  return { msg: null, errno: null, twice: false };
}

export function newReport(): Report {
  return { errno: null, messages: null, failed: false };
}

/** `error_setg`: false, so that callers can `return errorSetg(…)`. It asserts that the object is empty. */
export function errorSetg(e: QErr, msg: string, errno: Errno | null = null): false {
  if (e.msg !== null) {
    e.twice = true;
    return false;
  }
  e.msg = msg;
  e.errno = errno;
  return false;
}

export function errorPrepend(e: QErr, prefix: (why: string) => string): void {
  e.msg = prefix(e.msg ?? "");
}

/** `error_report`. */
export function errorReport(cx: Cx, r: Report, text: string, errno: Errno | null = null): void {
  r.failed = true;
  errorPrint(cx, r, text, errno);
}

/** `error_report` of a failure that nobody looks at: what was asked for has been done all the same. */
export function errorPrint(cx: Cx, r: Report, text: string, errno: Errno | null): void {
  if (r.messages === null) r.messages = [];
  r.messages.push(text);
  if (r.errno === null) r.errno = errno;
  if (cx.t.on) cx.t.message("qemu", text);
}

/** `error_free`: the object is empty again. */
export function errorFree(e: QErr): void {
  e.msg = null;
  e.errno = null;
}

/** `error_report_err`: prints and empties the error object. */
export function errorReportErr(cx: Cx, r: Report, e: QErr): void {
  errorReport(cx, r, e.msg ?? "", e.errno);
  errorFree(e);
}

/**
 * `assert()` or a use of freed memory: the process is gone; the action's door then lets the host clean up. `errno` is
 * the host's answer that QEMU was about to report, null if it stumbled over itself.
 */
export function die(cx: Cx, r: Report, reason: string, errno: Errno | null = null): void {
  const q = own(cx, cx.w, "qemu");
  if (q.dead !== null) return;
  q.dead = reason;
  errorReport(cx, r, reason, errno);
}

export function isDead(cx: Cx): boolean {
  return cx.w.qemu.dead !== null;
}

const NONE: readonly string[] = Object.freeze([]);

export function result(r: Report, ok: boolean): QemuResult {
  return { ok, rejected: false, errno: r.errno, messages: r.messages ?? NONE };
}

export function rejected(why: string): QemuResult {
  return { ok: false, rejected: true, errno: null, messages: [why] };
}

export function mmioResult(r: Report, cmdError: "ill" | "abt" | null): MmioResult {
  return {
    ok: cmdError === null && !r.failed,
    rejected: false,
    errno: r.errno,
    messages: r.messages ?? NONE,
    cmdError,
  };
}
