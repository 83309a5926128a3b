/** Everything that comes with the lab to learn from. Read once, when it is first wanted. */
import { type Catalog, readCatalog } from "../../learn/catalog.ts";
import type { Challenge } from "../../learn/challenge.ts";
import type { Lesson } from "../../learn/lesson.ts";
import { glossary } from "./glossary-data.ts";

const FILES = import.meta.glob<string>(
  ["../../../content/lessons/*.md", "../../../content/challenges/*.md"],
  { query: "?raw", import: "default", eager: true },
);

/** The same object as long as what it holds is the same. */
export interface Entry<T> {
  /** What links and addresses call it; `own-3` for the reader's own. */
  readonly id: string;
  readonly value: T;
}

interface Library {
  readonly catalog: Catalog;
  readonly lessons: readonly Entry<Lesson>[];
  readonly challenges: readonly Entry<Challenge>[];
}

const entries = <T>(files: readonly { readonly slug: string; readonly value: T }[]): readonly Entry<T>[] =>
  files.map(({ slug, value }) => ({ id: slug, value }));

let read: Library | null = null;

/** What ships is checked by the build; what could not be read here would be left out rather than break the place. */
function library(): Library {
  if (read === null) {
    const files = readCatalog(
      Object.entries(FILES).map(([path, text]) => ({
        path: path.replace(/^.*\/content\//, "content/"),
        text,
      })),
    );
    const catalog = { ...files, glossary: glossary() };
    read = {
      catalog,
      lessons: entries(catalog.lessons),
      challenges: [...entries(catalog.challenges)].sort((a, b) => a.value.grade - b.value.grade),
    };
  }
  return read;
}

export const catalog = (): Catalog => library().catalog;
export const lessons = (): readonly Entry<Lesson>[] => library().lessons;
export const challenges = (): readonly Entry<Challenge>[] => library().challenges;
