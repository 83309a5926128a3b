/** Plays the line step by step. */
import { create } from "zustand";
import { useSession } from "./session-store.ts";

const STEP_MS = 900;

interface PlayState {
  readonly playing: boolean;
  toggle(): void;
  stop(): void;
}

let timer: ReturnType<typeof setInterval> | undefined;

export const usePlay = create<PlayState>()((set, get) => ({
  playing: false,
  toggle() {
    if (get().playing) {
      get().stop();
      return;
    }
    if (!useSession.getState().forward()) return;
    set({ playing: true });
    timer = setInterval(() => {
      if (!useSession.getState().forward()) get().stop();
    }, STEP_MS);
  },
  stop() {
    clearInterval(timer);
    set({ playing: false });
  },
}));
