/** A number typed as hex, decimal or binary; bad input is refused in place, with the reason. */
import { useId, useState } from "react";

export type NumberRead =
  | { readonly ok: true; readonly value: bigint }
  | { readonly ok: false; readonly why: string };

/** Numbers as scripts write them, within `bits`. */
export function readNumber(text: string, bits: number): NumberRead {
  const word = text.trim().replaceAll("_", "");
  if (word === "") return { ok: false, why: "nothing is written here" };
  if (!/^(0x[0-9a-f]+|0b[01]+|[0-9]+)$/i.test(word)) {
    return { ok: false, why: `“${text.trim()}” is no number: decimal, 0x… or 0b…` };
  }
  const value = BigInt(word);
  if (value >> BigInt(bits) !== 0n) {
    return { ok: false, why: `${text.trim()} needs more than ${bits} ${bits === 1 ? "bit" : "bits"}` };
  }
  return { ok: true, value };
}

interface HexInputProps {
  readonly label: string;
  readonly value: bigint;
  readonly bits: number;
  readonly digits?: number;
  readonly readOnly?: boolean;
  onChange(value: bigint): void;
}

export function HexInput({ label, value, bits, digits = 0, readOnly = false, onChange }: HexInputProps) {
  const shown = `0x${value.toString(16).padStart(digits, "0")}`;
  /** What was typed while it is not a number; null shows the value. */
  const [typed, setTyped] = useState<string | null>(null);
  const why = useId();
  const read = typed === null ? null : readNumber(typed, bits);
  const refusal = read !== null && !read.ok ? read.why : null;
  return (
    <span className="hex">
      <input
        className="input input-mono hex-input"
        aria-label={label}
        aria-invalid={refusal !== null}
        aria-describedby={refusal === null ? undefined : why}
        value={typed ?? shown}
        size={Math.max(6, shown.length)}
        readOnly={readOnly}
        spellCheck={false}
        onChange={(event) => {
          const text = event.currentTarget.value;
          const next = readNumber(text, bits);
          setTyped(text);
          if (next.ok) onChange(next.value);
        }}
        onBlur={() => {
          if (refusal === null) setTyped(null);
        }}
      />
      {refusal === null ? null : (
        <span id={why} className="field-refusal" role="alert">
          {refusal}
        </span>
      )}
    </span>
  );
}
