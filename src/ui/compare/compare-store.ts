/** What is compared: a script, and two to four sides as text. Kept while the place is closed. */
import { create } from "zustand";

interface CompareState {
  /** Null: the session's own script, up to where it stands and beyond. */
  readonly script: string | null;
  readonly sides: readonly string[];
  /** Title of the row of the table that is shown, or null. */
  readonly row: string | null;
  setSide(at: number, text: string): void;
  addSide(): void;
  removeSide(at: number): void;
  load(script: string | null, sides: readonly string[], row: string | null): void;
}

export const useCompare = create<CompareState>()((set, get) => ({
  script: null,
  sides: ["qemu=v5", "as-written"],
  row: null,
  setSide: (at, text) => set({ sides: get().sides.map((one, i) => (i === at ? text : one)) }),
  addSide: () => set({ sides: [...get().sides, "as-written"] }),
  removeSide: (at) => set({ sides: get().sides.filter((_, i) => i !== at) }),
  load: (script, sides, row) => set({ script, sides, row }),
}));
