/** One register opened: its fields as switches and numbers, the whole as hex, and the write that would store it. */
import { useState } from "react";
import { type FieldSpec, getField, setField } from "../../engine/arch/bits.ts";
import type { RegisterSpec } from "../../engine/arch/registers.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { hex } from "./field-list.tsx";
import { HexInput } from "./hex-input.tsx";

const ACCESS: Readonly<Record<RegisterSpec["access"], string>> = {
  ro: "read only",
  rw: "may be written at any time",
  guarded: "may be written while it is not in use",
  gbpa: "may be written while Update reads 0",
  impl: "reads as zero, writes are ignored",
};

/** Registers whose write completes later: CR0ACK, IRQ_CTRLACK and GBPA.Update tell when. */
const HANDSHAKES: ReadonlySet<string> = new Set(["CR0", "IRQ_CTRL", "GBPA"]);

interface FieldRowProps {
  readonly field: FieldSpec;
  readonly value: bigint;
  readonly readOnly: boolean;
  /** The value is an address, not the field's bits shifted down. */
  readonly wide?: boolean;
  onChange(value: bigint): void;
}

export function EditableField({ field, value, readOnly, wide = false, onChange }: FieldRowProps) {
  const bits = field.hi - field.lo + 1;
  const where = bits === 1 ? `[${field.lo & 63}]` : `[${field.hi & 63}:${field.lo & 63}]`;
  return (
    <li className="edit-field" title={field.text}>
      <span className="edit-name">{field.name}</span>
      <span className="edit-bits">{where}</span>
      {bits === 1 ? (
        <input
          type="checkbox"
          className="switch"
          role="switch"
          aria-label={field.name}
          aria-checked={value === 1n}
          checked={value === 1n}
          disabled={readOnly}
          onChange={(event) => onChange(event.currentTarget.checked ? 1n : 0n)}
        />
      ) : (
        <HexInput
          label={field.name}
          value={value}
          bits={wide ? (field.hi & 63) + 1 : bits}
          readOnly={readOnly}
          onChange={onChange}
        />
      )}
      <span className="edit-text">{field.text}</span>
    </li>
  );
}

interface RegisterEditorProps {
  readonly v: number;
  readonly spec: RegisterSpec;
  readonly value: bigint;
}

export function RegisterEditor({ v, spec, value }: RegisterEditorProps) {
  const name = useSession((session) => session.node.setup.vsmmus[v]?.name ?? "");
  const [draft, setDraft] = useState(value);
  const [wait, setWait] = useState(true);
  const readOnly = spec.access === "ro" || spec.access === "impl";
  const line = `write ${name} ${spec.name} ${hex(draft)}${wait ? "" : " wait=off"}`;
  return (
    <div className="register-body">
      <p className="register-about">
        {spec.text}. Offset {hex(spec.offset)}; {ACCESS[spec.access]}
        {spec.guards.length === 0 ? "" : ` (${spec.guards.join(", ")} = 0)`}. After a reset: {spec.reset}.
      </p>
      <ul className="edit-fields">
        {spec.fields.map((field) => (
          <EditableField
            key={field.name}
            field={field}
            value={getField([draft], field)}
            readOnly={readOnly}
            onChange={(part) => setDraft(setField([draft], field, part)[0] ?? draft)}
          />
        ))}
      </ul>
      <div className="register-whole">
        <HexInput
          label={`${spec.name} as hex`}
          value={draft}
          bits={spec.size * 8}
          digits={spec.size * 2}
          readOnly={readOnly}
          onChange={setDraft}
        />
        {HANDSHAKES.has(spec.name) ? (
          <label className="form-check">
            <input
              type="checkbox"
              checked={!wait}
              onChange={(event) => setWait(!event.currentTarget.checked)}
            />
            leave the handshake open
          </label>
        ) : null}
        {/* A write to a read-only register is a fair question too: the lab shows what becomes of it. */}
        <Act line={line} look={draft === value ? "plain" : "primary"}>
          Write
        </Act>
      </div>
    </div>
  );
}
