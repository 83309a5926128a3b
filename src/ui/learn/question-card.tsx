/** A question before something runs: choices for mouse and keys; afterwards what was said beside what happened. */
import { useId } from "react";
import type { IconName } from "../../draw/icons.ts";
import { StateIcon } from "../theme/icons.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import "./question.css";

export interface Choice {
  /** The engine's word. */
  readonly value: string;
  readonly label: string;
  readonly kind: IconName | null;
}

export interface Asked {
  readonly text: string;
  readonly choices: readonly Choice[];
  readonly answer: string;
  /** Device whose attachment is asked about and can be put somewhere on the graph; null for other questions. */
  readonly dev: number | null;
  /** Ids of the rules that decided, most telling first. */
  readonly rules: readonly string[];
}

interface QuestionCardProps {
  readonly asked: Asked;
  /** What is chosen or was said; null: nothing. */
  readonly said: string | null;
  /** It ran: the answer is shown. */
  readonly open: boolean;
  /** One of several: `a`, so that keys have a question to go to. */
  readonly current: boolean;
  readonly hint?: string | null;
  onSay(value: string): void;
}

const words = (asked: Asked, value: string): string =>
  asked.choices.find((one) => one.value === value)?.label ?? value;

/** What was said, in one line for eyes and ears. */
export function verdictText(asked: Asked, said: string | null): string {
  if (said === null) return `It is ${words(asked, asked.answer)}.`;
  if (said === asked.answer) return `Right: ${words(asked, asked.answer)}.`;
  return `Not ${words(asked, said)}, but ${words(asked, asked.answer)}.`;
}

export function QuestionCard({ asked, said, open, current, hint, onSay }: QuestionCardProps) {
  const name = useId();
  const right = said === asked.answer;
  return (
    <fieldset
      className="question"
      data-testid="question"
      data-verdict={open ? (said === null ? "told" : right ? "right" : "wrong") : undefined}
      data-current={current ? "" : undefined}
    >
      <legend className="question-text">{asked.text}</legend>
      {hint == null || open ? null : <p className="question-hint">{hint}</p>}
      <div className="choices">
        {asked.choices.map((choice, i) => {
          const isAnswer = open && choice.value === asked.answer;
          const isWrong = open && choice.value === said && !right;
          return (
            <label
              key={choice.value}
              className="choice"
              data-said={choice.value === said ? "" : undefined}
              data-mark={isAnswer ? "answer" : isWrong ? "wrong" : undefined}
              data-value={choice.value}
            >
              <input
                type="radio"
                name={name}
                value={choice.value}
                checked={choice.value === said}
                disabled={open}
                onChange={() => onSay(choice.value)}
              />
              <span className="choice-key" aria-hidden="true">
                {isAnswer ? <Glyph name="check" /> : isWrong ? <Glyph name="close" /> : i + 1}
              </span>
              {choice.kind === null ? null : <StateIcon name={choice.kind} size={14} />}
              <span className="choice-label">{choice.label}</span>
            </label>
          );
        })}
      </div>
      {open ? (
        <p className="question-verdict" role="status">
          <Glyph name={right ? "check" : said === null ? "eye" : "close"} />
          {verdictText(asked, said)}
        </p>
      ) : null}
    </fieldset>
  );
}
