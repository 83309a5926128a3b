/** The other way round: the session on the table, as the log that QEMU would have written of it. */
import { printScript } from "../../replay/print/print-script.ts";
import { parse } from "../../script/parse.ts";
import { fileName, saveFile } from "../export/save.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";

function save(): void {
  const { session } = useSession.getState();
  // A session's own script always parses.
  const parsed = parse(session.script());
  if (!parsed.ok) return;
  const { log } = printScript(parsed.value);
  saveFile(fileName(session.setup.title ?? "session", "log"), log, "text/plain");
}

export function OwnLog() {
  const qemu = useSession((state) => state.session.setup.qemu.name);
  return (
    <section className="replay-report" aria-label="Your session as a log">
      <h2 className="replay-heading">Your session as a log</h2>
      <p className="replay-quiet">
        The branch on the table, printed as QEMU {qemu} would have traced it, under that release's names.
      </p>
      <div className="replay-ways">
        <Button onClick={save}>Save the log</Button>
      </div>
    </section>
  );
}
