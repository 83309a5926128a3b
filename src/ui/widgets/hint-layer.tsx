/** Draws the floating card beside its anchor, inside the window, and puts it away on Escape, scroll and press. */
import { useEffect, useLayoutEffect, useRef } from "react";
import { HINT_ID, useHintStore } from "../state/hint-store.ts";
import "./hint.css";

const GAP = 8;
const EDGE = 8;

/** Beside the anchor when there is room on its right, else under it, else above it. */
function place(card: HTMLElement, anchor: HTMLElement): { readonly left: number; readonly top: number } {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const fitX = (x: number) => Math.max(EDGE, Math.min(x, innerWidth - width - EDGE));
  const fitY = (y: number) => Math.max(EDGE, Math.min(y, innerHeight - height - EDGE));
  const panel = anchor.closest<HTMLElement>("[data-hint-side]");
  if (panel?.dataset.hintSide === "right") {
    const right = panel.getBoundingClientRect().right;
    if (right + GAP + width <= innerWidth - EDGE) return { left: right + GAP, top: fitY(at.top - 4) };
  }
  if (panel?.dataset.hintSide === "left") {
    const left = panel.getBoundingClientRect().left;
    if (left - GAP - width >= EDGE) return { left: left - GAP - width, top: fitY(at.top - 4) };
  }
  const below = at.bottom + GAP;
  if (below + height <= innerHeight - EDGE) return { left: fitX(at.left), top: below };
  return { left: fitX(at.left), top: fitY(at.top - GAP - height) };
}

export function HintLayer() {
  const { anchor, render, stay, leave, hide } = useHintStore();
  const card = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = card.current;
    if (element === null || anchor === null) return;
    const { left, top } = place(element, anchor);
    element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  });

  useEffect(() => {
    if (anchor === null) return;
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && hide();
    const onScroll = (event: Event) => {
      if (event.target instanceof Node && !card.current?.contains(event.target)) hide();
    };
    const onPress = (event: Event) => {
      // After a hold on a touch screen the next press elsewhere puts the card away.
      if (
        event.target instanceof Node &&
        !card.current?.contains(event.target) &&
        !anchor.contains(event.target)
      ) {
        hide();
      }
    };
    addEventListener("pointerdown", onPress);
    addEventListener("keydown", onKey);
    addEventListener("scroll", onScroll, true);
    addEventListener("resize", hide);
    return () => {
      removeEventListener("pointerdown", onPress);
      removeEventListener("keydown", onKey);
      removeEventListener("scroll", onScroll, true);
      removeEventListener("resize", hide);
      anchor.removeAttribute("aria-describedby");
    };
  }, [anchor, hide]);

  if (anchor === null || render === null) return null;
  return (
    <div
      ref={card}
      id={HINT_ID}
      className="hint-card"
      role="tooltip"
      data-testid="hint"
      onPointerEnter={stay}
      onPointerLeave={leave}
    >
      {render()}
    </div>
  );
}
