import { expect, test } from "vitest";
import { readCatalog } from "./catalog.ts";
import { checkFile, refusalOf } from "./check-file.ts";
import { parseGlossary, spellings } from "./glossary.ts";

const EMPTY = readCatalog([]);
/** What `lab learn` prints of a file, and the page's import shows. */
const refused = (text: string, path = "my.md"): string[] => refusalOf(checkFile({ path, text }, EMPTY));

const head = (more = ""): string =>
  `---\nformat: vsmmu-lab-lesson/1\ntitle: T\nabout: A\ntracks: kernel\nminutes: 5\nrules: Q-SET-4\n${more}---\n`;
const lesson = (body: string): string => `${head()}\n## One\n\n${body}`;
const block = (info: string, text: string): string => `\`\`\`${info}\n${text}\n\`\`\`\n`;

test("a lesson that is right is not refused", () => {
  const text = lesson(
    block("predict", 'attachment d0 "Where?"') + block("lab", "plug d0 v0") + block("claim", "expect ok"),
  );
  expect(refused(text)).toEqual([]);
});

test.each([
  ["no head", "## One\n", "my.md:1: neither a lesson nor a challenge"],
  ["another format", head().replace("/1", "/9"), "my.md:1: the lesson is of format vsmmu-lab-lesson/9"],
  [
    "an unknown rule",
    lesson("").replace("Q-SET-4", "Q-SET-44"),
    'my.md:7: unknown rule "Q-SET-44"; did you mean "Q-SET-4"?',
  ],
  [
    "an unknown track",
    lesson("").replace("tracks: kernel", "tracks: kernle"),
    'my.md:5: tracks: "kernle" is none of kernel, qemu; did you mean "kernel"?',
  ],
  [
    "wrong minutes",
    lesson("").replace("minutes: 5", "minutes: soon"),
    'my.md:6: minutes is "soon"; expected a number from 1 to 60',
  ],
  ["no title", lesson("").replace("title: T\n", ""), 'my.md:1: the head has no "title:"'],
  [
    "a head that is not asked for",
    head("trakcs: qemu\n").concat("\n## One\n"),
    'my.md:8: unknown "trakcs:" in the head; did you mean "tracks"?',
  ],
  ["no step", head(), "my.md: the lesson has no step"],
  ["text before the first step", `${head()}\nHello\n## One\n`, "my.md:10: text before the first step"],
  ["a block without end", lesson("```lab\nplug d0 v0\n"), "my.md:12: this block has no end"],
  ["a misspelt block", lesson(block("clami", "expect ok")), 'my.md:12: unknown block "clami"'],
  [
    "two lab blocks",
    lesson(block("lab", "reset") + block("lab", "reset")),
    "my.md:15: a second lab block in “One”",
  ],
  [
    "a lab block with another word",
    lesson(block("lab frehs", "reset")),
    'my.md:12: "lab frehs" is no lab block',
  ],
  [
    "a command in a claim",
    lesson(block("lab", "plug d0 v0") + block("claim", "unplug d0")),
    "my.md:15: a claim holds expect lines",
  ],
  [
    "a wrong verb",
    lesson(block("lab", "machine-start\nplgu d0 v0")),
    'my.md:14: column 1: unknown verb "plgu"',
  ],
  [
    "a wrong word in a claim",
    lesson(block("lab", "plug d0 v0") + block("claim", "expect ok\nexpect d0 dma=abrot")),
    "my.md:17: column 11: unknown value",
  ],
  [
    "a claim that does not hold",
    lesson(block("lab", "plug d0 v0") + block("claim", "expect ok\nexpect d0 attached=abort")),
    'my.md:17: expect d0 attached=abort: got {"attached":"bypass"}',
  ],
  [
    "an expectation in a lab block",
    lesson(block("lab", "plug d0 v0\nexpect d0 attached=s2")),
    "my.md:13: expect d0 attached=s2: does not hold",
  ],
  [
    "a command that makes no sense",
    lesson(block("lab", "unplug d0")),
    'my.md:13: "unplug d0" cannot be done there',
  ],
  [
    "a question nobody knows",
    lesson(block("predict", "atachment d0") + block("lab", "reset")),
    'my.md:13: no question "atachment"',
  ],
  [
    "a question without a device",
    lesson(block("predict", "dma") + block("lab", "reset")),
    'my.md:13: "dma" needs a device',
  ],
  [
    "a question that runs nothing",
    lesson(block("predict", "errno")),
    "my.md:12: a prediction needs a lab block",
  ],
  [
    "a question about an unknown device",
    lesson(block("predict", "errno\ndma d7") + block("lab", "plug d0 v0")),
    'my.md:14: this cannot be asked: no device "d7" here',
  ],
  [
    "a question about a device the guest has not",
    lesson(block("predict", "dma d1") + block("lab", "plug d0 v0")),
    "my.md:13: this cannot be asked: nothing is said of d1",
  ],
  [
    "a question about no object",
    lesson(block("predict", "users d1.s2") + block("lab", "plug d0 v0")),
    "my.md:13: this cannot be asked: there is no object d1.s2",
  ],
  [
    "a question about a call too far",
    lesson(block("predict", "call 40") + block("lab", "plug d0 v0")),
    "my.md:13: this cannot be asked: the last command makes fewer",
  ],
  ["a link to an unknown rule", lesson("See [it](rule:Q-SET-444)."), 'my.md:12: unknown rule "Q-SET-444"'],
  [
    "a link to no term",
    lesson("See [it](glossary:nothing)."),
    "my.md:12: the link glossary:nothing leads to no term",
  ],
  [
    "a link to no challenge",
    lesson("See [it](challenge:nothing)."),
    "my.md:12: the link challenge:nothing leads to no challenge",
  ],
  [
    "a link that runs something",
    lesson("See [it](javascript:alert)."),
    'my.md:12: the link "javascript:alert" leads nowhere',
  ],
  ["a wrong view", lesson(block("view", "select")), 'my.md:12: "select" is no part of a view'],
])("a lesson with %s is refused with file, line and reason", (_, text, message) => {
  const all = refused(text);
  expect(
    all.some((m) => m.startsWith(message)),
    all.join("\n"),
  ).toBe(true);
});

test("every problem of a lesson is told at once, in the order of its lines", () => {
  const text = lesson(block("clami", "x") + block("predict", "what")).replace("Q-SET-4", "Q-NO");
  expect(refused(text).map((m) => m.split(":")[1])).toEqual(["7", "12", "15", "16"]);
});

const challenge = (parts: Readonly<Record<string, string>>, grade = "1"): string =>
  `---\nformat: vsmmu-lab-challenge/1\ntitle: T\ngrade: ${grade}\nabout: A\nrules: Q-SET-4\n---\n\n${Object.entries(
    parts,
  )
    .map(([kind, text]) => block(kind, text))
    .join("\n")}`;
const RIGHT = {
  start: "plug d0 v0\nmachine-start",
  goal: "d0 attached=abort",
  allow: "gbpa v0 abort|bypass",
  hint: "h",
};

test("a challenge that is right is not refused, and its par is proved", () => {
  const checked = checkFile({ path: "my.md", text: challenge(RIGHT) }, EMPTY);
  expect(refusalOf(checked)).toEqual([]);
  expect(checked.proof).toMatchObject({ par: 1, way: ["gbpa v0 abort"] });
});

test.each([
  ["grade 5", challenge(RIGHT, "5"), 'my.md:4: grade is "5"; expected a number from 1 to 4'],
  [
    "no start",
    challenge({ goal: "d0 attached=s2", allow: "reset" }),
    "my.md: a challenge needs a start block",
  ],
  ["no goal", challenge({ start: "", allow: "reset" }), "my.md: a challenge needs a goal block"],
  [
    "nothing allowed",
    challenge({ start: "", goal: "d0 attached=s2" }),
    "my.md: a challenge needs an allow block",
  ],
  [
    "a start that does not parse",
    challenge({ ...RIGHT, start: "plug d0 v0\nplug d1 v7" }),
    "my.md:11: column 9: unknown vsmmu",
  ],
  [
    "a start that cannot be played",
    challenge({ ...RIGHT, start: "unplug d0" }),
    "my.md:10: the start cannot be played",
  ],
  [
    "a start that is not what it says",
    challenge({ ...RIGHT, start: "plug d0 v0\nexpect d0 attached=s2" }),
    "my.md:11: the start is not what it expects",
  ],
  [
    "a goal nobody can read",
    challenge({ ...RIGHT, goal: "d0 atached=abort" }),
    'my.md:15: goal "d0 atached=abort": column 4: unknown key "atached"',
  ],
  ["a goal about a command", challenge({ ...RIGHT, goal: "errno=EBUSY" }), 'my.md:15: goal "errno=EBUSY"'],
  [
    "a goal reached at once",
    challenge({ ...RIGHT, goal: "d0 attached=bypass" }),
    "my.md:15: the goal is reached before anything is done",
  ],
  [
    "a goal out of reach",
    challenge({ ...RIGHT, goal: "d0 attached=translate" }),
    "my.md:15: unsolvable: none of the states",
  ],
  [
    "an unknown verb",
    challenge({ ...RIGHT, allow: "gbap" }),
    'my.md:19: unknown verb "gbap"; did you mean "gbpa"?',
  ],
  [
    "a verb that cannot stand alone",
    challenge({ ...RIGHT, allow: "reset\nmap" }),
    'my.md:20: "map" cannot stand alone here',
  ],
  [
    "a line that is no command",
    challenge({ ...RIGHT, allow: "gbpa v0 abort|bypas" }),
    'my.md:19: "gbpa v0 bypas": unknown GBPA mode',
  ],
  [
    "a name that begins nothing",
    challenge({ ...RIGHT, allow: "unplug x*" }),
    'my.md:19: "x*" is the beginning of no',
  ],
  [
    "faults by hand",
    challenge({ ...RIGHT, allow: "inject attach errno=EBUSY" }),
    "my.md:19: a fault belongs to the start",
  ],
  [
    "a solution that does not solve",
    challenge({ ...RIGHT, solution: "gbpa v0 bypass" }),
    "my.md:27: the solution does not reach the goal",
  ],
  [
    "a solution that is too long",
    challenge({ ...RIGHT, solution: "gbpa v0 bypass\ngbpa v0 abort" }),
    "my.md:27: the solution takes 2 commands, par is 1",
  ],
  [
    "a solution that is not allowed",
    challenge({ ...RIGHT, solution: "gbpa v1 abort" }),
    'my.md:27: the solution is not allowed: "gbpa v1 abort"',
  ],
  [
    "two setups that are one",
    challenge({ ...RIGHT, goal: "differ qemu=v5 from qemu=v5" }),
    "my.md:15: both setups are the same",
  ],
  [
    "a setup nobody knows",
    challenge({ ...RIGHT, goal: "differ qemu=v5 from qmeu=v6" }),
    'my.md:15: unknown setting "qmeu"',
  ],
  [
    "setups that differ in nothing there is",
    challenge({ ...RIGHT, goal: "differ qemu=v5 from qemu=v6 in looks" }),
    'my.md:15: "looks" is nothing setups differ in',
  ],
  [
    "setups that never differ",
    challenge({ ...RIGHT, goal: "differ qemu=v6 from qemu=v7 in dma" }),
    "my.md:15: unsolvable",
  ],
  ["headings", `${challenge(RIGHT)}\n## More\n`, "my.md:26: a challenge has no headings"],
])("a challenge with %s is refused with file, line and reason", (_, text, message) => {
  const all = refused(text);
  expect(
    all.some((m) => m.startsWith(message)),
    all.join("\n"),
  ).toBe(true);
});

const term = (body: string): string => `## S2 HWPT\n\n${body}`;
test.each([
  [
    "no id",
    term(`Definition.\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}`),
    "content/glossary.md:1: “S2 HWPT” has no id",
  ],
  [
    "no definition",
    term(`id: s2\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}`),
    "content/glossary.md:1: “S2 HWPT” has no definition",
  ],
  [
    "no scene",
    term(`id: s2\nIt is.\n${block("view", "select=d0")}`),
    "content/glossary.md:1: “S2 HWPT” has no lab block",
  ],
  [
    "no view",
    term(`id: s2\nIt is.\n${block("lab", "plug d0 v0")}`),
    "content/glossary.md:1: “S2 HWPT” has no view",
  ],
  [
    "a scene that does not play",
    term(`id: s2\nIt is.\n${block("lab", "plug d0 v0\nplug d0 v0")}${block("view", "select=d0")}`),
    "content/glossary.md:7: this cannot be done there",
  ],
  [
    "a scene that does not parse",
    term(`id: s2\nIt is.\n${block("lab", "plgu d0 v0")}${block("view", "select=d0")}`),
    "content/glossary.md:6: column 1: unknown verb",
  ],
])("a glossary with %s is refused with file, line and reason", (_, text, message) => {
  const all = refused(text, "content/glossary.md");
  expect(
    all.some((m) => m.startsWith(message)),
    all.join("\n"),
  ).toBe(true);
});

test("two terms cannot have one id, or one spelling", () => {
  const one = (name: string, id: string, also: string): string =>
    `## ${name}\n\nid: ${id}\nalso: ${also}\n\nIt is.\n\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}\n`;
  const all = refused(one("A", "a", "x") + one("B", "a", "x"), "content/glossary.md").join("\n");
  expect(all).toContain("a second term with the id a");
  expect(all).toContain("“x” stands for both “A” and “B”");
});

test("spellings of a glossary come the longest first, so that a short one takes nothing from a long one", () => {
  const read = parseGlossary(
    `## S2\n\nid: s2\nalso: stage 2\n\nIt is.\n\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}\n` +
      `## S2 HWPT\n\nid: s2-hwpt\n\nIt is.\n\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}`,
  );
  expect(read.ok ? spellings(read.value).map(([s, e]) => [s, e.id]) : []).toEqual([
    ["S2 HWPT", "s2-hwpt"],
    ["stage 2", "s2"],
    ["S2", "s2"],
  ]);
});

test("a hostile file is refused in no time, whatever it piles up", () => {
  const many = (n: number, one: string): string => Array.from({ length: n }, () => one).join("\n");
  const cases: readonly (readonly [string, string])[] = [
    [lesson(block("lab", many(2_500, "reset"))), "my.md:12: more than 2,000 lines of script"],
    [lesson("[".repeat(900_000)), ""],
    [lesson(`x${" ".repeat(900_000)}x`), ""],
    [lesson(many(50_000, "[a](rule:Q-NO-1)")), 'my.md:12: unknown rule "Q-NO-1"'],
    [lesson("").replace("Q-SET-4", "Q-NO,".repeat(100_000)), "my.md:7: rules: has 100001 words"],
    ["x".repeat(2 << 20), "my.md:1: neither"],
    [lesson("x".repeat(2 << 20)), "my.md: a lesson has at most 1 MB of text"],
    [challenge({ ...RIGHT, goal: `differ ${"from ".repeat(100_000)}` }), "my.md:15: expected such as"],
    [
      challenge({
        ...RIGHT,
        allow: many(1, `gbpa ${Array.from({ length: 30 }, () => "a|b|c|d").join(" ")}`),
      }),
      "my.md:19: this line stands for",
    ],
    [challenge({ ...RIGHT, start: many(2_500, "reset") }), "my.md:9: more than 2,000 lines of script"],
  ];
  for (const [text, message] of cases) {
    const all = refused(text);
    if (message === "") expect(all).toEqual([]);
    else
      expect(
        all.some((m) => m.startsWith(message)),
        all.slice(0, 3).join("\n"),
      ).toBe(true);
    expect(all.length).toBeLessThan(200);
  }
});
