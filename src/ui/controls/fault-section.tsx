/** The next host call of a kind fails: which, for whom, with what. */
import { useState } from "react";
import { ERRNOS } from "../../engine/errno.ts";
import type { CallName } from "../../engine/tracer.ts";
import { useSession } from "../state/session-store.ts";
import { HOST_CALL_NAMES } from "../timeline/host-names.ts";
import { Act } from "../widgets/act.tsx";
import { Section } from "../widgets/section.tsx";

export function FaultSection() {
  const devices = useSession((session) => session.node.setup.devices);
  const pending = useSession((session) => session.world.injections);
  const [call, setCall] = useState<CallName>("hwpt-alloc");
  const [nth, setNth] = useState("1");
  const [dev, setDev] = useState("");
  const [errno, setErrno] = useState("ENOMEM");
  const line = [
    "inject",
    call,
    ...(nth.trim() === "1" ? [] : [`nth=${nth.trim()}`]),
    ...(dev === "" ? [] : [`dev=${dev}`]),
    `errno=${errno}`,
  ].join(" ");
  return (
    <Section
      id="faults"
      title="Next call fails"
      aside={pending.length > 0 ? `${pending.length} armed` : undefined}
    >
      <div className="fault">
        <select
          className="select fault-call"
          aria-label="Which call"
          value={call}
          onChange={(event) => setCall(event.currentTarget.value as CallName)}
        >
          {Object.keys(HOST_CALL_NAMES).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <input
          className="input fault-nth"
          aria-label="How many-th"
          inputMode="numeric"
          value={nth}
          onChange={(event) => setNth(event.currentTarget.value)}
        />
        <select
          className="select"
          aria-label="Which device"
          value={dev}
          onChange={(event) => setDev(event.currentTarget.value)}
        >
          <option value="">any</option>
          {devices.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          className="select fault-errno"
          aria-label="Which errno"
          value={errno}
          onChange={(event) => setErrno(event.currentTarget.value)}
        >
          {ERRNOS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <Act line={line} testid="inject">
          Arm
        </Act>
      </div>
      {pending.length === 0 ? null : (
        <ul className="fault-pending">
          {pending.map((one) => (
            <li key={`${one.call} ${one.left} ${one.dev} ${one.errno}`} className="mono">
              {one.call}
              {one.dev === null ? "" : ` of ${devices[one.dev]?.name}`}, in {one.left} → {one.errno}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
