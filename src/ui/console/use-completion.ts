/** What could stand at the end of the line. The completer is fetched at the first key. */
import { useEffect, useMemo, useState } from "react";
import type { Completion, completeLine } from "../../script/completion.ts";
import type { TimelineNode } from "../../script/session.ts";

const NOTHING: Completion = { from: 0, options: [] };

let complete: typeof completeLine | null = null;

export function useCompletion(text: string, { setup, scope }: TimelineNode): Completion {
  const [ready, setReady] = useState(complete !== null);
  const wanted = text !== "";
  useEffect(() => {
    if (!wanted || ready) return;
    void import("../../script/completion.ts").then((module) => {
      complete = module.completeLine;
      setReady(true);
    });
  }, [wanted, ready]);
  return useMemo(
    () => (ready && complete !== null ? complete(text, text.length, { setup, scope }) : NOTHING),
    [ready, text, setup, scope],
  );
}
