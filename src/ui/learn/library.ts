/** Everything that comes with the lab to learn from. Read once, when it is first wanted. */

import { type Catalog, readCatalog } from "../../learn/catalog.ts";
import type { Challenge } from "../../learn/challenge.ts";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import type { Lesson } from "../../learn/lesson.ts";

const FILES = import.meta.glob<string>(
  ["../../../content/lessons/*.md", "../../../content/challenges/*.md", "../../../content/glossary.md"],
  { query: "?raw", import: "default", eager: true },
);

export interface Entry<T> {
  /** What links and addresses call it; `own-3` for the reader's own. */
  readonly id: string;
  readonly value: T;
}

let read: Catalog | null = null;

/** What ships is checked by the build; what could not be read here would be left out rather than break the place. */
function catalog(): Catalog {
  read ??= readCatalog(
    Object.entries(FILES).map(([path, text]) => ({ path: path.replace(/^.*\/content\//, "content/"), text })),
  );
  return read;
}

const entries = <T>(files: readonly { readonly slug: string; readonly value: T }[]): readonly Entry<T>[] =>
  files.map(({ slug, value }) => ({ id: slug, value }));

export const lessons = (): readonly Entry<Lesson>[] => entries(catalog().lessons);

export const challenges = (): readonly Entry<Challenge>[] =>
  [...entries(catalog().challenges)].sort((a, b) => a.value.grade - b.value.grade);

export const glossary = (): readonly GlossaryEntry[] =>
  [...catalog().glossary].sort((a, b) => a.term.localeCompare(b.term, "en"));

export const term = (id: string): GlossaryEntry | null =>
  catalog().glossary.find((one) => one.id === id) ?? null;
