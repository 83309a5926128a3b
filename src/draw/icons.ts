/** The state icons as strokes on a 16 × 16 grid, for the page and for SVG alike, with the word that goes with each. */
import type { Kind } from "./scene-types.ts";

export type IconName = Kind | "diverges";

/** Path data; drawn with a 1.75 stroke, round caps, no fill. */
export const ICON_PATHS: Readonly<Record<IconName, string>> = {
  abort: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M4.1 11.9 11.9 4.1",
  bypass: "M1.6 8h1.9M6 8h1.9M10.4 8h3.2M10.3 4.3 14 8l-3.7 3.7",
  translate: "M2.5 5.2h10.5M10.4 2.6 13 5.2 10.4 7.8M13.5 10.8H3M5.6 8.2 3 10.8l2.6 2.6",
  s2: "M2 8h11.5M9.4 3.9 13.5 8l-4.1 4.1",
  off: "M1.6 8h4M10.4 8h4M5.6 5.2v5.6M10.4 5.2v5.6",
  diverges: "M2.8 6h10.4M2.8 10h10.4M10.9 2.6 5.1 13.4",
};

export const KIND_WORDS: Readonly<Record<IconName, string>> = {
  abort: "abort",
  bypass: "bypass",
  translate: "translate",
  s2: "S2 direct",
  off: "detached",
  diverges: "diverges",
};
