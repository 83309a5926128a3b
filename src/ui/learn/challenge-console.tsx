/** The command line of a challenge: it takes what the challenge allows, and says so of everything else. */
import { useCallback, useState } from "react";
import { refusedLine } from "../../learn/attempt.ts";
import type { Ready } from "../../learn/start.ts";
import type { Completion } from "../../script/completion.ts";
import type { Problem } from "../../script/problem.ts";
import type { Session } from "../../script/session.ts";
import { CommandLine } from "../console/command-line.tsx";
import { OutcomeLine } from "../widgets/outcome-line.tsx";

interface ChallengeConsoleProps {
  readonly ready: Ready;
  readonly session: Session;
  /** Node one stands at. */
  readonly at: number;
  /** Why nothing can be done at all. */
  readonly reason: string | null;
  /** Null: it was played; else why not. */
  onPlay(line: string): string | null;
}

const problem = (message: string, length: number): Problem => ({
  line: 1,
  column: 1,
  length: Math.max(1, length),
  message,
  expected: null,
  suggestion: null,
});

export function ChallengeConsole({ ready, session, at, reason, onPlay }: ChallengeConsoleProps) {
  const [history, setHistory] = useState<readonly string[]>([]);
  const complete = useCallback(
    (text: string): Completion => ({
      from: 0,
      options: ready.allowed.moves
        .filter(({ text: line }) => line.startsWith(text.trimStart()))
        .map(({ text: label }) => ({ label, kind: "key", detail: "" })),
    }),
    [ready],
  );
  const node = session.node(at);
  const outcome = session.outcome(at);
  const run = (line: string): readonly Problem[] => {
    const why = reason ?? refusedLine(ready, session, line) ?? onPlay(line);
    if (why !== null) return [problem(why, line.length)];
    setHistory([...history.filter((one) => one !== line), line]);
    return [];
  };
  return (
    <CommandLine
      node={node}
      placeholder={ready.allowed.moves[0]?.text ?? ""}
      history={history}
      complete={complete}
      run={run}
    >
      {outcome === null || node.kind !== "command" ? null : (
        <div className="console-outcome" data-testid="console-outcome">
          <p className="console-ran">{node.text}</p>
          <OutcomeLine outcome={outcome} />
        </div>
      )}
    </CommandLine>
  );
}
