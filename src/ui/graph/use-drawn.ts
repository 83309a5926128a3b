/** What is drawn of a scene in each of the two views; each takes over from its own last picture. */
import { useLayoutEffect, useRef } from "react";
import type { Box, Layout } from "../../draw/layout.ts";
import { cellAt, MAP, type MapLayout } from "../../draw/layout-map.ts";
import type { Scene } from "../../draw/scene-types.ts";
import type { GraphNode, Wire } from "./flow-nodes.ts";
import { type MapNode, mapFlowOf } from "./map-flow.ts";
import { type MapPicture, mapPictureOf, type Picture, pictureOf } from "./picture.ts";
import type { View } from "./tools.tsx";

export type Drawn =
  | {
      readonly view: "floors";
      readonly layout: Layout;
      readonly nodes: readonly GraphNode[];
      readonly wires: readonly Wire[];
    }
  | { readonly view: "map"; readonly layout: MapLayout; readonly nodes: readonly MapNode[] };

interface Kept {
  readonly floors: Picture | null;
  readonly map: (MapPicture & { readonly nodes: readonly MapNode[] }) | null;
}

/** The view not looked at is not drawn either. */
export function useDrawn(scene: Scene, view: View): Drawn {
  const last = useRef<Kept>({ floors: null, map: null });
  const kept = last.current;
  const next = view === "floors" ? { ...kept, floors: pictureOf(scene, kept.floors) } : withMap(kept, scene);
  useLayoutEffect(() => {
    last.current = next;
  });
  if (view === "floors" && next.floors !== null) {
    const { layout, flow } = next.floors;
    return { view, layout, nodes: flow.nodes, wires: flow.wires };
  }
  const { map } = next;
  if (map === null) throw new Error("nothing was drawn");
  return { view: "map", layout: map.layout, nodes: map.nodes };
}

function withMap(kept: Kept, scene: Scene): Kept {
  const map = mapPictureOf(scene, kept.map);
  return { ...kept, map: { ...map, nodes: mapFlowOf(scene, map.layout, kept.map?.nodes ?? null) } };
}

/** Where an item, or in the far view a device's cell, stands. */
export function boxOf(drawn: Drawn, scene: Scene, key: string): Box | null {
  if (drawn.view === "floors") return drawn.layout.boxes.get(key) ?? drawn.layout.columns.get(key) ?? null;
  for (const block of scene.blocks)
    for (const column of block.columns) {
      const tile = drawn.layout.tiles.get(block.key);
      if (column.key !== key || tile === undefined) continue;
      const { x, y } = cellAt(column.slot, drawn.layout.perRow);
      return { x: tile.x + x, y: tile.y + y, w: MAP.cell, h: MAP.cell };
    }
  return drawn.layout.bars.get(key) ?? null;
}
