/**
 * A line to type commands on: completion, history, and what is wrong with what was typed. What a line means, and what
 * stands above it, is said by whoever uses it.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Completion } from "../../script/completion.ts";
import type { Problem } from "../../script/problem.ts";
import type { TimelineNode } from "../../script/session.ts";
import { Problems } from "./problems.tsx";
import { useCompletion } from "./use-completion.ts";
import "./console.css";

const MOST = 40;

interface CommandLineProps {
  /** Where the line would be played: names are completed from there. */
  readonly node: TimelineNode;
  readonly placeholder: string;
  readonly history: readonly string[];
  /** Grows whenever somebody asks for the focus. */
  readonly focusAsked?: number;
  /** Shown while there is nothing wrong. */
  readonly children: ReactNode;
  /** What may be typed, where that is less than the language. */
  readonly complete?: (text: string) => Completion;
  /** Problems: nothing happened. */
  run(line: string): readonly Problem[];
}

export function CommandLine({
  node,
  placeholder,
  history,
  focusAsked = 0,
  children,
  complete,
  run,
}: CommandLineProps) {
  const [text, setText] = useState("");
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  /** Which option is chosen; null: the typed text itself. */
  const [chosen, setChosen] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  /** Where in the history the arrows are; null: at the new line. */
  const [past, setPast] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (focusAsked > 0) input.current?.focus();
  }, [focusAsked]);

  const language = useCompletion(complete === undefined ? text : "", node);
  const completion = complete?.(text) ?? language;
  const options = open && text !== "" ? completion.options.slice(0, MOST) : [];
  const showing = options.length > 0 && !(options.length === 1 && text.endsWith(options[0]?.label ?? " "));

  useEffect(() => {
    if (chosen !== null) list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const change = (next: string, opened: boolean): void => {
    setText(next);
    setProblems([]);
    setChosen(null);
    setOpen(opened);
  };

  const accept = (at: number): void => {
    const option = options[at];
    if (option === undefined) return;
    const space = option.kind === "key" ? "" : " ";
    change(`${text.slice(0, completion.from)}${option.label}${space}`, true);
    input.current?.focus();
  };

  const runLine = (): void => {
    const line = text.trim();
    if (line === "") return;
    const wrong = run(line);
    setPast(null);
    if (wrong.length === 0) change("", false);
    else {
      setProblems(wrong);
      setOpen(false);
    }
  };

  const recall = (by: number): void => {
    const last = history.length;
    const next = Math.max(0, Math.min(last, (past ?? last) + by));
    setPast(next === last ? null : next);
    change(history[next] ?? "", false);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    switch (event.key) {
      case "Enter":
        if (showing && chosen !== null) accept(chosen);
        else runLine();
        break;
      case "Tab":
        if (!showing || event.shiftKey) return;
        accept(chosen ?? 0);
        break;
      case "ArrowDown":
        if (showing) setChosen(chosen === null ? 0 : (chosen + 1) % options.length);
        else recall(1);
        break;
      case "ArrowUp":
        if (showing && chosen !== null) setChosen(chosen === 0 ? null : chosen - 1);
        else recall(-1);
        break;
      case "Escape":
        if (!open) return;
        setOpen(false);
        setChosen(null);
        break;
      case " ":
        if (!event.ctrlKey) return;
        setOpen(true);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <section className="console" aria-label="Console" data-testid="console">
      <div className="console-scroll">
        {problems.length > 0 ? (
          <Problems
            problems={problems}
            text={text}
            onTake={(next) => {
              change(next, false);
              input.current?.focus();
            }}
          />
        ) : (
          children
        )}
      </div>
      <div className="console-line">
        {showing ? (
          <div
            ref={list}
            id={`${id}-list`}
            className="console-options"
            role="listbox"
            aria-label="Completions"
          >
            {options.map((option, at) => (
              <button
                key={`${option.kind} ${option.label}`}
                id={`${id}-${at}`}
                type="button"
                className="console-option"
                role="option"
                aria-selected={at === chosen}
                tabIndex={-1}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => accept(at)}
              >
                <span className="mono">{option.label}</span>
                <span className="console-detail">{option.detail}</span>
              </button>
            ))}
          </div>
        ) : null}
        <label className="console-prompt" htmlFor={`${id}-input`} aria-hidden="true">
          ›
        </label>
        <input
          ref={input}
          id={`${id}-input`}
          className="console-input"
          role="combobox"
          aria-label="Command"
          aria-expanded={showing}
          aria-controls={showing ? `${id}-list` : undefined}
          aria-activedescendant={showing && chosen !== null ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-invalid={problems.length > 0}
          aria-describedby={problems.length > 0 ? "console-problems" : undefined}
          placeholder={placeholder}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setPast(null);
            change(event.currentTarget.value, true);
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
      </div>
    </section>
  );
}
