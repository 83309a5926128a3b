/** A transaction's way through the floors, as a line over the picture: one for what must happen, one for what does. */
import { type Layout, M, type SlotMeasures } from "./layout.ts";
import type { Kind } from "./scene-types.ts";

export interface Waypoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Where a way through `keys` (item keys, in order) enters and leaves each item of a column and of what lies under it;
 * items not in the picture are left out. In bars the way runs in the lane of its kind, as attachments do. `side`
 * keeps two ways apart.
 */
export function waypoints(
  layout: Layout,
  slots: SlotMeasures,
  column: string,
  way: { readonly keys: readonly string[]; readonly kind: Kind },
  side: number,
): readonly Waypoint[] {
  const points: Waypoint[] = [];
  const ground = layout.columns.get(column);
  if (ground === undefined) return points;
  for (const key of way.keys) {
    const box = layout.boxes.get(key);
    if (box === undefined) continue;
    const lane = ground.x + (layout.heads.has(key) ? slots.lane[way.kind] : slots.lane.translate) + side;
    const x = Math.min(Math.max(lane, box.x + M.inset), box.x + box.w - M.inset);
    points.push({ x, y: box.y }, { x, y: box.y + box.h });
  }
  return points;
}

/** A line through the points that swings right after each station and then goes straight, as attachments do. */
export function wayPath(points: readonly Waypoint[]): string {
  return points
    .map(({ x, y }, i) => {
      const before = points[i - 1];
      if (before === undefined) return `M${x} ${y}`;
      const knee = before.y + Math.min(y - before.y, M.swing - 4);
      const mid = (before.y + knee) / 2;
      return `C${before.x} ${mid + 6} ${x} ${mid - 6} ${x} ${knee}L${x} ${y}`;
    })
    .join("");
}

/** Where two ways part: the number of stations they share from the start. */
export function partingOf(must: readonly string[], is: readonly string[]): number {
  let i = 0;
  while (i < must.length && i < is.length && must[i] === is[i]) i++;
  return i;
}
