/**
 * Spaced repetition by rule: a box per rule (Leitner), each with a longer pause before the rule is asked again. Pure: the
 * time is passed in, in milliseconds since 1970.
 */

export interface Card {
  /** 0: just missed, or never answered right. */
  readonly box: number;
  /** When it is asked again. */
  readonly due: number;
  readonly right: number;
  readonly wrong: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Pause behind a right answer, by the box it leads to; the first behind a wrong one. */
export const PAUSES: readonly number[] = [10 * MINUTE, DAY, 3 * DAY, 7 * DAY, 16 * DAY, 35 * DAY];

export const LAST_BOX = PAUSES.length - 1;
/** From this box on a rule counts as mastered. */
export const MASTERED_BOX = 3;

const pause = (box: number): number => PAUSES[Math.min(LAST_BOX, Math.max(0, box))] as number;

/**
 * The card after an answer. Right when due: a box up. Right before it was due: nothing is learnt by that, the box stays
 * and the pause begins anew. Wrong: two boxes down, and soon again.
 */
export function answered(card: Card | null, right: boolean, now: number): Card {
  const old = card ?? { box: 0, due: now, right: 0, wrong: 0 };
  if (!right) {
    const box = Math.max(0, old.box - 2);
    return { ...old, box, due: now + pause(0), wrong: old.wrong + 1 };
  }
  const box = now >= old.due ? Math.min(LAST_BOX, old.box + 1) : old.box;
  return { ...old, box, due: Math.max(old.due, now + pause(box)), right: old.right + 1 };
}

export const isDue = (card: Card, now: number): boolean => now >= card.due;

export type Mastery = "new" | "learning" | "due" | "mastered";

export function masteryOf(card: Card | null, now: number): Mastery {
  if (card === null) return "new";
  if (isDue(card, now)) return "due";
  return card.box >= MASTERED_BOX ? "mastered" : "learning";
}

/** Rules to ask about, the most overdue first and, behind them, those never asked in the order they were given. */
export function agenda(
  cards: Readonly<Record<string, Card>>,
  candidates: readonly string[],
  now: number,
): string[] {
  const known = (id: string): Card | null => (Object.hasOwn(cards, id) ? (cards[id] ?? null) : null);
  const due = Object.entries(cards)
    .filter(([, c]) => isDue(c, now))
    .sort(([a, x], [b, y]) => x.due - y.due || (a < b ? -1 : 1))
    .map(([id]) => id);
  return [...due, ...candidates.filter((id, i) => known(id) === null && candidates.indexOf(id) === i)];
}
