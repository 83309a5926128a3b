/**
 * The one door: `step(world, action)` gives the next world, what happened, and nothing else changes. The page, the
 * command line, the explorer, replay and lessons all come through here; a world given to it is never touched.
 *
 * A rejected action gives back the very world it was given.
 */

import type { Action, FaultAction, GuestAction, MachineAction } from "./actions.ts";
import { makeIdr } from "./arch/idr.ts";
import { type Cx, fresh, makeCx, type Note, own, type Watch } from "./cx.ts";
import { type DmaPorts, type DmaReport, dma } from "./guest/dma.ts";
import { runGuestMacro } from "./guest/linux/macro.ts";
import { tellNote } from "./guest/mmio.ts";
import type { MacroPart, PartResult } from "./guest/ports.ts";
import { guestReset, guestSmmuReset, setGuestIdr, watchStream } from "./guest/state.ts";
import type { GuestResult } from "./guest/types.ts";
import { runGuestVerb } from "./guest/verbs.ts";
import { hardwareTransaction } from "./hardware/translate.ts";
import { handleEvent } from "./kernel/syscalls.ts";
import { deviceFacts, placementOf, probeIova } from "./observe.ts";
import type { Outcome, Part, ResultValue } from "./outcome.ts";
import { promiseDeltas } from "./promise.ts";
import {
  finalize,
  plug,
  realize,
  renumber,
  resetPhases,
  set,
  systemReset,
  systemResetPhase,
  unplug,
  unset,
} from "./qemu/machine.ts";
import { smmuPeek, smmuReadMmio, smmuWriteMmio } from "./qemu/smmuv3.ts";
import { smmuv3AccelEventRead } from "./qemu/smmuv3-accel-events.ts";
import type { QemuResult } from "./qemu/types.ts";
import { type Done, rejected, runRaw } from "./raw.ts";
import type { Setup } from "./setup.ts";
import { NO_TRACE, type TraceNode, type Tracer, TreeTracer } from "./tracer.ts";
import { dmaResult, transactionFacts } from "./transaction.ts";
import type { World } from "./world.ts";

export interface StepOptions {
  /** Record the call tree (default). Off for exploration. */
  readonly trace?: boolean;
  readonly watch?: Watch;
}

export interface Stepped {
  readonly world: World;
  readonly outcome: Outcome;
}

const NO_IDS: Readonly<Record<string, number>> = Object.freeze({});
const NO_PARTS: readonly Part[] = Object.freeze([]);
const NO_NODES: readonly TraceNode[] = Object.freeze([]);

/** What the guest and its devices reach, wired to QEMU, the host kernel and the hardware. */
const PORTS: DmaPorts = {
  mmio: {
    write: smmuWriteMmio,
    read: smmuReadMmio,
    peek: (cx, v, offset, size) => smmuPeek(cx.w as World, v, offset, size),
  },
  placement: (cx, dev) => placementOf(cx.w as World, dev),
  transaction: hardwareTransaction,
  handleEvent: (cx, psmmu, words) => handleEvent(cx, psmmu, { words }),
  readVeventq: (cx, v) => {
    if (cx.w.qemu.smmus[v]?.accel.veventq == null) return false;
    smmuv3AccelEventRead(cx, v);
    return true;
  },
};

const of = (r: QemuResult | GuestResult, result: ResultValue = null): Done => ({
  ok: r.ok,
  rejected: r.rejected,
  errno: r.errno,
  messages: r.messages,
  ids: NO_IDS,
  result,
});

/** Ids QEMU's objects of a device got, for `ids` of the outcome. */
function deviceIds(before: World, after: World, dev: number): Readonly<Record<string, number>> {
  const d = after.setup.devices[dev];
  const ids = after.qemu.devices[dev]?.ids;
  const v = after.qemu.devices[dev]?.vsmmu ?? -1;
  if (d === undefined || ids === undefined || v < 0 || after.qemu.devices[dev]?.phase !== "realized")
    return NO_IDS;
  const out: Record<string, number> = { [`${d.name}.device`]: ids.device, [`${d.name}.s2`]: ids.s2 };
  const accel = after.qemu.smmus[v]?.accel;
  const fresh = accel?.viommu !== null && before.qemu.smmus[v]?.accel.viommu === null;
  if (accel !== undefined && fresh) {
    const name = after.setup.vsmmus[v]?.name ?? `v${v}`;
    out[`${name}.viommu`] = accel.ids.viommu;
    out[`${name}.abort`] = accel.ids.abort;
    out[`${name}.bypass`] = accel.ids.bypass;
    if (accel.veventq !== null) out[`${name}.veventq`] = accel.ids.veventq;
  }
  return out;
}

/** The oracle follows what a plug may have changed: which StreamIDs exist, and (with `auto`) the ID registers. */
function tellGuest(cx: Cx, dev: number): void {
  const place = placementOf(cx.w as World, dev);
  if (place === null) return;
  watchStream(cx, place.vsmmu, place.sid);
  const [idr0 = 0, idr1 = 0, , idr3 = 0, , idr5 = 0] = cx.w.qemu.smmus[place.vsmmu]?.regs.idr ?? [];
  const now = cx.w.guest.smmus[place.vsmmu]?.arch.idr;
  if (now === undefined) return;
  if (now.idr0 !== idr0 || now.idr1 !== idr1 || now.idr3 !== idr3 || now.idr5 !== idr5)
    setGuestIdr(cx, place.vsmmu, makeIdr({ idr0, idr1, idr3, idr5, aidr: now.aidr }));
}

function runMachine(cx: Cx, before: World, a: MachineAction): Done {
  switch (a.kind) {
    case "plug":
    case "realize": {
      const done = of(a.kind === "plug" ? plug(cx, a) : realize(cx, a));
      tellGuest(cx, a.dev);
      return done.ok ? { ...done, ids: deviceIds(before, cx.w as World, a.dev) } : done;
    }
    case "set": {
      const done = of(set(cx, a.dev));
      tellGuest(cx, a.dev);
      return done.ok ? { ...done, ids: deviceIds(before, cx.w as World, a.dev) } : done;
    }
    case "unplug":
      return of(unplug(cx, a.dev));
    case "unset":
      return of(unset(cx, a.dev));
    case "finalize":
      return of(finalize(cx, a.dev));
    case "renumber": {
      const done = of(renumber(cx, a.dev, a.bdf));
      tellGuest(cx, a.dev);
      return done;
    }
    case "reset":
    case "machine-start": {
      const r = systemReset(cx, a.kind === "machine-start");
      if (!r.rejected) guestReset(cx);
      return of(r);
    }
  }
}

function runDma(cx: Cx, a: Extract<GuestAction, { kind: "dma" }>): Done {
  const q = cx.w.qemu.devices[a.dev];
  const bound = cx.w.kernel.masters[a.dev]?.bound ?? null;
  if (q === undefined) return rejected("no such device");
  const name = cx.setup.devices[a.dev]?.name ?? "";
  if (q.phase === "absent" && bound === null)
    return rejected(`${name} is not plugged: nobody can make it do DMA`);
  const place = placementOf(cx.w as World, a.dev);
  const iova =
    a.iova ?? (place === null ? undefined : probeIova(cx.w as World, a.dev, place.vsmmu, place.sid));
  const r = dma(cx, PORTS, iova === undefined ? a : { ...a, iova }, cx.t.on);
  if (r.report === null) return of(r, r.result);
  const world = cx.w as World;
  const facts = transactionFacts(world, r.report);
  const done = of(r, dmaResult(world, r.report, r.result, facts));
  return facts === null ? done : { ...done, transaction: facts };
}

function inject(cx: Cx, a: FaultAction): Done {
  const entry = fresh(cx, { call: a.call, left: a.nth, dev: a.dev ?? null, errno: a.errno });
  own(cx, cx.w, "injections").push(entry);
  return { ok: true, rejected: false, errno: null, messages: [], ids: NO_IDS, result: null };
}

/** After an event reached a vEVENTQ by a raw verb: the fd handler of the vSMMU that owns the queue, if QEMU does. */
function eventDelivered(cx: Cx, file: number, queue: number): readonly string[] {
  const v = cx.w.qemu.smmus.findIndex((s) => s.accel.veventq?.file === file && s.accel.veventq.id === queue);
  return v < 0 ? [] : smmuv3AccelEventRead(cx, v).messages;
}

/** A Linux sequence: every part is an action of its own, run in the same step, with what it did to the promise. */
function runSequence(cx: Cx, a: Extract<GuestAction, { kind: "guest" }>, parts: Part[]): Done {
  const asked = a.dev === undefined || a.ssid === undefined ? null : { dev: a.dev, ssid: a.ssid };
  const exec = (part: MacroPart): PartResult => {
    if (!cx.t.on) return run(cx, cx.w as World, part.action, NO_PARTS_SINK);
    const before = snapshot(cx);
    cx.t.call("guest", part.text, {});
    const done = run(cx, before, part.action, NO_PARTS_SINK);
    cx.t.ret(null, done.errno);
    const delta = promiseDeltas(before, snapshot(cx), asked);
    parts.push({ action: part.action, text: part.text, outcome: outcomeOf(done, NO_NODES, NO_PARTS), delta });
    return done;
  };
  const r = runGuestMacro(cx, PORTS, a, exec);
  return of(r, r.result);
}

const NO_PARTS_SINK: Part[] = [];

/** The draft as it is now, as a world of its own: later changes of the step clone what they touch again. */
function snapshot(cx: Cx): World {
  const now: World = { ...cx.w };
  cx.owned.clear();
  cx.owned.add(cx.w);
  return now;
}

function run(cx: Cx, before: World, a: Action, parts: Part[]): Done {
  switch (a.kind) {
    case "plug":
    case "realize":
    case "set":
    case "renumber":
    case "unplug":
    case "unset":
    case "finalize":
    case "reset":
    case "machine-start":
      return runMachine(cx, before, a);
    case "inject":
      return inject(cx, a);
    case "dma":
      return runDma(cx, a);
    case "guest":
      return vmGone(cx) ?? runSequence(cx, a, parts);
    case "gbpa":
    case "cr0":
    case "cr0-value":
    case "write":
    case "read":
    case "ack":
    case "strtab":
    case "l1std":
    case "ste":
    case "cd":
    case "map":
    case "unmap":
    case "store":
    case "cfgi":
    case "cmd": {
      const gone = vmGone(cx);
      if (gone !== null) return gone;
      const r = runGuestVerb(cx, PORTS, a);
      return of(r, r.result);
    }
    default:
      return runRaw(cx, a, (file, queue) => eventDelivered(cx, file, queue));
  }
}

/** A guest whose QEMU has ended does nothing any more. */
function vmGone(cx: Cx): Done | null {
  return cx.w.qemu.dead === null ? null : rejected(`the QEMU process has ended: ${cx.w.qemu.dead}`);
}

function outcomeOf(d: Done, trace: readonly TraceNode[], parts: readonly Part[]): Outcome {
  // Field by field: what an action decided has many shapes, and spreading them costs as much as a host call.
  const { ok, rejected, errno, messages, ids, result, transaction } = d;
  const outcome = { ok, rejected, errno, messages, ids, result, trace, parts };
  return transaction === undefined ? outcome : { ...outcome, transaction };
}

/** Phases that an action can be taken apart into, each a step of its own; 1 for one that cannot. */
export function phasesOf(setup: Setup, action: Action): number {
  return action.kind === "reset" ? resetPhases(setup) + setup.vsmmus.length : 1;
}

/**
 * One phase of an action, without a trace. All phases one after the other are the action: what a phase of the guest's
 * side changes no other looks at, so that one that QEMU did not live to see may run all the same.
 */
export function stepPhase(world: World, action: Action, phase: number, watch: Watch | null = null): Stepped {
  if (phasesOf(world.setup, action) === 1)
    return step(world, action, watch === null ? { trace: false } : { trace: false, watch });
  const cx = makeCx(world, NO_TRACE, watch);
  const machine = resetPhases(world.setup);
  let done: Done = PASSED;
  if (phase < machine) done = of(systemResetPhase(cx, phase));
  else guestSmmuReset(cx, phase - machine);
  return ended(world, cx, done);
}

/** Tells vSMMU `v` what a watched step noted down for it; `begins` before each note, with its place in the list. */
export function stepNotes(
  world: World,
  v: number,
  notes: readonly Note[],
  watch: Watch | null = null,
  begins: (at: number) => void = () => {},
): Stepped {
  const cx = makeCx(world, NO_TRACE, watch);
  for (const [at, note] of notes.entries()) {
    begins(at);
    tellNote(cx, v, note);
  }
  return ended(world, cx, PASSED);
}

const PASSED: Done = Object.freeze({
  ok: true,
  rejected: false,
  errno: null,
  messages: [],
  ids: NO_IDS,
  result: null,
});

function ended(world: World, cx: Cx, done: Done): Stepped {
  const outcome = outcomeOf(done, NO_NODES, NO_PARTS);
  if (done.rejected) return { world, outcome };
  return { world: changed(world, cx.w as World) ? (cx.w as World) : world, outcome };
}

export function step(world: World, action: Action, options: StepOptions = {}): Stepped {
  const tree = options.trace === false ? null : new TreeTracer();
  const tracer: Tracer = tree ?? NO_TRACE;
  const cx = makeCx(world, tracer, options.watch ?? null);
  const parts: Part[] = [];
  const done = run(cx, world, action, parts);
  if (tree !== null && tree.depth !== 0)
    throw new Error(`${action.kind}: ${tree.depth} calls never returned`);
  const outcome = outcomeOf(done, tree?.root ?? NO_NODES, parts.length === 0 ? NO_PARTS : parts);
  if (done.rejected) return { world, outcome };
  return { world: changed(world, cx.w as World) ? (cx.w as World) : world, outcome };
}

/** False if the draft still has every part of the world it began as. */
function changed(a: World, b: World): boolean {
  return (
    a.kernel !== b.kernel ||
    a.hw !== b.hw ||
    a.qemu !== b.qemu ||
    a.guest !== b.guest ||
    a.memory !== b.memory ||
    a.provenance !== b.provenance ||
    a.injections !== b.injections ||
    a.names !== b.names
  );
}

/**
 * What a `dma` would do, with both ways hop by hop, for drawing: the same code on a draft that is thrown away. Null
 * for a transaction nobody can send.
 */
export function explainDma(world: World, action: Extract<GuestAction, { kind: "dma" }>): DmaReport | null {
  if (deviceFacts(world, action.dev).hardware === null) return null;
  return dma(makeCx(world, NO_TRACE), PORTS, action, true).report;
}
