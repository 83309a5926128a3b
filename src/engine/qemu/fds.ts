/** QEMU's file descriptor numbers: lowest free, as the kernel gives them, above those a start-up has taken. */
import { type Cx, own, ownAppended } from "../cx.ts";

/** First number free when the first vfio-pci is realized. */
export const FIRST_FD = 23;

/** Takes the lowest free number that is not below `from`. */
export function takeFd(cx: Cx, from: number): number {
  const q = own(cx, cx.w, "qemu");
  const [first = from] = q.fds;
  const last = q.fds[q.fds.length - 1] ?? from - 1;
  // Nothing free in between: no need to look.
  if (first <= from && last >= from && last - first === q.fds.length - 1) {
    ownAppended(cx, q, "fds", last + 1);
    return last + 1;
  }
  const fds = own(cx, q, "fds") as number[];
  let fd = from;
  let at = 0;
  while (at < fds.length && (fds[at] as number) < from) at++;
  while (fds[at] === fd) {
    fd++;
    at++;
  }
  fds.splice(at, 0, fd);
  return fd;
}

export function releaseFd(cx: Cx, fd: number): void {
  const q = own(cx, cx.w, "qemu");
  q.fds = q.fds.filter((x) => x !== fd);
}
