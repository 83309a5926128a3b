/** A challenge from what is played: where it starts, and the commands from there to where its goal holds. */
import { useState } from "react";
import { challengeFrom, goalsHere } from "../../learn/build.ts";
import { printChallenge } from "../../learn/challenge.ts";
import { firedRules } from "../../learn/situation.ts";
import type { NodeId, Session, TimelineNode } from "../../script/session.ts";
import { LinesField } from "../present/lines-field.tsx";
import { currentParts } from "../share/view-parts.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { useOwn } from "./own-store.ts";
import { goTo } from "./route.ts";

/** Commands between the start and here; null if one no longer stands behind the start. */
function solutionOf(session: Session, start: NodeId): readonly TimelineNode[] | null {
  const path = session.path();
  const at = path.findIndex(({ id }) => id === start);
  return at < 0 ? null : path.slice(at + 1).filter((node) => node.kind === "command" && !node.rejected);
}

const MOST_RULES = 4;

function rulesOf(session: Session, nodes: readonly TimelineNode[]): readonly string[] {
  const ids = nodes.flatMap(({ id }) => {
    const outcome = session.outcome(id);
    return outcome === null ? [] : firedRules(outcome).map((rule) => rule.id);
  });
  return [...new Set(ids)].slice(0, MOST_RULES);
}

export function ChallengeRecorder() {
  const session = useSession((one) => one.session);
  const node = useSession((one) => one.node);
  const [start, setStart] = useState<NodeId>(node.id);
  const [title, setTitle] = useState("");
  const [about, setAbout] = useState("");
  const [goal, setGoal] = useState("");
  const [allow, setAllow] = useState("");
  const [hints, setHints] = useState("");
  const solution = start < session.size ? solutionOf(session, start) : null;
  const offers = goalsHere(session);
  const reason =
    solution === null
      ? "You do not stand behind the start any more"
      : solution.length === 0
        ? "Play what solves it first"
        : null;

  const finish = (): void => {
    if (solution === null) return;
    const challenge = challengeFrom(session, start, {
      title,
      about: about.trim() === "" ? title : about,
      grade: 1,
      rules: rulesOf(session, solution),
      prose: about,
      insight: "",
      hints: hints.split("\n"),
      view: currentParts(session.setup),
      goal,
      allow,
    });
    if (challenge === null) return;
    const id = useOwn.getState().add(printChallenge(challenge));
    useReview.getState().recordCourse(null);
    goTo({ kind: "edit", id });
  };
  return (
    <>
      <p className="recorder-here">
        It starts at {start === node.id ? "this step" : `step ${session.node(start).step}`}
        {solution === null || solution.length === 0 ? "; now play what solves it." : ` and is solved by:`}
      </p>
      {solution === null || solution.length === 0 ? null : (
        <ol className="way-lines">
          {solution.map(({ id, text }) => (
            <li key={id}>{text}</li>
          ))}
        </ol>
      )}
      <Button
        reason={start === node.id ? "It starts here" : null}
        onClick={() => setStart(node.id)}
        data-testid="record-start"
      >
        Start here instead
      </Button>
      <label>
        Title of the challenge
        <input
          className="input"
          value={title}
          placeholder="My challenge"
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <label>
        What to bring about
        <textarea
          className="input"
          rows={2}
          value={about}
          onChange={(event) => setAbout(event.target.value)}
        />
      </label>
      <LinesField label="Goal: must hold all at once" value={goal} offers={offers} change={setGoal} />
      <label>
        Allowed: verbs or lines; the solution's own if empty
        <textarea
          className="input input-mono"
          rows={2}
          value={allow}
          placeholder="gbpa v0 abort|bypass"
          spellCheck={false}
          onChange={(event) => setAllow(event.target.value)}
        />
      </label>
      <label>
        Hints, a line each
        <textarea
          className="input"
          rows={2}
          value={hints}
          onChange={(event) => setHints(event.target.value)}
        />
      </label>
      <footer className="recorder-foot">
        <Button look="primary" reason={reason} onClick={finish} data-testid="record-finish">
          Make the challenge
        </Button>
      </footer>
    </>
  );
}
