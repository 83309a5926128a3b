/** Any register, any value: by name or offset, as hex, with the handshake left open when asked for. */
import { useId, useState } from "react";
import { formatProblem } from "../../script/problem.ts";
import { previewLine, useRefusal } from "../state/preview.ts";
import { REGISTER_NAMES } from "../state/registers.ts";
import { useSession } from "../state/session-store.ts";
import { Act, play } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { Pop } from "../widgets/pop.tsx";

function Form({ v }: { readonly v: number }) {
  const name = useSession((session) => session.node.setup.vsmmus[v]?.name ?? "");
  const [register, setRegister] = useState("CR0");
  const [value, setValue] = useState("0x0");
  const [wait, setWait] = useState(true);
  const list = useId();
  const why = useId();
  const write = `write ${name} ${register.trim()} ${value.trim()}${wait ? "" : " wait=off"}`;
  const read = `read ${name} ${register.trim()}`;
  const asked = previewLine(write);
  const problem = asked.ok ? null : (asked.problems[0] ?? null);
  const refusal = useRefusal(write);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null && refusal === null) play(write);
      }}
    >
      <label className="form-row">
        <span>Register</span>
        <input
          className="input input-mono"
          list={list}
          value={register}
          spellCheck={false}
          onChange={(event) => setRegister(event.currentTarget.value)}
        />
      </label>
      <datalist id={list}>
        {REGISTER_NAMES.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <label className="form-row">
        <span>Value</span>
        <input
          className="input input-mono"
          value={value}
          spellCheck={false}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : why}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <label className="form-check">
        <input type="checkbox" checked={!wait} onChange={(event) => setWait(!event.currentTarget.checked)} />
        leave the handshake open (wait=off)
      </label>
      {problem === null ? null : (
        <p id={why} className="field-refusal">
          {formatProblem(problem)}
        </p>
      )}
      <div className="control-buttons">
        <Act line={write} look="primary">
          Write
        </Act>
        <Act line={read}>Read</Act>
        <Act line={`ack ${name}`} note="Completes handshakes that were left open">
          Ack
        </Act>
      </div>
    </form>
  );
}

export function RegisterWriter({ v }: { readonly v: number }) {
  return (
    <Pop
      label="Write or read a register"
      className="form-pop"
      trigger={<Button>Register…</Button>}
      content={() => <Form v={v} />}
    />
  );
}
