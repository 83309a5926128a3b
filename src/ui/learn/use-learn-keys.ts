/** Keys of whoever learns: walk, choose by number, go on. Fields, lists and the graph keep their own. */
import { useEffect, useRef } from "react";

interface LearnKeys {
  readonly next: () => void;
  readonly back?: () => void;
  /** 1 is the first choice. */
  readonly choose?: (n: number) => void;
}

const KEYS: Readonly<Record<string, "next" | "back">> = {
  ArrowRight: "next",
  PageDown: "next",
  Enter: "next",
  ArrowLeft: "back",
  PageUp: "back",
};

export function useLearnKeys(keys: LearnKeys): void {
  const now = useRef(keys);
  useEffect(() => {
    now.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest("textarea, select, [role=application], [role=dialog], [role=menu]") !== null) return;
      const field = target.closest("input");
      const choice = field?.type === "radio";
      if (field !== null && !choice) return;
      if (/^[1-9]$/.test(event.key)) now.current.choose?.(Number(event.key));
      else {
        const what = KEYS[event.key];
        if (what === undefined) return;
        // Enter presses what has the focus; the arrows walk the choices.
        if (
          event.key === "Enter"
            ? target.closest("button, summary, a") !== null
            : choice && event.key.startsWith("Arrow")
        )
          return;
        if (what === "next") now.current.next();
        else now.current.back?.();
      }
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
