/** The page's end of a replay worker. Ending it is how work is cancelled. */
import { proxy, type Remote, releaseProxy, wrap } from "comlink";
import type { JobFiles, JobHead, JobProgress, ReplayJob } from "../../replay/job.ts";
import type { CheckData, StepData } from "../../replay/transfer.ts";

/** Steps that are handed over at once: few enough not to be felt. */
const SLICE = 2000;

export class ReplayClient {
  private readonly worker: Worker;
  private readonly job: Remote<ReplayJob>;
  /** Rejects when the worker itself fails; never resolves. */
  private readonly broken: Promise<never>;

  constructor() {
    this.worker = new Worker(new URL("./replay.worker.ts", import.meta.url), { type: "module" });
    this.broken = new Promise((_, reject) => {
      this.worker.onerror = (event) =>
        reject(new Error(event.message || "the log reader could not be started"));
      this.worker.onmessageerror = () => reject(new Error("the log reader sent what cannot be read"));
    });
    this.broken.catch(() => undefined);
    this.job = wrap<ReplayJob>(this.worker);
  }

  private call<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.broken]);
  }

  read(files: JobFiles, tell: (progress: JobProgress) => void): Promise<JobHead> {
    return this.call(this.job.read(files, proxy(tell)));
  }

  check(tell: (progress: JobProgress) => void): Promise<CheckData | null> {
    return this.call(this.job.check(proxy(tell)));
  }

  async steps(run: number, count: number): Promise<StepData[]> {
    const steps: StepData[] = [];
    for (let from = 0; from < count; from += SLICE)
      for (const step of await this.call(this.job.steps(run, from, Math.min(count, from + SLICE))))
        steps.push(step);
    return steps;
  }

  lines(from: number, to: number): Promise<string[]> {
    return this.call(this.job.lines(from, to));
  }

  end(): void {
    this.job[releaseProxy]();
    this.worker.terminate();
  }
}
