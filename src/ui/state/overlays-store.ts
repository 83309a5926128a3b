/** Which dialog lies over the page. */
import { create } from "zustand";

type Overlay = "palette" | "help";

interface OverlaysState {
  readonly open: Overlay | null;
  /** What the palette's input holds when it opens. */
  readonly query: string;
  show(overlay: Overlay, query?: string): void;
  close(): void;
}

export const useOverlays = create<OverlaysState>()((set) => ({
  open: null,
  query: "",
  show: (overlay, query = "") => set({ open: overlay, query }),
  close: () => set({ open: null, query: "" }),
}));
