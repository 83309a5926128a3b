/** The parts of Learn, at the side; on a narrow page above. */
import { challengeProgress, lessonProgress } from "../../learn/progress.ts";
import { challenges, lessons } from "./library.ts";
import { useOwn } from "./own-store.ts";
import { dueCount, useProgress } from "./progress-store.ts";
import { goToSection, SECTIONS, type Section } from "./route.ts";

const NAMES: Readonly<Record<Section, string>> = {
  course: "Course",
  practice: "Practice",
  challenges: "Challenges",
  rules: "Rules",
  glossary: "Glossary",
  own: "Your own",
};

/** What is to be done, and what is done, in a word. */
function useCounts(): Readonly<Partial<Record<Section, string>>> {
  const { progress } = useProgress();
  const own = useOwn(({ files }) => files.length);
  const due = dueCount(progress, Date.now());
  const done = lessons().filter(({ id }) => lessonProgress(progress, id).done).length;
  const solved = challenges().filter(({ id }) => challengeProgress(progress, id).best !== null).length;
  return {
    ...(done === 0 ? {} : { course: `${done}/${lessons().length}` }),
    ...(due === 0 ? {} : { practice: `${due} due` }),
    ...(solved === 0 ? {} : { challenges: `${solved}/${challenges().length}` }),
    ...(own === 0 ? {} : { own: String(own) }),
  };
}

export function LearnNav({ at }: { readonly at: Section }) {
  const counts = useCounts();
  return (
    <nav className="learn-nav" aria-label="Parts of Learn">
      <ul>
        {SECTIONS.map((id) => (
          <li key={id}>
            <button
              type="button"
              className="learn-nav-way"
              aria-current={id === at ? "page" : undefined}
              data-testid={`learn-${id}`}
              onClick={() => goToSection(id)}
            >
              {NAMES[id]}
              {counts[id] === undefined ? null : <span className="learn-count">{counts[id]}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
