/** The far view's parts: a tile a vSMMU with one cell a device, and bars for what is shared. */
import { memo, useState } from "react";
import { cellAt, MAP } from "../../draw/layout-map.ts";
import type { Block, Column, Item, Kind, Parked } from "../../draw/scene-types.ts";
import { StateIcon, StateTag } from "../theme/icons.tsx";
import { useDomId } from "./graph-name.ts";
import { isFresh, useMarks } from "./marks-store.ts";

interface Spot {
  readonly key: string;
  readonly dev: number | null;
  readonly kind: Kind;
  readonly diverges: string;
  readonly says: string;
  readonly ghost: boolean;
}

const Cell = memo(function Cell({
  spot,
  x,
  y,
}: {
  readonly spot: Spot;
  readonly x: number;
  readonly y: number;
}) {
  const id = useDomId(spot.key);
  const selected = useMarks((s) => s.selected === spot.key);
  const [fresh] = useState(isFresh);
  const diverges = spot.diverges !== "";
  return (
    <div
      className="heat"
      id={id}
      role="img"
      aria-label={spot.says}
      title={spot.says}
      data-key={spot.key}
      data-kind={diverges ? "diverges" : spot.kind}
      data-selected={selected ? "" : undefined}
      data-ghost={spot.ghost ? "" : undefined}
      data-fresh={fresh ? "" : undefined}
      style={{ left: x, top: y, width: MAP.cell, height: MAP.cell }}
    >
      <StateIcon name={diverges ? "diverges" : spot.kind} size={18} />
    </div>
  );
});

const KINDS: readonly Kind[] = ["abort", "bypass", "translate", "s2", "off"];

/** How many devices are in which state, most telling first. */
function Tally({ columns }: { readonly columns: readonly Column[] }) {
  const diverging = columns.filter((column) => column.diverges !== "" && !column.ghost).length;
  return (
    <span className="tally">
      {diverging === 0 ? null : <StateTag name="diverges" text={String(diverging)} solid />}
      {KINDS.map((kind) => {
        const count = columns.filter((column) => column.kind === kind && !column.ghost).length;
        return count === 0 ? null : (
          <span key={kind} className="tally-one" data-kind={kind}>
            <StateIcon name={kind} size={12} />
            {count}
          </span>
        );
      })}
    </span>
  );
}

export interface TileData {
  readonly data: { readonly block: Block; readonly perRow: number };
}

export const TileNode = memo(function TileNode({ data: { block, perRow } }: TileData) {
  const selected = useMarks((s) => block.vsmmu !== null && s.selected === block.vsmmu.key);
  return (
    <div className="tile" data-selected={selected ? "" : undefined} data-testid={block.key}>
      <div className="tile-head" data-key={block.vsmmu?.key}>
        <span className="item-line">
          <span className="item-label">{block.title}</span>
          {block.vsmmu === null || block.vsmmu.kind === null ? (
            <span className="item-aside">{block.vsmmu?.text}</span>
          ) : (
            <StateTag name={block.vsmmu.kind} text={block.vsmmu.word} />
          )}
        </span>
        {block.columns.length === 0 ? (
          <span className="item-text">no device</span>
        ) : (
          <Tally columns={block.columns} />
        )}
      </div>
      {block.columns.map((column) => {
        const { x, y } = cellAt(column.slot, perRow);
        return <Cell key={column.key} spot={column} x={x} y={y} />;
      })}
    </div>
  );
});

export interface ShelfData {
  readonly data: { readonly parked: readonly Parked[]; readonly perRow: number };
}

const spotOf = (item: Item): Spot => ({
  key: item.key,
  dev: item.dev,
  kind: item.kind ?? "off",
  diverges: item.diverges,
  says: item.says,
  ghost: item.ghost,
});

export const ShelfNode = memo(function ShelfNode({ data: { parked, perRow } }: ShelfData) {
  return (
    <div className="tile" data-testid="shelf">
      <div className="tile-head">
        <span className="item-label">Not plugged</span>
        <span className="item-text">{parked.length} devices</span>
      </div>
      {parked.map(({ item, slot }) => {
        const { x, y } = cellAt(slot, perRow);
        return <Cell key={item.key} spot={spotOf(item)} x={x} y={y} />;
      })}
    </div>
  );
});
