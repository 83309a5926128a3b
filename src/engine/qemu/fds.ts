/** QEMU's file descriptor numbers: lowest free, as the kernel gives them, above those a start-up has taken. */
import { type Cx, own } from "../cx.ts";

/** First number free when the first vfio-pci is realized. */
export const FIRST_FD = 23;

/** Takes the lowest free number that is not below `from`. */
export function takeFd(cx: Cx, from: number): number {
  const fds = own(cx, own(cx, cx.w, "qemu"), "fds") as number[];
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
