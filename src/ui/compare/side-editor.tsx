/** One side: kernel, QEMU and repairs to choose from, and the whole of it as text for single knobs. */
import { useEffect, useId, useState } from "react";
import { KERNEL_PROFILES } from "../../engine/kernel/profiles.ts";
import { QEMU_PROFILES, QEMU_REPAIRS } from "../../engine/qemu/profiles.ts";
import { parseSide, type Side } from "../../review/sides.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";

const AS_WRITTEN = "as written";

function withPart(side: Side | null, part: Partial<Pick<Side, "kernel" | "qemu">>): string {
  const { kernel = null, qemu = null, fix = null } = { ...side, ...part };
  return [
    ...(kernel === null ? [] : [`kernel=${kernel}`]),
    ...(side?.kernelKnobs ?? []),
    ...(qemu === null ? [] : [`qemu=${qemu}`]),
    ...(side?.qemuKnobs ?? []),
    ...(fix === null ? [] : [`fix=${fix.length === 0 ? "none" : fix.join(",")}`]),
  ].join(" ");
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | null;
  readonly values: readonly string[];
  onChoose(value: string | null): void;
}

function Choice({ label, value, values, onChoose }: ChoiceProps) {
  return (
    <label className="side-choice">
      {label}
      <select
        className="select"
        value={value ?? ""}
        onChange={(event) => onChoose(event.target.value === "" ? null : event.target.value)}
      >
        <option value="">{AS_WRITTEN}</option>
        {values.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}

interface SideEditorProps {
  readonly letter: string;
  readonly text: string;
  onChange(text: string): void;
  readonly onRemove: (() => void) | null;
}

export function SideEditor({ letter, text, onChange, onRemove }: SideEditorProps) {
  const id = useId();
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const read = parseSide(typed);
  const side = read.ok ? read.value : null;
  const commit = (): void => {
    if (read.ok && read.value.text !== text) onChange(read.value.text);
  };
  return (
    <fieldset className="side" data-testid={`side-${letter}`}>
      <legend className="side-letter">{letter}</legend>
      <Choice
        label="Kernel"
        value={side?.kernel ?? null}
        values={Object.keys(KERNEL_PROFILES)}
        onChoose={(kernel) => onChange(withPart(side, { kernel }))}
      />
      <Choice
        label="QEMU"
        value={side?.qemu ?? null}
        values={QEMU_PROFILES.map(({ name }) => name)}
        onChoose={(qemu) => onChange(withPart(side, { qemu }))}
      />
      <label className="side-choice side-whole">
        Whole
        <input
          className="input input-mono"
          value={typed}
          list={`${id}-settings`}
          aria-invalid={!read.ok}
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => (event.key === "Enter" ? commit() : undefined)}
        />
        <datalist id={`${id}-settings`}>
          {QEMU_REPAIRS.map(({ names, text: about }) => (
            <option key={names[0]} value={`fix=${names[0]}`}>
              {about}
            </option>
          ))}
        </datalist>
      </label>
      {onRemove === null ? null : (
        <Button look="quiet" icon aria-label={`Remove side ${letter}`} onClick={onRemove}>
          <Glyph name="close" />
        </Button>
      )}
      {read.ok ? null : <p className="field-refusal">{read.problems.join("; ")}</p>}
    </fieldset>
  );
}
