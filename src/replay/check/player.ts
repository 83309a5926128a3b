/** Plays the script of one run step by step. */
import { buildWorld } from "../../engine/build-world.ts";
import { step } from "../../engine/step.ts";
import type { World } from "../../engine/world.ts";
import type { CommandItem } from "../../script/ast.ts";
import { parse } from "../../script/parse.ts";
import type { Problem } from "../../script/problem.ts";
import { scriptText } from "../meaning/script-text.ts";
import type { ReplayRun } from "../meaning/steps.ts";
import { collect, emptyTrace, type ModelTrace, traceOf } from "./model-events.ts";

export interface Rejected {
  readonly step: number;
  readonly text: string;
  readonly why: string;
}

export class Player {
  world: World;
  /** Steps played so far. */
  played = 0;
  readonly rejected: Rejected[] = [];
  private readonly run: ReplayRun;
  private readonly commands: readonly (readonly CommandItem[])[];

  private constructor(run: ReplayRun, world: World, commands: readonly (readonly CommandItem[])[]) {
    this.run = run;
    this.world = world;
    this.commands = commands;
  }

  static of(run: ReplayRun): { ok: true; value: Player } | { ok: false; problems: readonly Problem[] } {
    const { text, starts } = scriptText(run, { comments: false });
    const parsed = parse(text);
    if (!parsed.ok) return { ok: false, problems: parsed.problems };
    const commands: CommandItem[][] = run.steps.map(() => []);
    let at = 0;
    for (const [i, item] of parsed.value.items.entries()) {
      if (item.kind !== "command") continue;
      const line = (parsed.value.spans[i]?.line ?? 1) - 1;
      while (at + 1 < starts.length && (starts[at + 1] as number) <= line) at++;
      commands[at]?.push(item);
    }
    return { ok: true, value: new Player(run, buildWorld(parsed.value.setup), commands) };
  }

  /** Plays the next step; its trace, without that of lines which only make up for what the log leaves out. */
  next(): ModelTrace {
    const trace = emptyTrace();
    const lines = this.run.steps[this.played]?.lines ?? [];
    const stated = lines.some((l) => l.inferred === null);
    for (const [i, item] of (this.commands[this.played] ?? []).entries()) {
      const { world, outcome } = step(this.world, item.action, { trace: true });
      if (outcome.rejected)
        this.rejected.push({
          step: this.played,
          text: item.words.join(" "),
          why: outcome.messages.join("; "),
        });
      this.world = world;
      const madeUp = stated && (lines[i]?.inferred ?? null) !== null;
      if (madeUp) trace.hostCommands.push(...traceOf(outcome).hostCommands);
      else collect(outcome, trace);
    }
    this.played++;
    return trace;
  }
}
