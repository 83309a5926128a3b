/**
 * What a line would do here, asked of the engine and remembered while the reader stands at the same step. The page
 * never works out for itself whether something may be pressed.
 */
import { useEffect, useRef, useState } from "react";
import type { Outcome } from "../../engine/outcome.ts";
import type { World } from "../../engine/world.ts";
import type { Problem } from "../../script/problem.ts";
import { formatProblem } from "../../script/problem.ts";
import type { TimelineNode } from "../../script/session.ts";
import { whenIdle } from "./idle.ts";
import { useSession } from "./session-store.ts";

export type LinePreview =
  | { readonly ok: true; readonly outcome: Outcome; readonly world: World }
  | { readonly ok: false; readonly problems: readonly Problem[] };

let standing: TimelineNode | null = null;
const known = new Map<string, LinePreview>();

export function previewLine(line: string): LinePreview {
  const { session, node } = useSession.getState();
  if (standing !== node) {
    known.clear();
    standing = node;
  }
  let preview = known.get(line);
  if (preview === undefined) {
    const asked = session.preview(line);
    preview = asked.ok
      ? { ok: true, outcome: asked.outcome, world: asked.world }
      : { ok: false, problems: asked.problems };
    known.set(line, preview);
  }
  return preview;
}

/** Why the line makes no sense here; null if it does (it may still fail, which is a result like any other). */
export function refusalOf(line: string): string | null {
  const preview = previewLine(line);
  if (!preview.ok) return preview.problems[0] === undefined ? "" : formatProblem(preview.problems[0]);
  if (!preview.outcome.rejected) return null;
  return preview.outcome.messages[0] ?? "not possible now";
}

/**
 * `refusalOf`, worked out after the step was painted. Null until known. `eager` false: never by itself, because the
 * line is long work (a whole guest sequence, a reset) that only somebody who points at it should wait for.
 */
export function useRefusal(line: string, eager = true): string | null {
  const node = useSession((session) => session.node);
  const job = useRef({});
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(
    () =>
      eager
        ? whenIdle(job.current, () => {
            if (useSession.getState().node === node) setRefusal(refusalOf(line));
          })
        : setRefusal(null),
    [node, line, eager],
  );
  return refusal;
}
