/** Everything there is to learn from: what comes with the lab, and the reader's own. Read once, when it is first wanted. */

import { type Challenge, parseChallenge } from "../../learn/challenge.ts";
import { type GlossaryEntry, parseGlossary } from "../../learn/glossary.ts";
import { type Lesson, parseLesson } from "../../learn/lesson.ts";
import type { Read } from "../../learn/reading.ts";

const LESSONS = import.meta.glob<string>("../../../content/lessons/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const CHALLENGES = import.meta.glob<string>("../../../content/challenges/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const GLOSSARY = import.meta.glob<string>("../../../content/glossary.md", {
  query: "?raw",
  import: "default",
  eager: true,
});

export interface Entry<T> {
  /** File name without its ending; `own-3` for the reader's own. */
  readonly id: string;
  readonly value: T;
}

const nameOf = (path: string): string => path.replace(/^.*\/|\.md$/g, "");

/** What ships is read in CI; what could not be read here would be left out rather than break the place. */
function shipped<T>(files: Readonly<Record<string, string>>, read: (text: string) => Read<T>): Entry<T>[] {
  return Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, text]) => {
      const got = read(text);
      return got.ok ? [{ id: nameOf(path), value: got.value }] : [];
    });
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

export const lessons = once<readonly Entry<Lesson>[]>(() => shipped(LESSONS, parseLesson));

export const challenges = once<readonly Entry<Challenge>[]>(() =>
  shipped(CHALLENGES, parseChallenge).sort((a, b) => a.value.grade - b.value.grade),
);

export const glossary = once<readonly GlossaryEntry[]>(() => {
  const [text] = Object.values(GLOSSARY);
  const read = text === undefined ? null : parseGlossary(text);
  return read?.ok === true ? [...read.value].sort((a, b) => a.term.localeCompare(b.term, "en")) : [];
});

export const term = (id: string): GlossaryEntry | null => glossary().find((one) => one.id === id) ?? null;
