/** Challenges by grade, each with its par and the learner's own best. */
import type { Challenge } from "../../learn/challenge.ts";
import { challengeProgress } from "../../learn/progress.ts";
import { provedOf } from "../../learn/proved.ts";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { challenges, type Entry } from "./library.ts";
import { useProgress } from "./progress-store.ts";
import { goToChallenge } from "./route.ts";
import "./challenges.css";

export const GRADES: Readonly<Record<Challenge["grade"], string>> = {
  1: "First patches",
  2: "Contributor",
  3: "Reviewer",
  4: "Maintainer",
};

const commands = (n: number): string => `${n} command${n === 1 ? "" : "s"}`;

function Card({ entry }: { readonly entry: Entry<Challenge> }) {
  const { id, value } = entry;
  const { best, hints } = useProgress(({ progress }) => challengeProgress(progress, id));
  const proof = provedOf(id, value);
  const atPar = best !== null && proof !== null && best <= proof.par;
  return (
    <li>
      <button
        type="button"
        className="challenge-card"
        data-testid={`challenge-${id}`}
        data-solved={best === null ? undefined : atPar ? "par" : "over"}
        onClick={() => goToChallenge(id)}
      >
        <span className="challenge-name">
          {best === null ? null : <Glyph name="check" />}
          {value.title}
        </span>
        <span className="challenge-about">{value.about}</span>
        <span className="challenge-facts">
          <span>par {proof?.par ?? "unproved"}</span>
          <span>
            {best === null ? "" : atPar ? "solved at par" : `your best: ${commands(best)}`}
            {hints === 0 ? "" : ` · ${hints} hint${hints === 1 ? "" : "s"}`}
          </span>
        </span>
      </button>
    </li>
  );
}

export function Challenges() {
  const all = challenges();
  const { progress } = useProgress();
  const solved = all.filter(({ id }) => challengeProgress(progress, id).best !== null).length;
  return (
    <section className="learn-section" aria-label="Challenges">
      <div className="learn-bar">
        <h2>Challenges</h2>
        <span className="learn-note">
          {solved} of {all.length} solved. Par is the fewest commands that do it, proved by exploration.
        </span>
      </div>
      {all.length === 0 ? <Empty glyph="learn" title="There is no challenge yet" /> : null}
      {([1, 2, 3, 4] as const).map((grade) => {
        const of = all.filter(({ value }) => value.grade === grade);
        return of.length === 0 ? null : (
          <section key={grade} aria-label={GRADES[grade]}>
            <h3 className="challenge-grade">
              {GRADES[grade]} <span className="learn-count">grade {grade}</span>
            </h3>
            <ul className="challenge-cards">
              {of.map((entry) => (
                <Card key={entry.id} entry={entry} />
              ))}
            </ul>
          </section>
        );
      })}
    </section>
  );
}
