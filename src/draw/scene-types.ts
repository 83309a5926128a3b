/**
 * The picture's content, without positions and without a screen: what is drawn, what it is called, what belongs
 * to what. Made from a world by scene.ts, placed by layout.ts, and drawn as a page, as text or as SVG.
 *
 * Ownership is the whole structure: a block is what one vSMMU (or one raw user of the host) has; a column is one
 * device through all floors; bars are what columns share. What did not change between two scenes is the same
 * object in both.
 */

/** Top to bottom. */
export const FLOORS = ["guest", "qemu", "iommufd", "hardware"] as const;
export type Floor = (typeof FLOORS)[number];
export const FLOOR_TITLES: Readonly<Record<Floor, string>> = {
  guest: "Guest",
  qemu: "QEMU",
  iommufd: "iommufd",
  hardware: "Hardware",
};

/** What a stream's transactions meet; each has one colour, one icon and one word everywhere. */
export type Kind = "abort" | "bypass" | "translate" | "s2" | "off";

export type Role =
  | "vsmmu"
  | "ste"
  | "accel"
  | "accel-device"
  | "device"
  | "vdevice"
  | "viommu"
  | "nested"
  | "veventq"
  | "paging"
  | "ioas"
  | "psmmu"
  | "pste"
  | "parked";

/** What an item stands for: the thing that selecting it selects. */
export type Subject =
  | { readonly kind: "device"; readonly dev: number }
  | { readonly kind: "vsmmu"; readonly v: number }
  | { readonly kind: "accel"; readonly v: number }
  | { readonly kind: "accel-device"; readonly dev: number }
  | { readonly kind: "ste"; readonly v: number; readonly sid: number }
  | { readonly kind: "object"; readonly file: number; readonly id: number }
  | { readonly kind: "pste"; readonly dev: number }
  | { readonly kind: "psmmu"; readonly p: number };

/** One box. */
export interface Item {
  /** Unique in a scene, stable between scenes. */
  readonly key: string;
  readonly role: Role;
  readonly floor: Floor;
  /** What it is: `HWPT 5`, `STE 0x100`. */
  readonly label: string;
  /** In the same line, at the end: whose it is, or its place. */
  readonly aside: string;
  /** The lines below: fields, in few words. */
  readonly text: string;
  readonly kind: Kind | null;
  /** The word that goes with `kind` (`abort`, `S2 only`, `V=0`); empty without a kind. */
  readonly word: string;
  /** Reference count, for iommufd objects. */
  readonly users: number | null;
  /** Device whose column it stands in, or null for what is shared. */
  readonly dev: number | null;
  /** Divergences shown at this item: `D1`, `D1 D4`, or empty. */
  readonly diverges: string;
  readonly subject: Subject;
  /** Key of the item that this one holds a reference on and rests on; null if none. */
  readonly under: string | null;
  /** The same as a sentence, for ears. */
  readonly says: string;
  /** Gone since the last scene; shown once more, faintly. */
  readonly ghost: boolean;
}

/** A device through all floors. */
export interface Column {
  /** `col:` and the device's name. */
  readonly key: string;
  readonly dev: number;
  readonly name: string;
  /** Place in its block, counted from the left; kept as long as the device stays. */
  readonly slot: number;
  /** What its DMA is attached to. */
  readonly kind: Kind;
  readonly word: string;
  readonly diverges: string;
  readonly says: string;
  readonly ghost: boolean;
  readonly ste: Item | null;
  readonly accel: Item | null;
  readonly device: Item | null;
  readonly vdevice: Item | null;
  readonly pste: Item | null;
}

/** A device's own nested HWPT in its vIOMMU's frame, in the slot of the device's column. */
export interface Chip {
  readonly item: Item;
  readonly slot: number;
}

export interface ViommuGroup {
  readonly key: string;
  readonly item: Item;
  readonly veventqs: readonly Item[];
  /** Nested HWPTs that are no device's own, drawn over the whole block: QEMU's abort and bypass first. */
  readonly rails: readonly Item[];
  /** Rails there is room for: both from the start where QEMU makes them, so that nothing moves meanwhile. */
  readonly railRows: number;
  readonly chips: readonly Chip[];
}

export interface Block {
  readonly key: string;
  /** `vSMMU v0`, or the iommufd file's name for raw users. */
  readonly title: string;
  readonly ghost: boolean;
  readonly vsmmu: Item | null;
  readonly accel: Item | null;
  /** Columns there is room for. */
  readonly capacity: number;
  readonly columns: readonly Column[];
  readonly viommus: readonly ViommuGroup[];
}

/** An IOAS with the paging HWPTs made from it, and the blocks it lies under (first and last index). */
export interface IoasGroup {
  readonly key: string;
  readonly item: Item;
  readonly hwpts: readonly Item[];
  readonly from: number;
  readonly to: number;
}

export interface PsmmuBar {
  readonly key: string;
  readonly item: Item;
  readonly from: number;
  readonly to: number;
}

/** A device that nobody holds, on the shelf. */
export interface Parked {
  readonly item: Item;
  readonly slot: number;
}

/** DEVICE to HWPT: what the device's DMA runs on. */
export interface Attachment {
  /** `at:` and the device's name: it keeps its key when it moves. */
  readonly key: string;
  readonly dev: number;
  readonly column: string;
  /** Keys of the two boxes. */
  readonly from: string;
  readonly to: string;
  readonly kind: Kind;
  readonly word: string;
  readonly diverges: string;
  readonly says: string;
  readonly ghost: boolean;
}

export interface Scene {
  /** Left to right. */
  readonly blocks: readonly Block[];
  readonly ioases: readonly IoasGroup[];
  readonly psmmus: readonly PsmmuBar[];
  readonly parked: readonly Parked[];
  readonly attachments: readonly Attachment[];
  /** Devices that the session declares; constant, so that choices made by size do not flip between steps. */
  readonly declared: number;
}

/** Calls `visit` for every box, floor by floor within each block. */
export function eachItem(scene: Scene, visit: (item: Item) => void): void {
  const maybe = (item: Item | null) => {
    if (item !== null) visit(item);
  };
  for (const block of scene.blocks) {
    maybe(block.vsmmu);
    maybe(block.accel);
    for (const column of block.columns) {
      maybe(column.ste);
      maybe(column.accel);
      maybe(column.device);
      maybe(column.vdevice);
      maybe(column.pste);
    }
    for (const group of block.viommus) {
      visit(group.item);
      group.veventqs.forEach(visit);
      group.rails.forEach(visit);
      for (const chip of group.chips) visit(chip.item);
    }
  }
  for (const group of scene.ioases) {
    group.hwpts.forEach(visit);
    visit(group.item);
  }
  for (const bar of scene.psmmus) visit(bar.item);
  for (const parked of scene.parked) visit(parked.item);
}

/** How many columns a block of `n` devices has room for: it grows in steps, so that neighbours seldom move. */
export function capacityFor(n: number): number {
  return n <= 2 ? n : Math.ceil(n / 4) * 4;
}

/**
 * Slots that stay: who had a slot keeps it, newcomers take the lowest free one in the order given.
 * `before` is null when there is no earlier picture; then the order alone decides.
 */
export function assignSlots(
  keys: readonly string[],
  before: ReadonlyMap<string, number> | null,
): Map<string, number> {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  if (before !== null) {
    for (const key of keys) {
      const slot = before.get(key);
      if (slot === undefined) continue;
      slots.set(key, slot);
      taken.add(slot);
    }
  }
  let next = 0;
  for (const key of keys) {
    if (slots.has(key)) continue;
    while (taken.has(next)) next++;
    slots.set(key, next++);
  }
  return slots;
}
