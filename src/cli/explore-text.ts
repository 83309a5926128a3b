/** What `lab explore` prints. */
import type { DifferenceReport, RepairReport } from "../explore/difference.ts";
import type { JobExample, JobReport, JobVerdict } from "../explore/job-data.ts";
import { endingText } from "../explore/report.ts";
import type { CommandItem, Script } from "../script/ast.ts";
import { parse } from "../script/parse.ts";
import { printItems } from "../script/print.ts";
import type { Out } from "./io.ts";

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

export function printJson(out: Out, r: JobReport): void {
  for (const v of r.verdicts) for (const e of v.examples) out.line(JSON.stringify(exampleJson(v, e)));
  const { states, raw, transitions, depth } = r.counts;
  out.line(
    JSON.stringify({
      end: true,
      ending: r.ending,
      complete: r.complete,
      alphabet: r.alphabet,
      moves: r.moves,
      symmetries: r.symmetries,
      states,
      raw,
      rawExact: r.rawExact,
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

export function printText(out: Out, r: JobReport, script: Script): void {
  const { states, raw, transitions, depth } = r.counts;
  const apart =
    r.symmetries === 1 ? "" : ` (${r.rawExact ? "" : "at most "}${raw} with interchangeable ones told apart)`;
  out.line(`${r.alphabet}: ${r.moves} moves, ${r.symmetries} symmetr${r.symmetries === 1 ? "y" : "ies"}`);
  out.line(`${states} states${apart}, ${transitions} transitions, depth ${depth}: ${r.endingText}`);
  for (const v of r.verdicts) {
    out.line("");
    out.line(`${v.id}: ${WORDS[v.state]}${v.state === "open" && !v.goal ? ", not broken so far" : ""}`);
    out.line(`  ${v.sentence} (${v.source})`);
    for (const e of v.examples) {
      out.line("");
      out.line(`  ${e.cls} after ${e.depth} move${e.depth === 1 ? "" : "s"}: ${e.why}`);
      for (const line of printed(script, e.lines)) out.line(`    ${line}`);
      for (const line of e.after) out.line(`    # ${line}`);
    }
  }
}

/** The lines as the printer of scripts writes them. */
function printed(script: Script, lines: readonly string[]): string[] {
  const text = [...header(script), ...lines].join("\n");
  const parsed = parse(text);
  if (!parsed.ok || lines.length === 0) return [...lines];
  const commands = parsed.value.items.filter((i): i is CommandItem => i.kind === "command");
  return printItems(commands.slice(-lines.length)).trimEnd().split("\n");
}

const header = (script: Script): string[] =>
  script.items.filter((i) => i.kind === "header").map((i) => printItems([i]).trimEnd());

export function printDifferenceJson(out: Out, side: string, r: DifferenceReport, repair: RepairReport): void {
  for (const d of r.differences)
    out.line(JSON.stringify({ difference: d.differing, depth: d.depth, script: d.lines }));
  out.line(
    JSON.stringify({
      end: true,
      against: side,
      ending: r.ending,
      complete: r.complete,
      pairs: r.pairs,
      transitions: r.transitions,
      depth: r.depth,
      differences: r.differences.length,
      divergences: repair,
    }),
  );
}

const inTwo = (d: { readonly a: string; readonly b: string }): string => `${d.a} | ${d.b}`;

export function printDifference(
  out: Out,
  side: string,
  r: DifferenceReport,
  repair: RepairReport,
  script: Script,
): void {
  out.line(`as written | ${side}`);
  out.line(
    `${r.pairs} pairs of states, ${r.transitions} transitions, depth ${r.depth}: ${endingText(r.ending)}`,
  );
  if (r.differences.length === 0)
    out.line(r.complete ? "No script can tell the two apart." : "No difference so far.");
  for (const d of r.differences) {
    out.line("");
    out.line(`after ${d.depth} move${d.depth === 1 ? "" : "s"}:`);
    for (const line of printed(script, d.lines)) out.line(`    ${line}`);
    for (const x of d.differing) out.line(`    # ${x.whose} ${x.aspect}: ${inTwo(x)}`);
  }
  const partial = repair.complete ? "" : " (as far as was searched)";
  const none = (words: readonly string[]): string => (words.length === 0 ? "none" : words.join(", "));
  out.line("");
  out.line(`divergences it removes${partial}: ${none(repair.removed)}`);
  out.line(
    `divergences it brings${partial}: ${none(repair.brought.map((c) => `${c.cls} (depth ${c.depth})`))}`,
  );
  out.line(
    `divergences of both: ${none(repair.kept.map((c) => (c.before === c.after ? c.cls : `${c.cls} (depth ${c.before} | ${c.after})`)))}`,
  );
}
