/** Things the page has to say that belong to no pane: a damaged session, a link that no longer fits. */
import { create } from "zustand";

export interface Notice {
  readonly id: string;
  readonly tone: "info" | "warning";
  readonly text: string;
  /** More lines: every problem that was found. */
  readonly details?: readonly string[];
  readonly action?: { readonly label: string; run(): void };
}

interface NoticesState {
  readonly notices: readonly Notice[];
  /** A notice with the same id is replaced. */
  tell(notice: Notice): void;
  dismiss(id: string): void;
}

export const useNotices = create<NoticesState>()((set, get) => ({
  notices: [],
  tell: (notice) => set({ notices: [...get().notices.filter(({ id }) => id !== notice.id), notice] }),
  dismiss: (id) => set({ notices: get().notices.filter((notice) => notice.id !== id) }),
}));
