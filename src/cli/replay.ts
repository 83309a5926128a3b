/** `lab replay`: a QEMU trace log as a script, played and compared with the model. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseNotes } from "../replay/meaning/notes.ts";
import { scriptText } from "../replay/meaning/script-text.ts";
import { lineText, type ReplayRun, titleText } from "../replay/meaning/steps.ts";
import type { LogPrefix } from "../replay/print/log-text.ts";
import { printScript } from "../replay/print/print-script.ts";
import { LineCollector } from "../replay/reader/collect.ts";
import type { ByteSource } from "../replay/reader/read.ts";
import { agrees, censusLines, checkLines, runLines } from "../replay/report.ts";
import { type ReplayOptions, type ReplayResult, replayLog } from "../replay/run.ts";
import { parse } from "../script/parse.ts";
import type { Parsed } from "./args.ts";
import { fileProblem, readBytes, readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, USAGE, UsageError } from "./io.ts";
import { reportProblems } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

export const REPLAY: Subcommand = {
  name: "replay",
  operands: "LOG",
  summary: "Turn a QEMU trace log (plain or gzip) into a script and compare it with the model",
  options: [
    { name: "steps", value: "FILE", help: "notes beside the log: .steps.txt or .console.txt" },
    { name: "host-log", value: "FILE", help: "the physical SMMU's own log; needs --steps to be laid beside" },
    { name: "kernel", value: "PROFILE", help: "host kernel, instead of 7.3" },
    { name: "qemu", value: "PROFILE", help: "QEMU, instead of what the lines suggest" },
    { name: "print", value: null, help: "the other way round: LOG is a script, printed as QEMU's log of it" },
    { name: "prefix", value: "FORM", help: "with --print: none, iso or tid before every line" },
    { name: "summary", value: null, help: "only the comparison, no script" },
    { name: "json", value: null, help: "JSON Lines" },
  ],
  notes: [
    "The script goes to standard output with the log's line numbers as",
    "comments, the comparison behind it, also as comments. Exit status 1 if log",
    "and model disagree anywhere or the log could not be read to its end.",
  ],
  run: replay,
};

/** A source that can be read twice. */
async function opener(io: CliIo, path: string): Promise<() => ByteSource> {
  if (path === "-") {
    const bytes = await readBytes(io, path);
    return () => [bytes];
  }
  const file = resolve(io.cwd, path);
  try {
    if ((await stat(file)).isDirectory()) throw new UsageError(`${path}: is a directory`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: ${fileProblem(error)}`);
  }
  return () => createReadStream(file, { highWaterMark: 1 << 16 }) as AsyncIterable<Uint8Array>;
}

async function replay(args: Parsed, io: CliIo): Promise<number> {
  const [path, ...more] = args.positional;
  if (path === undefined || more.length > 0)
    throw new UsageError("replay needs one LOG, or - for standard input");
  const prefix = args.values.get("prefix");
  if (args.switches.has("print")) return await print(io, path, prefix ?? "none");
  if (prefix !== undefined) throw new UsageError("--prefix goes with --print");
  const kernel = profileOption(args, "kernel");
  const qemu = profileOption(args, "qemu");
  const open = await opener(io, path);
  const steps = args.values.get("steps");
  const hostLog = args.values.get("host-log");
  const options: ReplayOptions = {
    ...(steps === undefined ? {} : { notes: parseNotes((await readSource(io, steps)).text) }),
    ...(hostLog === undefined ? {} : { hostLog: await hostLines(io, hostLog) }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(qemu === undefined ? {} : { qemu }),
  };
  const result = await replayLog(open, options);
  const name = path === "-" ? "standard input" : path;
  const out = new Out(io.stdout);
  if (args.switches.has("json")) writeJson(out, result);
  else writeText(out, name, result, !args.switches.has("summary"));
  out.flush();
  if (result.problem !== null) io.stderr.write(`lab: ${name}: ${result.problem.message}\n`);
  const held = result.problem === null && (result.check === null || agrees(result.check));
  return held ? HELD : FAILED;
}

const PREFIXES: readonly LogPrefix[] = ["none", "iso", "tid"];

/** A script as the trace log that such a run would give. */
async function print(io: CliIo, path: string, wanted: string): Promise<number> {
  const prefix = PREFIXES.find((one) => one === wanted);
  if (prefix === undefined) throw new UsageError(`--prefix: ${PREFIXES.join(", ")}, not ${wanted}`);
  const source = await readSource(io, path);
  const parsed = parse(source.text);
  if (!parsed.ok) {
    reportProblems(io, source, parsed.problems, false);
    return USAGE;
  }
  io.stdout.write(printScript(parsed.value, prefix).log);
  return HELD;
}

/** A profile as the header takes it: `7.3`, or with knobs behind it. */
function profileOption(args: Parsed, name: "kernel" | "qemu"): string | undefined {
  const value = args.values.get(name);
  if (value === undefined) return undefined;
  const parsed = parse(`${name} ${value}\n`);
  const problem = parsed.ok ? undefined : parsed.problems[0];
  if (problem !== undefined) throw new UsageError(`--${name}: ${problem.message}`);
  return value;
}

async function hostLines(io: CliIo, path: string): Promise<string[]> {
  const collector = new LineCollector();
  collector.push(await readBytes(io, path));
  const problem = collector.end();
  if (problem !== null) throw new UsageError(`${path}: ${problem}`);
  return collector.lines;
}

function writeText(out: Out, name: string, result: ReplayResult, script: boolean): void {
  const { runs, census } = result.replay;
  for (const line of censusLines(name, census, runs)) out.line(line);
  for (const [i, run] of runs.entries()) {
    for (const line of runLines(run, i, runs.length)) out.line(line);
    if (script) out.line(scriptText(run, { title: name.replace(/^.*\//, "") }).text.trimEnd());
  }
  if (result.check !== null) for (const line of checkLines(result.check)) out.line(line);
}

function stepJson(run: ReplayRun, runIndex: number, index: number): unknown {
  const s = run.steps[index];
  if (s === undefined) return null;
  return {
    run: runIndex + 1,
    step: index + 1,
    lines: [s.first, s.last],
    title: titleText(s),
    script: s.lines.map(lineText),
    inferred: s.lines.filter((l) => l.inferred !== null).map((l) => `${lineText(l)}: ${l.inferred}`),
  };
}

function writeJson(out: Out, result: ReplayResult): void {
  const { runs, census } = result.replay;
  for (const [r, run] of runs.entries()) {
    out.line(
      JSON.stringify({
        run: r + 1,
        lines: [run.first, run.last],
        emulated: run.emulated,
        header: run.header,
        assumed: run.assumptions,
      }),
    );
    for (let i = 0; i < run.steps.length; i++) out.line(JSON.stringify(stepJson(run, r, i)));
  }
  for (const x of result.check?.rejected ?? [])
    out.line(JSON.stringify({ refused: true, ...x, run: x.run + 1, step: x.step + 1 }));
  for (const d of result.check?.disagreements ?? [])
    out.line(JSON.stringify({ disagreement: true, ...d, run: d.run + 1, step: d.step + 1 }));
  out.line(
    JSON.stringify({
      end: true,
      lines: census.lines,
      events: census.known,
      otherEvents: census.other,
      foreign: census.foreign,
      damaged: census.damaged + census.overlong,
      problem: result.problem,
      compared: Object.fromEntries(result.check?.tallies ?? []),
      disagreements: result.check?.disagreed ?? 0,
      refused: result.check?.rejected.length ?? 0,
    }),
  );
}
