/** The lab's command line, and above it how the step on the table went. */
import type { Problem } from "../../script/problem.ts";
import { useSession } from "../state/session-store.ts";
import { OutcomeLine } from "../widgets/outcome-line.tsx";
import { CommandLine } from "./command-line.tsx";
import { useConsole } from "./console-store.ts";
import { ResultText } from "./result-text.tsx";

function LastOutcome() {
  const { session, command } = useSession();
  const outcome = command === null ? null : session.outcome(command.id);
  if (command === null || outcome === null) return null;
  return (
    <div className="console-outcome" data-testid="console-outcome">
      <p className="console-ran">{command.text}</p>
      <OutcomeLine outcome={outcome} />
      <ResultText result={outcome.result} />
    </div>
  );
}

export function Console() {
  const { session, node } = useSession();
  const { history, remember, focusAsked } = useConsole();
  const run = (line: string): readonly Problem[] => {
    const appended = useSession.getState().run(line);
    if (!appended.ok) return appended.problems;
    remember(line);
    return [];
  };
  return (
    <CommandLine node={node} placeholder="gbpa v0 abort" history={history} focusAsked={focusAsked} run={run}>
      <LastOutcome key={session.current.id} />
    </CommandLine>
  );
}
