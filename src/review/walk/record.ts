/** Making a review from a session: each recorded step takes the script since the one before. */

import { deviceFacts } from "../../engine/observe.ts";
import type { NodeId, Session } from "../../script/session.ts";
import type { ShareView } from "../share/share.ts";
import { seenAt } from "./play.ts";
import type { Review, ReviewStep } from "./review.ts";

export interface Recording {
  readonly review: Review;
  /** Node that the last recorded step stands at; null before the first. */
  readonly last: NodeId | null;
}

export const EMPTY_RECORDING: Recording = { review: { title: "", about: "", steps: [] }, last: null };

export interface Told {
  readonly title: string;
  readonly prose: string;
  readonly claim: string;
  readonly notes: string;
  readonly view: ShareView;
}

/** Adds the step the session stands at. One that does not lie behind the last one begins the script anew. */
export function recordStep(recording: Recording, session: Session, told: Told): Recording {
  const at = session.current.id;
  const path = session.path(at);
  const since = recording.last === null ? -1 : path.findIndex((n) => n.id === recording.last);
  const fresh = since < 0;
  const script = fresh
    ? session.script(at).trimEnd()
    : path
        .slice(since + 1)
        .map((n) => n.text)
        .join("\n")
        .trim();
  const claim = told.claim
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "")
    .map((l) => (l.startsWith("expect ") || l.startsWith("#") ? l : `expect ${l}`))
    .join("\n");
  const step: ReviewStep = {
    title: told.title.trim() || `Step ${recording.review.steps.length + 1}`,
    prose: told.prose.trim(),
    script,
    fresh,
    claim,
    seen: claim === "" ? null : seenAt(session, fresh ? -1 : (recording.last ?? -1), at),
    view: told.view,
    notes: told.notes.trim(),
  };
  return { review: { ...recording.review, steps: [...recording.review.steps, step] }, last: at };
}

/** What could be claimed of a state: every device the guest has, in a line that holds now. */
export function claimsHere(session: Session): string[] {
  const world = session.world();
  return world.setup.devices.flatMap(({ name }, dev) => {
    const f = deviceFacts(world, dev);
    if (f.hardware === null) return [];
    const diverges = f.diverges === null ? "no" : f.diverges === "?" ? "yes" : f.diverges;
    const legal = f.legal.length === 0 ? "" : ` legal=${f.legal.join(",")}`;
    return [`expect ${name} attached=${f.attached}${legal} dma=${f.hardware} diverges=${diverges}`];
  });
}
