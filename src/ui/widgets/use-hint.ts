/** Props that give an element the page's floating card, by pointer and by keyboard alike. */
import { type FocusEvent, type PointerEvent, type ReactNode, useCallback } from "react";
import { HINT_ID, useHintStore } from "../state/hint-store.ts";

const HOVER_MS = 180;

export interface HintProps {
  onPointerEnter(event: PointerEvent<HTMLElement>): void;
  onPointerLeave(): void;
  onFocus(event: FocusEvent<HTMLElement>): void;
  onBlur(): void;
}

export function useHint(render: () => ReactNode): HintProps {
  const onPointerEnter = useCallback(
    (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === "touch") return;
      useHintStore.getState().show(event.currentTarget, render, HOVER_MS);
    },
    [render],
  );
  const onPointerLeave = useCallback(() => useHintStore.getState().leave(), []);
  const onFocus = useCallback(
    (event: FocusEvent<HTMLElement>) => {
      if (event.currentTarget.matches(":focus-visible")) {
        event.currentTarget.setAttribute("aria-describedby", HINT_ID);
        useHintStore.getState().show(event.currentTarget, render, 0);
      }
    },
    [render],
  );
  const onBlur = useCallback(() => useHintStore.getState().leave(), []);
  return { onPointerEnter, onPointerLeave, onFocus, onBlur };
}
