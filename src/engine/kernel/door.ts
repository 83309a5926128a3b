/**
 * The door of the host kernel. Every host call passes `hostCall`: a pending fault injection may decide it, else its
 * handler runs; the trace records it either way.
 */
import { type Cx, fresh, own } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { CallName, TraceArgs } from "../tracer.ts";
import type { By } from "./calls.ts";
import { refuse } from "./rules.ts";

export const NO_ARGS: TraceArgs = Object.freeze({});

/**
 * Rule K-INJECT-1. Counts the call down in every matching injection; one that reaches its turn is used up and
 * gives its errno. Without a device named, an injection matches whatever the call is about.
 */
function injectedErrno(cx: Cx, call: CallName, dev: number): Errno | null {
  if (cx.w.injections.length === 0) return null;
  if (!cx.w.injections.some((i) => i.call === call && (i.dev === null || i.dev === dev))) return null;
  const list = own(cx, cx.w, "injections");
  let errno: Errno | null = null;
  for (let i = 0; i < list.length; ) {
    const inj = list[i];
    if (inj === undefined || inj.call !== call || (inj.dev !== null && inj.dev !== dev)) {
      i++;
    } else if (inj.left > 1) {
      list[i++] = fresh(cx, { ...inj, left: inj.left - 1 });
    } else {
      list.splice(i, 1);
      errno ??= inj.errno;
    }
  }
  return errno;
}

/** The door. `dev` is the physical device the call is about, -1 if none. */
export function hostCall<R extends { readonly errno: Errno | null }>(
  cx: Cx,
  call: CallName,
  by: By,
  file: number,
  dev: number,
  args: () => TraceArgs,
  run: () => R,
  failed: (errno: Errno) => R,
  out: (r: R) => TraceArgs,
): R {
  const t = cx.t;
  if (t.on) t.host(call, by, file, args());
  const injected = injectedErrno(cx, call, dev);
  if (injected !== null) t.rule("K-INJECT-1", injected);
  const r = injected === null ? run() : failed(injected);
  if (t.on) t.hostRet(r.errno, out(r), injected !== null);
  return r;
}

/** An ioctl on an iommufd file: its fd must be open. */
export function ioctl<R extends { readonly errno: Errno | null }>(
  cx: Cx,
  call: CallName,
  by: By,
  file: number,
  dev: number,
  args: () => TraceArgs,
  run: () => R,
  failed: (errno: Errno) => R,
  out: (r: R) => TraceArgs,
): R {
  return hostCall(
    cx,
    call,
    by,
    file,
    dev,
    args,
    () => (cx.w.kernel.files[file]?.fdOpen === true ? run() : failed(refuse(cx, "K-FD-1", "EBADF"))),
    failed,
    out,
  );
}
