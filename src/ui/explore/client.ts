/** The page's end of a search in a worker. */
import { proxy, type Remote, releaseProxy, transfer, wrap } from "comlink";
import type { DifferenceSpec } from "../../explore/difference.ts";
import type { JobGraph, JobProblem, JobSpec } from "../../explore/job-data.ts";
import type { DifferenceTold } from "./differ.ts";
import type { Explorer, OpenedJob, Told } from "./explorer.ts";

export class ExploreClient {
  private readonly worker: Worker;
  private readonly expanders: Worker[] = [];
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

  /** `workers`: threads that search, its own among them. */
  async run(workers: number, tell: (told: Told) => void): Promise<void> {
    const ports = Array.from({ length: workers - 1 }, () => this.expander());
    try {
      await this.call(this.explorer.run(proxy(tell), transfer(ports, ports)));
    } finally {
      this.endExpanders();
    }
  }

  /** The page itself starts every thread: a single file has no address from which a worker could start others. */
  private expander(): MessagePort {
    const worker = new Worker(new URL("./expander.worker.ts", import.meta.url), { type: "module" });
    worker.onerror = (event) =>
      this.end(new Error(event.message || "a thread of the search could not be started"));
    this.expanders.push(worker);
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port1, [port1]);
    return port2;
  }

  private endExpanders(): void {
    for (const worker of this.expanders.splice(0)) worker.terminate();
  }

  /** Resolves when the search for a difference is over, with what is wrong with its question. */
  differ(spec: DifferenceSpec, tell: (told: DifferenceTold) => void): Promise<readonly JobProblem[]> {
    return this.call(this.explorer.apart(spec, proxy(tell)));
  }

  cancel(): void {
    void this.call(this.explorer.cancel()).catch(() => undefined);
  }

  graph(): Promise<JobGraph | null> {
    return this.call(this.explorer.graph());
  }

  /** Whatever is still being waited for is told that the search is gone. */
  close(): void {
    this.end(new Error("the search was put away"));
    this.explorer[releaseProxy]();
    this.worker.terminate();
    this.endExpanders();
  }
}
