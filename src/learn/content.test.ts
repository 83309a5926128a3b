import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readMarked } from "../script/marked.ts";
import { type ContentFile, deadLinks, readCatalog } from "./catalog.ts";
import { parseChallenge, printChallenge } from "./challenge.ts";
import { checkFile, refusalOf } from "./check-file.ts";
import { askableRules } from "./course-questions.ts";
import { parseLesson, printLesson } from "./lesson.ts";
import { playLesson } from "./play.ts";
import { impossibleWithin, reachedBy } from "./prove.ts";
import { provedOf } from "./proved.ts";
import { makeReady } from "./start.ts";

const CONTENT = new URL("../../content/", import.meta.url);

const filesIn = (folder: string): ContentFile[] => {
  const at = new URL(`${folder}/`, CONTENT);
  if (!existsSync(at)) return [];
  return readdirSync(at)
    .filter((f) => f.endsWith(".md"))
    .map((f) => ({ path: `content/${folder}/${f}`, text: readFileSync(new URL(f, at), "utf8") }));
};
const glossary = existsSync(new URL("glossary.md", CONTENT))
  ? [{ path: "content/glossary.md", text: readFileSync(new URL("glossary.md", CONTENT), "utf8") }]
  : [];
const lessons = filesIn("lessons");
const challenges = filesIn("challenges");
const catalog = readCatalog([...lessons, ...challenges, ...glossary]);

/** Without what only its place in the file tells. */
const placeless = (x: unknown): unknown =>
  JSON.parse(
    JSON.stringify(x, (key, v: unknown) =>
      key === "line" || key === "at" || key === "links" ? undefined : v,
    ),
  );

test("every file of the course can be read", () => {
  expect(catalog.refused).toEqual([]);
});

test.each(lessons)("$path: every block runs, every claim holds, every prediction can be asked", (file) => {
  const checked = checkFile(file, catalog);
  expect(refusalOf(checked)).toEqual([]);
  expect(checked.remarks).toEqual([]);
});

test.each(lessons)("$path: reads back as it is printed", ({ text }) => {
  const one = parseLesson(text);
  if (!one.ok) throw new Error("unreadable");
  const again = parseLesson(printLesson(one.value));
  if (!again.ok) throw new Error(again.problems.map((p) => p.message).join());
  expect(placeless(again.value)).toEqual(placeless(one.value));
});

test("the course has its twelve lessons, numbered, for both tracks", () => {
  // The lessons are written beside this; a course that has begun must be whole.
  if (lessons.length === 0) return;
  const numbers = lessons.map((f) => f.path.replace(/^.*\/(\d\d)-.*$/, "$1")).sort();
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(2, "0")));
  for (const track of ["kernel", "qemu"] as const)
    expect(catalog.lessons.filter((l) => l.value.tracks.includes(track)).length).toBeGreaterThan(5);
});

test("most rules that the lessons teach can be asked about", () => {
  const played = catalog.lessons.map((l) => playLesson(l.value));
  const askable = askableRules(played);
  const taught = [...new Set(catalog.lessons.flatMap((l) => l.value.rules))];
  // A macro of the guest is named by its parts; what no command fires has no question.
  const asked = taught.filter((rule) => askable.has(rule));
  expect(asked.length).toBeGreaterThanOrEqual(taught.length * 0.9);
});

test.each(glossary)("$path: every scene plays and every link leads somewhere", (file) => {
  const checked = checkFile(file, catalog);
  expect(refusalOf(checked)).toEqual([]);
});

test("the files that docs/learn.md shows can stand", () => {
  const doc = readMarked(readFileSync(new URL("../docs/learn.md", CONTENT), "utf8"));
  const shown = doc.sections.flatMap((x) =>
    x.parts.flatMap((p) => (p.kind === "block" && p.block.kind === "markdown" ? [p.block] : [])),
  );
  expect(shown).toHaveLength(2);
  for (const block of shown) {
    const checked = checkFile({ path: "docs/learn.md", text: block.lines.join("\n") }, catalog);
    expect(refusalOf(checked)).toEqual([]);
    expect(checked.remarks).toEqual([]);
  }
});

test("there are 24 challenges and more, of four grades, the promised ones among them", () => {
  expect(catalog.challenges.length).toBeGreaterThanOrEqual(24);
  const grades = catalog.challenges.map((c) => c.value.grade);
  for (const grade of [1, 2, 3, 4] as const)
    expect(grades.filter((g) => g === grade).length).toBeGreaterThan(3);
  const slugs = catalog.challenges.map((c) => c.slug);
  for (const wanted of [
    "leak-a-viommu",
    "second-device",
    "boot-linux-by-hand",
    "unplug-without-ebusy",
    "v5-from-v6",
  ])
    expect(slugs).toContain(wanted);
  const between = catalog.challenges.find((c) => c.slug === "v5-from-v6");
  expect(between === undefined ? null : provedOf(between.slug, between.value)?.par).toBe(4);
});

describe.each(catalog.challenges)("$path", ({ path, slug, value }) => {
  test("par is what the explorer proves, and the record says so", { timeout: 300_000 }, () => {
    const text = challenges.find((f) => f.path === path)?.text ?? "";
    const checked = checkFile({ path, text }, catalog);
    expect(refusalOf(checked)).toEqual([]);
    expect(checked.remarks).toEqual([]);
    // Another text, another par, or none: lab learn --prove writes the record again.
    expect(provedOf(slug, value)?.par).toBe(checked.proof?.par);
  });

  test("the proved way solves it, and one command less never does", { timeout: 300_000 }, () => {
    const proof = provedOf(slug, value);
    const ready = makeReady(value);
    if (proof === null || !ready.ok) throw new Error("not proved");
    expect(proof.way).toHaveLength(proof.par);
    expect(reachedBy(ready.value, proof.way)).toBe(true);
    expect(reachedBy(ready.value, proof.way.slice(0, -1))).toBe(false);
    expect(impossibleWithin(ready.value, proof.par - 1)).toBe(true);
  });

  test("reads back as it is printed", () => {
    const again = parseChallenge(printChallenge(value));
    if (!again.ok) throw new Error(again.problems.map((p) => p.message).join());
    expect(placeless(again.value)).toEqual(placeless(value));
  });

  test("its links lead somewhere, and it says what it was about", () => {
    expect(deadLinks(value.links, catalog)).toEqual([]);
    expect(value.prose).not.toBe("");
    expect(value.insight).not.toBe("");
    expect(value.hints.length).toBeGreaterThan(0);
  });
});
