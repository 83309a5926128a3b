import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, labIn } from "./lab.test-helper.ts";

/** Runs a command line in a fresh folder with these files. */
async function lab(files: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  const cwd = folder();
  mkdirSync(join(cwd, "content/lessons"), { recursive: true });
  mkdirSync(join(cwd, "content/challenges"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return { ...(await labIn(cwd, ["learn", ...argv])), cwd };
}

const block = (kind: string, text: string): string => `\`\`\`${kind}\n${text}\n\`\`\`\n`;
const LESSON = `---\nformat: vsmmu-lab-lesson/1\ntitle: T\nabout: A\ntracks: kernel\nminutes: 5\nrules: Q-SET-4\n---\n## One\nSee [it](glossary:s2) and [this](challenge:escape).\n${block("lab", "plug d0 v0\nplug d1 v0")}${block("source", "x.c:f")}`;
const CHALLENGE = `---\nformat: vsmmu-lab-challenge/1\ntitle: T\ngrade: 2\nabout: A\nrules: Q-SET-4\n---\np\n${block("start", "plug d0 v0\nmachine-start")}${block("goal", "d0 attached=abort")}${block("allow", "gbpa")}${block("hint", "h")}`;
const GLOSSARY = `## S2\nid: s2\nIt is.\n${block("lab", "plug d0 v0")}${block("view", "select=d0")}`;
const COURSE = {
  "content/lessons/01-one.md": LESSON,
  "content/challenges/escape.md": CHALLENGE,
  "content/glossary.md": GLOSSARY,
};

test("learn: without a file the whole course; --prove records the pars, and the record is held to them", async () => {
  const proved = await lab(COURSE, "--prove");
  expect(proved.stderr).toBe("");
  expect(proved.status).toBe(0);
  expect(proved.stdout).toContain("ok      content/lessons/01-one.md: lesson, 1 step, 0 predictions");
  expect(proved.stdout).toContain("ok      content/challenges/escape.md: challenge, grade 2, par 1");
  expect(proved.stdout).toMatch(/3 files, 0 failed\n$/);
  const record = readFileSync(join(proved.cwd, "content/challenges/proved.json"), "utf8");
  expect(JSON.parse(record).proofs.escape).toMatchObject({ par: 1, way: ["gbpa v0 abort"] });
  expect((await lab({ ...COURSE, "content/challenges/proved.json": record })).status).toBe(0);
  const other = {
    ...COURSE,
    "content/challenges/escape.md": CHALLENGE.replace("attached=abort", "attached=s2"),
  };
  const stale = await lab({ ...other, "content/challenges/proved.json": record });
  expect(stale.status).toBe(1);
  expect(stale.stderr).toContain("content/challenges/escape.md");
});

test("learn: 1 when something cannot stand, with file, line and reason on stderr", async () => {
  const r = await lab({ ...COURSE, "mine.md": LESSON.replace("plug d1 v0", "plgu d1 v0") }, "mine.md");
  expect(r.status).toBe(1);
  expect(r.stdout).toContain("FAILED  mine.md: lesson, 1 step");
  expect(r.stderr).toBe('mine.md:13: column 1: unknown verb "plgu"; expected a verb; did you mean "plug"?\n');
});

test("learn: a file's links are looked up in the course it is called in", async () => {
  expect((await lab({ ...COURSE, "mine.md": LESSON }, "mine.md")).stderr).toBe("");
  const alone = await lab({ "mine.md": LESSON }, "mine.md");
  expect(alone.stderr).toContain("mine.md:10: the link glossary:s2 leads to no term");
});

test("learn --json: one object a file with its problems and remarks, and the end", async () => {
  const r = await lab(
    { ...COURSE, "mine.md": LESSON.replace("glossary:s2", "glossary:s3") },
    "--json",
    "mine.md",
  );
  const [one, end] = r.stdout
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(one).toMatchObject({ file: "mine.md", kind: "lesson", steps: 1, predictions: 0, remarks: [] });
  expect(one.problems).toEqual([{ line: 10, message: "the link glossary:s3 leads to no term" }]);
  expect(end).toEqual({ end: true, files: 1, failed: 1 });
});

test("learn: 2 where there is no course, no such file, or a record nobody can read", async () => {
  expect((await lab({})).status).toBe(2);
  expect((await lab(COURSE, "nothing.md")).status).toBe(2);
  expect((await lab(COURSE, "--prove", "content/glossary.md")).status).toBe(2);
  expect((await lab({ ...COURSE, "content/challenges/proved.json": "{" })).status).toBe(2);
});
