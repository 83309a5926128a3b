/** Where the two setups of a question part: a search of its own, followed by the store. */
import type { DifferenceReport } from "../../explore/difference.ts";
import type { JobProblem } from "../../explore/job-data.ts";
import { ExploreClient } from "./client.ts";
import { type Run, useExplore } from "./explore-store.ts";

export interface Apart {
  readonly phase: "running" | "over" | "failed";
  readonly pairs: number;
  readonly depth: number;
  readonly report: DifferenceReport | null;
  readonly problems: readonly JobProblem[];
  readonly failure: string | null;
  /** Null: the worker is gone. */
  readonly client: ExploreClient | null;
}

function change(client: ExploreClient, part: Partial<Apart>): void {
  const { apart } = useExplore.getState();
  if (apart?.client === client) useExplore.setState({ apart: { ...apart, ...part } });
}

export function closeApart(): void {
  useExplore.getState().apart?.client?.close();
  useExplore.setState({ apart: null });
}

export function cancelApart(): void {
  const { apart } = useExplore.getState();
  if (apart?.phase === "running") apart.client?.cancel();
}

/** Begins to look for what tells `run` and `other` apart. */
export async function searchApart(run: Run, other: Run): Promise<void> {
  const client = new ExploreClient();
  useExplore.setState({
    apart: { phase: "running", pairs: 0, depth: 0, report: null, problems: [], failure: null, client },
  });
  const { script, alphabet, limits } = run.spec;
  try {
    const problems = await client.differ(
      { script, against: other.spec.script, alphabet, ...(limits === undefined ? {} : { limits }) },
      ({ pairs, depth, report }) => change(client, { pairs, depth, ...(report === null ? {} : { report }) }),
    );
    change(client, { phase: problems.length > 0 ? "failed" : "over", problems });
    client.close();
  } catch (error) {
    change(client, { phase: "failed", failure: error instanceof Error ? error.message : String(error) });
  }
}
