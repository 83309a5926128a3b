/** Explore: every state that some moves reach, every promise that breaks there, and the shortest way to it. */
import { useEffect } from "react";
import { NARROW, useMedia } from "../app/use-media.ts";
import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { useExplore } from "./explore-store.ts";
import { QuestionForm } from "./question-form.tsx";
import { Results } from "./results.tsx";
import { bringAnswersBack } from "./running.ts";
import "../compare/compare.css";
import "../timeline/timeline.css";
import "../widgets/fields.css";
import "./explore.css";
import "./way.css";
import "./answers.css";

/** Question and answers do not fit under each other: one is shown. */
function Halves() {
  const half = useExplore((explore) => explore.half);
  return (
    <Segmented<"question" | "answers">
      label="What is shown"
      value={half}
      options={[
        { value: "question", label: "Question" },
        { value: "answers", label: "Answers" },
      ]}
      onChoose={(next) => useExplore.getState().turn(next)}
    />
  );
}

export default function ExplorePlace() {
  useEffect(bringAnswersBack, []);
  const narrow = useMedia(NARROW);
  const asked = useExplore((explore) => explore.run !== null);
  const half = useExplore((explore) => explore.half);
  const one = narrow && asked ? half : null;
  return (
    <main className="review-place explore" data-testid="explore" aria-label="Explore">
      <header className="review-head">
        <Button onClick={() => usePage.getState().open(null)}>
          <Glyph name="back" />
          Back to the lab
        </Button>
        <h1 className="review-title">Explore</h1>
        {one === null ? null : <Halves />}
        <span className="review-about">
          Every reachable state, every broken promise, the shortest way there.
        </span>
      </header>
      <div className="explore-body">
        <QuestionForm folded={one === "answers"} />
        {one === "question" ? null : (
          <div className="explore-results">
            <Results />
          </div>
        )}
      </div>
    </main>
  );
}
