/** Lines typed before, and who asks the console to take the focus. The lines live as long as the page's tab. */
import { create } from "zustand";

const MOST = 200;
const KEY = "vsmmu-lab.console";

function stored(): readonly string[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter((line): line is string => typeof line === "string") : [];
  } catch {
    return [];
  }
}

interface ConsoleState {
  readonly history: readonly string[];
  readonly focusAsked: number;
  remember(line: string): void;
  focus(): void;
}

export const useConsole = create<ConsoleState>()((set, get) => ({
  history: stored(),
  focusAsked: 0,
  remember(line) {
    const history = [...get().history.filter((one) => one !== line), line].slice(-MOST);
    set({ history });
    try {
      sessionStorage.setItem(KEY, JSON.stringify(history));
    } catch {
      // The history is a convenience; it lives in memory then.
    }
  },
  focus: () => set({ focusAsked: get().focusAsked + 1 }),
}));
