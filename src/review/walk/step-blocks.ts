/** Blocks that a step of a review and a step of a lesson have in common: claims and views. */
import type { LineProblem, Marked, MarkedBlock, MarkedSection } from "../../script/marked.ts";
import { isViewPart } from "../share/share.ts";

/** The parts of a view in one block; what is none is a problem. */
export function readView(block: MarkedBlock, into: Record<string, string>, problems: LineProblem[]): void {
  for (const part of block.lines.join(" ").split(/\s+/)) {
    if (part === "") continue;
    const eq = part.indexOf("=");
    const [key, value] = [part.slice(0, Math.max(0, eq)), part.slice(eq + 1)];
    if (isViewPart(key, value)) into[key] = value;
    else
      problems.push({
        line: block.line,
        message: `"${part}" is no part of a view; expected key=value, such as select=d1`,
      });
  }
}

/** `claim seen=1a2b3c4`: what the step did when the claim was recorded. */
export const seenOf = (claim: MarkedBlock): string | null =>
  claim.words.find((w) => w.startsWith("seen="))?.slice(5) ?? null;

/** The line of a claim that is no expectation, or null. */
export function wrongInClaim(claim: MarkedBlock): LineProblem | null {
  const at = claim.lines.findIndex((l) => !/^\s*(expect\s|#|$)/.test(l));
  if (at < 0) return null;
  return {
    line: claim.line,
    message: `a claim holds expect lines, not "${claim.lines[at]?.trim()}"`,
  };
}

/** The blocks of a section by kind. A second block of a kind that stands once is a problem; views add up. */
export function blocksOf(
  section: MarkedSection,
  kinds: readonly string[],
  problems: LineProblem[],
): Map<string, MarkedBlock> {
  const out = new Map<string, MarkedBlock>();
  for (const part of section.parts) {
    if (part.kind !== "block" || !kinds.includes(part.block.kind)) continue;
    const { kind, line } = part.block;
    if (out.has(kind))
      problems.push({ line, message: `a second ${kind} block in “${section.title}”; a step has one idea` });
    out.set(kind, part.block);
  }
  return out;
}

/** Why a text is not of the format its reader wants, or null. */
export function formatMismatch(marked: Marked, wanted: string, what: string): string | null {
  const format = marked.head.get("format")?.text ?? "";
  if (format === wanted) return null;
  return format.startsWith(wanted.slice(0, wanted.indexOf("/") + 1))
    ? `the ${what} is of format ${format}; this lab reads ${wanted}`
    : `this is no ${what}: its head does not say "format: ${wanted}"`;
}
