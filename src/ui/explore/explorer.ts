/**
 * A search in slices, told about a few times a second. Lives in the worker: between two slices it listens, so that a
 * search can be cancelled, and asked, while it runs.
 */
import { ExploreJob } from "../../explore/job.ts";
import type {
  JobGraph,
  JobHead,
  JobProblem,
  JobProgress,
  JobReport,
  JobSpec,
} from "../../explore/job-data.ts";

export interface Told {
  readonly progress: JobProgress;
  /** Milliseconds spent searching. */
  readonly ms: number;
  /** Comes when something new was found, and at the end. */
  readonly report: JobReport | null;
}

export type OpenedJob =
  | { readonly ok: true; readonly head: JobHead }
  | { readonly ok: false; readonly problems: readonly JobProblem[] };

const SLICE_MS = 24;
const TELL_MS = 160;

/** The next turn of the thread, without the pause that timers put between. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export class Explorer {
  private job: ExploreJob | null = null;

  open(spec: JobSpec): OpenedJob {
    const opened = ExploreJob.open(spec);
    if (!opened.ok) return opened;
    this.job = opened.job;
    return { ok: true, head: opened.job.head };
  }

  /** Resolves when the search is over, for whatever reason. */
  async run(tell: (told: Told) => void): Promise<void> {
    const job = this.opened();
    let ms = 0;
    let told = Number.NEGATIVE_INFINITY;
    let known = 0;
    for (let more = true; more; ) {
      const from = performance.now();
      more = job.advance({ ms: SLICE_MS });
      const now = performance.now();
      // A thread that was put to sleep did not search meanwhile.
      ms += Math.min(now - from, 4 * SLICE_MS);
      if (more && now - told < TELL_MS) {
        await turn();
        continue;
      }
      if (more && this.everyGoalReached()) {
        // Nothing is left to be found.
        job.cancel();
        more = false;
      }
      const progress = job.progress();
      const found = progress.findings.length;
      tell({ progress, ms, report: !more || found > known ? job.report() : null });
      known = found;
      told = now;
      await turn();
    }
  }

  cancel(): void {
    this.job?.cancel();
  }

  graph(): JobGraph | null {
    return this.opened().graph();
  }

  wayTo(state: number): readonly string[] {
    return this.opened().wayTo(state);
  }

  /** All that was asked for are goals, and each was reached. */
  private everyGoalReached(): boolean {
    const { head } = this.opened();
    if (!head.promises.every(({ goal }) => goal)) return false;
    const { findings } = this.opened().progress();
    return head.promises.every(({ id }) => findings.some(({ promise }) => promise === id));
  }

  private opened(): ExploreJob {
    if (this.job === null) throw new Error("no search was opened");
    return this.job;
  }
}
