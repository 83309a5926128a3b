/** `lab compare`: one script under several headers, and where the runs can first be told apart. */
import { type ComparedStep, type Comparison, compare } from "../review/compare.ts";
import { comparisonText } from "../review/compare-text.ts";
import { parseSide, type Side } from "../review/sides.ts";
import { parse } from "../script/parse.ts";
import type { Parsed } from "./args.ts";
import { readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, USAGE, UsageError } from "./io.ts";
import { reportProblems } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

const NAMES = ["a", "b", "c", "d"] as const;

export const COMPARE: Subcommand = {
  name: "compare",
  operands: "FILE",
  summary: "Run one script under two to four setups and print the first difference",
  options: [
    {
      name: "a",
      value: "SIDE",
      help: "first side: kernel=6.17, qemu=v4, fix=D1,D3, any knob, or as-written",
    },
    { name: "b", value: "SIDE", help: "second side; alone, --a is compared with the script as written" },
    { name: "c", value: "SIDE", help: "third side" },
    { name: "d", value: "SIDE", help: "fourth side" },
    { name: "all", value: null, help: "every command's new differences, not the first alone" },
    {
      name: "json",
      value: null,
      help: "JSON Lines: one object a command and expectation, and one at the end",
    },
  ],
  notes: [
    "Several settings of one side: --b 'kernel=7.3 qemu=v6 fix=D1', or --b",
    "given again. What a side does not name is as the script has it.",
    "Exit status: 0 no difference, 1 a difference, 2 a usage or script error.",
  ],
  run: compareFile,
};

function sidesOf(args: Parsed): Side[] {
  const given = NAMES.flatMap((name) => {
    const texts = args.lists.get(name);
    return texts === undefined ? [] : [{ name, text: texts.join(" ") }];
  });
  if (given.length === 0)
    throw new UsageError("compare needs --a and --b, such as --a kernel=6.17 --b kernel=7.3");
  const sides = given.map(({ name, text }) => {
    const parsed = parseSide(text);
    if (!parsed.ok) throw new UsageError(`--${name}: ${parsed.problems.join("; ")}`);
    return parsed.value;
  });
  const written = parseSide("as-written");
  return sides.length === 1 && written.ok ? [written.value, ...sides] : sides;
}

async function compareFile(args: Parsed, io: CliIo): Promise<number> {
  const [path, ...more] = args.positional;
  if (path === undefined) throw new UsageError("compare needs a FILE, or - for standard input");
  if (more.length > 0) throw new UsageError("compare takes one FILE; the setups are its sides");
  const sides = sidesOf(args);
  const source = await readSource(io, path);
  const json = args.switches.has("json");
  const parsed = parse(source.text);
  if (!parsed.ok) {
    reportProblems(io, source, parsed.problems, json);
    return USAGE;
  }
  const compared = compare(parsed.value, sides);
  if (!compared.ok) throw new UsageError(compared.problems.join("; "));
  const out = new Out(io.stdout);
  if (json) for (const record of records(compared.value)) out.line(JSON.stringify(record));
  else out.line(comparisonText(compared.value, { all: args.switches.has("all") }).trimEnd());
  out.flush();
  return compared.value.first === null ? HELD : FAILED;
}

const list = (c: Comparison, found: ComparedStep["differences"]): object[] =>
  found.map((d) => ({ what: d.what, aspect: d.aspect, values: d.values.slice(0, c.sides.length) }));

function records(c: Comparison): object[] {
  const { first } = c;
  const lines = [
    ...c.steps.map((s) => ({
      line: s.line,
      text: s.text,
      same: s.differences.length === 0,
      differences: list(c, s.differences),
    })),
    ...c.expectations.map((e) => ({ line: e.line, expect: e.text, held: e.held })),
  ].sort((a, b) => a.line - b.line);
  return [
    ...lines,
    {
      end: true,
      sides: c.sides.map((s) => s.text),
      commands: c.steps.length,
      different: c.steps.filter((s) => s.differences.length > 0).length,
      first:
        first === null
          ? null
          : {
              line: first.step.line,
              text: first.step.text,
              differences: list(c, first.step.differences),
              rulesLine: first.rulesFrom.line,
              rules: first.rules.map((r) =>
                r === null ? null : { id: r.id, text: r.text, source: r.source },
              ),
              knobs: first.knobs.map(({ layer, key, values }) => ({ layer, key, values })),
            },
      firstDma: c.firstDma === null ? null : { line: c.firstDma.line, text: c.firstDma.text },
    },
  ];
}
