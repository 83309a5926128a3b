/** The glossary's links for labels of the page; fetched when the page has nothing else to do. */
import type { ReactNode } from "react";
import { create } from "zustand";

interface TermsState {
  readonly link: ((text: string) => ReactNode) | null;
  load(): void;
}

let asked = false;

export const useTerms = create<TermsState>()((set) => ({
  link: null,
  load() {
    if (asked) return;
    asked = true;
    void import("../learn/terms.tsx").then(({ linkTerms }) => set({ link: linkTerms }));
  },
}));
