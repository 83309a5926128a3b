/** Who holds whom in the picture: what lights up under the pointer, and where a double-click leads. */
import { type Column, eachItem, type Item, type Scene, type Subject } from "../../draw/scene-types.ts";

const same = (a: Subject, b: Subject): boolean => {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "device":
    case "pste":
    case "accel-device":
      return a.dev === (b as typeof a).dev;
    case "vsmmu":
    case "accel":
      return a.v === (b as typeof a).v;
    case "psmmu":
      return a.p === (b as typeof a).p;
    case "ste":
      return a.v === (b as typeof a).v && a.sid === (b as typeof a).sid;
    case "object":
      return a.file === (b as typeof a).file && a.id === (b as typeof a).id;
  }
};

/** Key of the item (or column) that stands for a subject; null if nothing in the picture does. */
export function keyOfSubject(scene: Scene, subject: Subject | null): string | null {
  if (subject === null) return null;
  if (subject.kind === "device")
    for (const block of scene.blocks)
      for (const column of block.columns) if (column.dev === subject.dev && !column.ghost) return column.key;
  let key: string | null = null;
  eachItem(scene, (item) => {
    if (key === null && !item.ghost && same(item.subject, subject)) key = item.key;
  });
  return key;
}

/** An item or column by key. */
export function findItem(scene: Scene, key: string): Item | null {
  let found: Item | null = null;
  eachItem(scene, (item) => {
    if (item.key === key) found = item;
  });
  return found;
}

export function findColumn(scene: Scene, key: string): Column | null {
  for (const block of scene.blocks) for (const column of block.columns) if (column.key === key) return column;
  return null;
}

/** Where a double-click leads: what the box rests on, or for a whole device what its DMA runs on. */
export function followOf(scene: Scene, key: string): string | null {
  const column = findColumn(scene, key);
  if (column !== null) return scene.attachments.find((one) => one.column === key)?.to ?? null;
  const under = findItem(scene, key)?.under ?? null;
  return under !== null && findItem(scene, under) !== null ? under : null;
}

/** Keys of everything that refers to `key` or that it refers to, attachments and the device's stations included. */
export function relatedTo(scene: Scene, key: string): ReadonlySet<string> {
  const keys = new Set<string>();
  eachItem(scene, (item) => {
    if (item.under === key) keys.add(item.key);
    if (item.key === key && item.under !== null) keys.add(item.under);
  });
  let mine: string | null = null;
  for (const { columns } of scene.blocks)
    for (const { key: own, ste, accel, device, vdevice, pste } of columns) {
      const stations = [ste, accel, device, vdevice, pste];
      if (own !== key && !stations.some((one) => one?.key === key)) continue;
      mine = own;
      for (const one of stations) if (one !== null) keys.add(one.key);
    }
  for (const { key: own, column, from, to } of scene.attachments) {
    if (to !== key && column !== mine) continue;
    keys.add(own);
    keys.add(from);
    keys.add(to);
  }
  keys.delete(key);
  return keys;
}
