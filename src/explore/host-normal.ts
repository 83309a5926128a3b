/**
 * The host's side of a world in normal form: what differs from another world only in names (object ids, VMIDs, file
 * descriptor numbers, released files) is given the same names. The result is a world `step()` can go on with.
 *
 * What is dropped, and why nothing that follows can tell:
 * - object ids, iommufd file indices, VMIDs, fds and container keys are only ever compared and looked up; the kernel
 *   gives out the lowest free one whatever the others are. Renamed one to one. (Two iommufd objects under one VM are
 *   different: an id of one may be looked up in the other. Such worlds keep their ids, see `renamable`.)
 * - a released file holds nothing and is named by nobody. A file that was closed with objects leaked in it stays while a
 *   script name leads into it, so that a leak is seen when it happens; once the names have moved on nobody can reach it.
 * - `last known` ids of dead objects serve names only, and such a name finds nothing.
 * - a raw verb's name whose object is gone: the alphabets here do not use one (see alphabet.ts).
 * - bits of `error_report_once` decide about a message.
 * - the order of container members is never looked at, only who they are.
 */
import type { Draft } from "../engine/cx.ts";
import type { StreamTableEntry } from "../engine/hardware/types.ts";
import { getObj } from "../engine/kernel/state.ts";
import { topology } from "../engine/kernel/topology.ts";
import type { DomainRef, IommufdFile, KernelState, Master, Obj } from "../engine/kernel/types.ts";
import { FIRST_FD } from "../engine/qemu/fds.ts";
import { ABSENT_DEVICE } from "../engine/qemu/state.ts";
import type { AccelDevice, DeviceIds, SmmuIds, Smmuv3State } from "../engine/qemu/types.ts";
import type { World } from "../engine/world.ts";
import { nameless as anonymous, swept } from "./garbage.ts";
import {
  discover,
  isLive,
  keepNames,
  key,
  type Names,
  renamable,
  stillNamed,
  tombstoneAt,
} from "./host-names.ts";
import { contextPtr, type Renaming, sidWord } from "./renaming.ts";

/** What may be renamed in a search; decided once from the setup, the first world and the alphabet. */
export interface HostFreedom {
  /** Object ids, files and VMIDs. */
  readonly ids: boolean;
  /** What objects are called, and how many leaked ones there are: see garbage.ts. */
  readonly names: boolean;
  /** The order in which devices were plugged and set: where no call of one can fail because of another's. */
  readonly order: boolean;
}

const byId = (a: number, b: number): number => a - b;

/** The old object if the new one says the same, one level deep through plain lists and records. */
function keep<T>(old: T, now: T, depth = 3): T {
  if (
    old === now ||
    typeof old !== "object" ||
    typeof now !== "object" ||
    old === null ||
    now === null ||
    depth === 0
  )
    return old === now ? old : now;
  const a = old as Record<string, unknown>;
  const b = now as Record<string, unknown>;
  const keys = Object.keys(b);
  if (keys.length !== Object.keys(a).length) return now;
  let same = true;
  for (const k of keys) {
    if (!Object.is(a[k], b[k])) {
      const kept = keep(a[k], b[k], depth - 1);
      if (kept !== a[k]) same = false;
    }
    if (!same) return now;
  }
  return old;
}

function object(o: Obj, file: number, n: Names, r: Renaming): Obj {
  const id = n.id(file, o.id);
  const at = (x: number): number => (x === 0 ? 0 : n.id(file, x));
  const base = { id, name: r.name(o.name) };
  switch (o.type) {
    case "IOAS":
      return {
        ...o,
        ...base,
        hwpts: o.hwpts
          .map(at)
          .filter((x) => x !== 0)
          .sort(byId),
      };
    case "DEVICE":
      return { ...o, ...base, dev: r.symmetry.devices[o.dev] as number, hwpt: at(o.hwpt), vdev: at(o.vdev) };
    case "HWPT_PAGING":
      return {
        ...o,
        ...base,
        ioas: at(o.ioas),
        vmid: n.vmid(o.psmmu, o.vmid),
        tags: o.tags.map((t) => ({ ...t, vmid: n.vmid(t.psmmu, t.vmid) })),
        invs: o.invs
          .map((t) => ({ ...t, tag: o.stage === 2 ? n.vmid(t.psmmu, t.tag) : t.tag }))
          .sort((a, b) => a.psmmu - b.psmmu || a.tag - b.tag),
        ttb: n.ttbs.get(o.ttb) ?? o.ttb,
      };
    case "HWPT_NESTED":
      return {
        ...o,
        ...base,
        viommu: at(o.viommu),
        parent: at(o.parent),
        ste0: contextPtr(o.ste0, r),
      };
    case "VIOMMU":
      return {
        ...o,
        ...base,
        hwpt: at(o.hwpt),
        vmid: n.vmid(o.psmmu, o.vmid),
        vdevs: o.vdevs
          .map((v) => ({ virtId: BigInt(r.sid(Number(v.virtId))), vdevice: at(v.vdevice) }))
          .sort((a, b) => (a.virtId < b.virtId ? -1 : 1)),
        veventqs: o.veventqs
          .map(at)
          .filter((x) => x !== 0)
          .sort(byId),
      };
    case "VDEVICE":
      return {
        ...o,
        ...base,
        viommu: at(o.viommu),
        device: at(o.device),
        dev: r.symmetry.devices[o.dev] as number,
        virtId: BigInt(r.sid(Number(o.virtId))),
      };
    case "VEVENTQ":
      return {
        ...o,
        ...base,
        viommu: at(o.viommu),
        events: o.events.map((e) => ({ ...e, words: e.words.map((q, i) => (i === 0 ? sidWord(q, r) : q)) })),
      };
  }
}

function files(w: World, n: Names, r: Renaming, renamed: boolean, nameless: boolean): IommufdFile[] {
  const out: IommufdFile[] = [];
  w.kernel.files.forEach((f, file) => {
    const to = n.files.get(file);
    if (to === undefined) return;
    const objects: (Obj | null | "tombstone")[] = [null];
    for (const [i, o] of f.objects.entries()) {
      if (o === "tombstone") {
        const at = renamed ? tombstoneAt(w) : i;
        while (objects.length <= at) objects.push(null);
        objects[at] = "tombstone";
      }
      if (o === null || o === "tombstone") continue;
      const id = n.id(file, o.id);
      if (id === 0) continue;
      while (objects.length <= id) objects.push(null);
      const now = object(o, file, n, r);
      objects[id] = keep(o, nameless ? anonymous(now) : now);
    }
    let minFree = 1;
    while (minFree < objects.length && objects[minFree] !== null) minFree++;
    out[to] = { ...f, objects, minFree: renamed ? minFree : f.minFree };
  });
  return out;
}

function domain(d: DomainRef, n: Names): DomainRef {
  return d.kind === "hwpt" ? { kind: "hwpt", file: n.file(d.file), hwpt: n.id(d.file, d.hwpt) } : d;
}

/** Puts list entries at their new places. */
function moved<T, U>(list: readonly T[], to: readonly number[], map: (x: T, from: number) => U): U[] {
  const out: U[] = new Array(list.length);
  list.forEach((x, i) => {
    out[to[i] as number] = keep(x as unknown as U, map(x, i));
  });
  return out;
}

function kernel(w: World, n: Names, r: Renaming, renamed: boolean, nameless: boolean): KernelState {
  const k = w.kernel;
  const master = (m: Master): Master => ({
    ...m,
    bound: m.bound === null ? null : { file: n.file(m.bound.file), id: n.id(m.bound.file, m.bound.id) },
    vmaster:
      m.vmaster === null
        ? null
        : {
            file: n.file(m.vmaster.file),
            viommu: n.id(m.vmaster.file, m.vmaster.viommu),
            vsid: BigInt(r.sid(Number(m.vmaster.vsid))),
          },
    domain: domain(m.domain, n),
  });
  return {
    files: files(w, n, r, renamed, nameless),
    masters: moved(k.masters, r.symmetry.devices, master),
    groups: moved(k.groups, r.groups, (g) => ({
      ...g,
      owner: g.owner === null ? null : n.file(g.owner),
      domain: domain(g.domain, n),
    })),
    smmus: k.smmus.map((s, p) => ({ ...s, vmids: renamed ? tagsInUse(w, n, p, s.vmids) : s.vmids })),
  };
}

/** VMIDs of kept holders; a dropped leak's goes with it. */
function tagsInUse(w: World, n: Names, psmmu: number, vmids: readonly number[]): readonly number[] {
  const host = topology(w.setup).hostVmids[psmmu] ?? [];
  const out = vmids.filter((v) => host.includes(v) || n.vmids.has(key(psmmu, v)));
  return out.map((v) => n.vmid(psmmu, v)).sort(byId);
}

const CONFIG_S2 = 0b110n;

/** A physical STE: VMID in word 2, S2TTB in word 3, and a nested one carries the guest's S1ContextPtr. */
function physicalSte(ste: StreamTableEntry, psmmu: number, n: Names, r: Renaming): StreamTableEntry {
  const config = (ste[0] >> 1n) & 7n;
  if ((ste[0] & 1n) === 0n || (config & CONFIG_S2) !== CONFIG_S2) return ste;
  const out = [...ste] as Draft<StreamTableEntry> as bigint[];
  const vmid = Number(ste[2] & 0xffffn);
  out[2] = (ste[2] & ~0xffffn) | BigInt(n.vmid(psmmu, vmid));
  out[3] = n.ttbs.get(ste[3]) ?? ste[3];
  if (config === 7n) out[0] = contextPtr(ste[0], r);
  return out as unknown as StreamTableEntry;
}

function deviceIds(w: World, dev: number, ids: DeviceIds, n: Names): DeviceIds {
  const name = w.setup.devices[dev]?.name;
  const keep = (id: number, part: string): number =>
    stillNamed(w, ids.file, id, `${name}.${part}`) ? n.id(ids.file, id) : 0;
  const out = {
    device: keep(ids.device, "device"),
    // An S2 allocated for another device is this one's too while its container says so.
    s2: getObj(w.kernel, ids.file, ids.s2)?.type === "HWPT_PAGING" ? n.id(ids.file, ids.s2) : 0,
    vdevice: keep(ids.vdevice, "vdevice"),
    s1: keep(ids.s1, "s1"),
  };
  const any = out.device !== 0 || out.s2 !== 0 || out.vdevice !== 0 || out.s1 !== 0;
  return { file: any ? n.file(ids.file) : -1, ...out };
}

const NO_DEVICE_IDS: DeviceIds = Object.freeze({ file: -1, device: 0, s2: 0, vdevice: 0, s1: 0 });

/** Of the last ids only the queue's says anything of itself: whether the one that was left behind is pinned. */
function queueIds(w: World, accel: Smmuv3State["accel"], n: Names): SmmuIds {
  const { file, veventq } = accel.ids;
  const o = getObj(w.kernel, file, veventq);
  const tells = o?.type === "VEVENTQ" && (o.pinned || accel.veventq !== null);
  const id = tells ? n.id(file, veventq) : 0;
  // A queue that is allocated later will lie in the file of the vIOMMU.
  const told = id !== 0 || accel.viommu !== null;
  return { file: told ? n.file(file) : -1, viommu: 0, abort: 0, bypass: 0, veventq: id };
}

function smmuIds(w: World, v: number, ids: SmmuIds, n: Names): SmmuIds {
  const name = w.setup.vsmmus[v]?.name;
  const keep = (id: number, part: string): number =>
    stillNamed(w, ids.file, id, `${name}.${part}`) ? n.id(ids.file, id) : 0;
  const out = {
    viommu: keep(ids.viommu, "viommu"),
    abort: keep(ids.abort, "abort"),
    bypass: keep(ids.bypass, "bypass"),
    veventq: keep(ids.veventq, "veventq"),
  };
  const any = out.viommu !== 0 || out.abort !== 0 || out.bypass !== 0 || out.veventq !== 0;
  return { file: any ? n.file(ids.file) : -1, ...out };
}

/** The world with its host side in normal form; guest registers, memory and the guest's own state are left alone. */
export function normalHost(world: World, r: Renaming, freedom: HostFreedom): World {
  const renamed = freedom.ids && renamable(world);
  const nameless = renamed && freedom.names;
  const w = nameless ? swept(world) : world;
  const n = renamed ? discover(w, r, nameless) : keepNames(w);
  const { qemu } = w;
  const dev = (d: number): number => r.symmetry.devices[d] as number;
  const slotsOf = qemu.smmus.map((s, v) => keptSlots(w, v, r, freedom, s.slots));
  const fds = fdNames(w, r, renamed);
  const slotAt = (v: number, slot: number): number => slotsOf[v]?.indexOf(slot) ?? -1;
  const fileOf = (backend: number): number => qemu.backends[backend]?.file ?? -1;
  const keys = new Map(qemu.containers.map((c, i) => [c.key, qemu.containers.length - 1 - i]));
  const sorted = (list: readonly number[], order: boolean): number[] => {
    const out = list.map(dev);
    return order ? out.sort(byId) : out;
  };
  const slot = (s: AccelDevice): AccelDevice => {
    const file = fileOf(s.hiodi?.backend ?? -1);
    return {
      ...s,
      bdf: r.sid(s.bdf),
      hiodi:
        s.hiodi === null
          ? null
          : {
              ...s.hiodi,
              dev: dev(s.hiodi.dev),
              devid: n.id(file, s.hiodi.devid),
              hwptId: n.id(file, s.hiodi.hwptId),
            },
      s1Hwpt: s.hiodi === null ? s.s1Hwpt : n.id(file, s.s1Hwpt),
      vdev:
        s.vdev === null
          ? null
          : { id: s.hiodi === null ? s.vdev.id : n.id(file, s.vdev.id), virtId: r.sid(s.vdev.virtId) },
      viommuPtr: renamed && s.hiodi === null && s.viommuPtr === "live" ? "none" : s.viommuPtr,
    };
  };
  const devices = moved(qemu.devices, r.symmetry.devices, (d, i) => {
    const ids = nameless ? NO_DEVICE_IDS : deviceIds(w, i, d.ids, n);
    if (d.phase === "absent") return { ...ABSENT_DEVICE, ids };
    const file = fileOf(d.backend);
    return {
      ...d,
      vsmmu: r.symmetry.vsmmus[d.vsmmu] ?? d.vsmmu,
      slot: slotAt(d.vsmmu, d.slot),
      fd: fds.get(d.fd) ?? d.fd,
      devid: n.id(file, d.devid),
      container: keys.get(d.container) ?? d.container,
      hwptId: n.id(file, d.hwptId),
      ids,
    };
  });
  const smmus = moved(qemu.smmus, r.symmetry.vsmmus, (s, v) => {
    const { accel } = s;
    const file = fileOf(accel.viommu?.backend ?? -1);
    const live = accel.viommu !== null;
    const deviceList = accel.deviceList.map((i) => slotAt(v, i));
    return {
      ...s,
      accel: {
        ...accel,
        viommu:
          accel.viommu === null
            ? null
            : {
                ...accel.viommu,
                s2HwptId: n.id(file, accel.viommu.s2HwptId),
                viommuId: n.id(file, accel.viommu.viommuId),
              },
        abortHwptId: live ? n.id(file, accel.abortHwptId) : 0,
        bypassHwptId: live ? n.id(file, accel.bypassHwptId) : 0,
        veventq:
          accel.veventq === null
            ? null
            : {
                ...accel.veventq,
                id: n.id(accel.veventq.file, accel.veventq.id),
                file: n.file(accel.veventq.file),
                fd: fds.get(accel.veventq.fd) ?? accel.veventq.fd,
              },
        deviceList: freedom.order ? deviceList.sort(byId) : deviceList,
        ids: nameless ? queueIds(w, accel, n) : smmuIds(w, v, accel.ids, n),
      },
      slots: (slotsOf[v] ?? []).map((i) => keep(s.slots[i] as AccelDevice, slot(s.slots[i] as AccelDevice))),
    };
    // Registers belong to the guest's side and stay where they are: see guest-normal.ts.
  }).map((s, v) => ({ ...s, regs: (qemu.smmus[v] as Smmuv3State).regs }));
  const ioasLive = !nameless && qemu.ioas !== null && isLive(w, qemu.ioas.file, qemu.ioas.id);
  const out: World = {
    ...w,
    kernel: kernel(w, n, r, renamed, nameless),
    hw: {
      devices: moved(w.hw.devices, r.symmetry.devices, (d, i) => ({
        ...d,
        stes: d.stes.map((s) => physicalSte(s, w.setup.devices[i]?.psmmu ?? 0, n, r)),
      })),
      tlb: w.hw.tlb
        .map((e) => ({
          ...e,
          vmid: n.vmid(e.psmmu, e.vmid),
          out: r.identity ? e.out : r.address(e.out << 12n) >> 12n,
          filledBy: dev(e.filledBy),
        }))
        .sort(
          (a, b) => a.psmmu - b.psmmu || a.vmid - b.vmid || a.asid - b.asid || (a.page < b.page ? -1 : 1),
        ),
    },
    qemu: {
      ...qemu,
      backends: qemu.backends.map((b) => ({
        ...b,
        file: b.file < 0 ? -1 : n.file(b.file),
        fd: fds.get(b.fd) ?? b.fd,
      })),
      containers: qemu.containers.map((c) => ({
        ...c,
        key: keys.get(c.key) as number,
        ioasId: n.id(fileOf(c.backend), c.ioasId),
        hwpts: c.hwpts.map((h) => ({
          ...h,
          id: n.id(fileOf(c.backend), h.id),
          devices: sorted(h.devices, true),
        })),
        devices: sorted(c.devices, true),
      })),
      nextContainer: qemu.containers.length,
      devices,
      plugged: sorted(qemu.plugged, freedom.order),
      smmus,
      fds: qemu.fds.map((f) => fds.get(f) ?? f).sort(byId),
      once: 0,
      ioas:
        qemu.ioas !== null && ioasLive
          ? { file: n.file(qemu.ioas.file), id: n.id(qemu.ioas.file, qemu.ioas.id) }
          : null,
    },
    provenance: moved(w.provenance, r.symmetry.devices, (p) => p),
    injections: w.injections.map((i) => (i.dev === null ? i : { ...i, dev: dev(i.dev) })),
    names: w.names
      .filter((x) => !renamed || stillNamed(w, x.file, x.id, x.name))
      .map((x) => ({ name: r.name(x.name), file: n.file(x.file), id: n.id(x.file, x.id) }))
      .filter((x) => x.id !== 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return {
    ...out,
    hw: { ...out.hw, tlb: keep(w.hw.tlb, out.hw.tlb) },
    qemu: {
      ...out.qemu,
      backends: keep(qemu.backends, out.qemu.backends),
      containers: keep(qemu.containers, out.qemu.containers, 5),
      plugged: keep(qemu.plugged, out.qemu.plugged),
      fds: keep(qemu.fds, out.qemu.fds),
      ioas: keep(qemu.ioas, out.qemu.ioas),
      smmus: out.qemu.smmus.map((s, v) => ({ ...s, accel: keep(qemu.smmus[v]?.accel ?? s.accel, s.accel) })),
    },
    injections: keep(w.injections, out.injections),
    names: keep(w.names, out.names),
  };
}

/**
 * Slots in the order of their bus address. An emptied one is as good as none: a new one at the address would be equal.
 */
function keptSlots(
  w: World,
  v: number,
  r: Renaming,
  freedom: HostFreedom,
  slots: readonly AccelDevice[],
): number[] {
  // Where ids keep their numbers everything else keeps its place, too.
  if (!freedom.ids) return slots.map((_, i) => i);
  const held = (i: number): boolean =>
    w.qemu.devices.some((d) => d.phase !== "absent" && d.vsmmu === v && d.slot === i);
  const inert = (s: AccelDevice): boolean =>
    s.hiodi === null && s.vdev === null && s.s1Hwpt === 0 && s.viommuPtr !== "stale";
  const kept = slots.flatMap((s, i) => (inert(s) && !held(i) ? [] : [i]));
  const bdf = (i: number): number => r.sid((slots[i] as AccelDevice).bdf);
  const distinct = new Set(kept.map(bdf)).size === kept.length;
  return distinct ? kept.sort((a, b) => bdf(a) - bdf(b)) : kept;
}

/** File descriptor numbers in the order of backends, devices and queues. */
function fdNames(w: World, r: Renaming, renamed: boolean): Map<number, number> {
  const out = new Map<number, number>();
  if (!renamed) return out;
  // Every owner has its number, so that another's coming and going does not move it.
  const { qemu } = w;
  const put = (fd: number, to: number): void => {
    if (fd >= 0 && qemu.fds.includes(fd) && !out.has(fd)) out.set(fd, to);
  };
  qemu.backends.forEach((b, i) => {
    put(b.fd, FIRST_FD + i * 100);
  });
  qemu.devices.forEach((d, i) => {
    if (d.phase !== "absent") put(d.fd, FIRST_FD + 1 + (r.symmetry.devices[i] as number));
  });
  qemu.smmus.forEach((s, v) => {
    if (s.accel.veventq !== null)
      put(s.accel.veventq.fd, FIRST_FD + 1 + qemu.devices.length + (r.symmetry.vsmmus[v] as number));
  });
  return out;
}
