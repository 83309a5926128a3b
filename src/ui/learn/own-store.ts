/** The reader's own lessons and challenges: their text, kept on this device. What cannot be read back stays as text. */
import { create } from "zustand";
import { type Content, readContent } from "../../learn/catalog.ts";
import type { Challenge } from "../../learn/challenge.ts";
import type { Lesson } from "../../learn/lesson.ts";
import type { LineProblem } from "../../script/marked.ts";
import { useNotices } from "../state/notices-store.ts";
import { readStored, removeStored, writeStored } from "../state/storage.ts";
import type { Entry } from "./library.ts";

const KEY = "vsmmu-lab.learn.own";
const DAMAGED_KEY = "vsmmu-lab.learn.own.damaged";

export interface OwnFile {
  /** `own-1`: what addresses and progress call it; never given twice. */
  readonly id: string;
  readonly text: string;
}

export interface OwnContent extends OwnFile {
  readonly content: Content | null;
  readonly problems: readonly LineProblem[];
}

const isFile = (value: unknown): value is OwnFile => {
  const { id, text } = (value ?? {}) as { id?: unknown; text?: unknown };
  return typeof id === "string" && /^own-\d{1,6}$/.test(id) && typeof text === "string";
};

function stored(): readonly OwnFile[] {
  const text = readStored(KEY);
  if (text === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (Array.isArray(value) && value.every(isFile)) return value;
  writeStored(DAMAGED_KEY, text);
  removeStored(KEY);
  useNotices.getState().tell({
    id: "damaged-own",
    tone: "warning",
    text: `Your own lessons and challenges could not be read. They are kept aside in this browser's storage as “${DAMAGED_KEY}”.`,
  });
  return [];
}

interface OwnState {
  readonly files: readonly OwnFile[];
  /** Gives the id of the new one. */
  add(text: string): string;
  change(id: string, text: string): void;
  remove(id: string): void;
}

export const useOwn = create<OwnState>()((set, get) => {
  const keep = (files: readonly OwnFile[]): void => {
    set({ files });
    if (!writeStored(KEY, JSON.stringify(files)))
      useNotices.getState().tell({
        id: "own-not-saved",
        tone: "warning",
        text: "This browser does not keep what you made: save it as a file before you leave.",
      });
  };
  return {
    files: stored(),
    add(text) {
      const last = get().files.reduce((most, { id }) => Math.max(most, Number(id.slice(4))), 0);
      const id = `own-${last + 1}`;
      keep([...get().files, { id, text }]);
      return id;
    },
    change: (id, text) => keep(get().files.map((file) => (file.id === id ? { id, text } : file))),
    remove: (id) => keep(get().files.filter((file) => file.id !== id)),
  };
});

const known = new WeakMap<OwnFile, OwnContent>();

/** Read once as long as it stays the same. */
export function ownContent(file: OwnFile): OwnContent {
  let own = known.get(file);
  if (own === undefined) {
    const read = readContent({ path: `${file.id}.md`, text: file.text });
    own = { ...file, content: read.ok ? read.value : null, problems: read.ok ? [] : read.problems };
    known.set(file, own);
  }
  return own;
}

const lessonEntries = new WeakMap<Lesson, Entry<Lesson>>();
const challengeEntries = new WeakMap<Challenge, Entry<Challenge>>();

function entryOf<T extends object>(known: WeakMap<T, Entry<T>>, id: string, value: T): Entry<T> {
  let entry = known.get(value);
  if (entry === undefined) {
    entry = { id, value };
    known.set(value, entry);
  }
  return entry;
}

const contentOf = (files: readonly OwnFile[], id: string): Content | null => {
  const file = files.find((one) => one.id === id);
  return file === undefined ? null : ownContent(file).content;
};

/** An own lesson as its player takes it; the same object as long as its text is the same. */
export function ownLesson(files: readonly OwnFile[], id: string): Entry<Lesson> | null {
  const content = contentOf(files, id);
  return content?.kind === "lesson" ? entryOf(lessonEntries, id, content.value) : null;
}

export function ownChallenge(files: readonly OwnFile[], id: string): Entry<Challenge> | null {
  const content = contentOf(files, id);
  return content?.kind === "challenge" ? entryOf(challengeEntries, id, content.value) : null;
}
