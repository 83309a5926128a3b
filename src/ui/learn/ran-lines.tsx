/** The commands of a step: those that are about to run, or what each of them gave. */
import type { NodeId, Session, TimelineNode } from "../../script/session.ts";
import { Glyph } from "../widgets/glyphs.tsx";
import "./ran-lines.css";

const MOST = 6;

/** Commands behind `from` up to `to`, or all since the start where they do not lie on one line. */
export function commandsBetween(session: Session, from: NodeId | null, to: NodeId): readonly TimelineNode[] {
  const path = session.path(to);
  const at = from === null ? -1 : path.findIndex((node) => node.id === from);
  return path.slice(at + 1).filter((node) => node.kind === "command");
}

function result({ ok, rejected, errno }: TimelineNode): string {
  if (ok) return "ok";
  if (rejected) return "not possible";
  return errno ?? "failed";
}

function Line({ node, ran }: { readonly node: TimelineNode; readonly ran: boolean }) {
  return (
    <li className="ran-line" data-ok={ran ? node.ok : undefined}>
      <code>{node.text}</code>
      {ran ? (
        <span className="ran-result">
          {node.ok ? <Glyph name="check" /> : null}
          {node.ok ? <span className="for-ears">ok</span> : result(node)}
        </span>
      ) : null}
    </li>
  );
}

export function RanLines({
  nodes,
  ran,
  title,
}: {
  readonly nodes: readonly TimelineNode[];
  readonly ran: boolean;
  readonly title: string;
}) {
  if (nodes.length === 0) return null;
  const hidden = nodes.length > MOST ? nodes.slice(0, 1 - MOST) : [];
  const shown = nodes.slice(hidden.length);
  return (
    <section className="ran" aria-label={title} data-testid={ran ? "ran" : "to-run"}>
      <p className="ran-title">{title}</p>
      {hidden.length === 0 ? null : (
        <details>
          <summary>{hidden.length} lines before</summary>
          <ol>
            {hidden.map((node) => (
              <Line key={node.id} node={node} ran={ran} />
            ))}
          </ol>
        </details>
      )}
      <ol>
        {shown.map((node) => (
          <Line key={node.id} node={node} ran={ran} />
        ))}
      </ol>
    </section>
  );
}
