/** What several blocks share: IOASes with their paging HWPTs, and physical SMMUs, each under the blocks it serves. */
import { attachedHwpt, eachObject, type Ground, objectAt } from "./scene-ground.ts";
import { ioasItem, pagingItem, psmmuItem } from "./scene-items.ts";
import { keep, keepList } from "./scene-keep.ts";
import type { Block, IoasGroup, PsmmuBar } from "./scene-types.ts";

/** IOASes with their paging HWPTs, each under the blocks that use it. */
export function ioasesOf(g: Ground, blocks: readonly Block[]): IoasGroup[] {
  const { world } = g;
  const spans = new Map<string, { from: number; to: number }>();
  const cover = (file: number, hwpt: number, at: number) => {
    const key = `${file}.${hwpt}`;
    const span = spans.get(key);
    if (span === undefined) spans.set(key, { from: at, to: at });
    else {
      span.from = Math.min(span.from, at);
      span.to = Math.max(span.to, at);
    }
  };
  blocks.forEach((block, at) => {
    for (const group of block.viommus) {
      if (group.item.subject.kind !== "object") continue;
      const obj = objectAt(world, group.item.subject.file, group.item.subject.id);
      if (obj?.type === "VIOMMU") cover(group.item.subject.file, obj.hwpt, at);
    }
    for (const column of block.columns) {
      const target = attachedHwpt(world, column.dev);
      if (target?.hwpt?.type === "HWPT_PAGING") cover(target.file, target.hwpt.id, at);
      const vfio = world.qemu.devices[column.dev];
      if (target !== null && vfio !== undefined && vfio.hwptId > 0) cover(target.file, vfio.hwptId, at);
    }
  });
  const old = new Map(g.old?.ioases.map((group, i) => [group.key, { group, i }]));
  const found: { key: string; group: IoasGroup }[] = [];
  for (const file of g.files) {
    const tag = g.tag(file);
    const home = g.index.get(g.homes.get(file) ?? "") ?? 0;
    eachObject(world, file, (obj) => {
      if (obj.type !== "IOAS") return;
      const key = `ioas:${file}.${obj.id}`;
      const last = old.get(key)?.group;
      let from = Number.POSITIVE_INFINITY;
      let to = -1;
      const hwpts = obj.hwpts.flatMap((id) => {
        const hwpt = objectAt(world, file, id);
        const span = spans.get(`${file}.${id}`);
        if (span !== undefined) {
          from = Math.min(from, span.from);
          to = Math.max(to, span.to);
        }
        return hwpt?.type === "HWPT_PAGING"
          ? [g.object(hwpt, tag, () => pagingItem(world, file, tag, hwpt))]
          : [];
      });
      if (to < 0) {
        from = last === undefined ? home : Math.min(last.from, blocks.length - 1);
        to = last === undefined ? home : Math.min(last.to, blocks.length - 1);
      }
      const guestRam = world.qemu.ioas?.file === file && world.qemu.ioas.id === obj.id;
      found.push({
        key,
        group: keep(last, {
          key,
          item: g.object(obj, `${tag} ${guestRam}`, () => ioasItem(file, tag, obj, guestRam)),
          hwpts: keepList(last?.hwpts, hwpts),
          from,
          to,
        }),
      });
    });
  }
  const rank = (key: string) => old.get(key)?.i ?? 1e6;
  // A stable sort: newcomers follow in the order of file and id.
  return found.sort((a, b) => rank(a.key) - rank(b.key)).map(({ group }) => group);
}

export function psmmusOf(g: Ground, blocks: readonly Block[]): PsmmuBar[] {
  const { setup } = g.world;
  const spans = setup.psmmus.map(() => ({ from: Number.POSITIVE_INFINITY, to: -1 }));
  blocks.forEach((block, at) => {
    for (const column of block.columns) {
      const span = spans[setup.devices[column.dev]?.psmmu ?? 0];
      if (span === undefined) continue;
      span.from = Math.min(span.from, at);
      span.to = Math.max(span.to, at);
    }
  });
  const end = Math.max(0, blocks.length - 1);
  return spans.map((span, p) => {
    const key = `psmmu:${p}`;
    const last = g.old?.psmmus[p];
    return keep(last?.key === key ? last : undefined, {
      key,
      item: g.item(psmmuItem(g.world, p)),
      from: span.to < 0 ? 0 : span.from,
      to: span.to < 0 ? end : span.to,
    });
  });
}
