/**
 * Props that give an element the page's floating card: under a pointer, with the keyboard's focus, and on a touch
 * screen by holding it (the press that held then does nothing else).
 */
import { type FocusEvent, type MouseEvent, type PointerEvent, type ReactNode, useMemo, useRef } from "react";
import { HINT_ID, useHintStore } from "../state/hint-store.ts";

const HOVER_MS = 180;
const HOLD_MS = 450;

export interface HintProps {
  onPointerEnter(event: PointerEvent<HTMLElement>): void;
  onPointerDown(event: PointerEvent<HTMLElement>): void;
  onPointerUp(): void;
  onPointerCancel(): void;
  onPointerLeave(): void;
  onClickCapture(event: MouseEvent<HTMLElement>): void;
  onFocus(event: FocusEvent<HTMLElement>): void;
  onBlur(): void;
}

export function useHint(render: () => ReactNode): HintProps {
  const hold = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(false);
  return useMemo(() => {
    const { show, leave } = useHintStore.getState();
    const letGo = (): void => clearTimeout(hold.current);
    return {
      onPointerEnter(event) {
        if (event.pointerType !== "touch") show(event.currentTarget, render, HOVER_MS);
      },
      onPointerDown(event) {
        held.current = false;
        if (event.pointerType !== "touch") return;
        const element = event.currentTarget;
        hold.current = setTimeout(() => {
          held.current = true;
          show(element, render, 0);
        }, HOLD_MS);
      },
      onPointerUp: letGo,
      onPointerCancel: letGo,
      onPointerLeave() {
        letGo();
        // A finger that lifts leaves, too; what it held up stays to be read.
        if (!held.current) leave();
      },
      onClickCapture(event) {
        if (!held.current) return;
        held.current = false;
        event.preventDefault();
        event.stopPropagation();
      },
      onFocus(event) {
        if (!event.currentTarget.matches(":focus-visible")) return;
        event.currentTarget.setAttribute("aria-describedby", HINT_ID);
        show(event.currentTarget, render, 0);
      },
      onBlur: leave,
    };
  }, [render]);
}
