/** What a challenge allows, as buttons by verb; what makes no sense now says why. */
import { useEffect, useRef, useState } from "react";
import { refusal } from "../../learn/allow.ts";
import type { Ready } from "../../learn/start.ts";
import { parseLines } from "../../script/parse.ts";
import type { Session } from "../../script/session.ts";
import { whenIdle } from "../state/idle.ts";
import { Button } from "../widgets/button.tsx";

interface MoveButtonsProps {
  readonly ready: Ready;
  readonly session: Session;
  /** Node one stands at: with another one, other moves make sense. */
  readonly at: number;
  /** Why nothing can be done at all. */
  readonly reason: string | null;
  onPlay(line: string): void;
}

/** Why a line cannot be done where the session stands, asked of the engine; null if it can. */
function whyNot(ready: Ready, session: Session, line: string): string | null {
  const { setup, scope } = session.current;
  const parsed = parseLines(line, setup, scope);
  const item = parsed.ok ? parsed.value.items[0] : undefined;
  if (item?.kind !== "command") return "it means nothing here";
  const refused = refusal(ready.allowed, session.world(), item);
  if (refused !== null) return refused;
  // What one setup rejects, the other may not.
  if (ready.goal.kind === "apart") return null;
  const preview = session.preview(line);
  if (!preview.ok || !preview.outcome.rejected) return null;
  return preview.outcome.messages[0] ?? "not possible now";
}

export function MoveButtons({ ready, session, at, reason, onPlay }: MoveButtonsProps) {
  const [barred, setBarred] = useState<ReadonlyMap<string, string>>(new Map());
  const job = useRef({});
  const { moves } = ready.allowed;
  useEffect(
    () =>
      // Asked once the step is on the screen: there may be two hundred.
      whenIdle(job.current, () => {
        if (session.current.id !== at) return;
        const next = new Map<string, string>();
        for (const { text } of moves) {
          const why = whyNot(ready, session, text);
          if (why !== null) next.set(text, why);
        }
        setBarred(next);
      }),
    [ready, session, at, moves],
  );
  const groups = new Map<string, string[]>();
  for (const { text } of moves) {
    const verb = text.split(" ")[0] ?? text;
    groups.set(verb, [...(groups.get(verb) ?? []), text]);
  }
  return (
    <ul className="moves" aria-label="What is allowed">
      {[...groups].map(([verb, lines]) => (
        <li key={verb} className="moves-verb">
          <span className="moves-name">{verb}</span>
          <span className="moves-lines">
            {lines.map((line) => {
              const why = reason ?? barred.get(line) ?? null;
              return (
                <Button
                  key={line}
                  className="move"
                  reason={why}
                  title={why ?? undefined}
                  data-line={line}
                  aria-label={line}
                  onClick={() => onPlay(line)}
                >
                  {line === verb ? line : line.slice(verb.length + 1)}
                </Button>
              );
            })}
          </span>
        </li>
      ))}
    </ul>
  );
}
