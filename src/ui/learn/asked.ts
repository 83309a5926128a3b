import type { Session } from "../../script/session.ts";
import type { PlayedStep } from "./play-lesson.ts";
import type { Asked } from "./question-card.tsx";

export function askedIn(_session: Session, _step: PlayedStep): readonly Asked[] {
  return [];
}
