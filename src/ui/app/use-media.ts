import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query holds, as it changes. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Too narrow, or too low, for panes side by side: one place at a time. */
export const NARROW = "(max-width: 959px), (max-height: 479px)";

export const matchesNarrow = (): boolean => matchMedia(NARROW).matches;
