/** From the lab to a search: from the step that is shown, or for the shortest way to it. */
import { usePage } from "../state/pages.ts";
import { useSession } from "../state/session-store.ts";
import { useExplore } from "./explore-store.ts";
import { alphabetFor, goalOf } from "./goal-here.ts";
import { originOf } from "./origin.ts";
import { start } from "./running.ts";

export function exploreFromHere(): void {
  useExplore.getState().ask({ origin: "here" });
  useExplore.getState().turn("question");
  usePage.getState().open("explore");
}

/** Searches from the session's start until the facts of the present state are met. */
export function shortestWayHere(): void {
  const { session, node, world } = useSession.getState();
  const { ask } = useExplore.getState();
  ask({
    ...alphabetFor(session.path(node.id)),
    origin: "start",
    promises: [],
    own: [goalOf(world)],
    depth: "",
  });
  usePage.getState().open("explore");
  const { question } = useExplore.getState();
  void start(question, originOf(session, "start", node.id));
}
