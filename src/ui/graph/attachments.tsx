/** Attachments: from each DEVICE to what its DMA runs on. They swing when they move. */
import { useStore, ViewportPortal } from "@xyflow/react";
import { memo, useState } from "react";
import { linePath } from "../../draw/layout.ts";
import type { Wire } from "./flow-nodes.ts";
import { isFresh, useMarks } from "./marks-store.ts";

export const AttachmentLine = memo(function AttachmentLine({ wire }: { readonly wire: Wire }) {
  const { attachment, line } = wire;
  const related = useMarks((s) => s.related.has(attachment.key));
  const [fresh] = useState(isFresh);
  const d = linePath(line);
  // `d` as a style as well as an attribute: browsers that can animate it do, the others still draw it.
  const swing = { d: `path("${d}")` };
  return (
    <g
      className="attachment"
      data-kind={attachment.kind}
      data-related={related ? "" : undefined}
      data-ghost={attachment.ghost ? "" : undefined}
      data-fresh={fresh ? "" : undefined}
      data-testid={attachment.key}
    >
      <path className="attachment-halo" d={d} style={swing} />
      <path className="attachment-line" d={d} style={swing} />
      <circle
        className="attachment-foot"
        r="5"
        style={{ transform: `translate(${line.x1}px, ${line.y1}px)` }}
      />
      <circle className="attachment-head" r="3" cx={line.x0} cy={line.y0} />
    </g>
  );
});

/** Steps in which the part of a large picture that is drawn follows the viewport, in px of the picture. */
const STEP = 600;

/** First and last step of the picture that is on the screen; changes seldom while one moves. */
function useVisibleSteps(): readonly [number, number] {
  const from = useStore((s) => Math.floor(-s.transform[0] / s.transform[2] / STEP) - 1);
  const to = useStore((s) => Math.ceil((s.width - s.transform[0]) / s.transform[2] / STEP) + 1);
  return [from, to];
}

export const Attachments = memo(function Attachments({
  wires,
  large,
}: {
  readonly wires: readonly Wire[];
  /** Leave out what is far from the screen. */
  readonly large: boolean;
}) {
  const [from, to] = useVisibleSteps();
  const near = large ? wires.filter(({ line }) => line.x0 >= from * STEP && line.x0 <= to * STEP) : wires;
  return (
    <ViewportPortal>
      <svg className="attachments" width="1" height="1" aria-hidden="true">
        {near.map((wire) => (
          <AttachmentLine key={wire.attachment.key} wire={wire} />
        ))}
      </svg>
    </ViewportPortal>
  );
});
