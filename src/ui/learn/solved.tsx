/** A solved challenge: the own way beside the shortest, and what it was about. */
import { useEffect, useRef } from "react";
import type { Challenge } from "../../learn/challenge.ts";
import type { Proof } from "../../learn/prove.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { LearnProse } from "./learn-prose.tsx";
import { challenges } from "./library.ts";
import { numbered } from "./numbered.ts";
import { goToChallenge, goToSection } from "./route.ts";

interface SolvedProps {
  readonly id: string;
  readonly challenge: Challenge;
  readonly commands: readonly string[];
  readonly proof: Proof | null;
  onAgain(): void;
}

function Way({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <div>
      <p className="way-title">{title}</p>
      <ol className="way-lines">
        {numbered(lines).map(({ n, text }) => (
          <li key={`${n} ${text}`}>{text}</li>
        ))}
      </ol>
    </div>
  );
}

export function Solved({ id, challenge, commands, proof, onAgain }: SolvedProps) {
  const box = useRef<HTMLElement>(null);
  // It stands above what was pressed, which may have been far below.
  useEffect(() => {
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const all = challenges();
  const at = all.findIndex((one) => one.id === id);
  const next = at < 0 ? undefined : all[at + 1];
  const over = proof === null ? null : commands.length - proof.par;
  const same = proof?.way.every((line, i) => commands[i] === line) === true && over === 0;
  return (
    <section ref={box} className="solved" aria-label="Solved" role="status" data-testid="solved">
      <p className="solved-title">
        <Glyph name="check" />
        Solved in {commands.length}
        {over === null ? "" : over <= 0 ? ", at par" : `, ${over} over par`}
      </p>
      {over !== null && over > 0 ? (
        <p>Par is {proof?.par}: shorter is possible, and nothing shorter than par.</p>
      ) : null}
      {challenge.insight === "" ? null : <LearnProse text={challenge.insight} />}
      {proof === null || same ? null : (
        <details>
          <summary>Your way beside a shortest one</summary>
          <div className="ways">
            <Way title={`Yours, ${commands.length}`} lines={commands} />
            <Way title={`Shortest, ${proof.par}`} lines={proof.way} />
          </div>
        </details>
      )}
      <div className="learn-ways">
        {next === undefined ? (
          <Button look="primary" onClick={() => goToSection("challenges")}>
            All challenges
          </Button>
        ) : (
          <Button look="primary" onClick={() => goToChallenge(next.id)}>
            Next: {next.value.title}
          </Button>
        )}
        <Button onClick={onAgain}>Again</Button>
      </div>
    </section>
  );
}
