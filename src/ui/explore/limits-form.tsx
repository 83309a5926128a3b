/** How far the search goes, and what it counts as one. */
import { useId } from "react";
import { useExplore } from "./explore-store.ts";
import { reachText } from "./foreseen.ts";
import { Group } from "./form-field.tsx";
import { type Checked, MOST_WORKERS, type Question } from "./question.ts";

interface NumberProps {
  readonly name: "depth" | "states" | "memory";
  readonly label: string;
  readonly unit: string;
  readonly placeholder?: string;
  /** What the number means for this question. */
  readonly note?: string | null;
  readonly wrong: string | null;
}

function NumberField({ name, label, unit, placeholder, note = null, wrong }: NumberProps) {
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
          aria-describedby={wrong === null && note === null ? undefined : id}
          onChange={(event) => useExplore.getState().ask({ [name]: event.target.value } as Partial<Question>)}
        />
        <span className="explore-quiet">{unit}</span>
      </label>
      {wrong === null ? null : (
        <p id={id} className="field-refusal" role="alert">
          {wrong}
        </p>
      )}
      {wrong !== null || note === null ? null : (
        <p id={id} className="explore-quiet explore-number-note" data-testid={`explore-${name}-note`}>
          {note}
        </p>
      )}
    </div>
  );
}

const WORKERS = MOST_WORKERS.filter((n) => n <= Math.max(2, navigator.hardwareConcurrency ?? 1));

export function LimitsForm({ checked }: { readonly checked: Checked }) {
  const question = useExplore((explore) => explore.question);
  const { symmetry, workers } = question;
  const reach = reachText(question, checked);
  const { ask } = useExplore.getState();
  return (
    <Group title="How far">
      <div className="explore-numbers">
        <NumberField name="depth" label="Depth" unit="moves" placeholder="no limit" wrong={checked.depth} />
        <NumberField name="states" label="States" unit="at most" note={reach} wrong={checked.states} />
        <NumberField name="memory" label="Memory" unit="MiB" wrong={checked.memory} />
      </div>
      <div className="explore-number">
        <label>
          <span>Workers</span>
          <select
            className="select"
            value={workers}
            onChange={(event) => ask({ workers: Number(event.target.value) })}
          >
            {WORKERS.map((n) => (
              <option key={n}>{n}</option>
            ))}
          </select>
          <span className="explore-quiet">the answer is the same for any number</span>
        </label>
      </div>
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
