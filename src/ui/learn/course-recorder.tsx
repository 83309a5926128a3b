/** Over the lab: what is played becomes steps of a lesson, or the start and the solution of a challenge. */
import { useReview } from "../state/review-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { ChallengeRecorder } from "./challenge-recorder.tsx";
import { LessonRecorder } from "./lesson-recorder.tsx";
import "../widgets/fields.css";
import "../present/recorder.css";

/** `id`: of an own lesson to go on with, or `new-lesson`, `new-challenge`. */
export default function CourseRecorder({ id }: { readonly id: string }) {
  const challenge = id === "new-challenge";
  const what = challenge ? "a challenge" : "a lesson";
  return (
    <aside className="recorder" aria-label={`Recording ${what}`} data-testid="course-recorder">
      <header className="recorder-head">
        <h2>Recording {what}</h2>
        <span />
        <Button
          look="quiet"
          icon
          aria-label="Stop recording"
          onClick={() => useReview.getState().recordCourse(null)}
        >
          <Glyph name="close" />
        </Button>
      </header>
      {challenge ? <ChallengeRecorder /> : <LessonRecorder id={id} />}
    </aside>
  );
}
