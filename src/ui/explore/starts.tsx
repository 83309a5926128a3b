/** The empty place: what a search is, and questions to begin with. */

import { PROMISE_NAMES } from "../../explore/promises.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { useExplore } from "./explore-store.ts";
import { originOf } from "./origin.ts";
import { check, DEFAULT_QUESTION, type Question } from "./question.ts";
import { start } from "./running.ts";
import { useAsked } from "./use-asked.ts";

interface Start {
  readonly title: string;
  readonly about: string;
  readonly part: Partial<Question>;
}

const STARTS: readonly Start[] = [
  {
    title: "What can go wrong within four moves?",
    about: "Plugging, unplugging, resets and register writes; every promise at once.",
    part: { depth: "4", promises: [...PROMISE_NAMES] },
  },
  {
    title: "Does GBPA.ABORT always stop all DMA?",
    about: "The same moves and STEs; one promise, three moves deep.",
    part: { base: "vm+ste", depth: "3", promises: ["gbpa-abort"] },
  },
  {
    title: "What is left when the last device is gone?",
    about: "Plug, unplug and the event queue; looking for leaks, five moves deep.",
    part: { depth: "5", promises: ["no-leak", "invariants"] },
  },
  {
    title: "And if one host call fails?",
    about: "One injected failure anywhere on the way, three moves deep.",
    part: { modifiers: ["fault"], depth: "3", promises: [...PROMISE_NAMES] },
  },
];

function begin(part: Partial<Question>): void {
  const { origin: from, workers } = useExplore.getState().question;
  const question: Question = { ...DEFAULT_QUESTION, origin: from, workers, ...part };
  useExplore.getState().ask(question);
  const { session, node } = useSession.getState();
  const origin = originOf(session, question.origin, node.id);
  if (check(question, origin.setup, origin.scope).ok) start(question, origin);
}

/** Said once the place is opened again; the question is still in the form. */
function LostAnswers() {
  const question = useExplore((explore) => explore.question);
  const lost = useExplore((explore) => explore.lost);
  const { origin, checked } = useAsked();
  if (!lost.includes("answers")) return null;
  return (
    <div className="explore-lost" data-testid="explore-lost" role="status">
      <p>What the last search had found could not be kept with the tab. Its question is still here.</p>
      <Button
        data-testid="explore-again"
        reason={checked.ok ? null : "The question has an error"}
        onClick={() => start(question, origin)}
      >
        Search again
      </Button>
    </div>
  );
}

export function Starts() {
  return (
    <div className="explore-nothing">
      <LostAnswers />
      <Empty glyph="explore" title="Can it ever go wrong?">
        <p>
          The lab tries every move in every state, nearest first. A promise that breaks comes with a shortest
          script that breaks it; one that holds, holds in every state that these moves reach.
        </p>
      </Empty>
      <ul className="explore-starts" aria-label="Questions to begin with">
        {STARTS.map(({ title, about, part }) => (
          <li key={title}>
            <button type="button" className="explore-start" onClick={() => begin(part)}>
              <span className="explore-start-title">{title}</span>
              <span className="explore-quiet">{about}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
