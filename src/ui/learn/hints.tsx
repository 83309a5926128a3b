/** Hints, one at a time; how many were looked at is remembered. */
import { useState } from "react";
import { Button } from "../widgets/button.tsx";
import { LearnProse } from "./learn-prose.tsx";

interface HintsProps {
  readonly hints: readonly string[];
  onHint(count: number): void;
}

export function Hints({ hints, onHint }: HintsProps) {
  const [shown, setShown] = useState(0);
  if (hints.length === 0) return null;
  return (
    <section aria-label="Hints" data-testid="hints">
      <ol className="hints" aria-live="polite">
        {hints.slice(0, shown).map((hint) => (
          <li key={hint}>
            <LearnProse text={hint} />
          </li>
        ))}
      </ol>
      {shown === hints.length ? null : (
        <Button
          data-testid="hint-more"
          onClick={() => {
            setShown(shown + 1);
            onHint(shown + 1);
          }}
        >
          {shown === 0 ? "Give me a hint" : "Another hint"} ({shown + 1} of {hints.length})
        </Button>
      )}
    </section>
  );
}
