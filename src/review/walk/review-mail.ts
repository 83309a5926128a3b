/** A whole review as one plain text mail of at most 72 columns. */
import { drawAscii } from "../../draw/ascii.ts";
import { sceneOf } from "../../draw/scene.ts";
import { MAIL_WIDTH, stepLines } from "../mail/mail.ts";
import { tell } from "../mail/steps.ts";
import { wrapText } from "../wrap.ts";
import { type PlayedReview, tally } from "./play.ts";

/** Markdown paragraphs as plain text: what is markup in it stays readable as it is. */
export function plainProse(markdown: string): string[] {
  const out: string[] = [];
  let code = false;
  let run: string[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    const bullet = /^(\s*(?:[-*]|\d+\.)\s+)/.exec(run[0] ?? "")?.[1] ?? "";
    const text = run.join(" ").slice(bullet.length);
    out.push(...wrapText(text, MAIL_WIDTH, bullet, " ".repeat(bullet.length)));
    run = [];
  };
  for (const line of markdown.split("\n")) {
    if (/^`{3,}/.test(line)) {
      flush();
      code = !code;
    } else if (code) out.push(`  ${line}`.trimEnd().slice(0, MAIL_WIDTH));
    else if (line.trim() === "") {
      flush();
      if (out.at(-1) !== "") out.push("");
    } else {
      if (/^\s*(?:[-*]|\d+\.)\s+/.test(line)) flush();
      // Links as their text, with the address behind it.
      run.push(line.replace(/\[([^\]]*)\]\(([^)]*)\)/g, "$1 <$2>").replace(/\*\*([^*]+)\*\*/g, "$1"));
    }
  }
  flush();
  return out;
}

const underline = (text: string, sign: string): string[] => {
  const lines = wrapText(text, MAIL_WIDTH);
  return [...lines, sign.repeat(Math.max(...lines.map((l) => l.length)))];
};

const MARKS = { held: "[held]", stale: "[STALE]", broken: "[BROKEN]", none: "" } as const;
const DRAW_UP_TO = 12;

export function reviewMail(played: PlayedReview, link: string | null = null): string {
  const { review, session, moments } = played;
  const out = [...underline(review.title, "="), ""];
  if (review.about !== "") out.push(...wrapText(review.about, MAIL_WIDTH), "");
  out.push(`${moments.length} steps; claims: ${tally(moments)}.`);
  let before = -1;
  moments.forEach((m, i) => {
    out.push("", "", ...underline(`${i + 1}. ${m.step.title}`, "-"), "");
    if (m.step.prose !== "") out.push(...plainProse(m.step.prose), "");
    const path = session.path(m.node);
    const known = m.step.fresh ? -1 : path.findIndex((n) => n.id === before);
    const firstStep = known < 0 ? 1 : (path[known]?.step ?? 0) + 1;
    if (m.step.fresh) {
      const header = path[0]?.text.trim() ?? "";
      if (header !== "") out.push(...header.split("\n").map((l) => `    ${l}`.slice(0, MAIL_WIDTH)), "");
    }
    for (const told of tell(session, m.node))
      if (told.kind === "step" && told.n >= firstStep) out.push(...stepLines(told), "");
    for (const line of m.step.claim.split("\n").filter((l) => l !== ""))
      out.push(...wrapText(line, MAIL_WIDTH, "    ", "      "));
    if (m.judgement !== "none") out.push(`    ${MARKS[m.judgement]}`);
    for (const reason of m.reasons) out.push(...wrapText(reason, MAIL_WIDTH, "    ! ", "      "));
    const world = session.world(m.node);
    if (world.setup.devices.length <= DRAW_UP_TO)
      out.push("", ...drawAscii(sceneOf(world)).trimEnd().split("\n"));
    before = m.node;
  });
  if (link !== null) out.push("", "", "Open it:", link);
  return `${out.join("\n").replace(/\n{4,}/g, "\n\n\n")}\n`;
}
