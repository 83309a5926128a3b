/** The page's end of a search in a worker. */
import { proxy, type Remote, releaseProxy, wrap } from "comlink";
import type { JobGraph, JobSpec } from "../../explore/job-data.ts";
import type { Explorer, OpenedJob, Told } from "./explorer.ts";

export class ExploreClient {
  private readonly worker: Worker;
  private readonly explorer: Remote<Explorer>;
  /** Rejects when the worker itself fails; never resolves. */
  private readonly broken: Promise<never>;
  private end: (why: Error) => void = () => undefined;

  constructor() {
    this.worker = new Worker(new URL("./explore.worker.ts", import.meta.url), { type: "module" });
    this.broken = new Promise((_, reject) => {
      this.end = reject;
      this.worker.onerror = (event) => reject(new Error(event.message || "the search could not be started"));
      this.worker.onmessageerror = () => reject(new Error("the search sent what cannot be read"));
    });
    this.broken.catch(() => undefined);
    this.explorer = wrap<Explorer>(this.worker);
  }

  private call<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.broken]);
  }

  open(spec: JobSpec): Promise<OpenedJob> {
    // The proxy's type parts the two answers.
    return this.call(this.explorer.open(spec) as Promise<OpenedJob>);
  }

  run(tell: (told: Told) => void): Promise<void> {
    return this.call(this.explorer.run(proxy(tell)));
  }

  cancel(): void {
    void this.call(this.explorer.cancel()).catch(() => undefined);
  }

  graph(): Promise<JobGraph | null> {
    return this.call(this.explorer.graph());
  }

  wayTo(state: number): Promise<readonly string[]> {
    return this.call(this.explorer.wayTo(state));
  }

  /** Whatever is still being waited for is told that the search is gone. */
  close(): void {
    this.end(new Error("the search was put away"));
    this.explorer[releaseProxy]();
    this.worker.terminate();
  }
}
