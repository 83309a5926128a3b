/** The reference: `lab help`, and docs/script-reference.md. Made from the tables alone. */
import { KERNEL_KNOBS, KERNEL_SPELLINGS } from "../engine/kernel/profiles.ts";
import { QEMU_KNOBS, QEMU_PROFILE_TEXT, QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import { HOST_CALLS } from "./host-types.ts";
import { type ArgSpec, synopsis, type VerbLayer, type VerbSpec } from "./verb.ts";
import { LAYER_TITLES, VERBS } from "./verbs.ts";

/** Name, values, default and meaning of an argument. */
function argRow(a: ArgSpec): [string, string, string, string] {
  switch (a.form) {
    case "word":
      return [a.name, a.type.shape, a.optional ? "optional" : "", a.help];
    case "words":
      return [`${a.name}…`, a.type.shape, "", a.help];
    case "key":
      return [`${a.name}=`, a.type.shape, a.required ? "required" : (a.default ?? "optional"), a.help];
    case "flag":
      return [a.name, "flag", "off", a.help];
    case "as":
      return ["as NAME", "NAME", "optional", a.help];
    case "keys":
      return [a.shape, "", "optional", a.help];
  }
}

/** Help of one verb, as text. */
export function verbHelp(v: VerbSpec): string {
  const rows = v.args.map(argRow);
  const width = Math.max(0, ...rows.map((r) => r[0].length));
  const lines = [
    synopsis(v),
    "",
    `  ${v.summary}.`,
    "",
    ...rows.map(([name, shape, fallback, help]) => {
      const facts = [
        shape,
        fallback === ""
          ? ""
          : fallback === "required" || fallback === "optional"
            ? fallback
            : `default ${fallback}`,
      ]
        .filter((x) => x !== "" && x !== "flag")
        .join("; ");
      return `  ${name.padEnd(width)}  ${help}${facts === "" ? "" : ` (${facts})`}`;
    }),
    ...(rows.length > 0 ? [""] : []),
    ...wrap(v.details.replaceAll("`", ""), 76).map((l) => (l === "" ? "" : `  ${l}`)),
    "",
    "  Example:",
    ...[...(v.before ?? []), v.example].map((l) => `    ${l}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** All verbs, one line each. */
export function verbOverview(): string {
  const width = Math.max(...VERBS.map((v) => v.name.length));
  const parts = layers().map(([title, verbs]) =>
    [`${title}:`, ...verbs.map((v) => `  ${v.name.padEnd(width)}  ${v.summary}`)].join("\n"),
  );
  return `${parts.join("\n\n")}\n`;
}

function layers(): [string, VerbSpec[]][] {
  return (Object.keys(LAYER_TITLES) as VerbLayer[]).map((l) => [
    LAYER_TITLES[l],
    VERBS.filter((v) => v.layer === l),
  ]);
}

function wrap(text: string, width: number): string[] {
  return text.split("\n\n").flatMap((p, i) => {
    const lines: string[] = [];
    let line = "";
    for (const word of p.split(/\s+/)) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
    return i === 0 ? lines : ["", ...lines];
  });
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => (text === "" ? "" : `\`${cell(text)}\``);

function verbMarkdown(v: VerbSpec): string {
  const rows = v.args.map(argRow);
  const table =
    rows.length === 0
      ? []
      : [
          "| argument | values | default | meaning |",
          "|---|---|---|---|",
          ...rows.map(
            ([name, shape, fallback, help]) =>
              `| ${code(name)} | ${shape === "flag" ? "flag" : code(shape)} | ${fallback === "" || fallback === "optional" || fallback === "required" ? fallback : code(fallback)} | ${cell(help)} |`,
          ),
          "",
        ];
  return [
    `### \`${v.name}\``,
    "",
    `${v.summary}.`,
    "",
    "```",
    v.name === "expect" ? "expect WHAT…" : synopsis(v),
    "```",
    "",
    ...table,
    v.details,
    "",
    "Example:",
    "",
    "```lab",
    ...(v.before ?? []),
    v.example,
    "```",
    "",
  ].join("\n");
}

const GRAMMAR = `A script is plain text in UTF-8, one command a line; line ends may be CRLF. \`#\` starts a comment. Blank lines and comments are kept by \`lab fmt\`.

A line is a verb, then words, then \`key=value\` pairs in any order. A value is a word, a number, a \`"quoted string"\` (with \`\\"\` and \`\\\\\`) or a comma list.

* Numbers: decimal, \`0x…\`, \`0b…\`, with \`_\` between digits, up to 64 bits.
* Names: a small letter, then small letters, digits, \`_\` or \`-\`, at most 32.
* A backslash at the end of a line continues it in the next one; a comma at the end of a word continues its list in the next word; neighbouring strings are one string. The canonical printer uses all three to stay within 76 columns.
* Header lines come before the first command.
* Where an object is expected: a name given by \`as\` above, one of QEMU's names (\`d0.device\`, \`d0.s2\`, \`d0.vdevice\`, \`d0.s1\`, \`v0.viommu\`, \`v0.abort\`, \`v0.bypass\`, \`v0.veventq\`, \`vm.ioas\`), a device's own name for the DEVICE it is bound as, or \`id:5\` for any id, also one that no object has.

Anything wrong is an error with its line, its column, what was expected and, where something is close, what may have been meant. All errors are reported at once, and a text with any of them does not run at all. What the kernel, QEMU or the guest's queue refuses is no script error: it is the command's result, and the script goes on.`;

/** The whole reference as Markdown. */
export function referenceMarkdown(): string {
  const verbs = layers().map(([title, list]) => `## ${title}\n\n${list.map(verbMarkdown).join("\n")}`);
  return `${[
    "# The lab script",
    "",
    "This page is written by `npm run -s lab -- help --markdown` from the verb table.",
    "",
    "## Grammar",
    "",
    GRAMMAR,
    "",
    verbs.join("\n"),
    "## Host calls",
    "",
    "Names for `inject` and `expect calls`.",
    "",
    "| name | what it is |",
    "|---|---|",
    ...Object.entries(HOST_CALLS).map(([name, text]) => `| ${code(name)} | ${text} |`),
    "",
    "## Kernel profiles",
    "",
    `${KERNEL_SPELLINGS.map(code).join(", ")}; a leading \`v\` is allowed.`,
    "",
    "| knob | values | what it changes | source |",
    "|---|---|---|---|",
    ...KERNEL_KNOBS.map(
      (k) =>
        `| ${code(k.key)} | ${k.values.map((v) => code(v.text)).join(", ")} | ${cell(k.what)} | ${cell(k.source)} |`,
    ),
    "",
    "## QEMU profiles",
    "",
    "| profile | what it is |",
    "|---|---|",
    ...Object.entries(QEMU_PROFILE_TEXT).map(([name, text]) => `| ${code(name)} | ${cell(text)} |`),
    "",
    "| knob | values | what it changes | source |",
    "|---|---|---|---|",
    ...QEMU_KNOBS.map(
      (k) =>
        `| ${code(k.key)} | ${k.values.map((v) => code(v)).join(", ")} | ${cell(k.text)} | ${cell(k.source)} |`,
    ),
    "",
    "## Repairs",
    "",
    "| `fix` | what it does |",
    "|---|---|",
    ...QEMU_REPAIRS.map((r) => `| ${r.names.map(code).join(", ")} | ${cell(r.text)} |`),
  ].join("\n")}\n`;
}
