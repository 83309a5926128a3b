/** The DMA path over the floors: solid for what happens; where it may not, dashed for what must, and a ring where they part. */
import { ViewportPortal } from "@xyflow/react";
import { memo } from "react";
import type { Layout, SlotMeasures } from "../../draw/layout.ts";
import { partingOf, wayPath, waypoints } from "../../draw/path.ts";
import type { Ways } from "../../draw/ways.ts";
import { StateTag } from "../theme/icons.tsx";

export const DmaPath = memo(function DmaPath({
  layout,
  slots,
  ways,
}: {
  readonly layout: Layout;
  readonly slots: SlotMeasures;
  readonly ways: Ways;
}) {
  const { column, must, is, diverges } = ways;
  const points = waypoints(layout, slots, column, is, diverges ? 4 : 0);
  const wanted = diverges ? waypoints(layout, slots, column, must, -4) : [];
  const parting = points[Math.max(0, 2 * partingOf(must.keys, is.keys) - 1)];
  const drawn = [
    { name: "must", at: wanted, way: must },
    { name: "is", at: points, way: is },
  ] as const;
  return (
    <ViewportPortal>
      <svg className="dma-path" width="1" height="1" aria-hidden="true">
        {drawn.map(({ name, at, way }) => (
          <g key={name} data-way={name} data-kind={way.kind}>
            <path className="dma-halo" d={wayPath(at)} />
            <path className="dma-line" d={wayPath(at)} />
          </g>
        ))}
        {diverges && parting !== undefined ? (
          <circle className="dma-parting" cx={parting.x - 4} cy={parting.y} r="10" />
        ) : null}
      </svg>
      {drawn.map(({ name, at, way }) => {
        const last = at.at(-1);
        if (last === undefined) return null;
        return (
          <div
            key={name}
            className="dma-end"
            data-way={name}
            style={{ transform: `translate(${last.x}px, ${last.y - 12}px)` }}
          >
            <StateTag name={way.kind} text={`DMA ${name === "is" ? "is" : "must be"} ${way.word}`} solid />
          </div>
        );
      })}
    </ViewportPortal>
  );
});
