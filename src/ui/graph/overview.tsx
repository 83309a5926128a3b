/** A small map of a large picture: columns in their colours, and the part that is on the screen. */
import { useReactFlow, useStore } from "@xyflow/react";
import { memo, type PointerEvent } from "react";
import type { Layout } from "../../draw/layout.ts";
import type { Kind, Scene } from "../../draw/scene-types.ts";

const WIDTH = 220;
const HEIGHT = 40;

/** One path a colour: a thousand columns cost six elements. */
function paths(
  scene: Scene,
  layout: Layout,
): readonly { readonly kind: Kind | "diverges"; readonly d: string }[] {
  const scale = WIDTH / layout.width;
  const by = new Map<Kind | "diverges", string[]>();
  for (const block of scene.blocks)
    for (const column of block.columns) {
      const box = layout.columns.get(column.key);
      if (box === undefined) continue;
      const kind = column.diverges === "" ? column.kind : "diverges";
      const list = by.get(kind) ?? [];
      const w = Math.max(0.6, box.w * scale * 0.8);
      list.push(`M${(box.x * scale).toFixed(2)} 4h${w.toFixed(2)}v${HEIGHT - 8}h-${w.toFixed(2)}z`);
      by.set(kind, list);
    }
  return [...by].map(([kind, list]) => ({ kind, d: list.join("") }));
}

export const Overview = memo(function Overview({
  scene,
  layout,
}: {
  readonly scene: Scene;
  readonly layout: Layout;
}) {
  const { setCenter, getZoom } = useReactFlow();
  const x = useStore((s) => -s.transform[0] / s.transform[2]);
  const wide = useStore((s) => s.width / s.transform[2]);
  const scale = WIDTH / layout.width;
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    const at = (event.clientX - event.currentTarget.getBoundingClientRect().left) / scale;
    void setCenter(at, layout.height / 2, { zoom: getZoom() });
  };
  return (
    <svg
      className="overview"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label="Overview; drag to move"
      onPointerDown={go}
      onPointerMove={go}
    >
      {paths(scene, layout).map(({ kind, d }) => (
        <path key={kind} data-kind={kind} d={d} />
      ))}
      <rect
        className="overview-view"
        x={Math.max(0, x * scale)}
        y={1}
        width={Math.min(WIDTH, Math.max(3, wide * scale))}
        height={HEIGHT - 2}
        rx={2}
      />
    </svg>
  );
});
