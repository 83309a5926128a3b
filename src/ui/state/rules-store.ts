/** Texts of the rules: fetched once the page stands, because the first view needs none of them. */
import { create } from "zustand";
import type { Rule } from "../../engine/rules.ts";

interface RulesState {
  readonly table: Readonly<Record<string, Rule>> | null;
  load(): void;
}

let asked = false;

export const useRules = create<RulesState>()((set) => ({
  table: null,
  load() {
    if (asked) return;
    asked = true;
    void import("../../engine/all-rules.ts").then(({ allRules }) => set({ table: allRules() }));
  },
}));

/** The rule of that id; null while the texts are on their way, and for an id that has none. */
export function useRule(id: string | undefined): Rule | null {
  return useRules(({ table }) => (id === undefined ? null : (table?.[id] ?? null)));
}
