/** What comes in from outside: a file of progress, a lesson, a challenge. Read whole before anything changes. */
import { readContent } from "../../learn/catalog.ts";
import { readCourseLink } from "../../learn/link.ts";
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

export function takeLink(link: string): void {
  const read = readCourseLink(link);
  if (read.ok) takeContent(read.text, "the link");
  else refuse("The link", [read.problem]);
}

/** A dropped file, if it is one of Learn's by its first lines. */
export function takeDropped(text: string, name: string): boolean {
  const head = text.slice(0, 4096);
  if (/^\s*\{[^}]*"format"\s*:\s*"vsmmu-lab-progress\//.test(head)) takeProgress(text, `“${name}”`);
  else if (/^format:\s*vsmmu-lab-(lesson|challenge)\//m.test(head)) takeContent(text, name);
  else return false;
  return true;
}
