/** The parts of Learn, at the side; on a narrow page above. */
import { goToSection, SECTIONS, type Section } from "./route.ts";

const NAMES: Readonly<Record<Section, string>> = {
  course: "Course",
  practice: "Practice",
  challenges: "Challenges",
  rules: "Rules",
  glossary: "Glossary",
  own: "Your own",
};

export function LearnNav({
  at,
  counts = {},
}: {
  readonly at: Section;
  readonly counts?: Partial<Record<Section, string>>;
}) {
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
