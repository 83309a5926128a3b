/** The course as files: which is what, read without playing anything. */
import { type LineProblem, readMarked } from "../script/marked.ts";
import { CHALLENGE_FORMAT, type Challenge, parseChallenge } from "./challenge.ts";
import { GLOSSARY_FORMAT, type GlossaryEntry, parseGlossary } from "./glossary.ts";
import { LESSON_FORMAT, type Lesson, parseLesson } from "./lesson.ts";
import { type LearnLink, MOST_BYTES, type Read } from "./reading.ts";

export interface ContentFile {
  /** As it is told in problems: `content/lessons/01-streams.md`. */
  readonly path: string;
  readonly text: string;
}

export type Content =
  | { readonly kind: "lesson"; readonly value: Lesson }
  | { readonly kind: "challenge"; readonly value: Challenge }
  | { readonly kind: "glossary"; readonly value: readonly GlossaryEntry[] };

export interface FileOf<T> {
  readonly path: string;
  /** Name without folder, number and ending: `01-two-stages.md` is `two-stages`. Links name it. */
  readonly slug: string;
  readonly value: T;
}

export interface Refused {
  readonly path: string;
  readonly problems: readonly LineProblem[];
}

export interface Catalog {
  /** In the order of their files' names. */
  readonly lessons: readonly FileOf<Lesson>[];
  readonly challenges: readonly FileOf<Challenge>[];
  readonly glossary: readonly GlossaryEntry[];
  readonly refused: readonly Refused[];
}

export const slugOf = (path: string): string =>
  path.replace(/^.*\//, "").replace(/\.md$/, "").replace(/^\d+-/, "");

const isGlossary = (path: string): boolean => /(^|\/)glossary\.md$/.test(path);

/** A lesson, a challenge or a glossary, whichever its head says it is. */
export function readContent(file: ContentFile): Read<Content> {
  const format = readMarked(file.text.slice(0, MOST_BYTES)).head.get("format")?.text ?? "";
  const family = format.replace(/\/.*$/, "/");
  const of = (f: string): boolean => f.startsWith(family) && family !== "";
  if (of(LESSON_FORMAT)) return tagged("lesson", parseLesson(file.text));
  if (of(CHALLENGE_FORMAT)) return tagged("challenge", parseChallenge(file.text));
  if (of(GLOSSARY_FORMAT) || (format === "" && isGlossary(file.path)))
    return tagged("glossary", parseGlossary(file.text));
  const message =
    "neither a lesson nor a challenge nor the glossary: its head does not say " +
    `"format: ${LESSON_FORMAT}" or "format: ${CHALLENGE_FORMAT}"`;
  return { ok: false, problems: [{ line: 1, message }] };
}

function tagged<K extends Content["kind"], T>(
  kind: K,
  read: Read<T>,
): Read<{ readonly kind: K; readonly value: T }> {
  return read.ok ? { ok: true, value: { kind, value: read.value } } : read;
}

const byPath = (a: { path: string }, b: { path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

export function readCatalog(files: readonly ContentFile[]): Catalog {
  const lessons: FileOf<Lesson>[] = [];
  const challenges: FileOf<Challenge>[] = [];
  const glossary: GlossaryEntry[] = [];
  const refused: Refused[] = [];
  for (const file of [...files].sort(byPath)) {
    const { path } = file;
    const read = readContent(file);
    if (!read.ok) refused.push({ path, problems: read.problems });
    else if (read.value.kind === "lesson")
      lessons.push({ path, slug: slugOf(path), value: read.value.value });
    else if (read.value.kind === "challenge")
      challenges.push({ path, slug: slugOf(path), value: read.value.value });
    else glossary.push(...read.value.value);
  }
  return { lessons, challenges, glossary, refused };
}

/** Links of one file that lead to nothing in the catalog. Rules were looked up when it was read. */
export function deadLinks(links: readonly LearnLink[], catalog: Catalog): LineProblem[] {
  const there: Readonly<Record<string, readonly string[]>> = {
    lesson: catalog.lessons.map((f) => f.slug),
    challenge: catalog.challenges.map((f) => f.slug),
    glossary: catalog.glossary.map((e) => e.id),
  };
  return links.flatMap(({ kind, target, line }) => {
    const known = there[kind];
    if (known === undefined || known.includes(target)) return [];
    return [
      { line, message: `the link ${kind}:${target} leads to no ${kind === "glossary" ? "term" : kind}` },
    ];
  });
}
