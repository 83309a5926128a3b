/** `lab explore`: every state that can be reached from a script's end, and every promise that breaks on the way. */
import { MODIFIERS, PRESETS } from "../explore/alphabet.ts";
import { ExploreJob } from "../explore/job.ts";
import type { JobExample, JobReport, JobVerdict } from "../explore/job-data.ts";
import { PROMISE_NAMES } from "../explore/promises.ts";
import { failed } from "../explore/report.ts";
import { DEFAULT_LIMITS } from "../explore/search.ts";
import type { CommandItem, Script } from "../script/ast.ts";
import { parse } from "../script/parse.ts";
import { printItems } from "../script/print.ts";
import type { Parsed } from "./args.ts";
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
    { name: "no-symmetry", value: null, help: "count interchangeable devices and vSMMUs apart" },
    { name: "json", value: null, help: "one JSON object a finding, and one at the end" },
  ],
  notes: [
    ...Object.entries(PRESETS).map(([name, text]) => `${name.padEnd(9)} ${text}`),
    ...Object.entries(MODIFIERS).map(([name, text]) => `${`+${name}`.padEnd(9)} ${text}`),
    "An alphabet can also be lines of a script, separated by ;.",
    `Promises: ${PROMISE_NAMES.join(", ")},`,
    'a divergence like D1 (never), or a formula: "always d0 dma=abort when',
    'v0 gbpa=abort and v0 smmuen=off", "never d1 diverges=D1", "sometimes',
    'd0 attached=translate". Exit status 1 if one is broken, or a goal is out of',
    "reach. A search that a limit stopped says so, and keeps what it found.",
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

/** States between two looks at whether anybody wants to hear. */
const STRIDE = 1024;

export async function exploreMain(args: Parsed, io: CliIo): Promise<number> {
  const [path, ...more] = args.positional;
  if (path === undefined || more.length > 0)
    throw new UsageError("explore needs one FILE, or - for standard input");
  const json = args.switches.has("json");
  const limits = {
    depth: number(args, "depth", DEFAULT_LIMITS.depth, 0),
    states: number(args, "max-states", DEFAULT_LIMITS.states, 1),
    bytes: number(args, "max-memory", DEFAULT_LIMITS.bytes / 2 ** 20, 1) * 2 ** 20,
  };
  const source = await readSource(io, path);
  const parsed = parse(source.text);
  if (!parsed.ok) {
    reportProblems(io, source, parsed.problems, json);
    return USAGE;
  }
  const opened = ExploreJob.open({
    script: source.text,
    alphabet: args.values.get("alphabet") ?? "vm",
    promises: promiseTexts(args.values.get("invariant")),
    limits,
    symmetry: !args.switches.has("no-symmetry"),
  });
  if (!opened.ok) throw new UsageError(opened.problems.map((p) => p.message).join("\n"));
  const { job } = opened;
  for (const w of job.head.warnings) io.stderr.write(`warning: ${w}\n`);
  while (job.advance({ states: STRIDE }));
  const report = job.report();
  const out = new Out(io.stdout);
  if (json) printJson(out, report);
  else printText(out, report, parsed.value);
  out.flush();
  return report.verdicts.some(failed) ? FAILED : HELD;
}

const exampleJson = (v: JobVerdict, e: JobExample): unknown => ({
  promise: v.id,
  class: e.cls,
  depth: e.depth,
  why: e.why,
  script: e.lines,
  rules: e.rules.map((r) => r.id),
  before: e.before,
  after: e.after,
});

function printJson(out: Out, r: JobReport): void {
  for (const v of r.verdicts) for (const e of v.examples) out.line(JSON.stringify(exampleJson(v, e)));
  const { states, transitions, depth } = r.counts;
  out.line(
    JSON.stringify({
      end: true,
      ending: r.ending,
      complete: r.complete,
      alphabet: r.alphabet,
      moves: r.moves,
      symmetries: r.symmetries,
      states,
      transitions,
      depth,
      histogram: r.histogram,
      promises: Object.fromEntries(
        r.verdicts.map((v) => [v.id, { state: v.state, classes: v.examples.map((e) => e.cls) }]),
      ),
      classes: Object.fromEntries(r.classes.map((c) => [c.cls, c.depth])),
    }),
  );
}

const WORDS: Readonly<Record<JobVerdict["state"], string>> = {
  holds: "holds",
  broken: "BROKEN",
  reached: "reached",
  unreached: "OUT OF REACH",
  open: "open",
};

function printText(out: Out, r: JobReport, script: Script): void {
  const { states, transitions, depth } = r.counts;
  out.line(`${r.alphabet}: ${r.moves} moves, ${r.symmetries} symmetr${r.symmetries === 1 ? "y" : "ies"}`);
  out.line(`${states} states, ${transitions} transitions, depth ${depth}: ${r.endingText}`);
  for (const v of r.verdicts) {
    out.line("");
    out.line(`${v.id}: ${WORDS[v.state]}${v.state === "open" && !v.goal ? ", not broken so far" : ""}`);
    out.line(`  ${v.sentence} (${v.source})`);
    for (const e of v.examples) {
      out.line("");
      out.line(`  ${e.cls} after ${e.depth} move${e.depth === 1 ? "" : "s"}: ${e.why}`);
      for (const line of printed(script, e)) out.line(`    ${line}`);
      for (const line of e.after) out.line(`    # ${line}`);
    }
  }
}

/** The lines as the printer of scripts writes them. */
function printed(script: Script, e: JobExample): string[] {
  const text = [...header(script), ...e.lines].join("\n");
  const parsed = parse(text);
  if (!parsed.ok) return [...e.lines];
  const commands = parsed.value.items.filter((i): i is CommandItem => i.kind === "command");
  return printItems(commands.slice(-e.lines.length)).trimEnd().split("\n");
}

const header = (script: Script): string[] =>
  script.items.filter((i) => i.kind === "header").map((i) => printItems([i]).trimEnd());
