/** After this step, more than one thing was done: all of them, to go to. */
import type { NodeId, Session, TimelineNode } from "../../../script/session.ts";
import { useSession } from "../../state/session-store.ts";
import { Glyph } from "../../widgets/glyphs.tsx";
import { Menu } from "../../widgets/menu.tsx";
import { stepLabel } from "./step-label.ts";

interface BranchButtonProps {
  readonly session: Session;
  readonly node: TimelineNode;
  /** The child on the line that is shown. */
  readonly next: NodeId | undefined;
}

export function BranchButton({ session, node, next }: BranchButtonProps) {
  const { children, step } = node;
  const where = node.parent === null ? "the start" : `step ${step}`;
  return (
    <Menu
      label={`Branches after ${where}`}
      trigger={
        <button
          type="button"
          className="strip-branch"
          tabIndex={-1}
          data-testid={`branches-${node.id}`}
          aria-label={`${children.length} branches after ${where}`}
        >
          <Glyph name="branch" />
          {children.length}
        </button>
      }
      groups={() => [
        {
          id: "branches",
          title: `After ${where}`,
          items: children.map((id) => {
            const child = session.node(id);
            const further = (session.ahead(id).at(-1)?.step ?? child.step) - child.step;
            return {
              id: `branch-${id}`,
              label: <span className="mono">{stepLabel(child)}</span>,
              text: stepLabel(child),
              ...(further > 0 ? { note: `and ${further} more` } : {}),
              checked: id === next,
              run: () => useSession.getState().go(id),
            };
          }),
        },
      ]}
    />
  );
}
