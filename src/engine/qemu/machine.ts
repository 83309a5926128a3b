/** The machine: plug, unplug and its two halves, reset, start (hw/core, hw/pci; model/qemu.md 2, 3.4, 3.10). */
import type { MachineAction } from "../actions.ts";
import { type Cx, own } from "../cx.ts";
import type { Setup } from "../setup.ts";
import { bdfText, MSG } from "./messages.ts";
import { endIfDead } from "./process.ts";
import { die, errorReport, newReport, type Report, rejected, result } from "./qerr.ts";
import { smmuFindSdev } from "./smmu-common.ts";
import { smmuv3AccelReset } from "./smmuv3-accel.ts";
import { smmuv3Reset } from "./smmuv3-regs.ts";
import { ownRegs, ownSlot, slotOf, smmuOf, vsmmuName } from "./smmuv3-state.ts";
import { DEFAULT_BACKEND } from "./state.ts";
import type { QemuResult, VfioDevice } from "./types.ts";
import { type PciAddress, vfioExitfn, vfioPciFinalize, vfioPciRealize, vfioPciReset } from "./vfio-pci.ts";

type PlugAction = Extract<MachineAction, { kind: "plug" }>;

function device(cx: Cx, dev: number): VfioDevice | undefined {
  return cx.w.qemu.devices[dev];
}

function name(cx: Cx, dev: number): string {
  return cx.setup.devices[dev]?.name ?? `device${dev}`;
}

/** Why nothing can be done with this machine, or null. */
function gone(cx: Cx): QemuResult | null {
  const dead = cx.w.qemu.dead;
  return dead === null ? null : rejected(MSG.dead(dead));
}

/** The device that has this bus address on the vSMMU's bus, or -1. */
function occupant(cx: Cx, v: number, bdf: number): number {
  if (smmuFindSdev(smmuOf(cx, v).slots, bdf) < 0) return -1;
  return cx.w.qemu.devices.findIndex(
    (d) => d.phase === "realized" && d.vsmmu === v && slotOf(cx, v, d.slot).bdf === bdf,
  );
}

/** Where a device is between absent and plugged, and back. */
type Progress = "absent" | "half" | "plugged" | "leaving";

function progress(cx: Cx, d: VfioDevice | undefined): Progress {
  if (d === undefined || d.phase === "absent") return "absent";
  if (d.phase === "unrealized") return "leaving";
  return slotOf(cx, d.vsmmu, d.slot).hiodi === null ? "half" : "plugged";
}

const NOT_ABSENT: Readonly<Record<Exclude<Progress, "absent">, string>> = {
  half: "is half plugged: set it first",
  plugged: "is already plugged: its slot is already associated with a host device",
  leaving: "is still being unplugged: finalize it first",
};

function notPlugged(cx: Cx, dev: number): string {
  const at = progress(cx, device(cx, dev));
  return at === "half" || at === "leaving"
    ? `${name(cx, dev)} ${NOT_ABSENT[at]}`
    : `${name(cx, dev)} is not plugged`;
}

function plugPart(cx: Cx, a: Omit<PlugAction, "kind">, part: "whole" | "attach"): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  const d = device(cx, a.dev);
  const spec = cx.setup.devices[a.dev];
  if (d === undefined || spec === undefined || cx.setup.vsmmus[a.vsmmu] === undefined)
    return rejected("no such device or vSMMU");
  const at = progress(cx, d);
  if (at !== "absent") return rejected(`${spec.name} ${NOT_ABSENT[at]}`);
  const bdf = a.bdf ?? spec.bdf;
  const r = newReport();
  const other = occupant(cx, a.vsmmu, bdf);
  if (other >= 0) {
    cx.t.rule("Q-TOP-SLOT");
    errorReport(cx, r, MSG.slotInUse(bdf, name(cx, other)));
    return result(r, false);
  }
  const address: PciAddress = {
    vsmmu: a.vsmmu,
    bdf,
    hot: a.hot ?? cx.w.qemu.started,
    backend: a.iommufd ?? DEFAULT_BACKEND,
  };
  const ok = vfioPciRealize(cx, r, a.dev, address, part);
  endIfDead(cx);
  return result(r, ok);
}

/** `device_add vfio-pci,bus=…,iommufd=…`, before the start or after it. */
export function plug(cx: Cx, a: PlugAction): QemuResult {
  return plugPart(cx, a, "whole");
}

/** The first half of a plug: VFIO has attached the device, its vSMMU does not know it yet (window of D18). */
export function realize(cx: Cx, a: Omit<PlugAction, "kind">): QemuResult {
  return plugPart(cx, a, "attach");
}

/** The second half of a plug. */
export function set(cx: Cx, dev: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  if (progress(cx, device(cx, dev)) !== "half") return rejected(`${name(cx, dev)} is not half plugged`);
  cx.t.rule("Q-PLUG-HALVES");
  const r = newReport();
  const ok = vfioPciRealize(cx, r, dev, null, "set");
  endIfDead(cx);
  return result(r, ok);
}

/** First half of an unplug: the guest has acknowledged it, vfio_exitfn runs (X2). */
export function unset(cx: Cx, dev: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  if (progress(cx, device(cx, dev)) !== "plugged") return rejected(notPlugged(cx, dev));
  const r = newReport();
  cx.t.rule("Q-UNPLUG-HALVES");
  vfioExitfn(cx, r, dev);
  endIfDead(cx);
  return result(r, true);
}

/** Second half of an unplug, later and in another thread (X2). */
export function finalize(cx: Cx, dev: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  if (device(cx, dev)?.phase !== "unrealized")
    return rejected(`${name(cx, dev)} is not waiting to be finalized`);
  const r = newReport();
  vfioPciFinalize(cx, r, dev);
  endIfDead(cx);
  return result(r, true);
}

/** Both halves of an unplug. */
export function unplug(cx: Cx, dev: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  if (progress(cx, device(cx, dev)) !== "plugged") return rejected(notPlugged(cx, dev));
  const r = newReport();
  vfioExitfn(cx, r, dev);
  vfioPciFinalize(cx, r, dev);
  endIfDead(cx);
  return result(r, true);
}

/** smmuv3-accel.c:smmuv3_accel_machine_done: exit(1) if `auto` was never resolved. */
function smmuv3AccelMachineDone(cx: Cx): string | null {
  for (let v = 0; v < cx.w.qemu.smmus.length; v++) {
    const accel = smmuOf(cx, v).accel;
    if (accel.autoMode && !accel.autoFinalised) return MSG.autoCold(vsmmuName(cx, v));
  }
  return null;
}

/**
 * qemu_system_reset. Hold phase: the VFIO reset handler, then each vfio-pci, last plugged first. Exit phase: each SMMU,
 * last created first, followed by its devices (X12). The same reset runs once at the start of the machine.
 */
export function systemReset(cx: Cx, machineStart: boolean): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  const r = newReport();
  if (machineStart) {
    if (cx.w.qemu.started) return rejected("the machine has already started");
    const why = smmuv3AccelMachineDone(cx);
    if (why !== null) {
      cx.t.rule("Q-START-AUTO");
      die(cx, r, why);
      endIfDead(cx);
      return result(r, false);
    }
    own(cx, cx.w, "qemu").started = true;
  }
  cx.t.rule("Q-RESET-ORDER");
  if (cx.t.on) cx.t.call("qemu-vfio", "qemu_system_reset", {});
  for (let phase = 0; phase < resetPhases(cx.setup); phase++) resetPhase(cx, r, phase);
  if (cx.t.on) cx.t.ret(null, r.errno);
  const ok = cx.w.qemu.dead === null;
  endIfDead(cx);
  return result(r, ok);
}

/** Phases of a system reset: the hold phase, and the exit phase SMMU by SMMU. */
export const resetPhases = (setup: Setup): number => 1 + setup.vsmmus.length;

function resetPhase(cx: Cx, r: Report, phase: number): void {
  if (phase === 0) {
    if (cx.w.qemu.plugged.length > 0 && cx.t.on) cx.t.event("vfio_device_reset_handler", {});
    for (const dev of cx.w.qemu.plugged) vfioPciReset(cx, r, dev);
    return;
  }
  if (cx.w.qemu.dead !== null) return;
  const v = cx.setup.vsmmus.length - phase;
  if (cx.t.on) cx.t.event("smmu_reset_exit", {});
  smmuv3Reset(ownRegs(cx, v));
  smmuv3AccelReset(cx, r, v);
}

/** One phase of a system reset on its own; all of them in order are the reset. The explorer's way in. */
export function systemResetPhase(cx: Cx, phase: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return phase === 0 ? refused : result(newReport(), false);
  const r = newReport();
  resetPhase(cx, r, phase);
  const ok = cx.w.qemu.dead === null;
  endIfDead(cx);
  return result(r, ok);
}

/** The guest renumbers the bus a device is on: its StreamID changes, a vDEVICE it has does not (D14). */
export function renumber(cx: Cx, dev: number, bdf: number): QemuResult {
  const refused = gone(cx);
  if (refused !== null) return refused;
  const d = device(cx, dev);
  if (d === undefined || progress(cx, d) !== "plugged") return rejected(notPlugged(cx, dev));
  if (slotOf(cx, d.vsmmu, d.slot).bdf === bdf) return rejected(`${name(cx, dev)} already is ${bdfText(bdf)}`);
  cx.t.rule("Q-SID-RENUMBER");
  ownSlot(cx, d.vsmmu, d.slot).bdf = bdf;
  return result(newReport(), true);
}
