/** Par of a challenge: as it was proved at build time, else proved now, a piece at a time so that the page stays alive. */
import { useEffect, useState } from "react";
import { type Proof, proving } from "../../learn/prove.ts";
import type { Read } from "../../learn/reading.ts";
import type { Ready } from "../../learn/start.ts";
import type { LineProblem } from "../../script/marked.ts";

export interface Proving {
  readonly proof: Proof | null;
  /** States looked at so far. */
  readonly states: number;
  readonly problems: readonly LineProblem[];
}

/** At a time, so that a frame is never missed. */
const SLICE_MS = 10;

/** Runs a search to its end in slices; the returned function stops it. */
export function proveInSlices(
  ready: Ready,
  onStates: (states: number) => void,
  onEnd: (end: Read<Proof>) => void,
): () => void {
  const search = proving(ready);
  let timer: ReturnType<typeof setTimeout>;
  const slice = (): void => {
    const until = performance.now() + SLICE_MS;
    for (;;) {
      const got = search.next();
      if (got.done === true) {
        onEnd(got.value);
        return;
      }
      if (performance.now() < until) continue;
      onStates(got.value);
      timer = setTimeout(slice, 0);
      return;
    }
  };
  timer = setTimeout(slice, 0);
  return () => clearTimeout(timer);
}

export function useProof(ready: Ready, known: Proof | null): Proving {
  const [found, setFound] = useState<Proving>({ proof: known, states: 0, problems: [] });
  useEffect(() => {
    if (known !== null) {
      setFound({ proof: known, states: known.states, problems: [] });
      return;
    }
    setFound({ proof: null, states: 0, problems: [] });
    return proveInSlices(
      ready,
      (states) => setFound({ proof: null, states, problems: [] }),
      (end) =>
        setFound(
          end.ok
            ? { proof: end.value, states: end.value.states, problems: [] }
            : { proof: null, states: 0, problems: end.problems },
        ),
    );
  }, [ready, known]);
  return found;
}
