/**
 * From a world to the content of its picture. Ownership decides where a thing belongs: a device belongs to the
 * vSMMU it is plugged behind (or to the iommufd file that bound it by a raw call), a vIOMMU to the vSMMU whose
 * QEMU object made it, a nested HWPT to its vIOMMU, a paging HWPT to its IOAS, and what serves several blocks lies
 * under all of them. One pass over the tables; no search.
 */
import type { HwDevice } from "../engine/hardware/types.ts";
import type { Master, Obj } from "../engine/kernel/types.ts";
import type { AccelDevice } from "../engine/qemu/types.ts";
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import { ioasesOf, psmmusOf } from "./scene-bars.ts";
import {
  accelDeviceOf,
  attachedHwpt,
  colKey,
  fileOf,
  Ground,
  INDEX,
  objectAt,
  SLOTS,
  type Views,
  vsmmuOf,
} from "./scene-ground.ts";
import {
  accelDeviceItem,
  accelItem,
  attachedAs,
  type DeviceView,
  deviceItem,
  objectKey,
  parkedItem,
  psteItem,
  steItem,
  vdeviceItem,
  vsmmuItem,
} from "./scene-items.ts";
import { keep, keepList, withGhosts } from "./scene-keep.ts";
import {
  type Attachment,
  assignSlots,
  type Block,
  type Column,
  type Parked,
  type Scene,
  type ViommuGroup,
} from "./scene-types.ts";
import { viommusOf } from "./scene-viommus.ts";
import { observedView } from "./views.ts";

export interface SceneOptions {
  /** The last picture: what is equal keeps its identity, columns keep their slots. */
  readonly before?: Scene | null;
  /** Show what the last picture had and this one has not, for this once. */
  readonly ghosts?: boolean;
}

function plainScene(g: Ground): Scene {
  const { old } = g;
  const viommus = viommusOf(g);
  const blocks = g.order.map((key) => blockOf(g, key, viommus.get(key) ?? []));
  return keep(old ?? undefined, {
    blocks: keepList(old?.blocks, blocks),
    ioases: keepList(old?.ioases, ioasesOf(g, blocks)),
    psmmus: keepList(old?.psmmus, psmmusOf(g, blocks)),
    parked: keepList(old?.parked, shelfOf(g)),
    attachments: keepList(old?.attachments, attachmentsOf(blocks)),
    declared: g.world.setup.devices.length,
  });
}

function blockOf(g: Ground, key: string, viommus: readonly ViommuGroup[]): Block {
  const { world } = g;
  const old = g.oldBlocks.get(key);
  const v = vsmmuOf(key);
  const slots = g.slotsOf(key);
  const columns = (g.members.get(key) ?? []).map((dev) => columnOf(g, dev, v, slots));
  columns.sort((a, b) => a.slot - b.slot);
  const list = keepList(old?.viommus, viommus);
  const block = keep(old, {
    key,
    title:
      v !== null
        ? `vSMMU ${world.setup.vsmmus[v]?.name ?? v}`
        : `iommufd ${world.kernel.files[fileOf(key)]?.name ?? fileOf(key)}`,
    ghost: false,
    vsmmu: v === null ? null : g.item(vsmmuItem(world, v)),
    accel: v === null ? null : g.item(accelItem(world, v)),
    capacity: g.capacity(key),
    columns: keepList(old?.columns, columns),
    viommus: list,
  });
  SLOTS.set(block, { members: g.members.get(key) ?? [], slots });
  return block;
}

/** What a column was made from, and the attachment that goes with it. */
interface Makings {
  readonly setup: Setup;
  readonly v: number | null;
  readonly slot: number;
  readonly tag: string;
  readonly master: Master | undefined;
  readonly hw: HwDevice | undefined;
  readonly accel: AccelDevice | null;
  readonly device: Obj | null;
  readonly vdevice: Obj | null;
  readonly hwpt: Obj | null;
  readonly view: DeviceView;
}
interface Made {
  readonly from: Makings;
  readonly attachment: Attachment | null;
}
const MADE = new WeakMap<Column, Made>();

const sameView = (a: DeviceView, b: DeviceView): boolean =>
  a === b || (a.must === b.must && a.is === b.is && a.diverges === b.diverges && sameSte(a.ste, b.ste));
const sameSte = (a: DeviceView["ste"], b: DeviceView["ste"]): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.word === b.word && a.text === b.text);

const sameMakings = (a: Makings, b: Makings): boolean =>
  a.setup === b.setup &&
  a.v === b.v &&
  a.slot === b.slot &&
  a.tag === b.tag &&
  a.master === b.master &&
  a.hw === b.hw &&
  a.accel === b.accel &&
  a.device === b.device &&
  a.vdevice === b.vdevice &&
  a.hwpt === b.hwpt &&
  sameView(a.view, b.view);

function columnOf(g: Ground, dev: number, v: number | null, slots: ReadonlyMap<string, number>): Column {
  const { world } = g;
  const key = colKey(world, dev);
  const old = g.oldColumns.get(key);
  const view = g.view(dev);
  const at = attachedHwpt(world, dev);
  const bound = world.kernel.masters[dev]?.bound ?? null;
  const device = bound === null ? null : objectAt(world, bound.file, bound.id);
  const vdevice =
    bound === null || device?.type !== "DEVICE" ? null : objectAt(world, bound.file, device.vdev);
  const tag = bound === null ? "" : g.tag(bound.file);
  const accel = accelDeviceOf(world, dev);
  const slot = slots.get(key) ?? 0;
  // A step leaves most devices alone: with equal makings the column is the one it was.
  const from: Makings = {
    setup: world.setup,
    v,
    slot,
    tag,
    master: world.kernel.masters[dev],
    hw: world.hw.devices[dev],
    accel,
    device,
    vdevice,
    hwpt: at?.hwpt ?? null,
    view,
  };
  const made = old === undefined || old.ghost ? undefined : MADE.get(old);
  if (old !== undefined && made !== undefined && sameMakings(made.from, from)) return old;

  const name = world.setup.devices[dev]?.name ?? `#${dev}`;
  const { kind, word, said } = attachedAs(at?.hwpt ?? null);
  const how = `attached to ${said}`;
  const to = at === null || at.hwpt === null ? null : objectKey(at.file, at.hwpt.id, at.hwpt.type);
  const deviceKey =
    bound === null || device?.type !== "DEVICE" ? null : objectKey(bound.file, device.id, "DEVICE");
  const diverging = view.diverges === "" ? "" : `, diverges ${view.diverges}`;
  const column = keep(old, {
    key,
    dev,
    name,
    slot,
    kind,
    word,
    diverges: view.diverges,
    says: `${name} ${how}, expected ${view.must}${diverging}`,
    ghost: false,
    ste: v === null || accel === null ? null : g.item(steItem(world, dev, v, accel.bdf, view)),
    accel: v === null ? null : g.item(accelDeviceItem(world, dev, accel, deviceKey)),
    device:
      bound === null || device?.type !== "DEVICE"
        ? null
        : g.item(deviceItem(world, bound.file, tag, device, how, to)),
    vdevice:
      bound === null || vdevice?.type !== "VDEVICE"
        ? null
        : g.object(vdevice, tag, () => vdeviceItem(bound.file, tag, vdevice)),
    pste: g.item(psteItem(world, dev, view)),
  });
  const attachment =
    to === null || column.device === null ? null : attachmentOf(column, column.device.key, to);
  MADE.set(column, { from, attachment: keepOne(made?.attachment, attachment) });
  return column;
}

const keepOne = (old: Attachment | null | undefined, next: Attachment | null): Attachment | null =>
  next === null ? null : keep(old ?? undefined, next);

function attachmentOf(column: Column, from: string, to: string): Attachment {
  const { dev, name, kind, word, diverges, says } = column;
  return { key: `at:${name}`, dev, column: column.key, from, to, kind, word, diverges, says, ghost: false };
}

function attachmentsOf(blocks: readonly Block[]): Attachment[] {
  const list: Attachment[] = [];
  for (const block of blocks)
    for (const column of block.columns) {
      const attachment = MADE.get(column)?.attachment ?? null;
      if (attachment !== null) list.push(attachment);
    }
  return list;
}

function shelfOf(g: Ground): Parked[] {
  const items = g.parked.map((dev) => g.item(parkedItem(g.world, dev)));
  const old = new Map(g.old?.parked.map((one) => [one.item.key, one]));
  const slots = assignSlots(
    items.map((item) => item.key),
    g.old === null ? null : new Map([...old].map(([key, one]) => [key, one.slot])),
  );
  return items.map((item) => keep(old.get(item.key), { item, slot: slots.get(item.key) ?? 0 }));
}

const madeFrom = new WeakMap<Scene, World>();

/** The picture's content. With `before`, whatever is equal is the very same object. */
export function buildScene(world: World, views: Views, options: SceneOptions = {}): Scene {
  const before = options.before ?? null;
  if (before !== null && madeFrom.get(before) === world) return before;
  const ground = new Ground(world, views, before);
  const plain = plainScene(ground);
  const scene =
    before !== null && plain !== before && options.ghosts === true ? withGhosts(plain, before) : plain;
  madeFrom.set(scene, world);
  INDEX.set(scene, ground.items);
  return scene;
}

/** The picture of a world as the engine's observers see it. */
export const sceneOf = (world: World, options: SceneOptions = {}): Scene =>
  buildScene(world, observedView, options);
