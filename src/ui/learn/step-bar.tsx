/** Where one is: a mark a step, each with its title and how it went. */
import { useCallback } from "react";
import { useHint } from "../widgets/use-hint.ts";
import "./step-bar.css";

export type StepMark = "open" | "seen" | "right" | "wrong";

const WORDS: Readonly<Record<StepMark, string>> = {
  open: "not yet seen",
  seen: "seen",
  right: "answered right",
  wrong: "answered wrong",
};

interface Mark {
  readonly id: string;
  readonly title: string;
  readonly mark: StepMark;
  readonly asks: boolean;
}

function Step({
  at,
  of,
  current,
  onGo,
}: {
  readonly at: number;
  readonly of: Mark;
  readonly current: boolean;
  onGo(): void;
}) {
  const hint = useHint(
    useCallback(
      () => (
        <p className="hint-note">
          {at + 1}. {of.title}
          {of.asks ? " · asks" : ""} · {WORDS[of.mark]}
        </p>
      ),
      [at, of],
    ),
  );
  return (
    <li>
      <button
        type="button"
        className="step-mark"
        data-mark={of.mark}
        data-asks={of.asks ? "" : undefined}
        aria-current={current ? "step" : undefined}
        aria-label={`Step ${at + 1}: ${of.title}, ${WORDS[of.mark]}`}
        onClick={onGo}
        {...hint}
      >
        <span />
      </button>
    </li>
  );
}

export function StepBar({
  steps,
  at,
  onGo,
}: {
  readonly steps: readonly Mark[];
  readonly at: number;
  onGo(step: number): void;
}) {
  return (
    <nav className="step-bar" aria-label="Steps of the lesson">
      <ol>
        {steps.map((one, i) => (
          <Step key={one.id} at={i} of={one} current={i === at} onGo={() => onGo(i)} />
        ))}
      </ol>
    </nav>
  );
}
