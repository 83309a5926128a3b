/** The end of a lesson: how it went, what it taught, and where to go from here. */
import type { Lesson } from "../../learn/lesson.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { type Entry, lessons } from "./library.ts";
import { goToLesson, goToSection } from "./route.ts";

interface LessonEndProps {
  readonly entry: Entry<Lesson>;
  readonly right: number;
  readonly of: number;
}

export function LessonEnd({ entry, right, of }: LessonEndProps) {
  const all = lessons();
  const next = all[all.findIndex(({ id }) => id === entry.id) + 1];
  const own = entry.id.startsWith("own-");
  return (
    <div data-testid="lesson-end">
      <p className="lesson-where">The end</p>
      <h2>{entry.value.title}</h2>
      <p>
        {right === null ? "You have seen it all." : `You said ${right} of ${of} right before they ran.`}{" "}
        {of > 0 && right !== null && right < of
          ? "What was wrong comes back in practice, until it is not."
          : ""}
      </p>
      <h3>What it taught</h3>
      <p className="lesson-rules">
        {entry.value.rules.map((id) => (
          <RuleLink key={id} id={id} />
        ))}
      </p>
      <div className="learn-ways">
        {own || next === undefined ? null : (
          <Button look="primary" onClick={() => goToLesson(next.id)} data-testid="next-lesson">
            Next: {next.value.title}
            <Glyph name="next" />
          </Button>
        )}
        <Button onClick={() => goToSection("practice")}>Practise</Button>
        <Button onClick={() => goToSection("course")}>All lessons</Button>
      </div>
    </div>
  );
}
