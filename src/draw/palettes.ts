/** The colours of files, as the page's tokens have them; a file brings its theme along. */
import type { Kind } from "./scene-types.ts";

export interface Palette {
  readonly canvas: string;
  readonly surface: string;
  /** Ground of a frame and of every other floor. */
  readonly frame: string;
  readonly band: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly strong: string;
  readonly kind: Readonly<Record<Kind | "diverges", { readonly line: string; readonly wash: string }>>;
}

export const LIGHT: Palette = {
  canvas: "#f6f7f9",
  surface: "#ffffff",
  frame: "#fbfcfd",
  band: "#eff1f4",
  ink: "#1b2330",
  muted: "#566174",
  line: "#d7dce5",
  strong: "#b4bdcb",
  kind: {
    abort: { line: "#b23a0a", wash: "#fbeee8" },
    bypass: { line: "#8a5700", wash: "#f8f0e0" },
    translate: { line: "#0b62a6", wash: "#e6f0f9" },
    s2: { line: "#0a7757", wash: "#e5f4ee" },
    off: { line: "#5f6b7c", wash: "#eef1f5" },
    diverges: { line: "#a61e6d", wash: "#fbe9f3" },
  },
};

export const DARK: Palette = {
  canvas: "#12161d",
  surface: "#1a2029",
  frame: "#161b23",
  band: "#171c24",
  ink: "#e7ecf3",
  muted: "#9fabbb",
  line: "#2d3643",
  strong: "#4a5667",
  kind: {
    abort: { line: "#ff8f63", wash: "#36241f" },
    bypass: { line: "#f0b04c", wash: "#33291b" },
    translate: { line: "#74bcf7", wash: "#1d2c3b" },
    s2: { line: "#52cf9f", wash: "#1a302b" },
    off: { line: "#97a3b4", wash: "#232b36" },
    diverges: { line: "#f584c2", wash: "#372234" },
  },
};
