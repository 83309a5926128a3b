/**
 * Walking the picture with the keys: left and right along a floor, up and down through a device's column. Works on
 * positions alone, so it needs no table of neighbours.
 */
import { type Layout, M, slotsFor } from "../../draw/layout.ts";
import { eachItem, type Item, type Role, type Scene } from "../../draw/scene-types.ts";

export type Walk = "left" | "right" | "up" | "down" | "home" | "end";

export const WALKS: Readonly<Record<string, Walk>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "home",
  End: "end",
};

interface Anchor {
  readonly item: Item;
  readonly x: number;
  readonly y: number;
}

/** Where the eye looks for an item: the thread of a device's stations, the head of a bar. */
function anchorsOf(scene: Scene, layout: Layout): Anchor[] {
  const anchors: Anchor[] = [];
  const thread = slotsFor(scene).leftWidth / 2;
  eachItem(scene, (item) => {
    const box = layout.boxes.get(item.key);
    if (box === undefined || item.ghost) return;
    const shared = layout.heads.has(item.key);
    anchors.push({
      item,
      x: box.x + (shared ? M.head / 3 : STATIONS.has(item.role) ? thread : box.w / 2),
      y: shared ? box.y + Math.min(box.h / 2, M.frame / 2) : box.y + box.h / 2,
    });
  });
  return anchors;
}

const STATIONS: ReadonlySet<Role> = new Set(["ste", "accel-device", "device", "pste"]);

/** Straight ahead is near, aside is far: a step keeps its floor or its column where it can. */
const ASIDE = 4;

/** Key of the item one step from `from`, or `from` itself at the end of the way; the first item without a `from`. */
export function walk(scene: Scene, layout: Layout, from: string | null, way: Walk): string | null {
  const anchors = anchorsOf(scene, layout);
  const start = anchors.find(({ item }) => item.key === from) ?? columnStart(scene, layout, from);
  if (start === null) return anchors[0]?.item.key ?? null;
  if (way === "home" || way === "end") {
    const row = anchors.filter(({ y }) => Math.abs(y - start.y) <= 12);
    const sign = way === "home" ? 1 : -1;
    return row.reduce((best, one) => (sign * one.x < sign * best.x ? one : best), start).item.key;
  }
  let best: Anchor | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const anchor of anchors) {
    const dx = anchor.x - start.x;
    const dy = anchor.y - start.y;
    const ahead = way === "left" ? -dx : way === "right" ? dx : way === "up" ? -dy : dy;
    const aside = Math.abs(way === "left" || way === "right" ? dy : dx);
    if (ahead < 2 || anchor.item.key === from) continue;
    const cost = ahead + ASIDE * aside;
    if (cost < least) {
      least = cost;
      best = anchor;
    }
  }
  return best?.item.key ?? from;
}

/** A selected column starts at its physical STE: what the device really gets. */
function columnStart(scene: Scene, layout: Layout, key: string | null): Anchor | null {
  for (const block of scene.blocks)
    for (const column of block.columns) {
      if (column.key !== key || column.pste === null) continue;
      const box = layout.boxes.get(column.pste.key);
      if (box !== undefined)
        return { item: column.pste, x: box.x + slotsFor(scene).leftWidth / 2, y: box.y + box.h / 2 };
    }
  return null;
}
