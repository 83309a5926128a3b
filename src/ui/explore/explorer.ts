/**
 * A search in slices, told about a few times a second. Lives in the worker: between two slices it listens, so that a
 * search can be cancelled, and asked, while it runs.
 */
import type { DifferenceSpec } from "../../explore/difference.ts";
import type { FromExpander } from "../../explore/expander.ts";
import { ExploreJob } from "../../explore/job.ts";
import type {
  JobGraph,
  JobHead,
  JobProblem,
  JobProgress,
  JobReport,
  JobSpec,
} from "../../explore/job-data.ts";
import type { Peer } from "../../explore/pool.ts";
import { turn } from "../../explore/turn.ts";
import { Differ, type DifferenceTold } from "./differ.ts";

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
/** A thread that was put to sleep did not search meanwhile: a longer gap counts as this. */
const ASLEEP_MS = 2_000;

const peerOf = (port: MessagePort): Peer => ({
  send: (message) => port.postMessage(message),
  listen(hear, broken) {
    port.onmessage = ({ data }: MessageEvent<FromExpander>) => hear(data);
    port.onmessageerror = () => broken(new Error("a thread of the search sent what cannot be read"));
  },
  end: () => port.close(),
});

export class Explorer {
  private job: ExploreJob | null = null;
  private readonly differ = new Differ();

  open(spec: JobSpec): OpenedJob {
    const opened = ExploreJob.open(spec);
    if (!opened.ok) return opened;
    this.job = opened.job;
    return { ok: true, head: opened.job.head };
  }

  /**
   * Resolves when the search is over, for whatever reason. With ports, whoever is behind them takes a share of it
   * (expander.worker.ts).
   */
  async run(tell: (told: Told) => void, ports: readonly MessagePort[] = []): Promise<void> {
    if (ports.length === 0) await this.alone(tell);
    else await this.together(tell, ports);
  }

  private async together(tell: (told: Told) => void, ports: readonly MessagePort[]): Promise<void> {
    const job = this.opened();
    let ms = 0;
    let last = performance.now();
    let told = Number.NEGATIVE_INFINITY;
    let known = 0;
    const report = (over: boolean): void => {
      const now = performance.now();
      ms += Math.min(now - last, ASLEEP_MS);
      last = now;
      if (!over && this.everyGoalReached()) job.cancel();
      if (!over && now - told < TELL_MS) return;
      const progress = job.progress();
      const found = progress.findings.length;
      tell({ progress, ms, report: over || found > known ? job.report() : null });
      known = found;
      told = now;
    };
    await job.run(ports.map(peerOf), () => report(false));
    report(true);
  }

  private async alone(tell: (told: Told) => void): Promise<void> {
    const job = this.opened();
    let ms = 0;
    let told = Number.NEGATIVE_INFINITY;
    let known = 0;
    for (let more = true; more; ) {
      const from = performance.now();
      more = job.advance({ ms: SLICE_MS });
      const now = performance.now();
      ms += Math.min(now - from, ASLEEP_MS);
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
    this.differ.cancel();
  }

  /** See differ.ts. */
  apart(spec: DifferenceSpec, tell: (told: DifferenceTold) => void): Promise<readonly JobProblem[]> {
    return this.differ.run(spec, tell);
  }

  graph(): JobGraph | null {
    return this.opened().graph();
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
