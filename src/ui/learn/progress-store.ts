/** What the learner has done, kept on this device and nowhere else. Progress that cannot be read is put aside, not lost. */
import { create } from "zustand";
import { exportProgress, importProgress, NO_PROGRESS, type Progress } from "../../learn/progress.ts";
import { agenda, isDue } from "../../learn/schedule.ts";
import { useNotices } from "../state/notices-store.ts";
import { readStored, removeStored, writeStored } from "../state/storage.ts";
import { lessons } from "./library.ts";

export const PROGRESS_KEY = "vsmmu-lab.learn.progress";
export const DAMAGED_PROGRESS_KEY = "vsmmu-lab.learn.progress.damaged";

function stored(): Progress {
  const text = readStored(PROGRESS_KEY);
  if (text === null) return NO_PROGRESS;
  const read = importProgress(text);
  if (read.ok) return read.value;
  writeStored(DAMAGED_PROGRESS_KEY, text);
  removeStored(PROGRESS_KEY);
  useNotices.getState().tell({
    id: "damaged-progress",
    tone: "warning",
    text: `Your progress in Learn could not be read. It is kept aside in this browser's storage as “${DAMAGED_PROGRESS_KEY}”, and the course begins anew.`,
    details: read.problems,
  });
  return NO_PROGRESS;
}

interface ProgressState {
  readonly progress: Progress;
  change(by: (progress: Progress) => Progress): void;
}

export const useProgress = create<ProgressState>()((set, get) => ({
  progress: stored(),
  change(by) {
    const progress = by(get().progress);
    if (progress === get().progress) return;
    set({ progress });
    if (!writeStored(PROGRESS_KEY, exportProgress(progress)))
      useNotices.getState().tell({
        id: "progress-not-saved",
        tone: "warning",
        text: "This browser does not keep your progress: it will be gone after a reload. It can be saved as a file.",
      });
  },
}));

/** Rules that some lesson teaches, in the lessons' order. */
export function taughtRules(): readonly string[] {
  return [...new Set(lessons().flatMap(({ value }) => value.rules))];
}

/** Rules to be asked about now, those missed longest first; behind them those of lessons that were done. */
export function rulesToAsk(progress: Progress, now: number): readonly string[] {
  const done = lessons().filter(({ id }) => progress.lessons[id]?.done === true);
  return agenda(progress.rules, [...new Set(done.flatMap(({ value }) => value.rules))], now);
}

export const dueCount = (progress: Progress, now: number): number =>
  Object.values(progress.rules).filter((card) => isDue(card, now)).length;
