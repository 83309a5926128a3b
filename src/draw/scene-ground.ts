/**
 * Where things belong, worked out once for a scene: which block each device stands in and in which slot, which
 * block is the home of an iommufd file, and what the last picture had.
 */
import type { HwptNestedObj, HwptPagingObj, Obj } from "../engine/kernel/types.ts";
import type { AccelDevice } from "../engine/qemu/types.ts";
import type { World } from "../engine/world.ts";
import type { DeviceView } from "./scene-items.ts";
import { keep } from "./scene-keep.ts";
import { assignSlots, type Block, type Column, capacityFor, type Item, type Scene } from "./scene-types.ts";

/** What is known of device `dev` beyond the tables. */
export type Views = (world: World, dev: number) => DeviceView;

export const vsmmuBlock = (v: number): string => `block:v${v}`;
export const fileBlock = (file: number): string => `block:f${file}`;
/** Index of the vSMMU whose block this is, or null for a raw user's. */
export const vsmmuOf = (block: string): number | null =>
  block.startsWith("block:v") ? Number(block.slice(7)) : null;
export const fileOf = (block: string): number => Number(block.slice(7));

export const colKey = (world: World, dev: number): string => `col:${world.setup.devices[dev]?.name ?? dev}`;

export function objectAt(world: World, file: number, id: number): Obj | null {
  const obj = id === 0 ? null : world.kernel.files[file]?.objects[id];
  return obj === undefined || obj === "tombstone" ? null : obj;
}

/** QEMU's record of the slot a device is plugged in. */
export function accelDeviceOf(world: World, dev: number): AccelDevice | null {
  const vfio = world.qemu.devices[dev];
  if (vfio === undefined || vfio.phase === "absent") return null;
  return world.qemu.smmus[vfio.vsmmu]?.slots[vfio.slot] ?? null;
}

/** HWPT that the device's DEVICE is attached to, with the file; null for a device nobody has bound. */
export function attachedHwpt(
  world: World,
  dev: number,
): { readonly file: number; readonly hwpt: HwptNestedObj | HwptPagingObj | null } | null {
  const bound = world.kernel.masters[dev]?.bound ?? null;
  if (bound === null) return null;
  const device = objectAt(world, bound.file, bound.id);
  const hwpt = device?.type === "DEVICE" ? objectAt(world, bound.file, device.hwpt) : null;
  return {
    file: bound.file,
    hwpt: hwpt?.type === "HWPT_NESTED" || hwpt?.type === "HWPT_PAGING" ? hwpt : null,
  };
}

/** Items of a finished scene, for the next one. */
export const INDEX = new WeakMap<Scene, Map<string, Item>>();

/** Slots of a finished block. */
export const SLOTS = new WeakMap<
  Block,
  { readonly members: readonly number[]; readonly slots: ReadonlyMap<string, number> }
>();

const ITEMS = new WeakMap<Obj, { readonly more: string; readonly item: Item }>();

/** Calls `visit` for every object of a file, by id. */
export function eachObject(world: World, file: number, visit: (obj: Obj) => void): void {
  for (const obj of world.kernel.files[file]?.objects ?? [])
    if (typeof obj === "object" && obj !== null) visit(obj);
}

export class Ground {
  readonly world: World;
  readonly old: Scene | null;
  readonly oldColumns = new Map<string, Column>();
  readonly oldBlocks = new Map<string, Block>();
  /** Block keys from left to right, and the way back. */
  readonly order: string[] = [];
  readonly index = new Map<string, number>();
  /** Devices of each block, in the order of arrival. */
  readonly members = new Map<string, number[]>();
  /** Devices that nobody holds, ascending. */
  readonly parked: number[] = [];
  /** Home block of a file's objects that nothing else places. */
  readonly homes = new Map<number, string>();
  /** Files with at least one object, ascending. */
  readonly files: readonly number[];
  private readonly viewOf: Views;
  /** Last item by key, handed on from picture to picture: an old one does no harm, for only equal ones are taken. */
  readonly items: Map<string, Item>;
  private readonly slots = new Map<string, ReadonlyMap<string, number>>();

  constructor(world: World, viewOf: Views, old: Scene | null) {
    this.world = world;
    this.viewOf = viewOf;
    this.old = old;
    this.items = (old === null ? undefined : INDEX.get(old)) ?? new Map();
    if (old !== null) {
      for (const block of old.blocks) {
        this.oldBlocks.set(block.key, block);
        for (const column of block.columns) this.oldColumns.set(column.key, column);
      }
    }
    this.files = world.kernel.files.flatMap((file, i) =>
      !file.released && file.objects.some((obj) => typeof obj === "object" && obj !== null) ? [i] : [],
    );
    this.placeDevices();
    this.placeFiles();
  }

  /** `next`, or the equal item of an earlier picture. */
  item(next: Item): Item {
    const item = keep(this.items.get(next.key), next);
    if (item === next) this.items.set(next.key, item);
    return item;
  }

  /**
   * The item of an iommufd object. An object that no step touched has the item it had: most of a large world is
   * never looked at again. `more` stands for whatever else the wording depends on.
   */
  object(obj: Obj, more: string, make: () => Item): Item {
    const old = ITEMS.get(obj);
    if (old !== undefined && old.more === more) return old.item;
    const item = this.item(make());
    ITEMS.set(obj, { more, item });
    return item;
  }

  view(dev: number): DeviceView {
    return this.viewOf(this.world, dev);
  }

  /** Name of the file, where objects of several files stand in one picture. */
  tag(file: number): string {
    return this.files.length > 1 ? (this.world.kernel.files[file]?.name ?? `fd ${file}`) : "";
  }

  /** Slot of each column of a block, by column key. */
  slotsOf(block: string): ReadonlyMap<string, number> {
    let slots = this.slots.get(block);
    if (slots === undefined) {
      const members = this.members.get(block) ?? [];
      const old = this.oldBlocks.get(block);
      const kept = old === undefined ? undefined : SLOTS.get(old);
      if (
        kept !== undefined &&
        kept.members.length === members.length &&
        kept.members.every((dev, i) => dev === members[i])
      ) {
        this.slots.set(block, kept.slots);
        return kept.slots;
      }
      const keys = members.map((dev) => colKey(this.world, dev));
      const before =
        old === undefined ? null : new Map(old.columns.filter((c) => !c.ghost).map((c) => [c.key, c.slot]));
      slots = assignSlots(keys, before);
      this.slots.set(block, slots);
    }
    return slots;
  }

  /** Room in a block: it grows when it must, and does not shrink, so that no neighbour moves when one leaves. */
  capacity(block: string): number {
    let most = 0;
    for (const slot of this.slotsOf(block).values()) most = Math.max(most, slot + 1);
    return Math.max(capacityFor(most), this.oldBlocks.get(block)?.capacity ?? 0);
  }

  private openBlock(key: string): void {
    if (this.index.has(key)) return;
    this.index.set(key, this.order.length);
    this.order.push(key);
    this.members.set(key, []);
  }

  private placeDevices(): void {
    const { world } = this;
    world.setup.vsmmus.forEach((_, v) => {
      this.openBlock(vsmmuBlock(v));
    });
    const raw: { dev: number; file: number }[] = [];
    const seen = new Set<number>();
    const put = (dev: number) => {
      if (seen.has(dev)) return;
      seen.add(dev);
      const vfio = world.qemu.devices[dev];
      const bound = world.kernel.masters[dev]?.bound ?? null;
      if (vfio !== undefined && vfio.phase !== "absent" && vfio.vsmmu >= 0) {
        const block = vsmmuBlock(vfio.vsmmu);
        this.members.get(block)?.push(dev);
        if (bound !== null && !this.homes.has(bound.file)) this.homes.set(bound.file, block);
      } else if (bound !== null) raw.push({ dev, file: bound.file });
      else this.parked.push(dev);
    };
    // Arrival order behind a vSMMU, then the rest by number.
    for (const dev of [...world.qemu.plugged].reverse()) put(dev);
    for (let dev = 0; dev < world.setup.devices.length; dev++) put(dev);
    raw.sort((a, b) => a.file - b.file || a.dev - b.dev);
    for (const { dev, file } of raw) {
      this.openBlock(fileBlock(file));
      this.members.get(fileBlock(file))?.push(dev);
    }
    this.parked.sort((a, b) => a - b);
  }

  private placeFiles(): void {
    for (const file of this.files) {
      const own = fileBlock(file);
      if (this.index.has(own)) this.homes.set(file, own);
      if (this.homes.has(file)) continue;
      const v = this.world.qemu.smmus.findIndex((smmu) => smmu.accel.ids.file === file);
      if (v < 0) this.openBlock(own);
      this.homes.set(file, v < 0 ? own : vsmmuBlock(v));
    }
  }
}
