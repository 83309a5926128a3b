/** The question in the form as it stands: where it begins, what is wrong with it, and what it would run into. */
import { useMemo } from "react";
import { useSession } from "../state/session-store.ts";
import { useExplore } from "./explore-store.ts";
import { foreseen } from "./foreseen.ts";
import { type Origin, originOf } from "./origin.ts";
import { type Checked, check } from "./question.ts";

export interface Asked {
  readonly origin: Origin;
  readonly checked: Checked;
  readonly foreseen: readonly string[];
}

export function useAsked(): Asked {
  const question = useExplore((explore) => explore.question);
  const session = useSession((one) => one.session);
  const node = useSession((one) => one.node);
  const origin = useMemo(() => originOf(session, question.origin, node.id), [session, question.origin, node]);
  return useMemo(() => {
    const checked = check(question, origin.setup, origin.scope);
    const { setup, scope } = origin;
    return {
      origin,
      checked,
      foreseen: foreseen(question, checked, { setup, scope, world: () => session.world(origin.node) }),
    };
  }, [question, origin, session]);
}
