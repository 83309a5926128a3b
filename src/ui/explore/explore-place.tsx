/** Explore: every state that some moves reach, every promise that breaks there, and the shortest way to it. */
import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { QuestionForm } from "./question-form.tsx";
import { Results } from "./results.tsx";
import "../compare/compare.css";
import "../timeline/timeline.css";
import "../widgets/fields.css";
import "./explore.css";
import "./answers.css";

export default function ExplorePlace() {
  return (
    <main className="review-place explore" data-testid="explore" aria-label="Explore">
      <header className="review-head">
        <Button onClick={() => usePage.getState().open(null)}>
          <Glyph name="back" />
          Back to the lab
        </Button>
        <h1 className="review-title">Explore</h1>
        <span className="review-about">
          Every reachable state, every broken promise, the shortest way there.
        </span>
      </header>
      <div className="explore-body">
        <QuestionForm />
        <div className="explore-results">
          <Results />
        </div>
      </div>
    </main>
  );
}
