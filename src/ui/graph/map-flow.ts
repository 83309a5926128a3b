/** Nodes of the far view, identity kept as in the near one. */
import type { Node } from "@xyflow/react";
import type { Box } from "../../draw/layout.ts";
import { type MapLayout, SHELF, shelfPerRow } from "../../draw/layout-map.ts";
import type { Block, Item, Parked, Scene } from "../../draw/scene-types.ts";
import type { ItemNode } from "./flow-nodes.ts";

export type TileFlowNode = Node<{ readonly block: Block; readonly perRow: number }, "tile">;
export type ShelfFlowNode = Node<{ readonly parked: readonly Parked[]; readonly perRow: number }, "shelf">;
export type MapNode = TileFlowNode | ShelfFlowNode | ItemNode;

const fixed = { draggable: false, selectable: false, focusable: false, connectable: false } as const;
const HEAD: readonly number[] = [0];
const NONE: readonly number[] = [];

function place<D extends Record<string, unknown>, T extends string>(
  old: MapNode | undefined,
  id: string,
  type: T,
  box: Box,
  data: D,
): Node<D, T> {
  const kept =
    old !== undefined &&
    old.position.x === box.x &&
    old.position.y === box.y &&
    old.width === box.w &&
    old.height === box.h &&
    Object.entries(data).every(([key, value]) => (old.data as Record<string, unknown>)[key] === value);
  if (kept) return old as unknown as Node<D, T>;
  return { ...fixed, id, type, position: { x: box.x, y: box.y }, width: box.w, height: box.h, data };
}

export function mapFlowOf(
  scene: Scene,
  layout: MapLayout,
  before: readonly MapNode[] | null,
): readonly MapNode[] {
  const old = new Map(before?.map((node) => [node.id, node]));
  const nodes: MapNode[] = [];
  for (const block of scene.blocks) {
    const box = layout.tiles.get(block.key);
    if (box !== undefined)
      nodes.push(
        place(old.get(block.key), block.key, "tile", box, {
          block,
          perRow: layout.perRow,
        }) as TileFlowNode,
      );
  }
  const bar = (item: Item) => {
    const box = layout.bars.get(item.key);
    if (box !== undefined)
      nodes.push(
        place(old.get(item.key), item.key, "bar", box, { item, heads: HEAD, ticks: NONE }) as ItemNode,
      );
  };
  for (const group of scene.ioases) {
    group.hwpts.forEach(bar);
    bar(group.item);
  }
  for (const psmmu of scene.psmmus) bar(psmmu.item);
  const shelf = layout.tiles.get(SHELF);
  if (shelf !== undefined)
    nodes.push(
      place(old.get(SHELF), SHELF, "shelf", shelf, {
        parked: scene.parked,
        perRow: shelfPerRow(layout),
      }) as ShelfFlowNode,
    );
  return before !== null && before.length === nodes.length && before.every((node, i) => node === nodes[i])
    ? before
    : nodes;
}
