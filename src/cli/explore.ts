/** `lab explore`: every state that can be reached from a script's end, and every promise that breaks on the way. */
import { MODIFIERS, PRESETS } from "../explore/alphabet.ts";
import { DifferenceJob, repairReport } from "../explore/difference.ts";
import { ExploreJob } from "../explore/job.ts";
import type { JobReport, JobSpec } from "../explore/job-data.ts";
import { PROMISE_NAMES } from "../explore/promises.ts";
import { failed } from "../explore/report.ts";
import { DEFAULT_LIMITS } from "../explore/search.ts";
import { applySide, parseSide, type Side } from "../review/sides.ts";
import type { Script } from "../script/ast.ts";
import { parse } from "../script/parse.ts";
import { printItems } from "../script/print.ts";
import type { Parsed } from "./args.ts";
import { printDifference, printDifferenceJson, printJson, printText } from "./explore-text.ts";
import { threadPeers } from "./explore-threads.ts";
import { readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, USAGE, UsageError } from "./io.ts";
import { reportProblems } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

export const EXPLORE: Subcommand = {
  name: "explore",
  operands: "FILE",
  summary: "Search every state reachable from a script's end for broken promises",
  options: [
    {
      name: "alphabet",
      value: "NAME",
      help: "what is tried: vm (default), vm+ste, vm+stores, raw, or lines",
    },
    { name: "invariant", value: "PROMISE", help: "what must hold; several separated by , (default all)" },
    { name: "depth", value: "N", help: "moves from the script's end at most" },
    { name: "max-states", value: "N", help: `states at most (default ${DEFAULT_LIMITS.states})` },
    { name: "max-memory", value: "MIB", help: "memory of the tables at most (default 2048)" },
    { name: "workers", value: "N", help: "threads (default 1); the answer is the same for any number" },
    {
      name: "against",
      value: "SIDE",
      help: "another setup (kernel=6.17, fix=D1, …): where the two can first be told apart",
    },
    { name: "no-symmetry", value: null, help: "count interchangeable devices and vSMMUs apart" },
    { name: "json", value: null, help: "one JSON object a finding, and one at the end" },
  ],
  notes: [
    ...Object.entries(PRESETS).map(([name, text]) => `${name.padEnd(9)} ${text}`),
    ...Object.entries(MODIFIERS).map(([name, text]) => `${`+${name}`.padEnd(9)} ${text}`),
    "An alphabet can also be lines of a script with a ; between them; reset alone",
    "is one.",
    `Promises: ${PROMISE_NAMES.join(", ")},`,
    'a divergence like D1 (never), or a formula: "always d0 dma=abort when',
    'v0 gbpa=abort and v0 smmuen=off", "never d1 diverges=D1", "sometimes',
    'd0 attached=translate". Exit status 1 if one is broken, or a goal is out of',
    "reach. A search that a limit stopped, or an interrupt, says so and keeps",
    "what it found.",
    "--against prints the shortest scripts after which the two setups can be",
    "told apart, and which divergences the other one has not, or has on top;",
    "exit status 1 if there is a difference.",
  ],
  run: exploreMain,
};

function number(args: Parsed, name: string, fallback: number, least: number): number {
  const text = args.values.get(name);
  if (text === undefined) return fallback;
  const n = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(n) || n < least)
    throw new UsageError(`--${name} needs a number from ${least} on`);
  return n;
}

/** Words of a list; a formula may itself hold commas, so only commas before a new promise part it. */
function promiseTexts(text: string | undefined): string[] {
  if (text === undefined) return [];
  return text
    .split(/[,;]\s*(?=(?:always|never|sometimes)\s|[a-zA-Z][\w-]*\s*(?:[,;]|$))/)
    .map((t) => t.trim())
    .filter((t) => t !== "");
}

/** Milliseconds of work between two looks at whether somebody has had enough. */
const SLICE_MS = 200;
const MOST_WORKERS = 64;

interface Asked {
  readonly spec: JobSpec;
  readonly script: Script;
  readonly workers: number;
}

async function exploreMain(args: Parsed, io: CliIo): Promise<number> {
  const [path, ...more] = args.positional;
  if (path === undefined || more.length > 0)
    throw new UsageError("explore needs one FILE, or - for standard input");
  const json = args.switches.has("json");
  const limits = {
    depth: number(args, "depth", DEFAULT_LIMITS.depth, 0),
    states: number(args, "max-states", DEFAULT_LIMITS.states, 1),
    bytes: number(args, "max-memory", DEFAULT_LIMITS.bytes / 2 ** 20, 1) * 2 ** 20,
  };
  const workers = number(args, "workers", 1, 1);
  if (workers > MOST_WORKERS) throw new UsageError(`--workers needs a number up to ${MOST_WORKERS}`);
  const against = args.values.get("against");
  const side = against === undefined ? null : sideOf(against);
  const source = await readSource(io, path);
  const parsed = parse(source.text);
  if (!parsed.ok) {
    reportProblems(io, source, parsed.problems, json);
    return USAGE;
  }
  const asked: Asked = {
    spec: {
      script: source.text,
      alphabet: args.values.get("alphabet") ?? "vm",
      promises: promiseTexts(args.values.get("invariant")),
      limits,
      symmetry: !args.switches.has("no-symmetry"),
    },
    script: parsed.value,
    workers,
  };
  const out = new Out(io.stdout);
  const status =
    side === null ? await promised(asked, io, out, json) : await compared(asked, side, io, out, json);
  out.flush();
  return status;
}

function sideOf(text: string): Side {
  const side = parseSide(text);
  if (!side.ok) throw new UsageError(`--against: ${side.problems.join("; ")}`);
  return side.value;
}

function opened(spec: JobSpec, io: CliIo): ExploreJob {
  const got = ExploreJob.open(spec);
  if (!got.ok) throw new UsageError(got.problems.map((p) => p.message).join("\n"));
  for (const w of got.job.head.warnings) io.stderr.write(`warning: ${w}\n`);
  return got.job;
}

/** Stops at an interrupt (the report is then a partial one), and says how far it is where somebody watches. */
async function followed(
  io: CliIo,
  cancel: () => void,
  tell: () => string,
  body: (look: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const watched = io.stderr.isTTY === true;
  process.once("SIGINT", cancel);
  try {
    await body(async () => {
      if (watched) io.stderr.write(`\r\u001b[K${tell()}`);
      await new Promise<void>((resume) => setImmediate(resume));
    });
  } finally {
    process.off("SIGINT", cancel);
    if (watched) io.stderr.write("\r\u001b[K");
  }
}

async function searched(job: ExploreJob, workers: number, io: CliIo): Promise<JobReport> {
  const tell = (): string => {
    const { states, transitions, frontier, depth } = job.progress();
    return `${states} states, ${transitions} transitions, frontier ${frontier}, depth ${depth}`;
  };
  await followed(
    io,
    () => job.cancel(),
    tell,
    async (look) => {
      if (workers > 1) await job.run(threadPeers(workers - 1), () => void look());
      else while (job.advance({ ms: SLICE_MS })) await look();
    },
  );
  return job.report();
}

async function promised(
  { spec, script, workers }: Asked,
  io: CliIo,
  out: Out,
  json: boolean,
): Promise<number> {
  const report = await searched(opened(spec, io), workers, io);
  if (json) printJson(out, report);
  else printText(out, report, script);
  return report.verdicts.some(failed) ? FAILED : HELD;
}

/** Where two setups can first be told apart, and which divergences one has and the other has not. */
async function compared(
  { spec, script, workers }: Asked,
  side: Side,
  io: CliIo,
  out: Out,
  json: boolean,
): Promise<number> {
  const other = applySide(script, side);
  if (!other.ok) throw new UsageError(`--against: ${other.problems.join("; ")}`);
  const against = printItems(other.value.items);
  const { promises, symmetry, ...rest } = spec;
  const got = DifferenceJob.open({ ...rest, against });
  if (!got.ok) throw new UsageError(got.problems.map((p) => p.message).join("\n"));
  const { job } = got;
  await followed(
    io,
    () => job.cancel(),
    () => `${job.progress.pairs} pairs, depth ${job.progress.depth}`,
    async (look) => {
      while (job.advance(PAIRS)) await look();
    },
  );
  const report = job.report();
  const before = await searched(opened(spec, io), workers, io);
  const after = await searched(opened({ ...spec, script: against }, io), workers, io);
  const repair = repairReport(before, after);
  if (json) printDifferenceJson(out, side.text, report, repair);
  else printDifference(out, side.text, report, repair, script);
  return report.differences.length > 0 ? FAILED : HELD;
}

/** Pairs between two looks. */
const PAIRS = 256;
