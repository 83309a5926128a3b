/** Says what each step changed, for those who do not see the graph move. */
import { useEffect, useRef, useState } from "react";
import { describeStep } from "../state/describe.ts";
import { whenIdle } from "../state/idle.ts";
import { useSession } from "../state/session-store.ts";

const MOST = 8;

function say(): string {
  const { session, node, command, before, world } = useSession.getState();
  if (command === null) return node.parent === null ? "At the start." : "";
  const { ok, rejected, errno, step, text } = command;
  const outcome = session.outcome(command.id);
  const how = ok
    ? ""
    : rejected
      ? `Not possible: ${outcome?.messages[0] ?? "nothing changed"}.`
      : `Failed${errno === null ? "" : ` with ${errno}`}.`;
  const changes = before === null ? [] : describeStep(before, world);
  const told = changes.slice(0, MOST).join(". ");
  const more = changes.length > MOST ? ` And ${changes.length - MOST} more devices changed.` : "";
  const nothing = changes.length === 0 && ok ? "No device changed." : "";
  return [`Step ${step}, ${text}.`, how, told, more, nothing].filter((part) => part !== "").join(" ");
}

export function LiveRegion() {
  const node = useSession((session) => session.node);
  const [text, setText] = useState("");
  const first = useRef(true);
  const job = useRef({});
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    // Read at its turn, so that fast stepping says the last step only.
    return whenIdle(job.current, () => setText(node === useSession.getState().node ? say() : ""));
  }, [node]);
  return (
    <p className="for-ears" role="status" aria-live="polite" data-testid="live">
      {text}
    </p>
  );
}
