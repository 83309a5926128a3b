/** The keys that walk a list of rows, of which only those in view exist. */
import type { KeyboardEvent } from "react";

const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + 10,
  PageUp: (at) => at - 10,
  Home: () => 0,
  End: (_, last) => last,
};

/** Row that a key leads to, or null for any other key. */
export function rowByKey(event: KeyboardEvent, at: number, count: number): number | null {
  const to = MOVES[event.key]?.(at, count - 1);
  if (to === undefined || count === 0) return null;
  event.preventDefault();
  return Math.max(0, Math.min(count - 1, to));
}
