/**
 * A pane of fixed size beside one that takes the rest, with a border between them that can be dragged, moved with the
 * arrow keys, and set back with a double click. The size is remembered by the pane's id.
 */
import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { usePrefs } from "../state/prefs-store.ts";
import "./split-pane.css";

interface SplitPaneProps {
  readonly id: string;
  /** What the border sets, for ears: "Width of the controls". */
  readonly label: string;
  /** Which side of the rest the pane lies on. */
  readonly side: "left" | "right" | "bottom";
  readonly initial: number;
  readonly min: number;
  /** Largest share of the parent's size. */
  readonly most: number;
  readonly children: ReactNode;
}

const STEP = 16;

export function SplitPane({ id, label, side, initial, min, most, children }: SplitPaneProps) {
  const pane = useRef<HTMLDivElement>(null);
  const chosen = usePrefs((prefs) => prefs.sizes[id]);
  const size = chosen ?? initial;
  const upright = side !== "bottom";

  const bounds = (): { readonly now: number; readonly max: number } => {
    const element = pane.current;
    const parent = element?.parentElement;
    if (element === null || parent == null) return { now: size, max: size };
    const whole = upright ? parent.clientWidth : parent.clientHeight;
    return { now: upright ? element.offsetWidth : element.offsetHeight, max: Math.round(whole * most) };
  };
  const within = (wanted: number): number => Math.round(Math.max(min, Math.min(bounds().max, wanted)));
  const keep = (wanted: number): void => usePrefs.getState().setSize(id, within(wanted));

  const onPointerDown = (event: PointerEvent<HTMLHRElement>) => {
    const grip = event.currentTarget;
    const { now } = bounds();
    const from = upright ? event.clientX : event.clientY;
    const way = side === "left" ? 1 : -1;
    let wanted = now;
    grip.setPointerCapture(event.pointerId);
    grip.dataset.active = "";
    event.preventDefault();
    // The pane follows the pointer without React: only where it ends is worth remembering.
    const onMove = (move: globalThis.PointerEvent) => {
      wanted = within(now + way * ((upright ? move.clientX : move.clientY) - from));
      pane.current?.style.setProperty("--size", `${wanted}px`);
    };
    const onEnd = () => {
      grip.removeEventListener("pointermove", onMove);
      delete grip.dataset.active;
      keep(wanted);
    };
    grip.addEventListener("pointermove", onMove);
    grip.addEventListener("lostpointercapture", onEnd, { once: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const { now, max } = bounds();
    const grow = side === "left" ? "ArrowRight" : side === "right" ? "ArrowLeft" : "ArrowUp";
    const shrink = side === "left" ? "ArrowLeft" : side === "right" ? "ArrowRight" : "ArrowDown";
    const wanted: Readonly<Record<string, number>> = {
      [grow]: now + STEP,
      [shrink]: now - STEP,
      Home: min,
      End: max,
      Enter: initial,
    };
    const next = wanted[event.key];
    if (next === undefined) return;
    event.preventDefault();
    keep(next);
  };

  const grip = (
    <hr
      className="split-grip"
      data-side={side}
      aria-label={label}
      aria-orientation={upright ? "vertical" : "horizontal"}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-controls={id}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onDoubleClick={() => keep(initial)}
      onKeyDown={onKeyDown}
    />
  );
  const body = (
    <div
      ref={pane}
      id={id}
      className="split-pane"
      data-side={side}
      style={
        {
          "--size": chosen === undefined ? `min(${initial}px, ${upright ? "26vw" : "32vh"})` : `${chosen}px`,
          "--min": `${min}px`,
          "--most": `${most * 100}%`,
        } as CSSProperties
      }
    >
      {children}
    </div>
  );
  return side === "left" ? (
    <>
      {body}
      {grip}
    </>
  ) : (
    <>
      {grip}
      {body}
    </>
  );
}
