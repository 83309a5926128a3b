/** A comparison as text of at most 72 columns, the same bytes for the same comparison. */
import type { ComparedStep, Comparison } from "./compare.ts";
import type { Difference } from "./differences.ts";
import { wrapText } from "./wrap.ts";

const WIDTH = 72;

const LETTERS = ["a", "b", "c", "d"] as const;

/** Differences of one command that are worth a reader's time; the rest is counted. */
const MOST = 8;

/** `none hw-info viommu-alloc` against `none attach`: the parts of a list that only one side has stand out. */
function differenceLines(d: Difference): string[] {
  return [`  ${d.what}`, ...d.values.flatMap((v, i) => wrapText(v, WIDTH, `    ${LETTERS[i]}: `, "       "))];
}

function stepLines(s: ComparedStep, found: readonly Difference[]): string[] {
  const more = found.length - MOST;
  return [
    `line ${s.line}: ${s.text}`,
    ...found.slice(0, MOST).flatMap(differenceLines),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

export function comparisonText(c: Comparison, options: { readonly all?: boolean } = {}): string {
  const out: string[] = [];
  const title = c.scripts[0]?.setup.title ?? "";
  if (title !== "") out.push(...wrapText(title, WIDTH), "");
  c.sides.forEach((s, i) => {
    out.push(...wrapText(s.text, WIDTH, `${LETTERS[i]}: `, "   "));
  });
  out.push("");
  const { first } = c;
  const commands = `${c.steps.length} command${c.steps.length === 1 ? "" : "s"}`;
  if (first === null) out.push(`No difference after any of ${commands}.`);
  else {
    out.push("First difference", "");
    out.push(...stepLines(first.step, first.step.differences), "");
    const told = first.rules.flatMap((rule, i) =>
      rule === null
        ? []
        : [
            ...wrapText(`[${rule.id}] ${rule.text}`, WIDTH, `    ${LETTERS[i]}: `, "       "),
            ...wrapText(rule.source, WIDTH, "       ", "       "),
          ],
    );
    if (told.length > 0) {
      const where =
        first.rulesFrom === first.step ? "" : `, at line ${first.rulesFrom.line}: ${first.rulesFrom.text}`;
      out.push(...wrapText(`Decided by${where}`, WIDTH, "  ", "    "), ...told, "");
    }
    for (const k of first.knobs) {
      const values = k.values.map((v, i) => `${LETTERS[i]}: ${v}`).join(", ");
      out.push(...wrapText(`Knob ${k.key} (${values}) makes it: ${k.what}`, WIDTH, "  ", "    "), "");
    }
    const dma = c.firstDma;
    if (dma !== null && dma !== first.step)
      out.push(...stepLines({ ...dma, text: `${dma.text}  (the first that shows in DMA)` }, dmaOf(dma)), "");
    if (options.all === true)
      for (const s of c.steps)
        if (s !== first.step && s !== dma && s.fresh.length > 0) out.push(...stepLines(s, s.fresh), "");
    const different = c.steps.filter((s) => s.differences.length > 0).length;
    out.push(`${different} of ${commands} end differently.`);
  }
  const torn = c.expectations.filter((e) => e.held.some((h) => h !== e.held[0]));
  if (torn.length > 0) out.push("", "Expectations that hold on one side alone", "");
  for (const e of torn) {
    const held = e.held.map((h, i) => `${LETTERS[i]}: ${h ? "held" : "FAILED"}`).join("  ");
    out.push(...wrapText(`line ${e.line}: expect ${e.text}`, WIDTH, "  ", "    "), `    ${held}`);
  }
  return `${out.join("\n").replace(/\n+$/, "")}\n`;
}

const dmaOf = (s: ComparedStep): Difference[] => s.differences.filter((d) => d.aspect === "dma");
