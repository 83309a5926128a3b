/** The boxes of the picture, one component a shape. Sizes come from the layout; text never changes them. */
import { memo, type ReactNode, useEffect, useRef, useState } from "react";
import { M } from "../../draw/layout.ts";
import type { Column, Item } from "../../draw/scene-types.ts";
import { StateIcon, StateTag } from "../theme/icons.tsx";
import type { ItemData } from "./flow-nodes.ts";
import { useDomId } from "./graph-name.ts";
import { isFresh, useMarks } from "./marks-store.ts";

export interface ItemProps {
  readonly data: ItemData;
}

const calm = (): boolean =>
  typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Lights the element once whenever `value` is another one than before. */
function useFlash(value: string) {
  const ref = useRef<HTMLDivElement>(null);
  const last = useRef(value);
  useEffect(() => {
    if (last.current === value) return;
    last.current = value;
    if (calm()) return;
    ref.current?.animate?.([{ backgroundColor: "var(--flash)" }, {}], { duration: 200, easing: "ease-out" });
  }, [value]);
  return ref;
}

/** What every box has: kind, marks, ghost, flash. */
function Shell({
  item,
  shape,
  children,
}: {
  readonly item: Item;
  readonly shape: string;
  readonly children: ReactNode;
}) {
  const id = useDomId(item.key);
  const selected = useMarks((s) => s.selected === item.key);
  const related = useMarks((s) => s.related.has(item.key));
  const [fresh] = useState(isFresh);
  const ref = useFlash(
    `${item.label}|${item.aside}|${item.text}|${item.word}|${item.users}|${item.diverges}`,
  );
  return (
    <div
      ref={ref}
      id={id}
      className="item"
      data-shape={shape}
      data-role={item.role}
      data-key={item.key}
      data-kind={item.kind ?? undefined}
      data-diverges={item.diverges === "" ? undefined : ""}
      data-selected={selected ? "" : undefined}
      data-related={related ? "" : undefined}
      data-ghost={item.ghost ? "" : undefined}
      data-fresh={fresh ? "" : undefined}
      data-testid={`item-${item.key}`}
    >
      {children}
    </div>
  );
}

/** How many references the kernel counts on an object. */
const Users = ({ item }: { readonly item: Item }) =>
  item.users === null ? null : (
    <span className="item-users" title={`users ${item.users}`}>
      {item.users}
    </span>
  );

/** `STE 0x100` in two parts: where room is short, the id alone stays. */
function Name({ label }: { readonly label: string }) {
  const at = label.lastIndexOf(" ");
  return (
    <span className="item-label">
      {at < 0 ? null : <span className="item-what">{label.slice(0, at + 1)}</span>}
      {label.slice(at + 1)}
    </span>
  );
}

const Label = ({ item }: { readonly item: Item }) => (
  <div className="item-line">
    <Name label={item.label} />
    <Users item={item} />
    {item.aside === "" ? null : <span className="item-aside">{item.aside}</span>}
  </div>
);

/** Room of a long bar's head: up to the next one, or to the end. */
const headPlace = (heads: readonly number[], i: number) => {
  const next = heads[i + 1];
  const x = heads[i] ?? 0;
  return next === undefined ? { left: x, right: 0 } : { left: x, width: next - x - M.inset };
};

/** vSMMU, accel state, vIOMMU, IOAS: what others stand in. Its label is in its head, again under every block. */
export const FrameNode = memo(function FrameNode({ data: { item, heads } }: ItemProps) {
  return (
    <Shell item={item} shape="frame">
      {heads.map((x, i) => (
        <div
          key={x}
          className="item-head"
          style={item.role === "ioas" ? headPlace(heads, i) : { left: x, width: M.head }}
        >
          <Label item={item} />
          <div className="item-text">{item.text}</div>
          {item.kind === null ? null : <StateTag name={item.kind} text={item.word} />}
        </div>
      ))}
    </Shell>
  );
});

/** Rails, paging HWPTs and physical SMMUs: one line, again under every block. */
export const BarNode = memo(function BarNode({ data: { item, heads, ticks } }: ItemProps) {
  const wide = item.role !== "nested";
  return (
    <Shell item={item} shape="bar">
      {heads.map((x, i) => (
        <div
          key={x}
          className="item-head"
          style={wide ? headPlace(heads, i) : { left: x, width: M.head - M.inset }}
        >
          {item.kind === null ? null : <StateIcon name={item.kind} size={14} />}
          <Name label={item.label} />
          {item.word === "" ? null : <span className="item-word">{item.word}</span>}
          <Users item={item} />
          {item.text === "" ? null : <span className="item-text">{item.text}</span>}
          {item.aside === "" ? null : <span className="item-aside">{item.aside}</span>}
        </div>
      ))}
      {ticks.map((x) => (
        <div key={`tick ${x}`} className="item-tick" style={{ left: x }}>
          {item.kind === null ? null : <StateIcon name={item.kind} size={12} />}
          {item.label.slice(item.label.lastIndexOf(" ") + 1)}
        </div>
      ))}
    </Shell>
  );
});

/** STE, accel device, DEVICE, physical STE: a device's stations. */
export const CellNode = memo(function CellNode({ data: { item } }: ItemProps) {
  const tagged = item.kind !== null;
  return (
    <Shell item={item} shape="cell">
      <div className="item-line">
        <Name label={item.label} />
        <Users item={item} />
        {tagged && item.kind !== null ? (
          <StateTag name={item.kind} text={item.word} />
        ) : item.aside === "" ? null : (
          <span className="item-aside">{item.aside}</span>
        )}
      </div>
      {item.diverges === "" ? (
        <div className="item-text">{item.text}</div>
      ) : (
        <div className="item-line">
          <StateTag name="diverges" text={item.diverges} solid />
          <span className="item-text">{item.text}</span>
        </div>
      )}
      {tagged && item.kind !== null ? (
        <span className="item-far" aria-hidden="true">
          <StateIcon name={item.diverges === "" ? item.kind : "diverges"} size={44} />
        </span>
      ) : null}
    </Shell>
  );
});

/** vDEVICE and vEVENTQ: small things beside a bigger one. */
export const TabNode = memo(function TabNode({ data: { item } }: ItemProps) {
  return (
    <Shell item={item} shape="tab">
      <Name label={item.label} />
      <span className="item-text">{item.role === "veventq" ? item.aside : item.text}</span>
    </Shell>
  );
});

/** A nested HWPT of one device, or a device on the shelf. */
export const ChipNode = memo(function ChipNode({ data: { item } }: ItemProps) {
  return (
    <Shell item={item} shape="chip">
      {item.kind === null ? null : <StateIcon name={item.kind} size={14} />}
      <Name label={item.label} />
      <Users item={item} />
      {item.role === "parked" ? <span className="item-aside">{item.aside}</span> : null}
    </Shell>
  );
});

/** Under raw users there is no guest and no QEMU: the thread begins on iommufd's floor. */
const RAW_TOP = 2 * (M.frame + 2 * M.pad) + M.pad;

/** The thread that ties a device's stations together, and its ground when it is marked. */
export const ColumnNode = memo(function ColumnNode({ data: { column } }: { data: { column: Column } }) {
  const id = useDomId(column.key);
  const selected = useMarks((s) => s.selected === column.key);
  const related = useMarks((s) => s.related.has(column.key));
  return (
    <div
      className="column"
      id={id}
      data-key={column.key}
      data-kind={column.kind}
      data-diverges={column.diverges === "" ? undefined : ""}
      data-selected={selected ? "" : undefined}
      data-related={related ? "" : undefined}
      data-ghost={column.ghost ? "" : undefined}
      data-testid={column.key}
    >
      <span className="column-thread" style={column.accel === null ? { top: RAW_TOP } : undefined} />
    </div>
  );
});

/** A floor's ground; its name is pinned to the pane's edge. */
export const FloorNode = memo(function FloorNode({ data }: { data: { band: { floor: string } } }) {
  return <div className="floor" data-floor={data.band.floor} />;
});
