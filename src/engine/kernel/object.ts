/**
 * Reaching into the kernel's state: drafts of its parts, reference counts, ids.
 *
 * Each kind of object is cloned at a place of its own and not by `own()`: a spread that always sees the same
 * shape is several times faster than one that sees them all, and cloning is most of what a host call costs.
 */
import { type Cx, type Draft, fresh, own, ownAppended } from "../cx.ts";
import { getTyped } from "./state.ts";
import type { IommufdFile, IommuGroup, KernelState, Master, Obj, SmmuState } from "./types.ts";

type Of<T extends Obj["type"]> = Extract<Obj, { type: T }>;

function ownKernel(cx: Cx): Draft<KernelState> {
  const now = cx.w.kernel;
  if (cx.owned.has(now)) return now;
  const copy = fresh(cx, { ...now });
  cx.w.kernel = copy;
  return copy;
}

/** The list of iommufd files, to add one. */
export function ownFiles(cx: Cx): IommufdFile[] {
  return own(cx, ownKernel(cx), "files");
}

export function ownFile(cx: Cx, file: number): Draft<IommufdFile> {
  const files = ownFiles(cx);
  const now = files[file] as IommufdFile;
  if (cx.owned.has(now)) return now;
  const copy = fresh(cx, (cx.watch?.copy(now) as IommufdFile | null | undefined) ?? { ...now });
  files[file] = copy;
  return copy;
}

export function ownMaster(cx: Cx, dev: number): Draft<Master> {
  const masters = own(cx, ownKernel(cx), "masters");
  const now = masters[dev] as Master;
  if (cx.owned.has(now)) return now;
  const copy = fresh(cx, { ...now });
  masters[dev] = copy;
  return copy;
}

export function ownGroup(cx: Cx, group: number): Draft<IommuGroup> {
  const groups = own(cx, ownKernel(cx), "groups");
  const now = groups[group] as IommuGroup;
  if (cx.owned.has(now)) return now;
  const copy = fresh(cx, { ...now });
  groups[group] = copy;
  return copy;
}

export function ownSmmu(cx: Cx, psmmu: number): Draft<SmmuState> {
  return own(cx, own(cx, ownKernel(cx), "smmus"), psmmu);
}

function clone(obj: Obj): Obj {
  switch (obj.type) {
    case "IOAS":
      return { ...obj };
    case "DEVICE":
      return { ...obj };
    case "HWPT_PAGING":
      return { ...obj };
    case "HWPT_NESTED":
      return { ...obj };
    case "VIOMMU":
      return { ...obj };
    case "VDEVICE":
      return { ...obj };
    case "VEVENTQ":
      return { ...obj };
  }
}

function ownSlot(cx: Cx, file: number, id: number): Draft<Obj> {
  const objects = own(cx, ownFile(cx, file), "objects");
  const now = objects[id];
  if (now === undefined || now === null || now === "tombstone")
    throw new Error(`file ${file} has no object ${id}`);
  if (cx.owned.has(now)) return now;
  const copy = fresh(cx, clone(now));
  objects[id] = copy;
  return copy;
}

/** Draft of an object known to be live and of that type. */
export function ownTyped<T extends Obj["type"]>(cx: Cx, file: number, id: number, type: T): Draft<Of<T>> {
  const obj = ownSlot(cx, file, id);
  if (obj.type !== type) throw new Error(`object ${id} of file ${file} is a ${obj.type}, not a ${type}`);
  return obj as unknown as Draft<Of<T>>;
}

/** Takes or drops references; returns the new count. */
export function addUsers(cx: Cx, file: number, id: number, n: number): number {
  const obj = ownSlot(cx, file, id);
  obj.users += n;
  return obj.users;
}

/** main.c:_iommufd_object_alloc's choice. Rule K-ID-1: the lowest free id. */
export function nextId(cx: Cx, file: number): number {
  return cx.w.kernel.files[file]?.minFree ?? 1;
}

/** Puts a new object into the slot `nextId` named. */
export function install(cx: Cx, file: number, obj: Obj): number {
  const f = ownFile(cx, file);
  fresh(cx, obj);
  if (obj.id === f.objects.length) ownAppended(cx, f, "objects", obj);
  else own(cx, f, "objects")[obj.id] = obj;
  const objects = f.objects;
  let free = obj.id + 1;
  while (free < objects.length && objects[free] !== null) free++;
  f.minFree = free;
  return obj.id;
}

/** DEVICE object of a bound device. */
export function boundIdev(cx: Cx, dev: number): Of<"DEVICE"> | null {
  const bound = cx.w.kernel.masters[dev]?.bound ?? null;
  return bound === null ? null : getTyped(cx.w.kernel, bound.file, bound.id, "DEVICE");
}
