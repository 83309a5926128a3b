/**
 * What is marked in the picture, by item key. Apart from the nodes' data, so that selecting and hovering re-render
 * the two or three boxes concerned and leave React Flow alone.
 */
import { create } from "zustand";

interface Marks {
  /** The selected item or column. */
  readonly selected: string | null;
  /** Items that refer to the hovered one or that it refers to. */
  readonly related: ReadonlySet<string>;
  /** Time of the last step, for fading in what that step made; 0 before the first. */
  readonly stepAt: number;
}

export const NONE: ReadonlySet<string> = new Set();

export const useMarks = create<Marks>()(() => ({ selected: null, related: NONE, stepAt: 0 }));

/** True while what appears is the work of the step just made (and not of scrolling to it). */
export const isFresh = (): boolean => performance.now() - useMarks.getState().stepAt < 120;
