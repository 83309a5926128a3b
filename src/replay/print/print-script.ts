/** A script played, as the trace log that a QEMU which did the same would have written. */
import { buildWorld } from "../../engine/build-world.ts";
import { step } from "../../engine/step.ts";
import type { World } from "../../engine/world.ts";
import type { Script } from "../../script/ast.ts";
import { type LogPrefix, LogPrinter } from "./log-text.ts";

export interface Printed {
  readonly log: string;
  /** Where the script ends. */
  readonly world: World;
}

/** Plays every command; expectations are passed over, and a command that the lab rejects prints nothing. */
export function printScript(script: Script, prefix: LogPrefix = "none"): Printed {
  let world = buildWorld(script.setup);
  const printer = new LogPrinter(script.setup, prefix);
  for (const item of script.items) {
    if (item.kind !== "command") continue;
    const stepped = step(world, item.action, { trace: true });
    world = stepped.world;
    printer.add(stepped.outcome);
  }
  return { log: printer.text(), world };
}
