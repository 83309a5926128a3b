/** What comes in from outside: a file of progress, a lesson, a challenge. Read whole before anything changes. */
import { readContent } from "../../learn/catalog.ts";
import { importProgress, mergeProgress } from "../../learn/progress.ts";
import { fileProblemText } from "../../script/marked.ts";
import { useNotices } from "../state/notices-store.ts";
import { useOwn } from "./own-store.ts";
import { useProgress } from "./progress-store.ts";
import { goTo } from "./route.ts";

const refuse = (what: string, problems: readonly string[]): void =>
  useNotices.getState().tell({
    id: "opened",
    tone: "warning",
    text: `${what} was not taken; nothing is changed. ${problems[0] ?? ""}`,
    ...(problems.length > 1 ? { details: problems } : {}),
  });

export function takeProgress(text: string, what: string): void {
  const read = importProgress(text);
  if (!read.ok) {
    refuse(what, read.problems);
    return;
  }
  const before = useProgress.getState().progress;
  useProgress.getState().change((own) => mergeProgress(own, read.value));
  useNotices.getState().tell({
    id: "opened",
    tone: "info",
    text: `The progress of ${what} is added to yours.`,
    action: { label: "Undo", run: () => useProgress.getState().change(() => before) },
  });
}

/** A lesson or a challenge becomes one of the reader's own and opens, to be checked and played. */
export function takeContent(text: string, name: string): void {
  const read = readContent({ path: name, text });
  if (!read.ok) {
    refuse(
      `“${name}”`,
      read.problems.map((problem) => fileProblemText(name, problem)),
    );
    return;
  }
  if (read.value.kind === "glossary") {
    refuse(`“${name}”`, ["The lab has one glossary, its own."]);
    return;
  }
  goTo({ kind: "edit", id: useOwn.getState().add(text) });
}
