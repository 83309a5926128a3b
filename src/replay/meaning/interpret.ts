/** Groups of log lines into the steps of a script, run by run. */
import type { Census } from "../reader/lines.ts";
import type { Group } from "./grouper.ts";
import { RunBuilder } from "./run-builder.ts";
import type { InterpretOptions } from "./run-context.ts";
import type { Replay, ReplayRun } from "./steps.ts";

export class Interpreter {
  private readonly options: InterpretOptions;
  private readonly runs: ReplayRun[] = [];
  private run: RunBuilder;
  private groups = 0;

  constructor(options: InterpretOptions = {}) {
    this.options = options;
    this.run = new RunBuilder(0, options);
  }

  readonly group = (g: Group): void => {
    if (g.kind === "start" ? !this.run.empty : this.run.startsAgain(g)) this.next();
    this.run.group(g);
    this.groups++;
  };

  private next(): void {
    const done = this.run.finish();
    if (done.steps.length > 0) this.runs.push(done);
    this.run = new RunBuilder(this.groups, this.options);
  }

  finish(census: Census): Replay {
    this.next();
    return { runs: this.runs, census };
  }
}
