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
  /** Plugs that may be the first of another process: what follows them tells. */
  private held: Group[] = [];

  constructor(options: InterpretOptions = {}) {
    this.options = options;
    this.run = new RunBuilder(0, options);
  }

  readonly group = (g: Group): void => {
    if (this.held.length > 0) {
      if (g.kind === "plug") {
        this.held.push(g);
        return;
      }
      // Devices of a machine that starts are reset all together; one that is added is reset alone.
      this.release(g.kind === "reset" || g.kind === "moves");
    } else if (g.kind === "plug" && this.run.mayStartAgain(g)) {
      this.held.push(g);
      return;
    }
    if (g.kind === "start" ? !this.run.empty : this.run.startsAgain(g)) this.next();
    this.add(g);
  };

  private add(g: Group): void {
    this.run.group(g);
    this.groups++;
  }

  private release(another: boolean): void {
    const { held } = this;
    this.held = [];
    if (another) this.next();
    for (const g of held) this.add(g);
  }

  private next(): void {
    const done = this.run.finish();
    if (done.steps.length > 0) this.runs.push(done);
    this.run = new RunBuilder(this.groups, this.options);
  }

  finish(census: Census): Replay {
    this.release(false);
    this.next();
    return { runs: this.runs, census };
  }
}
