/** `lab run`: plays scripts and judges their expectations. */
import type { Outcome } from "../engine/outcome.ts";
import { streamName } from "../engine/promise.ts";
import type { Setup } from "../engine/setup.ts";
import { statementText } from "../script/ast.ts";
import { parse } from "../script/parse.ts";
import { formatProblem, type Problem } from "../script/problem.ts";
import { divergences } from "../script/record.ts";
import { type RunEnd, type RunEvent, run } from "../script/runner.ts";
import type { Parsed } from "./args.ts";
import { readSource, type Source } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, USAGE, UsageError } from "./io.ts";
import type { Subcommand } from "./subcommand.ts";
import { treeLines } from "./tree-text.ts";

/** Problems as text on stderr and, with --json, as objects on stdout. */
export function reportProblems(io: CliIo, source: Source, problems: readonly Problem[], json: boolean): void {
  const err = new Out(io.stderr);
  for (const p of problems) err.line(`${source.name}:${formatProblem(p)}`);
  err.flush();
  if (!json) return;
  const out = new Out(io.stdout);
  for (const p of problems) {
    const { line, column, message, expected, suggestion } = p;
    out.line(JSON.stringify({ file: source.name, line, column, error: message, expected, suggestion }));
  }
  out.flush();
}

export const RUN: Subcommand = {
  name: "run",
  operands: "FILE…",
  summary: "Run scripts, print each command with its call tree, judge expectations",
  options: [
    {
      name: "json",
      value: null,
      help: "JSON Lines: one object a command and expectation, and one at the end",
    },
    { name: "quiet", value: null, help: "failed expectations and the summary only" },
    { name: "calls", value: null, help: "host calls instead of whole call trees" },
    { name: "events", value: null, help: "QEMU's trace events in the call trees" },
  ],
  notes: [
    '"-" is standard input. Exit status: 0 all expectations held, 1 one failed,',
    "2 a script error (nothing of that file ran), 3 a bug in the lab.",
    "With several files --json begins each with an object naming it.",
  ],
  run: runFiles,
};

async function runFiles(args: Parsed, io: CliIo): Promise<number> {
  if (args.positional.length === 0) throw new UsageError("run needs a FILE, or - for standard input");
  const json = args.switches.has("json");
  let status = HELD;
  const out = new Out(io.stdout);
  for (const path of args.positional) {
    const source = await readSource(io, path);
    const parsed = parse(source.text);
    if (!parsed.ok) {
      out.flush();
      reportProblems(io, source, parsed.problems, json);
      status = USAGE;
      continue;
    }
    if (json && args.positional.length > 1) out.line(JSON.stringify({ file: source.name }));
    const printer = json ? null : new Printer(out, args.switches, parsed.value.setup);
    printer?.begin(source, args.positional.length > 1);
    const it = run(parsed.value);
    let r = it.next();
    for (; !r.done; r = it.next()) {
      if (printer === null) out.line(JSON.stringify(r.value.record()));
      else printer.event(r.value);
    }
    const end = r.value;
    if (printer === null) out.line(JSON.stringify(end.record()));
    else printer.end(end);
    if (end.failed > 0 && status === HELD) status = FAILED;
  }
  out.flush();
  return status;
}

/** The human output. */
class Printer {
  private readonly out: Out;
  private readonly quiet: boolean;
  private readonly callsOnly: boolean;
  private readonly events: boolean;
  private readonly setup: Setup;

  constructor(out: Out, switches: ReadonlySet<string>, setup: Setup) {
    this.out = out;
    this.quiet = switches.has("quiet");
    this.callsOnly = switches.has("calls");
    this.events = switches.has("events");
    this.setup = setup;
  }

  begin(source: Source, several: boolean): void {
    if (!several && this.setup.title === "") return;
    const title = this.setup.title;
    this.out.line(several ? `== ${source.name}${title === "" ? "" : `: ${title}`}` : title);
    if (!this.quiet) this.out.line("");
  }

  event(e: RunEvent): void {
    if (e.kind === "expect") {
      if (this.quiet && e.held) return;
      const asked = e.item.words.slice(1).join(" ");
      if (e.held) this.out.line(`  held    ${asked}`);
      else {
        const got = e.verdicts
          .filter((v) => !v.held)
          .map(
            (v) =>
              `${v.key === null ? "" : `${v.key}=`}${typeof v.got === "string" ? v.got : JSON.stringify(v.got)}`,
          )
          .join(" ");
        this.out.line(`  FAILED  ${asked}   (line ${e.line}; got ${got})`);
      }
      return;
    }
    if (this.quiet) return;
    this.out.line(`${statementText(e.item)}${resultText(e.outcome)}`);
    for (const m of e.outcome.messages) this.out.line(`  ! ${m}`);
    this.tree(e.outcome, 1);
    if (e.outcome.result !== null) this.out.line(`  result ${JSON.stringify(e.outcome.result)}`);
    for (const [name, id] of Object.entries(divergences(e.world, e.outcome)))
      this.out.line(`  ≠ ${name}: hardware differs from what the guest is promised (${id})`);
  }

  private tree(outcome: Outcome, depth: number): void {
    if (outcome.parts.length > 0) {
      for (const part of outcome.parts) {
        const delta = part.delta
          .map((d) => `${streamName(this.setup, d)}: ${d.before} → ${d.after}`)
          .join(", ");
        this.out.line(
          `${"  ".repeat(depth)}${part.text}${resultText(part.outcome)}${delta === "" ? "" : `   Δ ${delta}`}`,
        );
        this.tree(part.outcome, depth + 1);
      }
      return;
    }
    const lines = treeLines(this.setup, outcome.trace, { events: this.events }, depth);
    // A host call's line is marked by its arrow head whatever its depth.
    for (const line of lines)
      if (!this.callsOnly || line.trimStart().startsWith("> "))
        this.out.line(this.callsOnly ? `  ${line.trimStart()}` : line);
  }

  end(end: RunEnd): void {
    const { commands, held, failed } = end;
    const judged =
      held + failed === 0 ? "" : `, ${held} expectation${held === 1 ? "" : "s"} held, ${failed} failed`;
    if (!this.quiet) this.out.line("");
    this.out.line(`${commands} command${commands === 1 ? "" : "s"}${judged}`);
  }
}

function resultText(o: Outcome): string {
  if (o.rejected) return "  -> rejected";
  if (o.errno !== null) return `  -> ${o.errno}`;
  return o.ok ? "" : "  -> failed";
}
