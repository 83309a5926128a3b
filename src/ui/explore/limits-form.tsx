/** How far the search goes, and what it counts as one. */
import { type ReactNode, useId } from "react";
import { useExplore } from "./explore-store.ts";
import { Group } from "./form-field.tsx";
import type { Checked, Question } from "./question.ts";

interface NumberProps {
  readonly name: "depth" | "states" | "memory";
  readonly label: string;
  readonly unit: string;
  readonly placeholder?: string;
  readonly wrong: string | null;
}

function NumberField({ name, label, unit, placeholder, wrong }: NumberProps) {
  const value = useExplore((explore) => explore.question[name]);
  const id = useId();
  return (
    <div className="explore-number">
      <label>
        <span>{label}</span>
        <input
          className="input"
          inputMode="numeric"
          value={value}
          placeholder={placeholder}
          autoComplete="off"
          aria-invalid={wrong !== null}
          aria-describedby={wrong === null ? undefined : id}
          onChange={(event) => useExplore.getState().ask({ [name]: event.target.value } as Partial<Question>)}
        />
        <span className="explore-quiet">{unit}</span>
      </label>
      {wrong === null ? null : (
        <p id={id} className="field-refusal" role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}

export function LimitsForm({
  checked,
  children,
}: {
  readonly checked: Checked;
  readonly children?: ReactNode;
}) {
  const symmetry = useExplore((explore) => explore.question.symmetry);
  const { ask } = useExplore.getState();
  return (
    <Group title="How far">
      <div className="explore-numbers">
        <NumberField name="depth" label="Depth" unit="moves" placeholder="no limit" wrong={checked.depth} />
        <NumberField name="states" label="States" unit="at most" wrong={checked.states} />
        <NumberField name="memory" label="Memory" unit="MiB" wrong={checked.memory} />
      </div>
      {children}
      <label className="explore-choice">
        <input
          type="checkbox"
          checked={symmetry}
          onChange={(event) => ask({ symmetry: event.target.checked })}
        />
        <span className="explore-choice-name">Interchangeable devices and vSMMUs count as one</span>
        <span className="explore-choice-about">
          fewer states, the same answers; off counts every naming apart
        </span>
      </label>
    </Group>
  );
}
