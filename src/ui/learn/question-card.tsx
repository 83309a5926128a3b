/** A question before something runs: choices for mouse and keys; afterwards what was said beside what happened. */
import { useId } from "react";
import type { IconName } from "../../draw/icons.ts";
import type { Question, Shown } from "../../learn/question.ts";
import { StateIcon } from "../theme/icons.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import "./question.css";

interface QuestionCardProps {
  readonly asked: Question;
  /** What is chosen or was said; null: nothing. */
  readonly said: string | null;
  /** It ran: the answer is shown. */
  readonly open: boolean;
  /** One of several: `a`, so that keys have a question to go to. */
  readonly current: boolean;
  readonly hint?: string | null;
  onSay(value: string): void;
}

/** The engine's word that is right. */
export const answerOf = (asked: Question): string => asked.choices[asked.right]?.value ?? "";

const KINDS: Readonly<Record<string, IconName>> = {
  s2: "s2",
  "pass-s2": "s2",
  abort: "abort",
  bypass: "bypass",
  "pass-bypass": "bypass",
  translate: "translate",
  s1: "translate",
  "pass-s1": "translate",
  blocked: "off",
  none: "off",
};

/** Icon and colour of an answer that is a state; an errno or a number has none. */
function kindOf({ ask }: Question, { value }: Shown): IconName | null {
  if (ask.kind !== "attachment" && ask.kind !== "dma" && ask.kind !== "legal") return null;
  return KINDS[value] ?? null;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** How it went, in one line for eyes and ears. */
function verdictText(asked: Question, said: string | null): string {
  const answer = asked.choices[asked.right]?.label ?? "";
  if (said === null) return sentence(`Answer: ${answer}`);
  return sentence(said === answerOf(asked) ? `Right: ${answer}` : `Not so: ${answer}`);
}

/** Whose answer the wrong one is: another release's, the state's before. */
const yours = (why: string): string => `Yours: ${why.charAt(0).toLowerCase()}${why.slice(1)}`;

export function QuestionCard({ asked, said, open, current, hint, onSay }: QuestionCardProps) {
  const name = useId();
  const answer = answerOf(asked);
  const right = said === answer;
  const why = asked.choices.find(({ value }) => value === said)?.why ?? null;
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
          const kind = kindOf(asked, choice);
          const isAnswer = open && choice.value === answer;
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
              {kind === null ? null : <StateIcon name={kind} size={14} />}
              <span className="choice-label">{choice.label}</span>
            </label>
          );
        })}
      </div>
      {open ? (
        <div className="question-end" role="status">
          <p className="question-verdict">
            <Glyph name={right ? "check" : said === null ? "eye" : "close"} />
            {verdictText(asked, said)}
          </p>
          {right || why === null ? null : <p>{yours(why)}</p>}
        </div>
      ) : null}
    </fieldset>
  );
}
