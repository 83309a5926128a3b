/**
 * Invariants of the host kernel, by the numbers of model/kernel.md section 7, over a world between two steps.
 * Those about what a call would do (2, 5, 6, 20) try it on the side; those about a single call are in
 * invariants-step.ts.
 */
import { makeCx } from "../cx.ts";
import { NO_TRACE } from "../tracer.ts";
import type { World } from "../world.ts";
import { attachmentInvariants } from "./invariants-attach.ts";
import { getObj, getTyped } from "./state.ts";
import {
  closeCdev,
  closeIommufdFd,
  closeVeventqFd,
  destroy,
  dropPins,
  invalidate,
  ioasAlloc,
} from "./syscalls.ts";
import { topology } from "./topology.ts";
import type { IommufdFile, Obj, ViommuObj } from "./types.ts";

const live = (file: IommufdFile): Obj[] =>
  file.objects.filter((o): o is Obj => o !== null && o !== "tombstone");

function lowestFree(file: IommufdFile): number {
  const free = file.objects.findIndex((o, id) => id > 0 && o === null);
  return free < 0 ? file.objects.length : free;
}

/** References on an object that the table of section 1.2 lists, its own included. */
function expectedUsers(world: World, file: IommufdFile, obj: Obj): number {
  const objects = live(file);
  const count = (holds: (o: Obj) => boolean): number => objects.filter(holds).length;
  switch (obj.type) {
    case "IOAS":
      return 1 + count((o) => o.type === "HWPT_PAGING" && o.ioas === obj.id);
    case "DEVICE": {
      const held = world.setup.kernel.vdevLifetime === "tombstone" && obj.vdev !== 0;
      return 2 + (obj.hwpt !== 0 ? 1 : 0) + (held ? 1 : 0);
    }
    case "HWPT_PAGING":
      return 1 + count((o) => (o.type === "DEVICE" || o.type === "VIOMMU") && o.hwpt === obj.id);
    case "HWPT_NESTED":
      return 1 + count((o) => o.type === "DEVICE" && o.hwpt === obj.id);
    case "VIOMMU":
      return (
        1 +
        count(
          (o) =>
            (o.type === "HWPT_NESTED" || o.type === "VDEVICE" || o.type === "VEVENTQ") && o.viommu === obj.id,
        )
      );
    case "VDEVICE":
      return 1;
    case "VEVENTQ":
      return 1 + (obj.fdOpen || obj.pinned ? 1 : 0);
  }
}

function references(world: World, f: number, file: IommufdFile, out: string[]): void {
  for (const obj of live(file)) {
    const users = expectedUsers(world, file, obj);
    if (obj.users !== users)
      out.push(`1: ${obj.type} ${f}:${obj.id} has users ${obj.users}, expected ${users}`);
  }
  const refs = live(file).filter(
    (o) => o.type === "DEVICE" || (o.type === "VEVENTQ" && (o.fdOpen || o.pinned)),
  ).length;
  if (file.refs !== refs) out.push(`1: file ${f} has ${file.refs} references, expected ${refs}`);
  const ids = live(file).filter((o, i, all) => all.findIndex((x) => x.id === o.id) !== i);
  if (ids.length > 0) out.push(`5: ids given twice in file ${f}`);
  if (file.minFree !== lowestFree(file))
    out.push(`5: file ${f} would give out ${file.minFree}, which is not the lowest free id`);
}

/** 3, 4, 7, 8, 9, 10, 21: what an object points at. */
function pointers(world: World, f: number, file: IommufdFile, out: string[]): void {
  const is = (id: number, ...types: Obj["type"][]): boolean => {
    const o = getObj(world.kernel, f, id);
    return o !== null && types.includes(o.type);
  };
  const tombstone = world.setup.kernel.vdevLifetime === "tombstone";
  const vmidOfS2 = world.setup.kernel.vmid === "s2";
  for (const o of live(file)) {
    const bad = (no: number, what: string): void => void out.push(`${no}: ${o.type} ${f}:${o.id} ${what}`);
    if (o.type === "HWPT_PAGING") {
      if (!is(o.ioas, "IOAS")) bad(3, "points at a destroyed IOAS");
      if (o.autoDomain && o.users < 2) bad(7, "is an auto domain without a device");
    } else if (o.type === "HWPT_NESTED") {
      const viommu = getTyped(world.kernel, f, o.viommu, "VIOMMU");
      const s2 = getTyped(world.kernel, f, o.parent, "HWPT_PAGING");
      if (viommu === null || s2 === null) bad(3, "points at a destroyed object");
      if (viommu?.hwpt !== o.parent || s2?.nestParent !== true || s2.autoDomain)
        bad(4, "is not on its vIOMMU's nest parent");
    } else if (o.type === "VIOMMU") {
      const s2 = getTyped(world.kernel, f, o.hwpt, "HWPT_PAGING");
      if (s2 === null) bad(3, "points at a destroyed HWPT");
      if (vmidOfS2 && s2?.vmid !== o.vmid) bad(21, "has another VMID than its parent");
      checkVdevs(world, f, o, bad);
    } else if (o.type === "VDEVICE") {
      const viommu = getTyped(world.kernel, f, o.viommu, "VIOMMU");
      if (viommu === null) bad(3, "points at a destroyed VIOMMU");
      if (viommu?.vdevs.some((e) => e.vdevice === o.id && e.virtId === o.virtId) !== true)
        bad(9, "is not in its vIOMMU's table");
      if (world.setup.devices[o.dev]?.psmmu !== viommu?.psmmu) bad(10, "is behind another SMMU");
      const idev = getTyped(world.kernel, f, o.device, "DEVICE");
      if (tombstone && (idev === null || idev.vdev !== o.id || idev.dev !== o.dev))
        bad(8, "and its DEVICE do not name each other");
      if (tombstone && world.kernel.masters[o.dev]?.bound === null) bad(8, "belongs to an unbound device");
    } else if (o.type === "VEVENTQ") {
      if (!is(o.viommu, "VIOMMU")) bad(3, "points at a destroyed VIOMMU");
    } else if (o.type === "DEVICE") {
      if (o.hwpt !== 0 && !is(o.hwpt, "HWPT_PAGING", "HWPT_NESTED")) bad(3, "points at a destroyed HWPT");
      const back = o.vdev === 0 ? null : getTyped(world.kernel, f, o.vdev, "VDEVICE");
      if (o.vdev !== 0 && back?.device !== o.id) bad(8, "and its vDEVICE do not name each other");
    }
  }
}

function checkVdevs(world: World, f: number, v: ViommuObj, bad: (no: number, what: string) => void): void {
  for (const [i, e] of v.vdevs.entries()) {
    if (getTyped(world.kernel, f, e.vdevice, "VDEVICE")?.virtId !== e.virtId)
      bad(9, `lists vSID ${e.virtId} for something else`);
    if (v.vdevs.findIndex((x) => x.virtId === e.virtId) !== i) bad(9, `has vSID ${e.virtId} twice`);
  }
}

/** 22, 23: queues. */
function queues(f: number, file: IommufdFile, out: string[]): void {
  const before = (a: number, b: number): boolean => a !== b && ((b - a) & 0x7fff_ffff) < 0x4000_0000;
  for (const q of live(file)) {
    if (q.type !== "VEVENTQ") continue;
    const normal = q.events.filter((e) => !e.lost).length;
    const bad = (no: number, what: string): void => void out.push(`${no}: VEVENTQ ${f}:${q.id} ${what}`);
    if (normal !== q.numEvents || normal > q.depth) bad(22, `counts ${q.numEvents} of ${normal} events`);
    if (q.events.some((e, i) => e.lost && i !== q.events.length - 1)) bad(22, "has LOST before its tail");
    const seqs = [...q.events.map((e) => e.seq), q.sequence];
    if (seqs.some((s, i) => i > 0 && !before(seqs[i - 1] as number, s))) bad(22, "has a sequence that falls");
    const host = (1n << 39n) | (1n << 31n);
    if (q.events.some((e) => !e.lost && ((e.words[1] ?? 0n) & host) !== 0n)) bad(23, "holds a host's fault");
  }
}

/** 18: VMIDs and ASIDs in use are exactly those of live holders. */
function tags(world: World, out: string[]): void {
  const topo = topology(world.setup);
  const own = world.setup.kernel.vmid !== "s2";
  for (const [p, smmu] of world.kernel.smmus.entries()) {
    const vmids = [...(topo.hostVmids[p] ?? [])];
    const asids = [...(topo.hostAsids[p] ?? [])];
    for (const file of world.kernel.files)
      for (const o of live(file)) {
        if (o.type === "HWPT_PAGING") {
          if (o.psmmu === p && o.vmid !== 0) vmids.push(o.vmid);
          if (o.psmmu === p && o.asid !== 0) asids.push(o.asid);
          for (const t of o.tags) if (t.psmmu === p) vmids.push(t.vmid);
        } else if (o.type === "VIOMMU" && own && o.psmmu === p) vmids.push(o.vmid);
      }
    const sorted = (list: number[]): string => list.sort((a, b) => a - b).join(",");
    if (sorted(vmids) !== smmu.vmids.join(","))
      out.push(`18: psmmu ${p} has VMIDs ${smmu.vmids} for ${vmids}`);
    if (sorted(asids) !== smmu.asids.join(","))
      out.push(`18: psmmu ${p} has ASIDs ${smmu.asids} for ${asids}`);
    const max = 2 ** (world.setup.psmmus[p]?.vmidBits ?? 16);
    if (smmu.vmids.some((v, i) => v < 1 || v >= max || smmu.vmids.indexOf(v) !== i))
      out.push(`18: psmmu ${p} has a VMID twice or out of range`);
  }
}

/** Violated invariants, each as `number: what`. Empty if all hold. */
export function checkInvariants(world: World): string[] {
  const out: string[] = [];
  for (const [f, file] of world.kernel.files.entries()) {
    references(world, f, file, out);
    pointers(world, f, file, out);
    queues(f, file, out);
  }
  tags(world, out);
  attachmentInvariants(world, out);
  return out;
}

/** 2, 5, 6, 20: what the next call would do, tried without keeping it. Costs as much as those calls. */
export function checkProspects(world: World): string[] {
  const out: string[] = [];
  const attempt = <R>(run: (cx: ReturnType<typeof makeCx>) => R): { r: R; after: World } => {
    const cx = makeCx({ ...world, injections: [] }, NO_TRACE);
    return { r: run(cx), after: cx.w };
  };
  for (const [f, file] of world.kernel.files.entries()) {
    if (!file.fdOpen) continue;
    for (const [id, slot] of file.objects.entries()) {
      if (id === 0) continue;
      const { r, after } = attempt((cx) => destroy(cx, "raw", f, id));
      if (slot === null || slot === "tombstone") {
        if (r.errno !== "ENOENT") out.push(`5: DESTROY of the empty id ${f}:${id} gives ${r.errno}`);
      } else {
        if ((r.errno === null) !== (slot.users === 1))
          out.push(`2: DESTROY of ${f}:${id} with users ${slot.users} gives ${r.errno}`);
        if (r.errno !== null && after.kernel !== world.kernel)
          out.push(`2: a failed DESTROY of ${f}:${id} changed`);
      }
      if (slot !== null && slot !== "tombstone" && slot.type === "VIOMMU")
        forwarded(world, f, slot, attempt, out);
    }
    const { r } = attempt((cx) => ioasAlloc(cx, "raw", f, { flags: 0, name: null }));
    const free = lowestFree(file);
    if (r.id !== free) out.push(`5: file ${f} gave out ${r.id} with ${free} free`);
  }
  drains(world, attempt, out);
  return out;
}

type Attempt = <R>(run: (cx: ReturnType<typeof makeCx>) => R) => { r: R; after: World };

/** 20: what a vIOMMU's commands become. */
function forwarded(world: World, f: number, v: ViommuObj, attempt: Attempt, out: string[]): void {
  const args = { id: v.id, dataType: 1, entryLen: 16, reserved: 0 };
  const one = (q0: bigint): readonly (readonly [bigint, bigint])[] =>
    attempt((cx) => invalidate(cx, "raw", f, { ...args, entryNum: 1, cmds: [[q0, 0n]] })).r.issued;
  const all = one(0x30n)[0];
  if (all === undefined || Number((all[0] >> 32n) & 0xffffn) !== v.vmid)
    out.push(`20: VIOMMU ${f}:${v.id} sends a TLBI of another VMID`);
  const own = live(world.kernel.files[f] as IommufdFile).flatMap((o) =>
    o.type === "VDEVICE" && o.viommu === v.id ? [world.setup.devices[o.dev]?.sids[0]] : [],
  );
  for (const e of v.vdevs) {
    const sid = one(0x06n | ((e.virtId & 0xffff_ffffn) << 32n))[0];
    if (e.virtId >> 32n === 0n && sid !== undefined && !own.includes(Number(sid[0] >> 32n)))
      out.push(`20: VIOMMU ${f}:${v.id} sends a CFGI for a foreign StreamID`);
  }
}

/** 6: with every fd closed nothing is left. */
function drains(world: World, attempt: Attempt, out: string[]): void {
  const { after } = attempt((cx) => {
    for (const f of world.kernel.files.keys()) {
      dropPins(cx, f);
      for (const o of live(world.kernel.files[f] as IommufdFile))
        if (o.type === "VEVENTQ" && o.fdOpen) closeVeventqFd(cx, "raw", f, o.id);
      if (world.kernel.files[f]?.fdOpen === true) closeIommufdFd(cx, "raw", f);
    }
    for (const [dev, m] of world.kernel.masters.entries()) if (m.bound !== null) closeCdev(cx, "raw", dev);
  });
  for (const [f, file] of after.kernel.files.entries())
    if (!file.released || live(file).length > 0) out.push(`6: file ${f} does not drain`);
  const topo = topology(world.setup);
  for (const [p, smmu] of after.kernel.smmus.entries())
    if (smmu.vmids.length !== topo.hostVmids[p]?.length) out.push(`6: psmmu ${p} keeps VMIDs`);
}
