/** A few exclusive values side by side. Arrow keys move the focus, Enter or Space chooses: choosing acts on the model. */
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { Button } from "./button.tsx";
import type { HintProps } from "./use-hint.ts";
import "./segmented.css";

export interface SegmentedOption<T extends string> {
  readonly value: T;
  readonly label: ReactNode;
  readonly reason?: string | null;
  readonly hint?: HintProps;
  /** Colours the chosen value: one of the states' names. */
  readonly tone?: "abort" | "bypass" | "translate" | "s2";
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T | null;
  readonly options: readonly SegmentedOption<T>[];
  onChoose(value: T): void;
}

export function Segmented<T extends string>({ label, value, options, onChoose }: SegmentedProps<T>) {
  const box = useRef<HTMLFieldSetElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || box.current === null) return;
    const buttons = [...box.current.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  };
  return (
    <fieldset ref={box} className="segmented" aria-label={label} onKeyDown={onKeyDown}>
      {options.map((option) => (
        <Button
          key={option.value}
          look="quiet"
          aria-pressed={option.value === value}
          data-tone={option.tone}
          reason={option.reason}
          onClick={() => onChoose(option.value)}
          {...option.hint}
        >
          {option.label}
        </Button>
      ))}
    </fieldset>
  );
}
