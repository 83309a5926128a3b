/** The tree as its lines: one for each end, named after the first step that is its own. */
import type { NodeId, Session, TimelineNode } from "../../../script/session.ts";
import { stepLabel } from "./step-label.ts";

export interface Line {
  readonly end: TimelineNode;
  /** Title of the script the line starts from. */
  readonly title: string;
  /** Step at which it leaves the line listed before it; null for the first line of a start. */
  readonly from: number | null;
  /** First step of its own. */
  readonly first: string;
}

/** Lines only come with new steps. */
const known = new WeakMap<Session, { readonly size: number; readonly lines: readonly Line[] }>();

export function lineEnds(session: Session): readonly Line[] {
  const { size } = session;
  const before = known.get(session);
  if (before?.size === size) return before.lines;
  const lines = findLines(session);
  known.set(session, { size, lines });
  return lines;
}

function findLines(session: Session): readonly Line[] {
  const lines: Line[] = [];
  // Depth first, children in the order they were made; an explicit stack, as lines may be 100,000 steps long.
  for (const start of session.starts()) {
    const title = start.setup.title === "" ? "untitled" : start.setup.title;
    const stack: { id: NodeId; from: number | null; first: string | null }[] = [
      { id: start.id, from: null, first: null },
    ];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const node = session.node(top.id);
      const { children } = node;
      const first = top.first ?? (node.kind === "command" ? stepLabel(node) : null);
      if (children.length === 0) {
        lines.push({ end: node, title, from: top.from, first: first ?? stepLabel(node) });
        continue;
      }
      for (let at = children.length - 1; at >= 1; at--) {
        const child = children[at];
        if (child !== undefined) stack.push({ id: child, from: node.step, first: null });
      }
      const eldest = children[0];
      if (eldest !== undefined) stack.push({ id: eldest, from: top.from, first });
    }
  }
  return lines;
}
