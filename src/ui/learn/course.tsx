/** The lessons in their order, for one track or the other, and the one to go on with. */
import { useEffect, useRef, useState } from "react";
import { type Lesson, TRACKS, type Track } from "../../learn/lesson.ts";
import { type LessonProgress, lessonProgress } from "../../learn/progress.ts";
import { whenIdle } from "../state/idle.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { type Entry, lessons } from "./library.ts";
import { playSteps } from "./play-lesson.ts";
import { useProgress } from "./progress-store.ts";
import { goToLesson, goToSection } from "./route.ts";

const TRACK_NAMES: Readonly<Record<Track, string>> = {
  kernel: "Kernel contributor",
  qemu: "QEMU contributor",
};

/** A lesson that was left goes on where it was left; one that is done begins anew. */
const resumeAt = ({ step, done }: LessonProgress): number => (done ? 0 : Math.max(0, step - 1));

const minutes = (of: readonly Entry<Lesson>[]): number =>
  of.reduce((sum, { value }) => sum + value.minutes, 0);

function factsOf({ step, done, right, wrong }: LessonProgress, steps: number, asks: number): string {
  const answers = right + wrong === 0 ? "" : ` · ${right} of ${right + wrong} right`;
  if (done) return `done${answers}`;
  if (step > 0) return `at step ${step} of ${steps}${answers}`;
  return `${steps} steps${asks === 0 ? "" : ` · asks ${asks}`}`;
}

function LessonRow({ entry, at }: { readonly entry: Entry<Lesson>; readonly at: number }) {
  const { id, value } = entry;
  const progress = useProgress((store) => lessonProgress(store.progress, id));
  const job = useRef({});
  // Who points at a lesson is about to open it: by then it has been played.
  const prepare = (): void => void whenIdle(job.current, () => void playSteps(value));
  const asks = value.steps.reduce((sum, { predictions }) => sum + predictions.length, 0);
  return (
    <li>
      <button
        type="button"
        className="lesson-row"
        data-testid={`lesson-${id}`}
        onPointerEnter={prepare}
        onFocus={prepare}
        onClick={() => goToLesson(id, resumeAt(progress))}
      >
        <span className="lesson-number" data-done={progress.done ? "" : undefined}>
          {progress.done ? <Glyph name="check" /> : at}
        </span>
        <span className="lesson-main">
          <span className="lesson-name">{value.title}</span>
          <span className="lesson-about">{value.about}</span>
        </span>
        <span className="lesson-facts">
          {value.minutes} min
          <span>{factsOf(progress, value.steps.length, asks)}</span>
        </span>
      </button>
    </li>
  );
}

export function Course() {
  const [track, setTrack] = useState<Track>("kernel");
  const all = lessons();
  const mine = all.filter(({ value }) => value.tracks.includes(track));
  const { progress } = useProgress();
  const first = mine.find(({ id }) => !lessonProgress(progress, id).done);
  const job = useRef({});
  useEffect(
    () => (first === undefined ? undefined : whenIdle(job.current, () => void playSteps(first.value))),
    [first],
  );
  const begun = first !== undefined && lessonProgress(progress, first.id).step > 0;
  const done = mine.filter(({ id }) => lessonProgress(progress, id).done);
  return (
    <section className="learn-section" aria-label="Course">
      <div className="course-start">
        <div>
          <h2>Say what will happen. Then see it.</h2>
          <p>
            Every lesson runs on the model beside it. Before a step that is easily got wrong it asks; when it
            has run, the rules that decided say why.
          </p>
        </div>
        {first === undefined ? (
          <Button look="primary" className="course-go" onClick={() => goToSection("practice")}>
            <Glyph name="check" />
            All done: practise
          </Button>
        ) : (
          <Button
            look="primary"
            className="course-go"
            data-testid="start"
            onClick={() => goToLesson(first.id, resumeAt(lessonProgress(progress, first.id)))}
          >
            <Glyph name="play" />
            {begun ? "Go on" : done.length === 0 ? "Start" : "Next"}: {first.value.title}
          </Button>
        )}
      </div>
      <div className="course-tracks">
        <Segmented<Track>
          label="Track"
          value={track}
          options={TRACKS.map((one) => ({ value: one, label: TRACK_NAMES[one] }))}
          onChoose={setTrack}
        />
        <span className="learn-note">
          {mine.length} lessons, {minutes(mine)} minutes
          {done.length === 0 ? "" : ` · ${done.length} done`}
        </span>
      </div>
      <ol className="lesson-rows">
        {mine.map((entry) => (
          <LessonRow key={entry.id} entry={entry} at={all.indexOf(entry) + 1} />
        ))}
      </ol>
    </section>
  );
}
