/** vIOMMU frames: which block each stands in, and the nested HWPTs and queues on it. */
import type { HwptNestedObj } from "../engine/kernel/types.ts";
import {
  accelDeviceOf,
  colKey,
  eachObject,
  type Ground,
  objectAt,
  vsmmuBlock,
  vsmmuOf,
} from "./scene-ground.ts";
import { nestedItem, veventqItem, viommuItem } from "./scene-items.ts";
import { keep, keepList } from "./scene-keep.ts";
import type { Chip, Item, ViommuGroup } from "./scene-types.ts";

/** vIOMMUs of each block with what sits on them. */
export function viommusOf(g: Ground): Map<string, ViommuGroup[]> {
  const { world } = g;
  const made = new Map<string, string>();
  const current = new Set<string>();
  world.qemu.smmus.forEach((smmu, v) => {
    const { viommu, ids } = smmu.accel;
    if (ids.viommu > 0) made.set(`${ids.file}.${ids.viommu}`, vsmmuBlock(v));
    if (viommu !== null) {
      const file = world.qemu.backends[viommu.backend]?.file ?? -1;
      made.set(`${file}.${viommu.viommuId}`, vsmmuBlock(v));
      current.add(`${file}.${viommu.viommuId}`);
    }
  });
  // Where an old picture has it, it stays: QEMU forgets the vIOMMUs it fails to destroy.
  for (const block of g.old?.blocks ?? [])
    for (const group of block.viommus)
      if (!group.item.ghost && group.item.subject.kind === "object" && g.index.has(block.key)) {
        const at = `${group.item.subject.file}.${group.item.subject.id}`;
        if (!made.has(at)) made.set(at, block.key);
      }
  const found = new Map<string, { file: number; id: number; current: boolean }[]>();
  const nested = new Map<string, HwptNestedObj[]>();
  for (const file of g.files) {
    eachObject(world, file, (obj) => {
      if (obj.type === "HWPT_NESTED") {
        const at = `${file}.${obj.viommu}`;
        const list = nested.get(at);
        if (list === undefined) nested.set(at, [obj]);
        else list.push(obj);
      } else if (obj.type === "VIOMMU") {
        const at = `${file}.${obj.id}`;
        const block = made.get(at) ?? g.homes.get(file) ?? g.order[0] ?? "";
        const list = found.get(block) ?? [];
        list.push({ file, id: obj.id, current: current.has(at) });
        found.set(block, list);
      }
    });
  }
  const groups = new Map<string, ViommuGroup[]>();
  for (const [block, list] of found) {
    const before = g.oldBlocks.get(block)?.viommus ?? [];
    const rank = new Map(before.map((group, i) => [group.key, i]));
    const keyed = list.map((one) => ({ ...one, key: `viommu:${one.file}.${one.id}` }));
    keyed.sort(
      (a, b) =>
        (rank.get(a.key) ?? 1e6) - (rank.get(b.key) ?? 1e6) ||
        Number(b.current) - Number(a.current) ||
        a.file - b.file ||
        a.id - b.id,
    );
    groups.set(
      block,
      keyed.map((one) =>
        groupOf(
          g,
          block,
          one.key,
          one.file,
          one.id,
          nested.get(`${one.file}.${one.id}`) ?? [],
          before.find((group) => group.key === one.key),
        ),
      ),
    );
  }
  return groups;
}

const CHIPS = new WeakMap<Item, Chip>();

/** An item's chip is made once for a slot. */
function chipOf(item: Item, slot: number): Chip {
  const old = CHIPS.get(item);
  if (old !== undefined && old.slot === slot) return old;
  const chip = { item, slot };
  CHIPS.set(item, chip);
  return chip;
}

function groupOf(
  g: Ground,
  block: string,
  key: string,
  file: number,
  id: number,
  nested: readonly HwptNestedObj[],
  before: ViommuGroup | undefined,
): ViommuGroup {
  const { world } = g;
  const viommu = objectAt(world, file, id);
  if (viommu?.type !== "VIOMMU") throw new Error(`object ${id} of file ${file} is no VIOMMU`);
  const tag = g.tag(file);
  const ofVsmmu = vsmmuOf(block) !== null;
  const rails: Item[] = [];
  const chips: Chip[] = [];
  const slots = g.slotsOf(block);
  const ofDevice = new Map<number, number>();
  for (const dev of g.members.get(block) ?? []) {
    const s1 = accelDeviceOf(world, dev)?.s1Hwpt ?? 0;
    if (s1 !== 0 && world.kernel.masters[dev]?.bound?.file === file) ofDevice.set(s1, dev);
  }
  for (const obj of nested) {
    const dev = ofDevice.get(obj.id);
    if (dev === undefined) rails.push(g.object(obj, tag, () => nestedItem(file, tag, obj, null)));
    else {
      const item = g.object(obj, `${tag} ${dev}`, () => nestedItem(file, tag, obj, dev));
      chips.push(chipOf(item, slots.get(colKey(world, dev)) ?? 0));
    }
  }
  // Who was there keeps its row; of newcomers QEMU's pair comes first, the others by id.
  const rank = new Map(before?.rails.map((rail, i) => [rail.key, i]));
  const pair = (rail: Item): number =>
    ofVsmmu && (rail.kind === "abort" || rail.kind === "bypass") ? Number(rail.kind === "bypass") : 2;
  rails.sort((a, b) => (rank.get(a.key) ?? 1e6) - (rank.get(b.key) ?? 1e6) || pair(a) - pair(b));
  return keep(before, {
    key,
    item: g.object(viommu, tag, () => viommuItem(world, file, tag, viommu)),
    veventqs: keepList(
      before?.veventqs,
      viommu.veventqs.flatMap((queue) => {
        const obj = objectAt(world, file, queue);
        return obj?.type === "VEVENTQ" ? [g.object(obj, tag, () => veventqItem(file, tag, obj))] : [];
      }),
    ),
    rails: keepList(before?.rails, rails),
    railRows: ofVsmmu ? 2 : 0,
    chips: keepList(before?.chips, chips),
  });
}
