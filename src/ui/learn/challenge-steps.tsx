/** What was done since the start, counted against par, and the ways back. */
import type { ReactNode } from "react";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { numbered } from "./numbered.ts";

interface ChallengeStepsProps {
  readonly commands: readonly string[];
  /** Null while it is not proved. */
  readonly par: number | null;
  /** States looked at while par is being proved; null when it is not. */
  readonly proving: number | null;
  readonly atStart: boolean;
  /** More ways on. */
  readonly children: ReactNode;
  onUndo(): void;
  onReset(): void;
}

export function ChallengeSteps({
  commands,
  par,
  proving,
  atStart,
  children,
  onUndo,
  onReset,
}: ChallengeStepsProps) {
  const reason = atStart ? "Nothing was done yet" : null;
  const told =
    par !== null
      ? `par ${par}`
      : proving !== null
        ? `proving par: ${proving.toLocaleString("en-GB")} states`
        : "par not proved";
  return (
    <footer className="challenge-steps">
      <p className="challenge-count" data-over={par !== null && commands.length > par ? "" : undefined}>
        <strong data-testid="count">{commands.length}</strong> command{commands.length === 1 ? "" : "s"}
        <span data-testid="par"> · {told}</span>
      </p>
      <ol className="challenge-line" aria-label="What was done">
        {numbered(commands).map(({ n, text }) => (
          <li key={`${n} ${text}`}>
            <span>{n}</span> {text}
          </li>
        ))}
      </ol>
      <Button reason={reason} onClick={onUndo} data-testid="undo">
        <Glyph name="previous" />
        Undo
      </Button>
      <Button reason={reason} onClick={onReset} data-testid="reset">
        <Glyph name="first" />
        Start again
      </Button>
      {children}
    </footer>
  );
}
