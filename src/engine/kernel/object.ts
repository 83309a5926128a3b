/** Reaching into the object table: drafts of files and objects, reference counts, ids. */
import { type Cx, type Draft, fresh, own } from "../cx.ts";
import { getTyped } from "./state.ts";
import type { IommufdFile, Master, Obj } from "./types.ts";

type Of<T extends Obj["type"]> = Extract<Obj, { type: T }>;

export function ownFile(cx: Cx, file: number): Draft<IommufdFile> {
  return own(cx, own(cx, own(cx, cx.w, "kernel"), "files"), file);
}

function ownSlot(cx: Cx, file: number, id: number): Draft<Obj> {
  return own(cx, own(cx, ownFile(cx, file), "objects"), id) as Draft<Obj>;
}

/** Draft of an object known to be live and of that type. */
export function ownTyped<T extends Obj["type"]>(cx: Cx, file: number, id: number, type: T): Draft<Of<T>> {
  const obj = ownSlot(cx, file, id);
  if (obj.type !== type) throw new Error(`object ${id} of file ${file} is a ${obj.type}, not a ${type}`);
  return obj as unknown as Draft<Of<T>>;
}

export function ownMaster(cx: Cx, dev: number): Draft<Master> {
  return own(cx, own(cx, own(cx, cx.w, "kernel"), "masters"), dev);
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
  const objects = own(cx, f, "objects") as (Obj | null | "tombstone")[];
  objects[obj.id] = fresh(cx, obj);
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
