/** The glossary that comes with the lab, read once. Apart from lessons and challenges: the inspector wants it alone. */
import { type GlossaryEntry, parseGlossary } from "../../learn/glossary.ts";

const FILES = import.meta.glob<string>("../../../content/glossary.md", {
  query: "?raw",
  import: "default",
  eager: true,
});

let read: readonly GlossaryEntry[] | null = null;

/** By name. What ships is checked by the build; one that could not be read here would be missing, and nothing else. */
export function glossary(): readonly GlossaryEntry[] {
  if (read === null) {
    const [text = ""] = Object.values(FILES);
    const parsed = parseGlossary(text);
    read = parsed.ok ? [...parsed.value].sort((a, b) => a.term.localeCompare(b.term, "en")) : [];
  }
  return read;
}

export const term = (id: string): GlossaryEntry | null => glossary().find((one) => one.id === id) ?? null;
