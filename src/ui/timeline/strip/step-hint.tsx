/** What a step did, in a few lines. */
import type { Session, TimelineNode } from "../../../script/session.ts";
import { describeStep } from "../../state/describe.ts";
import { OutcomeLine } from "../../widgets/outcome-line.tsx";

export function StepHint({ session, node }: { readonly session: Session; readonly node: TimelineNode }) {
  if (node.kind === "expect") {
    return (
      <>
        <p className="hint-line">{node.text}</p>
        <ul className="hint-list">
          {session.verdicts(node.id).map((verdict) => (
            <li key={verdict.key}>
              {verdict.held ? "held" : "did not hold"}
              {verdict.held ? "" : `: got ${JSON.stringify(verdict.got)}`}
            </li>
          ))}
        </ul>
      </>
    );
  }
  if (node.kind !== "command" || node.parent === null) {
    return <p className="hint-line">{node.parent === null ? "Before the first step." : node.text}</p>;
  }
  const outcome = session.outcome(node.id);
  const sentences = describeStep(session.world(node.parent), session.world(node.id));
  return (
    <>
      <p className="hint-line">{node.text}</p>
      {outcome === null ? null : <OutcomeLine outcome={outcome} />}
      <ul className="hint-list">
        {sentences.slice(0, 8).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        {sentences.length > 8 ? <li>and {sentences.length - 8} more</li> : null}
      </ul>
    </>
  );
}
