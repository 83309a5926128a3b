/** The command line: finds the subcommand, turns what it throws into an exit status. */
import { nearest } from "../script/suggest.ts";
import { parseArgs } from "./args.ts";
import { COMPARE } from "./compare.ts";
import { DRAW } from "./draw.ts";
import { EXPLORE } from "./explore.ts";
import { FMT } from "./fmt.ts";
import { helpCommand, overview, UNBUILT } from "./help.ts";
import { BUG, type CliIo, USAGE, UsageError } from "./io.ts";
import { LEARN } from "./learn.ts";
import { REPLAY } from "./replay.ts";
import { REVIEW } from "./review.ts";
import { RUN } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

const SUBCOMMANDS: readonly Subcommand[] = [
  RUN,
  EXPLORE,
  COMPARE,
  DRAW,
  REVIEW,
  LEARN,
  REPLAY,
  FMT,
  helpCommand(() => SUBCOMMANDS),
];

/** Runs one command line (without `lab` itself); the promise gives the exit status and never rejects. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`lab: ${error.message}\n`);
      return USAGE;
    }
    io.stderr.write(
      `lab: a bug in the lab itself, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return BUG;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    io.stderr.write(overview(SUBCOMMANDS));
    return USAGE;
  }
  if (name === "--help" || name === "-h") return dispatch(["help", ...rest], io);
  const sub = SUBCOMMANDS.find((s) => s.name === name);
  if (sub === undefined) throw new UsageError(unknownSubcommand(name));
  if (rest.includes("--help") && name !== "help") return dispatch(["help", name], io);
  return sub.run(parseArgs(rest, sub.options), io);
}

function unknownSubcommand(name: string): string {
  if (Object.hasOwn(UNBUILT, name)) return `"${name}" (${UNBUILT[name]}) is not built yet`;
  const close = nearest(name, [...SUBCOMMANDS.map((s) => s.name), ...Object.keys(UNBUILT)]);
  return `unknown subcommand "${name}"${close === null ? "" : `; did you mean "${close}"?`} (lab help lists them)`;
}
