/** The end of the QEMU process: the host closes everything it had open. */
import { type Cx, own } from "../cx.ts";
import { closeIommufdFd, closeVeventqFd, dropPins, unbind } from "../kernel/syscalls.ts";
import { ABSENT_DEVICE } from "./state.ts";
import { ownDevice } from "./vfio-cdev.ts";

/**
 * After an assertion, a use of freed memory or exit(1): file descriptors close in ascending order, bound devices unbind
 * with theirs, and requests of io_uring go with the process. Registers and slots stay as the process left them, to look at.
 */
export function endIfDead(cx: Cx): void {
  if (cx.w.qemu.dead === null) return;
  cx.t.rule("Q-DEAD");
  const q = own(cx, cx.w, "qemu");
  for (const fd of q.fds) {
    for (const b of q.backends) if (b.fd === fd && b.owned) closeIommufdFd(cx, "qemu", b.file);
    for (let dev = 0; dev < q.devices.length; dev++) {
      const d = q.devices[dev];
      if (d === undefined || d.phase === "absent" || d.fd !== fd) continue;
      unbind(cx, "qemu", dev);
    }
    for (const s of q.smmus) {
      const e = s.accel.veventq;
      if (e !== null && e.fd === fd) closeVeventqFd(cx, "qemu", e.file, e.id);
    }
  }
  for (let file = 0; file < cx.w.kernel.files.length; file++) dropPins(cx, file);
  q.fds = [];
  q.plugged = [];
  q.containers = [];
  for (let i = 0; i < q.backends.length; i++) {
    const b = own(cx, own(cx, q, "backends"), i);
    b.file = -1;
    b.fd = -1;
    b.users = 0;
  }
  for (let dev = 0; dev < q.devices.length; dev++) {
    const d = ownDevice(cx, dev);
    Object.assign(d, ABSENT_DEVICE, { ids: d.ids });
  }
  for (let v = 0; v < q.smmus.length; v++) {
    const s = own(cx, own(cx, q, "smmus"), v);
    const accel = own(cx, s, "accel");
    accel.viommu = null;
    accel.veventq = null;
    accel.deviceList = [];
    for (let i = 0; i < s.slots.length; i++) {
      const slot = own(cx, own(cx, s, "slots"), i);
      slot.hiodi = null;
      slot.vdev = null;
      slot.s1Hwpt = 0;
      slot.viommuPtr = "none";
    }
  }
}
