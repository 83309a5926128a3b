/**
 * New names for what the host numbers: object ids, iommufd files, VMIDs, table addresses. Found by walking from what
 * leads somewhere (QEMU's state, bound devices, script names); what nothing leads to has no new name.
 */
import { getObj } from "../engine/kernel/state.ts";
import { topology } from "../engine/kernel/topology.ts";
import type { Obj } from "../engine/kernel/types.ts";
import type { World } from "../engine/world.ts";
import { leftQueue } from "./garbage.ts";
import { contextPtr, type Renaming, sidWord } from "./renaming.ts";
import { keyOf } from "./slots.ts";

const FILE = 2 ** 24;

/** A file, or a physical SMMU, and a number in it. */
export const key = (file: number, id: number): number => file * FILE + id;

const fileIn = (k: number): number => Math.floor(k / FILE);
const idIn = (k: number): number => k % FILE;

/** Old name to new name, for one world. */
export class Names {
  readonly files = new Map<number, number>();
  readonly ids = new Map<number, number>();
  readonly vmids = new Map<number, number>();
  readonly ttbs = new Map<bigint, bigint>();

  file(f: number): number {
    return this.files.get(f) ?? -1;
  }

  /** New id of a live object, 0 for one that is gone. */
  id(file: number, id: number): number {
    return this.ids.get(key(file, id)) ?? 0;
  }

  vmid(psmmu: number, vmid: number): number {
    return this.vmids.get(key(psmmu, vmid)) ?? vmid;
  }
}

export const isLive = (w: World, file: number, id: number): boolean => getObj(w.kernel, file, id) !== null;

/**
 * True if every id that QEMU would use again names a live object of the one file it means. After a leak of an old
 * release (v4, v5: an s1 HWPT left on a slot) or with two backends an id may come to name a stranger.
 */
export function renamable(w: World): boolean {
  const { qemu } = w;
  if (qemu.backends.filter((b) => b.users > 0).length > 1) return false;
  for (const d of qemu.devices) {
    if (d.phase === "absent") continue;
    const file = qemu.backends[d.backend]?.file ?? -1;
    if (!isLive(w, file, d.devid)) return false;
    if (d.hwptId !== 0 && !isLive(w, file, d.hwptId)) return false;
  }
  for (const c of qemu.containers) {
    const file = qemu.backends[c.backend]?.file ?? -1;
    if (!isLive(w, file, c.ioasId) || c.hwpts.some((h) => !isLive(w, file, h.id))) return false;
  }
  for (const s of qemu.smmus) {
    const v = s.accel.viommu;
    if (v !== null) {
      const file = qemu.backends[v.backend]?.file ?? -1;
      if (!isLive(w, file, v.viommuId) || !isLive(w, file, v.s2HwptId)) return false;
      if (!isLive(w, file, s.accel.abortHwptId) || !isLive(w, file, s.accel.bypassHwptId)) return false;
    }
    const q = s.accel.veventq;
    if (q !== null && !isLive(w, q.file, q.id)) return false;
    for (const slot of s.slots) {
      if (slot.viommuPtr === "stale") return false;
      const file = qemu.backends[slot.hiodi?.backend ?? -1]?.file ?? -1;
      if (slot.hiodi !== null && (!isLive(w, file, slot.hiodi.devid) || !isLive(w, file, slot.hiodi.hwptId)))
        return false;
      if (slot.s1Hwpt !== 0 && !isLive(w, file, slot.s1Hwpt)) return false;
      if (slot.vdev !== null && !isLive(w, file, slot.vdev.id)) return false;
    }
  }
  return true;
}

/** First id behind those that have an owner. */
const firstFree = (devices: number, vsmmus: number): number => 1 + 5 * devices + 4 * vsmmus;

/** One reserved id stands for all: nobody can tell one from another, or from an id that was never given out. */
export const tombstoneAt = (w: World): number => firstFree(w.setup.devices.length, w.setup.vsmmus.length);

/** Every place of the id table has its owner, so that one device's coming and going moves nobody else's ids. */
class Places {
  private readonly used = new Map<number, Set<number>>();
  private readonly devices: number;
  private readonly vsmmus: number;
  readonly names = new Names();

  constructor(devices: number, vsmmus: number) {
    this.devices = devices;
    this.vsmmus = vsmmus;
  }

  file(f: number): void {
    if (f < 0 || this.names.files.has(f)) return;
    this.names.files.set(f, this.names.files.size);
    this.used.set(f, new Set([0]));
  }

  /** Gives the object the wanted id, or the next free one behind all owned places. */
  put(w: World, file: number, id: number, wanted: number): void {
    if (!isLive(w, file, id) || this.names.ids.has(key(file, id))) return;
    this.file(file);
    const used = this.used.get(file) as Set<number>;
    let at = wanted;
    if (wanted === 0 || used.has(wanted)) {
      at = this.free;
      while (used.has(at)) at++;
    }
    used.add(at);
    this.names.ids.set(key(file, id), at);
  }

  private get free(): number {
    return firstFree(this.devices, this.vsmmus) + 1;
  }

  ioas(n: number): number {
    return n < this.devices ? 1 + n : 0;
  }

  device(d: number): number {
    return 1 + this.devices + d;
  }

  s2(n: number): number {
    return n < this.devices ? 1 + 2 * this.devices + n : 0;
  }

  vsmmu(v: number, part: number): number {
    return 1 + 3 * this.devices + 4 * v + part;
  }

  vdevice(d: number): number {
    return 1 + 3 * this.devices + 4 * this.vsmmus + 2 * d;
  }

  s1(d: number): number {
    return this.vdevice(d) + 1;
  }
}

/** Objects another one refers to. */
function referred(o: Obj): readonly number[] {
  switch (o.type) {
    case "IOAS":
      return [];
    case "DEVICE":
      return o.hwpt === 0 ? [] : [o.hwpt];
    case "HWPT_PAGING":
      return [o.ioas];
    case "HWPT_NESTED":
      return [o.viommu, o.parent];
    case "VIOMMU":
      return [o.hwpt];
    case "VDEVICE":
      return [o.viommu, o.device];
    case "VEVENTQ":
      return [o.viommu];
  }
}

/** `d0.s2`: nothing but a name, kept while it leads to the object that was given it. */
export const stillNamed = (w: World, file: number, id: number, name: string): boolean =>
  getObj(w.kernel, file, id)?.name === name;

/** `nameless`: no object is asked for by name, so a name alone keeps none. */
export function discover(w: World, r: Renaming, nameless: boolean): Names {
  const { qemu, kernel, setup } = w;
  const p = new Places(setup.devices.length, setup.vsmmus.length);
  const dev = (d: number): number => r.symmetry.devices[d] as number;
  const vs = (v: number): number => r.symmetry.vsmmus[v] as number;
  for (const b of qemu.backends) p.file(b.file);
  const fileOf = (backend: number): number => qemu.backends[backend]?.file ?? -1;
  let s2 = 0;
  qemu.containers.forEach((c, n) => {
    p.put(w, fileOf(c.backend), c.ioasId, p.ioas(n));
    for (const h of c.hwpts) p.put(w, fileOf(c.backend), h.id, p.s2(s2++));
  });
  for (const [m, , to] of byNew(kernel.masters, dev))
    if (m.bound !== null) p.put(w, m.bound.file, m.bound.id, p.device(to));
  for (const [s, , to] of byNew(qemu.smmus, vs)) {
    const { viommu, abortHwptId, bypassHwptId, veventq } = s.accel;
    if (viommu !== null) {
      const file = fileOf(viommu.backend);
      p.put(w, file, viommu.viommuId, p.vsmmu(to, 0));
      p.put(w, file, abortHwptId, p.vsmmu(to, 1));
      p.put(w, file, bypassHwptId, p.vsmmu(to, 2));
    }
    if (veventq !== null) p.put(w, veventq.file, veventq.id, p.vsmmu(to, 3));
  }
  for (const [d, i, to] of byNew(qemu.devices, dev)) {
    if (d.phase === "absent") continue;
    const file = fileOf(d.backend);
    const slot = qemu.smmus[d.vsmmu]?.slots[d.slot];
    if (slot?.vdev) p.put(w, file, slot.vdev.id, p.vdevice(to));
    if (slot !== undefined && slot.s1Hwpt !== 0) p.put(w, file, slot.s1Hwpt, p.s1(to));
    const bound = kernel.masters[i]?.bound ?? null;
    const idev = bound === null ? null : getObj(kernel, bound.file, bound.id);
    if (idev?.type === "DEVICE" && idev.vdev !== 0 && bound !== null)
      p.put(w, bound.file, idev.vdev, p.vdevice(to));
  }
  if (nameless)
    for (const [, v] of byNew(qemu.smmus, vs)) {
      const q = leftQueue(w, v);
      if (q !== null) p.put(w, q.file, q.id, 0);
    }
  else keepNamed(w, r, p);
  for (const [m] of byNew(kernel.masters, dev)) {
    if (m.domain.kind === "hwpt") p.put(w, m.domain.file, m.domain.hwpt, 0);
    if (m.vmaster !== null) p.put(w, m.vmaster.file, m.vmaster.viommu, 0);
  }
  keepReferred(w, p);
  keepStrays(w, r, p);
  nameTags(w, p.names);
  return p.names;
}

const byNew = <T>(list: readonly T[], to: (i: number) => number): (readonly [T, number, number])[] =>
  list.map((x, i) => [x, i, to(i)] as const).sort((a, b) => a[2] - b[2]);

/** What a script name leads to is kept. */
function keepNamed(w: World, r: Renaming, p: Places): void {
  const { qemu, setup } = w;
  const dev = (d: number): number => r.symmetry.devices[d] as number;
  const vs = (v: number): number => r.symmetry.vsmmus[v] as number;
  for (const n of [...w.names].sort((a, b) => (r.name(a.name) < r.name(b.name) ? -1 : 1)))
    if (stillNamed(w, n.file, n.id, n.name)) p.put(w, n.file, n.id, 0);
  for (const [d, i] of byNew(qemu.devices, dev)) {
    const name = setup.devices[i]?.name;
    const { file, device, s2: s2Id, vdevice, s1 } = d.ids;
    const parts = [device, s2Id, vdevice, s1];
    for (const [n, part] of (["device", "s2", "vdevice", "s1"] as const).entries())
      if (stillNamed(w, file, parts[n] as number, `${name}.${part}`)) p.put(w, file, parts[n] as number, 0);
  }
  for (const [s, i] of byNew(qemu.smmus, vs)) {
    const name = setup.vsmmus[i]?.name;
    const { file, viommu, abort, bypass, veventq } = s.accel.ids;
    const parts = [viommu, abort, bypass, veventq];
    for (const [n, part] of (["viommu", "abort", "bypass", "veventq"] as const).entries())
      if (stillNamed(w, file, parts[n] as number, `${name}.${part}`)) p.put(w, file, parts[n] as number, 0);
  }
  if (qemu.ioas !== null) p.put(w, qemu.ioas.file, qemu.ioas.id, 0);
}

/** Whatever a kept object refers to is kept; what is found on the way has its turn, too. */
function keepReferred(w: World, p: Places): void {
  for (const k of p.names.ids.keys()) {
    const o = getObj(w.kernel, fileIn(k), idIn(k));
    if (o !== null) for (const other of referred(o)) p.put(w, fileIn(k), other, 0);
  }
}

/** Who refers to others comes before them. */
const RANK: readonly Obj["type"][] = [
  "VEVENTQ",
  "VDEVICE",
  "HWPT_NESTED",
  "DEVICE",
  "VIOMMU",
  "HWPT_PAGING",
  "IOAS",
];

/** What an object is but for its number, and the numbers that follow from those of others. */
function traits(o: Obj, r: Renaming): object {
  const dev = (d: number): number => r.symmetry.devices[d] as number;
  const sid = (virtId: bigint): bigint => BigInt(r.sid(Number(virtId)));
  const base = { ...o, id: 0, name: r.name(o.name) };
  switch (o.type) {
    case "IOAS":
      return { ...base, hwpts: o.hwpts.length };
    case "DEVICE":
      return { ...base, dev: dev(o.dev), hwpt: 0, vdev: 0 };
    case "HWPT_PAGING":
      return { ...base, ioas: 0, vmid: 0, tags: o.tags.length, invs: o.invs.length, ttb: 0 };
    case "HWPT_NESTED":
      return { ...base, viommu: 0, parent: 0, ste0: contextPtr(o.ste0, r) };
    case "VIOMMU": {
      const vdevs = o.vdevs.map((v) => sid(v.virtId)).sort((a, b) => (a < b ? -1 : 1));
      return { ...base, hwpt: 0, vmid: 0, vdevs, veventqs: o.veventqs.length };
    }
    case "VDEVICE":
      return { ...base, viommu: 0, device: 0, dev: dev(o.dev), virtId: sid(o.virtId) };
    case "VEVENTQ":
      return { ...base, viommu: 0, events: o.events.map((e) => e.words.map((q) => sidWord(q, r))) };
  }
}

/**
 * A file that is in use, or that any name leads into, is kept whole; one that is neither is out of reach for good. What
 * nothing leads to is named in the order of what it is, each with what it refers to: not in that of its old numbers, which
 * depend on when it was lost.
 */
function keepStrays(w: World, r: Renaming, p: Places): void {
  w.kernel.files.forEach((f, file) => {
    const inUse = f.fdOpen || w.kernel.masters.some((m) => m.bound?.file === file);
    const live = f.objects.filter((o): o is Obj => o !== null && o !== "tombstone");
    const isNamed = (id: number): boolean => p.names.ids.has(key(file, id));
    if (!inUse && !live.some((o) => isNamed(o.id))) return;
    const strays = live.filter((o) => !isNamed(o.id));
    if (strays.length === 0) return;
    const sign = (o: Obj): string => {
      const others = referred(o).map((id) => {
        const to = getObj(w.kernel, file, id);
        return to === null || isNamed(id) ? `#${p.names.id(file, id)}` : sign(to);
      });
      return `${RANK.indexOf(o.type)} ${keyOf(traits(o, r))} ${others.join()}`;
    };
    const put = (o: Obj): void => {
      p.put(w, file, o.id, 0);
      for (const id of referred(o)) {
        const to = getObj(w.kernel, file, id);
        if (to !== null && !isNamed(id)) put(to);
      }
    };
    const signs = new Map(strays.map((o) => [o, sign(o)]));
    const text = (o: Obj): string => signs.get(o) ?? "";
    for (const o of strays.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : a.id - b.id)))
      put(o);
  });
}

/** VMIDs in the order of their holders' new ids; what the host holds keeps its number. */
function nameTags(w: World, names: Names): void {
  const topo = topology(w.setup);
  const next = w.setup.psmmus.map(() => 1);
  const take = (psmmu: number, vmid: number): void => {
    const host = topo.hostVmids[psmmu] ?? [];
    if (vmid === 0 || host.includes(vmid) || names.vmids.has(key(psmmu, vmid))) return;
    let n = next[psmmu] as number;
    while (host.includes(n)) n++;
    next[psmmu] = n + 1;
    names.vmids.set(key(psmmu, vmid), n);
  };
  const kept = [...names.ids.entries()]
    .map(([k, to]) => {
      const file = fileIn(k);
      return { file, to, o: getObj(w.kernel, file, idIn(k)) };
    })
    .sort((a, b) => names.file(a.file) - names.file(b.file) || a.to - b.to);
  for (const { file, to, o } of kept) {
    if (o?.type === "HWPT_PAGING") {
      take(o.psmmu, o.vmid);
      for (const t of o.tags) take(t.psmmu, t.vmid);
      names.ttbs.set(o.ttb, ttbOf(names.file(file), to));
    } else if (o?.type === "VIOMMU") take(o.psmmu, o.vmid);
  }
}

/** Address of a page table as hw_pagetable.ts makes it from file and id. */
const ttbOf = (file: number, id: number): bigint =>
  0x4000_0000n + (BigInt(id) << 16n) + (BigInt(file) << 32n);

export const keepNames = (w: World): Names => {
  const names = new Names();
  w.kernel.files.forEach((f, file) => {
    names.files.set(file, file);
    for (const o of f.objects) if (o !== null && o !== "tombstone") names.ids.set(key(file, o.id), o.id);
  });
  return names;
};
