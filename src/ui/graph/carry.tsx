/**
 * Carrying an attachment by hand: its end can be dragged onto one of the marked boxes, or a box be pressed. Nothing is
 * attached by it; whoever offers it is told where it was put down.
 */
import { useReactFlow, ViewportPortal } from "@xyflow/react";
import { type PointerEvent, useState } from "react";
import { type Box, type Layout, M, slotsFor } from "../../draw/layout.ts";
import type { Kind, Scene } from "../../draw/scene-types.ts";
import "./carry.css";

export interface CarryTarget {
  /** Key of the item. */
  readonly key: string;
  readonly kind: Kind;
  /** The item in words. */
  readonly says: string;
}

export interface Carry {
  readonly dev: number;
  readonly targets: readonly CarryTarget[];
  /** Key of the target it was put on, null before. */
  readonly chosen: string | null;
  onDrop(key: string): void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** How far beside a box its end still counts as put on it, in px of the picture. */
const NEAR = 16;

const distance = ({ x, y }: Point, { x: left, y: top, w, h }: Box): number =>
  Math.max(left - x, x - left - w, top - y, y - top - h, 0);

/** Key of the nearest box within reach. */
export function dropKey(
  point: Point,
  boxes: readonly { readonly key: string; readonly box: Box }[],
): string | null {
  let best: string | null = null;
  let least = NEAR;
  for (const { key, box } of boxes) {
    const far = distance(point, box);
    if (far >= least) continue;
    least = far;
    best = key;
  }
  return best;
}

interface Ends {
  readonly column: string;
  readonly from: Point;
  readonly to: Point;
}

/** Where the device's line begins, and where it ends now; a device that is attached to nothing has a short loose end. */
function endsOf(scene: Scene, layout: Layout, dev: number): Ends | null {
  const attachment = scene.attachments.find((one) => one.dev === dev && !one.ghost);
  const line = attachment === undefined ? undefined : layout.lines.get(attachment.key);
  if (attachment !== undefined && line !== undefined)
    return {
      column: attachment.column,
      from: { x: line.x0, y: line.y0 },
      to: { x: line.x1, y: line.y1 },
    };
  for (const block of scene.blocks)
    for (const column of block.columns) {
      if (column.dev !== dev || column.ghost) continue;
      const box = layout.boxes.get(column.device?.key ?? column.key);
      if (box === undefined) return null;
      const from = { x: box.x + box.w / 2, y: box.y + box.h };
      return { column: column.key, from, to: { x: from.x, y: from.y + 20 } };
    }
  return null;
}

const curve = (from: Point, to: Point): string => {
  const mid = (from.y + to.y) / 2;
  return `M${from.x} ${from.y}C${from.x} ${mid} ${to.x} ${mid} ${to.x} ${to.y}`;
};

export function CarryLayer({
  scene,
  layout,
  carry,
}: {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly carry: Carry;
}) {
  const { screenToFlowPosition } = useReactFlow();
  const [hand, setHand] = useState<Point | null>(null);
  const ends = endsOf(scene, layout, carry.dev);
  if (ends === null) return null;
  const boxes = carry.targets.flatMap((target) => {
    const box = layout.boxes.get(target.key);
    return box === undefined ? [] : [{ ...target, box }];
  });
  const under = hand === null ? null : dropKey(hand, boxes);
  const chosen = boxes.find(({ key }) => key === carry.chosen);
  const lane = (box: Box, kind: Kind): Point => {
    const x = ends.from.x - slotsFor(scene).leftWidth / 2 + slotsFor(scene).lane[kind];
    return { x: Math.min(Math.max(x, box.x + M.inset), box.x + box.w - M.inset), y: box.y + box.h / 2 };
  };
  const to = hand ?? (chosen === undefined ? null : lane(chosen.box, chosen.kind));
  const at = (event: PointerEvent): Point => screenToFlowPosition({ x: event.clientX, y: event.clientY });

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setHand(at(event));
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (hand !== null) setHand(at(event));
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (hand === null) return;
    const key = dropKey(at(event), boxes);
    setHand(null);
    if (key !== null) carry.onDrop(key);
  };
  const grip = to ?? ends.to;
  const kind = boxes.find(({ key }) => key === (hand === null ? carry.chosen : under))?.kind;
  return (
    <ViewportPortal>
      <div className="carry" data-testid="carry">
        {boxes.map((one) => (
          <button
            key={one.key}
            type="button"
            className="carry-target nopan"
            aria-label={`Put the attachment on ${one.says}`}
            aria-pressed={carry.chosen === one.key}
            data-kind={one.kind}
            data-under={under === one.key ? "" : undefined}
            data-key={one.key}
            style={{ left: one.box.x, top: one.box.y, width: one.box.w, height: one.box.h }}
            // Enter and Space press it, and do nothing to the graph around it.
            onKeyDown={(event) =>
              event.key === "Enter" || event.key === " " ? event.stopPropagation() : null
            }
            onClick={() => carry.onDrop(one.key)}
          />
        ))}
        <svg width="1" height="1" aria-hidden="true">
          {to === null ? null : <path className="carry-line" data-kind={kind} d={curve(ends.from, to)} />}
        </svg>
        <div
          className="carry-grip nopan"
          data-testid="carry-grip"
          data-key={ends.column}
          data-held={hand === null ? undefined : ""}
          style={{ left: grip.x, top: grip.y }}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => setHand(null)}
        />
      </div>
    </ViewportPortal>
  );
}
