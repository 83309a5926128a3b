/** Whether a step's claim still stands: a word and an icon, never a colour alone. */
import type { Judgement } from "../../review/walk/play.ts";
import { Glyph } from "../widgets/glyphs.tsx";

const WORDS: Readonly<Record<Judgement, string>> = {
  held: "held",
  stale: "stale",
  broken: "broken",
  none: "no claim",
};

export function JudgementTag({ of }: { readonly of: Judgement }) {
  return (
    <span className="judgement" data-judgement={of}>
      {of === "none" ? null : <Glyph name={of === "held" ? "check" : of === "stale" ? "eye" : "warn"} />}
      {WORDS[of]}
    </span>
  );
}
