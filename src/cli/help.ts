/** `lab help`: subcommands, verbs, and the whole reference. */
import { referenceMarkdown, verbHelp, verbOverview } from "../script/reference.ts";
import { nearest } from "../script/suggest.ts";
import { findVerb, VERB_NAMES } from "../script/verbs.ts";
import type { Parsed } from "./args.ts";
import { type CliIo, HELD, UsageError } from "./io.ts";
import type { Subcommand } from "./subcommand.ts";

/** Subcommands of the contract whose part of the lab is not there yet. */
export const UNBUILT: Readonly<Record<string, string>> = {};

export function helpCommand(subcommands: () => readonly Subcommand[]): Subcommand {
  return {
    name: "help",
    operands: "[VERB|SUBCOMMAND]",
    summary: "Explain a verb or a subcommand, or list them",
    options: [{ name: "markdown", value: null, help: "the whole script reference as Markdown" }],
    run: async (args: Parsed, io: CliIo): Promise<number> => {
      io.stdout.write(helpText(args, subcommands()));
      return HELD;
    },
  };
}

function helpText(args: Parsed, subcommands: readonly Subcommand[]): string {
  if (args.switches.has("markdown")) return referenceMarkdown();
  const [name, ...more] = args.positional;
  if (more.length > 0) throw new UsageError("help explains one thing at a time");
  if (name === undefined) return overview(subcommands);
  const verb = findVerb(name);
  const sub = subcommands.find((s) => s.name === name);
  // `run` and the like are no verbs, `help explore` asks for the subcommand: no name is both.
  if (verb !== null) return verbHelp(verb);
  if (sub !== undefined) return subcommandHelp(sub);
  if (Object.hasOwn(UNBUILT, name))
    return `lab ${name}: ${UNBUILT[name]}. This part of the lab is not built yet.\n`;
  const close = nearest(name, [...VERB_NAMES, ...subcommands.map((s) => s.name)]);
  throw new UsageError(
    `no verb or subcommand "${name}"${close === null ? "" : `; did you mean "${close}"?`}`,
  );
}

export function overview(subcommands: readonly Subcommand[]): string {
  const rows = subcommands.map((s) => [`lab ${s.name} ${s.operands}`, s.summary] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return [
    "Usage:",
    ...rows.map(([usage, summary]) => `  ${usage.padEnd(width)}  ${summary}`),
    "",
    "Verbs of the script (lab help VERB explains one):",
    "",
    verbOverview(),
  ].join("\n");
}

function subcommandHelp(s: Subcommand): string {
  const options = s.options.map(
    (o) => [`--${o.name}${o.value === null ? "" : ` ${o.value}`}`, o.help] as const,
  );
  const width = Math.max(0, ...options.map(([o]) => o.length));
  return `${[
    `lab ${s.name} ${s.operands}`,
    "",
    `  ${s.summary}.`,
    ...(options.length > 0 ? ["", ...options.map(([o, help]) => `  ${o.padEnd(width)}  ${help}`)] : []),
    ...(s.notes === undefined ? [] : ["", ...s.notes.map((n) => `  ${n}`)]),
  ].join("\n")}\n`;
}
