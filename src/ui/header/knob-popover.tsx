/** A header picker: named rows above, and below them the single knobs with what each changes and where that is from. */
import type { ReactNode } from "react";
import { Glyph } from "../widgets/glyphs.tsx";
import { Pop } from "../widgets/pop.tsx";
import "./knob-popover.css";

export interface ProfileChoice {
  readonly name: string;
  readonly note: string;
  readonly chosen: boolean;
  choose(): void;
}

export interface KnobRow {
  readonly key: string;
  readonly what: string;
  readonly source: string;
  readonly value: string;
  readonly values: readonly string[];
  /** Differs from the chosen release's row. */
  readonly own: boolean;
  choose(value: string): void;
}

interface KnobPopoverProps {
  readonly testid: string;
  readonly label: string;
  readonly value: string;
  readonly about: string;
  readonly several?: boolean;
  readonly extra?: ReactNode;
  choices(): readonly ProfileChoice[];
  knobs?(): readonly KnobRow[];
}

export function KnobPopover({
  testid,
  label,
  value,
  about,
  several = false,
  extra,
  choices,
  knobs,
}: KnobPopoverProps) {
  return (
    <Pop
      label={label}
      className="knobs"
      trigger={
        <button type="button" className="btn picker" data-testid={testid} aria-label={`${label}: ${value}`}>
          <span className="picker-label">{label}</span>
          <span className="picker-value">{value}</span>
          <Glyph name="down" className="picker-arrow" />
        </button>
      }
      content={() => (
        <>
          <p className="knobs-about">{about}</p>
          <fieldset className="knobs-choices" aria-label={label}>
            {choices().map((choice) => (
              <Choice key={choice.name} choice={choice} type={several ? "checkbox" : "radio"} name={testid} />
            ))}
          </fieldset>
          {extra}
          {knobs === undefined ? null : (
            <details className="knobs-more">
              <summary>Single knobs</summary>
              <Knobs rows={knobs()} />
            </details>
          )}
        </>
      )}
    />
  );
}

interface ChoiceProps {
  readonly choice: ProfileChoice;
  readonly type: "checkbox" | "radio";
  readonly name: string;
}

function Choice({ choice, type, name }: ChoiceProps) {
  return (
    <label className="knobs-choice">
      <input type={type} name={name} checked={choice.chosen} onChange={choice.choose} />
      <span className="menu-main">
        <span className="menu-label knobs-name">{choice.name}</span>
        <span className="menu-note">{choice.note}</span>
      </span>
    </label>
  );
}

function Knobs({ rows }: { readonly rows: readonly KnobRow[] }) {
  return (
    <ul className="knobs-list">
      {rows.map(({ key, what, source, value, values, own, choose }) => (
        <li key={key} className="knob" data-own={own || undefined}>
          <label className="knob-key">
            <span className="mono">{key}</span>
            <select className="select" value={value} onChange={(event) => choose(event.currentTarget.value)}>
              {values.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <p className="knob-what">{what}</p>
          <p className="knob-source">{source}</p>
        </li>
      ))}
    </ul>
  );
}
