/** The lessons in their order, for one track or the other, and the one to go on with. */
import { useState } from "react";
import { type Lesson, TRACKS, type Track } from "../../learn/lesson.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { type Entry, lessons } from "./library.ts";
import { goToLesson } from "./route.ts";

const TRACK_NAMES: Readonly<Record<Track, string>> = {
  kernel: "Kernel contributor",
  qemu: "QEMU contributor",
};

const minutes = (of: readonly Entry<Lesson>[]): number =>
  of.reduce((sum, { value }) => sum + value.minutes, 0);

function LessonRow({ entry, at }: { readonly entry: Entry<Lesson>; readonly at: number }) {
  const { id, value } = entry;
  const asks = value.steps.reduce((sum, { predictions }) => sum + predictions.length, 0);
  return (
    <li>
      <button
        type="button"
        className="lesson-row"
        data-testid={`lesson-${id}`}
        onClick={() => goToLesson(id)}
      >
        <span className="lesson-number">{at}</span>
        <span className="lesson-main">
          <span className="lesson-name">{value.title}</span>
          <span className="lesson-about">{value.about}</span>
        </span>
        <span className="lesson-facts">
          {value.minutes} min
          <span>
            {value.steps.length} steps{asks === 0 ? "" : ` · asks ${asks}`}
          </span>
        </span>
      </button>
    </li>
  );
}

export function Course() {
  const [track, setTrack] = useState<Track>("kernel");
  const all = lessons();
  const mine = all.filter(({ value }) => value.tracks.includes(track));
  const first = mine[0];
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
        {first === undefined ? null : (
          <Button
            look="primary"
            className="course-go"
            data-testid="start"
            onClick={() => goToLesson(first.id)}
          >
            <Glyph name="play" />
            Start: {first.value.title}
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
