/** The search for where two setups part, in slices. Lives in the worker beside the other searches. */
import { DifferenceJob, type DifferenceReport, type DifferenceSpec } from "../../explore/difference.ts";
import type { JobProblem } from "../../explore/job-data.ts";
import { turn } from "../../explore/turn.ts";

export interface DifferenceTold {
  readonly pairs: number;
  readonly transitions: number;
  readonly depth: number;
  /** What was found so far; comes ever more rarely, because each way in it is made as short as it can be. */
  readonly report: DifferenceReport | null;
}

const SLICE_MS = 24;
const TELL_MS = 250;
const FIRST_REPORT_MS = 400;
/** Pairs between two looks at the clock. */
const STRIDE = 8;

export class Differ {
  private job: DifferenceJob | null = null;

  /** Resolves when it is over, with what is wrong with the question if it could not be asked. */
  async run(spec: DifferenceSpec, tell: (told: DifferenceTold) => void): Promise<readonly JobProblem[]> {
    const opened = DifferenceJob.open(spec);
    if (!opened.ok) return opened.problems;
    const { job } = opened;
    this.job = job;
    const begun = performance.now();
    let told = begun;
    let nextReport = begun + FIRST_REPORT_MS;
    for (let more = true; more; ) {
      const from = performance.now();
      while (more && performance.now() - from < SLICE_MS) more = job.advance(STRIDE);
      const now = performance.now();
      if (more && now - told < TELL_MS) {
        await turn();
        continue;
      }
      const report = !more || now >= nextReport ? job.report() : null;
      if (report !== null) nextReport = now + 2 * (now - begun);
      tell({ ...job.progress, report });
      told = now;
      await turn();
    }
    return [];
  }

  cancel(): void {
    this.job?.cancel();
  }
}
