/** The player of a challenge: where one stands beside where one should get, what is allowed, and what it has cost. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { type Attempt, attemptAt, goalWorlds, openChallenge } from "../../learn/attempt.ts";
import type { Challenge } from "../../learn/challenge.ts";
import { withHint, withSolved } from "../../learn/progress.ts";
import { type Proof, proofKey } from "../../learn/prove.ts";
import { provedOf } from "../../learn/proved.ts";
import { makeReady, type Ready } from "../../learn/start.ts";
import { lineProblemText } from "../../script/marked.ts";
import { formatProblem } from "../../script/problem.ts";
import type { NodeId } from "../../script/session.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { ChallengeConsole } from "./challenge-console.tsx";
import { ChallengeGraphs, type Pane } from "./challenge-graphs.tsx";
import { ChallengeSteps } from "./challenge-steps.tsx";
import { GRADES } from "./challenges.tsx";
import { GoalList } from "./goal-list.tsx";
import { Hints } from "./hints.tsx";
import { LearnHead } from "./learn-head.tsx";
import { LearnProse } from "./learn-prose.tsx";
import type { Entry } from "./library.ts";
import { MoveButtons } from "./move-buttons.tsx";
import { openInLab } from "./open-in-lab.ts";
import { useProgress } from "./progress-store.ts";
import { Solved } from "./solved.tsx";
import { useProof } from "./use-proof.ts";
import { Watching } from "./watching.tsx";
import "./challenge.css";

/** Par as the build proved it; null for a challenge of the reader's own. Same object for the same challenge. */
const proofs = new Map<string, Proof | null>();
function shippedProof(id: string, challenge: Challenge): Proof | null {
  const key = `${id} ${proofKey(challenge)}`;
  if (!proofs.has(key)) proofs.set(key, provedOf(id, challenge));
  return proofs.get(key) ?? null;
}

function panesOf(
  ready: Ready,
  attempt: Attempt,
  goals: ReturnType<typeof goalWorlds>,
  world: Pane["world"],
): readonly Pane[] {
  const { goal } = ready;
  if (goal.kind === "apart") {
    const lit = attempt.apart !== null && attempt.apart.differences.length > 0;
    return (attempt.apart?.worlds ?? []).map((one, i) => ({
      id: i === 0 ? "A" : "B",
      title: (i === 0 ? goal.a : goal.b).text,
      note: lit ? "they differ" : "no difference yet",
      world: one,
      lit,
    }));
  }
  const now = { id: "now", title: "Now", note: "", world, lit: attempt.solved };
  const [end] = goals;
  if (end === undefined) return [now];
  return [now, { id: "goal", title: "Goal", note: "one state that fulfils it", world: end, lit: false }];
}

function Player({ entry, ready }: { readonly entry: Entry<Challenge>; readonly ready: Ready }) {
  const { id, value: challenge } = entry;
  const { session, start } = useMemo(() => openChallenge(ready), [ready]);
  const [at, setAt] = useState<NodeId>(start);
  /** Where the learner's own attempt stood when a solution was asked for; null while nothing is watched. */
  const [left, setLeft] = useState<NodeId | null>(null);
  const [alone, setAlone] = useState(false);
  const { proof, states, problems } = useProof(ready, shippedProof(id, challenge));
  const attempt = useMemo(() => {
    session.goTo(at);
    return attemptAt(ready, session);
  }, [ready, session, at]);
  const goals = useMemo(() => (proof === null ? [] : goalWorlds(ready, proof)), [ready, proof]);
  const watching = left !== null;
  const solved = attempt?.solved === true && !watching;
  const count = attempt?.commands.length ?? 0;

  useEffect(() => {
    if (solved) useProgress.getState().change((p) => withSolved(p, id, count));
  }, [solved, id, count]);

  const play = (line: string): string | null => {
    session.goTo(at);
    const appended = session.append(line);
    if (!appended.ok) return appended.problems.map(formatProblem).join("; ");
    setAt(session.current.id);
    return null;
  };
  const undo = (): void => {
    const { parent } = session.node(at);
    if (at !== start && parent !== null) setAt(parent);
  };
  const way = proof?.way;
  const show = useCallback(
    (lines: number) => {
      session.goTo(start);
      if (lines > 0) session.append((way ?? []).slice(0, lines).join("\n"));
      setAt(session.current.id);
    },
    [session, start, way],
  );
  if (attempt === null) return null;
  const reason = watching ? "A solution is being shown" : null;
  const panes = panesOf(ready, attempt, goals, session.world(at));
  return (
    <>
      <LearnHead title={challenge.title}>
        <span className="learn-note">{GRADES[challenge.grade]}</span>
      </LearnHead>
      <div className="challenge" data-testid="challenge">
        <section className="challenge-side" aria-label="The challenge">
          <ScrollRegion className="challenge-text" label="What to do">
            {solved ? (
              <Solved
                id={id}
                challenge={challenge}
                commands={attempt.commands}
                proof={proof}
                onAgain={() => setAt(start)}
              />
            ) : null}
            <LearnProse text={challenge.prose === "" ? challenge.about : challenge.prose} />
            <GoalList goal={challenge.goal} attempt={attempt} />
            {left === null || way === undefined ? (
              <>
                <h2 className="challenge-part">Allowed</h2>
                <MoveButtons ready={ready} session={session} at={at} reason={reason} onPlay={play} />
                <Hints
                  hints={challenge.hints}
                  onHint={(hints) => useProgress.getState().change((p) => withHint(p, id, hints))}
                />
                {way === undefined ? null : (
                  <Button
                    look="quiet"
                    data-testid="watch"
                    onClick={() => {
                      setLeft(at);
                      show(0);
                    }}
                  >
                    Show me a solution
                  </Button>
                )}
              </>
            ) : (
              <Watching
                way={way}
                onShow={show}
                onLeave={() => {
                  setAt(left);
                  setLeft(null);
                }}
              />
            )}
            {problems.map((problem) => (
              <p key={problem.message} className="field-refusal">
                {lineProblemText(problem)}
              </p>
            ))}
          </ScrollRegion>
          <ChallengeConsole key={at} ready={ready} session={session} at={at} reason={reason} onPlay={play} />
        </section>
        <section className="challenge-main" aria-label="The state" data-alone={alone ? "" : undefined}>
          <ChallengeGraphs panes={alone ? panes.slice(0, 1) : panes} />
          <ChallengeSteps
            commands={attempt.commands}
            par={proof?.par ?? null}
            proving={proof === null && problems.length === 0 ? states : null}
            atStart={at === start || watching}
            onUndo={undo}
            onReset={() => setAt(start)}
          >
            {panes.length > 1 ? (
              <Button look="quiet" aria-pressed={alone} onClick={() => setAlone(!alone)}>
                {alone ? "Show both" : "Only the first"}
              </Button>
            ) : null}
            <Button look="quiet" onClick={() => void openInLab(session, at)}>
              Open in the lab
            </Button>
          </ChallengeSteps>
        </section>
      </div>
    </>
  );
}

export function ChallengeView({ entry }: { readonly entry: Entry<Challenge> }) {
  const ready = useMemo(() => makeReady(entry.value), [entry]);
  if (ready.ok) return <Player entry={entry} ready={ready.value} />;
  return (
    <>
      <LearnHead title={entry.value.title} />
      <Empty glyph="warn" title="This challenge cannot be played">
        <ul>
          {ready.problems.map((problem) => (
            <li key={`${problem.line} ${problem.message}`}>{lineProblemText(problem)}</li>
          ))}
        </ul>
      </Empty>
    </>
  );
}
