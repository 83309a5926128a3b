/** One step: its number, its line, and in one mark how it went. */
import { memo, useCallback } from "react";
import type { Session, TimelineNode } from "../../../script/session.ts";
import { useSession } from "../../state/session-store.ts";
import { StateIcon } from "../../theme/icons.tsx";
import { Glyph } from "../../widgets/glyphs.tsx";
import { useHint } from "../../widgets/use-hint.ts";
import { useDivergesAt } from "./diverges-at.ts";
import { StepHint } from "./step-hint.tsx";
import { stepLabel } from "./step-label.ts";

interface StepChipProps {
  readonly session: Session;
  readonly node: TimelineNode;
  readonly width: number;
  readonly when: "past" | "now" | "ahead";
}

export const StepChip = memo(function StepChip({ session, node, width, when }: StepChipProps) {
  const hint = useHint(useCallback(() => <StepHint session={session} node={node} />, [session, node]));
  const diverges = useDivergesAt(session, node);
  return (
    <button
      type="button"
      className="step"
      data-when={when}
      data-kind-of={node.kind}
      data-ok={node.ok}
      data-testid={`step-${node.id}`}
      aria-current={when === "now" ? "step" : undefined}
      tabIndex={when === "now" ? 0 : -1}
      style={{ width }}
      onClick={() => useSession.getState().go(node.id)}
      {...hint}
    >
      {node.kind === "command" ? <span className="step-number">{node.step}</span> : null}
      {node.kind === "expect" ? (
        <>
          <Glyph name={node.ok ? "check" : "close"} className="step-mark" />
          <span className="for-ears">{stepLabel(node)}</span>
        </>
      ) : (
        <span className="step-text">{stepLabel(node)}</span>
      )}
      {node.kind === "command" && !node.ok ? (
        <span className="step-failed">
          <span aria-hidden="true">!</span>
          <span className="for-ears">{node.errno ?? (node.rejected ? "not possible" : "failed")}</span>
        </span>
      ) : null}
      {diverges ? (
        <span className="step-diverges">
          <StateIcon name="diverges" size={10} />
          <span className="for-ears">diverges</span>
        </span>
      ) : null}
    </button>
  );
});
