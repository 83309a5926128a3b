/** Invariants of one host call, by the numbers of model/kernel.md section 7: what it may change, and what it must not. */
import type { Errno } from "../errno.ts";
import type { World } from "../world.ts";
import { getTyped } from "./state.ts";
import { topology } from "./topology.ts";
import type { Vevent, VeventqObj } from "./types.ts";

const SEQUENCE_MASK = 0x7fff_ffff;

/**
 * 17: a failing call leaves everything as it was. Exceptions of section 7 that a call's result shows (loop-form
 * invalidation) touch no kernel state, so they need none here. A replace that fails at a later device of a group
 * re-attaches the earlier ones to the old domain: such an attach looks for the vDEVICE of now, so the driver's side of
 * those devices may come out differently.
 */
function unchanged(before: World, after: World, errno: Errno, out: string[]): void {
  const { groupDevs } = topology(before.setup);
  const alone = (dev: number): boolean => groupDevs[before.setup.devices[dev]?.group ?? -1]?.length === 1;
  const plain = (w: World): string => {
    const masters = w.kernel.masters.map((m, i) => (alone(i) ? m : { bound: m.bound }));
    const hardware = w.hw.devices.filter((_, i) => alone(i));
    const state = [{ ...w.kernel, masters }, hardware];
    return JSON.stringify(state, (_, v) => (typeof v === "bigint" ? v.toString() : v));
  };
  if (
    (before.kernel !== after.kernel || before.hw.devices !== after.hw.devices) &&
    plain(before) !== plain(after)
  )
    out.push(`17: a call that failed with ${errno} changed the world`);
}

/** 5: a tombstone stays one until its file is released. */
function tombstones(before: World, after: World, out: string[]): void {
  for (const [f, file] of before.kernel.files.entries()) {
    const now = after.kernel.files[f];
    if (now === undefined || now === file || now.released) continue;
    for (const [id, slot] of file.objects.entries())
      if (slot === "tombstone" && now.objects[id] !== "tombstone")
        out.push(`5: the tombstone ${f}:${id} is gone`);
  }
}

const same = (a: Vevent, b: Vevent | undefined): boolean => a.seq === b?.seq && a.lost === b.lost;

/** 22: nothing but reads takes records away, and only from the head. */
function onlyRead(was: readonly Vevent[], now: readonly Vevent[]): boolean {
  const from = was.length - now.length;
  return from >= 0 && now.every((e, i) => same(e, was[from + i]));
}

/** 22: every report that found the queue took one sequence number and left a record or the marker at the tail. */
function reported(was: VeventqObj, now: VeventqObj): boolean {
  const kept = was.events.at(-1)?.lost === true ? was.events.slice(0, -1) : was.events;
  const tail = now.events.at(-1);
  return (
    now.events.length === kept.length + 1 &&
    kept.every((e, i) => same(e, now.events[i])) &&
    tail?.seq === was.sequence &&
    tail.lost === was.numEvents >= was.depth
  );
}

function queue(before: World, f: number, now: VeventqObj, out: string[]): void {
  const bad = (no: number, what: string): void => void out.push(`${no}: VEVENTQ ${f}:${now.id} ${what}`);
  const was = getTyped(before.kernel, f, now.id, "VEVENTQ");
  if (was === null) {
    if (now.sequence !== 0 || now.events.length > 0) bad(22, "is new and not empty");
    return;
  }
  if (was === now) return;
  const reports = (now.sequence - was.sequence) & SEQUENCE_MASK;
  if (reports === 0 ? !onlyRead(was.events, now.events) : reports !== 1 || !reported(was, now))
    bad(
      22,
      `went from ${was.events.length} records at ${was.sequence} to ${now.events.length} at ${now.sequence}`,
    );
  const tail = now.events.at(-1);
  if (reports !== 1 || tail === undefined || tail.lost) return;
  const sid = (tail.words[0] ?? 0n) >> 32n;
  const vsids = before.kernel.masters.flatMap((m) =>
    m.vmaster?.file === f && m.vmaster.viommu === now.viommu ? [m.vmaster.vsid & 0xffff_ffffn] : [],
  );
  if (!vsids.includes(sid)) bad(23, `took an event of StreamID ${sid}, which no vmaster has`);
}

/** Violated invariants of one host call or one recorded event, each as `number: what`. */
export function checkStep(before: World, after: World, errno: Errno | null): string[] {
  const out: string[] = [];
  if (before.kernel === after.kernel && before.hw === after.hw) return out;
  if (errno !== null) unchanged(before, after, errno, out);
  tombstones(before, after, out);
  for (const [f, file] of after.kernel.files.entries()) {
    if (file === before.kernel.files[f]) continue;
    for (const o of file.objects)
      if (o !== null && o !== "tombstone" && o.type === "VEVENTQ") queue(before, f, o, out);
  }
  return out;
}
