/** How answers are said. */
import type { JobVerdictState } from "../../explore/job-data.ts";
import type { Ending } from "../../explore/search.ts";
import type { GlyphName } from "../widgets/glyphs.tsx";

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;

export const moves = (n: number): string => count(n, "move");

interface VerdictWord {
  readonly word: string;
  readonly glyph: GlyphName;
}

export const VERDICT_WORDS: Readonly<Record<JobVerdictState, VerdictWord>> = {
  holds: { word: "holds", glyph: "check" },
  broken: { word: "broken", glyph: "warn" },
  reached: { word: "reached", glyph: "check" },
  unreached: { word: "out of reach", glyph: "warn" },
  open: { word: "so far", glyph: "more" },
};

/** What the end of a search means, in a sentence. */
export const ENDING_WORDS: Readonly<Record<Ending, string>> = {
  complete: "Every reachable state was seen.",
  depth: "Partial: every state within the depth was seen, none beyond.",
  states: "Partial: the limit of states was reached.",
  bytes: "Partial: the limit of memory was reached.",
  cancelled: "Partial: cancelled.",
};

export function bytesText(n: number): string {
  const mib = n / 2 ** 20;
  return `${mib < 10 ? mib.toFixed(1) : Math.round(mib).toLocaleString("en-GB")} MiB`;
}

export function timeText(ms: number): string {
  const s = ms / 1000;
  return s < 60 ? `${s.toFixed(1)} s` : `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
}

/** 12.3 k, 1.2 M: three digits that say how large. */
export function short(n: number): string {
  if (n < 10_000) return Math.round(n).toLocaleString("en-GB");
  if (n < 1_000_000) return `${(n / 1_000).toFixed(n < 100_000 ? 1 : 0)} k`;
  return `${(n / 1_000_000).toFixed(n < 10_000_000 ? 2 : 1)} M`;
}
