/** One file of the course, checked whole. The command line and the page's import ask here, so both say the same. */
import { fileProblemText, type LineProblem } from "../script/marked.ts";
import { type Catalog, type Content, type ContentFile, deadLinks, readContent } from "./catalog.ts";
import { checkChallenge, checkGlossary, checkLesson } from "./check.ts";
import type { Proof, ProveLimits } from "./prove.ts";
import type { LearnLink } from "./reading.ts";

export interface CheckedFile {
  readonly path: string;
  /** Null when it could not be read at all. */
  readonly content: Content | null;
  readonly problems: readonly LineProblem[];
  readonly remarks: readonly LineProblem[];
  /** Of a challenge. */
  readonly proof: Proof | null;
}

const linksOf = (c: Content): readonly LearnLink[] => {
  if (c.kind === "lesson") return c.value.steps.flatMap((s) => s.links);
  return c.kind === "challenge" ? c.value.links : c.value.flatMap((e) => e.links);
};

export function checkFile(file: ContentFile, catalog: Catalog, limits?: ProveLimits): CheckedFile {
  const { path } = file;
  const read = readContent(file);
  if (!read.ok) return { path, content: null, problems: read.problems, remarks: [], proof: null };
  const content = read.value;
  const checked =
    content.kind === "lesson"
      ? { ...checkLesson(content.value), proof: null }
      : content.kind === "glossary"
        ? { ...checkGlossary(content.value), proof: null }
        : checkChallenge(content.value, null, limits);
  const problems = [...checked.problems, ...deadLinks(linksOf(content), catalog)];
  return {
    path,
    content,
    problems: problems.sort((a, b) => a.line - b.line),
    remarks: checked.remarks,
    proof: checked.proof,
  };
}

/** `lessons/03-s2.md:7: …`, one a problem. */
export const refusalOf = (c: CheckedFile): string[] => c.problems.map((p) => fileProblemText(c.path, p));
