/**
 * Objects that QEMU leaked and nobody can reach any more. A vIOMMU with a vEVENTQ that a pending poll pins (D24) stays
 * for as long as its iommufd file; every further plug and unplug leaves another one. Left alone, they would make every
 * setup's states infinite; and one says as much as ten.
 *
 * What is dropped, and why nothing that follows can tell:
 * - leaked vIOMMUs beyond the first on one S2: they hold the S2 against destruction, and one does that like ten. Only
 *   where a vIOMMU has no VMID of its own, for those run out.
 * - what else lies in a closed file that nothing is bound to: no call leads into it. The vEVENTQ that a vSMMU left there
 *   last is kept with what it refers to, since that is where the leak shows; without one, a single leak is kept so that
 *   "something is left" stays true.
 * Reference counts are those of what is kept. Only where no object is asked for by name or number.
 */
import { getObj } from "../engine/kernel/state.ts";
import type { IommufdFile, Obj } from "../engine/kernel/types.ts";
import type { World } from "../engine/world.ts";

type VeventqObj = Extract<Obj, { type: "VEVENTQ" }>;
type ViommuObj = Extract<Obj, { type: "VIOMMU" }>;

const liveIn = (f: IommufdFile): Obj[] => f.objects.filter((o): o is Obj => o !== null && o !== "tombstone");

const isPinned = (o: Obj): o is VeventqObj => o.type === "VEVENTQ" && o.pinned && !o.fdOpen;

/** The vEVENTQ that vSMMU `v` left behind last, by file and id; null if it left none, or has another now. */
export function leftQueue(w: World, v: number): { readonly file: number; readonly id: number } | null {
  const accel = w.qemu.smmus[v]?.accel;
  if (accel === undefined || accel.veventq !== null) return null;
  const { file, veventq } = accel.ids;
  const o = getObj(w.kernel, file, veventq);
  return o?.type === "VEVENTQ" && o.pinned ? { file, id: veventq } : null;
}

/** True if the file is closed and no device is bound to it: no call can reach what lies in it. */
function isDead(w: World, file: number, f: IommufdFile): boolean {
  return (
    !f.fdOpen &&
    !w.kernel.masters.some((m) => m.bound?.file === file) &&
    !w.qemu.smmus.some((s) => s.accel.veventq?.file === file)
  );
}

/** Leaked vIOMMUs of a file in use whose only holders are pinned queues, with those. */
function leakedViommus(
  w: World,
  file: number,
  f: IommufdFile,
): { viommu: ViommuObj; queues: VeventqObj[] }[] {
  const live = liveIn(f);
  const owned = new Set(
    w.qemu.smmus.flatMap((s) => {
      const v = s.accel.viommu;
      return v !== null && w.qemu.backends[v.backend]?.file === file ? [v.viommuId] : [];
    }),
  );
  return live.flatMap((o) => {
    if (o.type !== "VIOMMU" || owned.has(o.id) || o.vdevs.length > 0) return [];
    const holders = live.filter((x) => "viommu" in x && x.viommu === o.id);
    const queues = holders.filter(isPinned);
    const s2 = getObj(w.kernel, file, o.hwpt);
    const plain = queues.length > 0 && queues.length === holders.length;
    return plain && s2?.type === "HWPT_PAGING" && s2.vmid === o.vmid ? [{ viommu: o, queues }] : [];
  });
}

/** Without some objects: reference counts and lists follow. Of the kept ones none may refer to one that goes. */
function without(f: IommufdFile, gone: ReadonlySet<number>): IommufdFile {
  if (gone.size === 0) return f;
  const away = liveIn(f).filter((o) => gone.has(o.id));
  const lost = (id: number): number =>
    away.filter(
      (o) =>
        (o.type === "HWPT_PAGING" && o.ioas === id) ||
        (o.type === "VIOMMU" && o.hwpt === id) ||
        (o.type === "DEVICE" && o.hwpt === id) ||
        ("viommu" in o && o.viommu === id),
    ).length;
  const left = (ids: readonly number[]): number[] => ids.filter((id) => !gone.has(id));
  const objects = f.objects.map((o) => {
    if (o === null || o === "tombstone") return o;
    if (gone.has(o.id)) return null;
    const users = o.users - lost(o.id);
    if (users === o.users) return o;
    if (o.type === "IOAS") return { ...o, users, hwpts: left(o.hwpts) };
    if (o.type === "VIOMMU")
      return {
        ...o,
        users,
        veventqs: left(o.veventqs),
        vdevs: o.vdevs.filter((e) => !gone.has(e.vdevice)),
      };
    return { ...o, users };
  });
  while (objects.length > 1 && objects.at(-1) === null) objects.pop();
  const free = objects.indexOf(null, 1);
  return {
    ...f,
    objects,
    refs: f.refs - away.filter(isPinned).length,
    minFree: free < 0 ? objects.length : free,
  };
}

/** A queue with all that it refers to. */
function chain(w: World, file: number, queue: number): number[] {
  const q = getObj(w.kernel, file, queue);
  const viommu = q?.type === "VEVENTQ" ? getObj(w.kernel, file, q.viommu) : null;
  const s2 = viommu?.type === "VIOMMU" ? getObj(w.kernel, file, viommu.hwpt) : null;
  return [queue, viommu?.id ?? 0, s2?.id ?? 0, s2?.type === "HWPT_PAGING" ? s2.ioas : 0];
}

/** The world with one leak for many. */
export function swept(w: World): World {
  const { files } = w.kernel;
  if (!files.some((f) => !f.released && liveIn(f).some(isPinned))) return w;
  const shown = new Set(
    w.qemu.smmus.flatMap((_, v) => {
      const q = leftQueue(w, v);
      return q === null ? [] : [`${q.file}:${q.id}`];
    }),
  );
  const gone = files.map((f, file) => (f.released ? new Set<number>() : goneFrom(w, file, f, shown)));
  // Of leaks that no vSMMU shows one is kept, if it is the only one.
  const stays = (file: number): boolean =>
    liveIn(files[file] as IommufdFile).some((o) => isPinned(o) && gone[file]?.has(o.id) === false);
  if (!files.some((f, file) => !f.released && stays(file))) {
    const file = files.findIndex((f) => !f.released && liveIn(f).some(isPinned));
    const first = liveIn(files[file] as IommufdFile).find(isPinned) as VeventqObj;
    for (const id of chain(w, file, first.id)) gone[file]?.delete(id);
  }
  if (gone.every((g) => g.size === 0)) return w;
  return {
    ...w,
    kernel: { ...w.kernel, files: files.map((f, i) => without(f, gone[i] as Set<number>)) },
  };
}

function goneFrom(w: World, file: number, f: IommufdFile, shown: ReadonlySet<string>): Set<number> {
  const gone = new Set<number>();
  const isShown = (q: VeventqObj): boolean => shown.has(`${file}:${q.id}`);
  if (isDead(w, file, f)) {
    // Before vDEVICEs died with their device, one in any file was the device's.
    if (w.setup.kernel.vdevLifetime !== "tombstone") return gone;
    const live = liveIn(f);
    const kept = new Set(live.filter((o) => isPinned(o) && isShown(o)).flatMap((o) => chain(w, file, o.id)));
    for (const o of live) if (!kept.has(o.id)) gone.add(o.id);
    return gone;
  }
  const seen = new Set<number>();
  const leaked = leakedViommus(w, file, f);
  for (const { viommu, queues } of leaked) if (queues.some(isShown)) seen.add(viommu.hwpt);
  for (const { viommu, queues } of leaked) {
    if (queues.some(isShown)) continue;
    if (!seen.has(viommu.hwpt)) {
      seen.add(viommu.hwpt);
      continue;
    }
    gone.add(viommu.id);
    for (const q of queues) gone.add(q.id);
  }
  return gone;
}

/** An object without its name. */
export const nameless = <T extends Obj>(o: T): T => (o.name === null ? o : { ...o, name: null });
