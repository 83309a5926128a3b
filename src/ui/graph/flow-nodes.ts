/**
 * Scene and layout become React Flow's nodes. A node object is the very one of the last picture unless
 * its item, its box or its heads changed, so React Flow re-renders what changed and nothing else. Sizes are given
 * here, never measured.
 */
import type { Node } from "@xyflow/react";
import type { Box, FloorBand, Layout, Line } from "../../draw/layout.ts";
import {
  type Attachment,
  type Column,
  eachItem,
  type Item,
  type Role,
  type Scene,
} from "../../draw/scene-types.ts";

export type ItemData = {
  readonly item: Item;
  /** Offsets of the label in a bar, and of its id alone. */
  readonly heads: readonly number[];
  readonly ticks: readonly number[];
};
export type ItemNode = Node<ItemData, NodeShape>;
export type ColumnNode = Node<{ readonly column: Column }, "column">;
export type FloorNode = Node<{ readonly band: FloorBand }, "floor">;
export type GraphNode = ItemNode | ColumnNode | FloorNode;
/** An attachment with its place. Drawn over React Flow's viewport: its edges want handles measured in the document. */
export interface Wire {
  readonly attachment: Attachment;
  readonly line: Line;
}

/** How an item is drawn. */
export type NodeShape = "frame" | "bar" | "cell" | "tab" | "chip";

const SHAPES: Readonly<Record<Role, NodeShape>> = {
  vsmmu: "frame",
  accel: "frame",
  viommu: "frame",
  ioas: "frame",
  paging: "bar",
  psmmu: "bar",
  nested: "chip",
  ste: "cell",
  "accel-device": "cell",
  device: "cell",
  pste: "cell",
  vdevice: "tab",
  veventq: "tab",
  parked: "chip",
};

/** Lowest first: floors, columns' threads, frames, bars on frames, cells. Attachments pass in front of frames and bars. */
export const Z = { floor: -2, column: -1, frame: 0, bar: 1, attachment: 2, cell: 3 } as const;
const zOf = (shape: NodeShape): number => (shape === "frame" ? Z.frame : shape === "bar" ? Z.bar : Z.cell);

/** Nodes and wires by key, kept beside a flow for the next one. */
interface Index {
  readonly nodes: Map<string, GraphNode>;
  readonly wires: Map<string, Wire>;
}
const INDEX = new WeakMap<Flow, Index>();

export interface Flow {
  readonly nodes: readonly GraphNode[];
  readonly wires: readonly Wire[];
}

const NONE: readonly number[] = [];

const fixed = { draggable: false, selectable: false, focusable: false, connectable: false } as const;

function itemNode(data: ItemData, box: Box, long: boolean): ItemNode {
  const { item } = data;
  const shape = long && SHAPES[item.role] === "chip" ? "bar" : SHAPES[item.role];
  return {
    ...fixed,
    id: item.key,
    type: shape,
    position: { x: box.x, y: box.y },
    width: box.w,
    height: box.h,
    // Given, so that React Flow need not wait for the document to measure it.
    measured: { width: box.w, height: box.h },
    zIndex: zOf(shape),
    data,
    ariaRole: "img",
    ariaLabel: item.says,
    domAttributes: { "aria-roledescription": item.role } as NonNullable<ItemNode["domAttributes"]>,
  };
}

const sameBox = (node: GraphNode, box: Box): boolean =>
  node.position.x === box.x && node.position.y === box.y && node.width === box.w && node.height === box.h;

/** Nodes and wires of the floors. `before`: the last ones, whose equal parts are handed out again. */
export function flowOf(scene: Scene, layout: Layout, before: Flow | null = null): Flow {
  // Taken over and brought up to date: what is gone from the picture does no harm, for only equal parts are used.
  const { nodes: oldNodes, wires: oldWires } = (before === null ? undefined : INDEX.get(before)) ?? {
    nodes: new Map<string, GraphNode>(),
    wires: new Map<string, Wire>(),
  };
  const nodes: GraphNode[] = [];
  const put = (node: GraphNode, old: GraphNode | undefined) => {
    nodes.push(node);
    if (node !== old) oldNodes.set(node.id, node);
  };
  for (const band of layout.floors) {
    const id = `floor:${band.floor}`;
    const old = oldNodes.get(id) as FloorNode | undefined;
    const box = { x: 0, y: band.y, w: layout.width, h: band.h };
    put(
      old !== undefined && old.data.band === band && sameBox(old, box)
        ? old
        : {
            ...fixed,
            id,
            type: "floor",
            position: { x: 0, y: band.y },
            width: box.w,
            height: box.h,
            zIndex: Z.floor,
            data: { band },
          },
      old,
    );
  }
  for (const block of scene.blocks) {
    for (const column of block.columns) {
      const box = layout.columns.get(column.key);
      if (box === undefined) continue;
      const old = oldNodes.get(column.key) as ColumnNode | undefined;
      put(
        old !== undefined && old.data.column === column && sameBox(old, box)
          ? old
          : {
              ...fixed,
              id: column.key,
              type: "column",
              position: { x: box.x, y: box.y },
              width: box.w,
              height: box.h,
              zIndex: Z.column,
              data: { column },
            },
        old,
      );
    }
  }
  eachItem(scene, (item) => {
    const box = layout.boxes.get(item.key);
    if (box === undefined) return;
    const heads = layout.heads.get(item.key) ?? NONE;
    const ticks = layout.ticks.get(item.key) ?? NONE;
    const old = oldNodes.get(item.key) as ItemNode | undefined;
    const kept =
      old !== undefined &&
      old.data.item === item &&
      old.data.heads === heads &&
      old.data.ticks === ticks &&
      sameBox(old, box);
    put(kept ? old : itemNode({ item, heads, ticks }, box, heads !== NONE), old);
  });

  const wires: Wire[] = [];
  for (const attachment of scene.attachments) {
    const line = layout.lines.get(attachment.key);
    if (line === undefined) continue;
    const old = oldWires.get(attachment.key);
    const kept = old !== undefined && old.attachment === attachment && old.line === line;
    const wire = kept ? old : { attachment, line };
    wires.push(wire);
    if (!kept) oldWires.set(attachment.key, wire);
  }
  const same = <T>(old: readonly T[] | undefined, next: readonly T[]): readonly T[] =>
    old !== undefined && old.length === next.length && old.every((one, i) => one === next[i]) ? old : next;
  const flow = { nodes: same(before?.nodes, nodes), wires: same(before?.wires, wires) };
  INDEX.set(flow, { nodes: oldNodes, wires: oldWires });
  return flow;
}
