/** iommufd objects as a reader sees them: by name, with their fields, and with who holds each reference. */
import { getObj } from "./kernel/state.ts";
import type { Obj } from "./kernel/types.ts";
import { resolveQemuName } from "./qemu/names.ts";
import type { World } from "./world.ts";

export interface ObjectKey {
  readonly file: number;
  readonly id: number;
}

/**
 * The iommufd file and id behind a script name: `d0.s2`, `v0.viommu`, or a name that a raw verb gave. Names are
 * sticky: the object itself may be gone. Null if nothing ever had that name.
 */
export function resolveObject(world: World, name: string): ObjectKey | null {
  const raw = world.names.find((n) => n.name === name);
  if (raw !== undefined) return { file: raw.file, id: raw.id };
  return resolveQemuName(world, name);
}

export interface ListedObject extends ObjectKey {
  readonly obj: Obj;
}

/** Every live object, by file and id. */
export function objectList(world: World): readonly ListedObject[] {
  const out: ListedObject[] = [];
  world.kernel.files.forEach((f, file) => {
    if (f.released) return;
    for (const obj of f.objects) if (obj !== null && obj !== "tombstone") out.push({ file, id: obj.id, obj });
  });
  return out;
}

/** A reference between objects, or from something outside the object table. */
export interface Reference {
  /** The object at the other end, null for holders outside the table. */
  readonly object: ListedObject | null;
  /** What the reference is: `HWPT made from it`, `attached`, `VFIO binding`, … */
  readonly why: string;
  /** How much of `users` it accounts for. */
  readonly count: number;
}

export interface References {
  /** Who holds `users` of this object; the counts add up to it. */
  readonly in: readonly Reference[];
  /** What this object refers to. */
  readonly out: readonly Reference[];
}

const NONE: References = { in: [], out: [] };

/** Both directions of references of one object (model/kernel.md 1.2). */
export function referencesOf(world: World, file: number, id: number): References {
  const obj = getObj(world.kernel, file, id);
  if (obj === null) return NONE;
  const all = objectList(world).filter((o) => o.file === file && o.id !== id);
  const at = (other: number, why: string): Reference[] => {
    const found = getObj(world.kernel, file, other);
    return found === null ? [] : [{ object: { file, id: other, obj: found }, why, count: 1 }];
  };
  const from = (pick: (o: Obj) => boolean, why: string): Reference[] =>
    all.filter((o) => pick(o.obj)).map((object) => ({ object, why, count: 1 }));
  const table: Reference = { object: null, why: "the object table's own", count: 1 };
  const attached = from((o) => o.type === "DEVICE" && o.hwpt === id, "attached device");
  switch (obj.type) {
    case "IOAS":
      return {
        in: [table, ...from((o) => o.type === "HWPT_PAGING" && o.ioas === id, "HWPT made from it")],
        out: [],
      };
    case "DEVICE": {
      const inbound: Reference[] = [table];
      if (world.kernel.masters[obj.dev]?.bound) inbound.push({ object: null, why: "VFIO binding", count: 1 });
      if (obj.hwpt !== 0) inbound.push({ object: null, why: "its own attachment", count: 1 });
      inbound.push(...from((o) => o.type === "VDEVICE" && o.device === id, "vDEVICE"));
      return { in: inbound, out: obj.hwpt === 0 ? [] : at(obj.hwpt, "attached to") };
    }
    case "HWPT_PAGING":
      return {
        in: [table, ...attached, ...from((o) => o.type === "VIOMMU" && o.hwpt === id, "vIOMMU built on it")],
        out: at(obj.ioas, "IOAS"),
      };
    case "HWPT_NESTED":
      return { in: [table, ...attached], out: at(obj.viommu, "vIOMMU") };
    case "VIOMMU":
      return {
        in: [
          table,
          ...from((o) => o.type === "HWPT_NESTED" && o.viommu === id, "nested HWPT"),
          ...from((o) => o.type === "VDEVICE" && o.viommu === id, "vDEVICE"),
          ...from((o) => o.type === "VEVENTQ" && o.viommu === id, "vEVENTQ"),
        ],
        out: at(obj.hwpt, "nest parent"),
      };
    case "VDEVICE":
      return { in: [table], out: [...at(obj.viommu, "vIOMMU"), ...at(obj.device, "DEVICE")] };
    case "VEVENTQ": {
      const fd = obj.pinned ? "its file, held by a pending io_uring poll" : "its open fd";
      const file1: Reference[] = obj.fdOpen || obj.pinned ? [{ object: null, why: fd, count: 1 }] : [];
      return { in: [table, ...file1], out: at(obj.viommu, "vIOMMU") };
    }
  }
}
