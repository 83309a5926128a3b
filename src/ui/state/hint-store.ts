/** The one floating card of the page: what a control would do, what a rule says. Content is made when it is shown. */
import type { ReactNode } from "react";
import { create } from "zustand";

export const HINT_ID = "hint-card";

interface HintState {
  readonly anchor: HTMLElement | null;
  readonly render: (() => ReactNode) | null;
  show(anchor: HTMLElement, render: () => ReactNode, delay: number): void;
  /** Hides soon, so that the pointer can travel from the control onto the card. */
  leave(): void;
  /** The pointer reached the card. */
  stay(): void;
  hide(): void;
}

const LEAVE_MS = 140;
let timer: ReturnType<typeof setTimeout> | undefined;

export const useHintStore = create<HintState>()((set, get) => ({
  anchor: null,
  render: null,
  show(anchor, render, delay) {
    clearTimeout(timer);
    if (delay === 0 || get().anchor !== null) set({ anchor, render });
    else timer = setTimeout(() => set({ anchor, render }), delay);
  },
  leave() {
    clearTimeout(timer);
    timer = setTimeout(() => set({ anchor: null, render: null }), LEAVE_MS);
  },
  stay() {
    clearTimeout(timer);
  },
  hide() {
    clearTimeout(timer);
    if (get().anchor !== null) set({ anchor: null, render: null });
  },
}));
