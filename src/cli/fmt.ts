/** `lab fmt`: the canonical print. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "../script/parse.ts";
import { printScript } from "../script/print.ts";
import type { Parsed } from "./args.ts";
import { fileProblem, readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, USAGE, UsageError } from "./io.ts";
import { reportProblems } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

export const FMT: Subcommand = {
  name: "fmt",
  operands: "FILE…",
  summary: "Print scripts canonically",
  options: [
    { name: "write", value: null, help: "write the files back instead of printing them" },
    {
      name: "check",
      value: null,
      help: "print the names of files that are not canonical; exit 1 if there are any",
    },
  ],
  run: format,
};

async function format(args: Parsed, io: CliIo): Promise<number> {
  if (args.positional.length === 0) throw new UsageError("fmt needs a FILE, or - for standard input");
  if (args.switches.has("write") && args.positional.includes("-"))
    throw new UsageError("--write cannot write standard input back");
  let status = HELD;
  for (const path of args.positional) {
    const source = await readSource(io, path);
    const parsed = parse(source.text);
    if (!parsed.ok) {
      reportProblems(io, source, parsed.problems, false);
      status = USAGE;
      continue;
    }
    const text = printScript(parsed.value);
    if (args.switches.has("check")) {
      if (text === source.text) continue;
      io.stdout.write(`${source.name}\n`);
      if (status === HELD) status = FAILED;
    } else if (args.switches.has("write")) {
      if (text !== source.text) await writeBack(resolve(io.cwd, path), path, text);
    } else io.stdout.write(text);
  }
  return status;
}

async function writeBack(file: string, name: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`${name}: ${fileProblem(error)}`);
  }
}
