/** A session as Markdown for a forge's comment: the picture as Mermaid, the script to copy, the link. */
import { drawMermaid } from "../../draw/mermaid.ts";
import { sceneOf } from "../../draw/scene.ts";
import type { Session } from "../../script/session.ts";
import type { MailOptions } from "./mail.ts";
import { callTexts, endText, setupText, tell, verdicts } from "./steps.ts";

/** Characters that Markdown or HTML would take for their own. */
export const mdText = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>#|]/g, (c) => `\\${c}`).replaceAll("\n", " ");

/** Code in a line, whatever backquotes it holds. */
const code = (text: string): string => {
  const most = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(most + 1);
  return most === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
};

export function markdownText(session: Session, options: MailOptions = {}): string {
  const id = options.at ?? session.current.id;
  const node = session.node(id);
  const world = session.world(id);
  const header = session.path(id)[0]?.text ?? "";
  const out = [
    `## ${mdText(node.setup.title || "A session of the vSMMU Lab")}`,
    "",
    `${mdText(setupText(header, node.setup))}.`,
    "",
  ];
  if ((options.note ?? "") !== "") out.push(mdText(options.note ?? ""), "");
  for (const told of tell(session, id)) {
    if (told.kind === "prose") out.push("", mdText(told.text), "");
    else if (told.kind === "expect")
      out.push(`   - ${code(told.text)}: ${told.held ? "held" : "**failed**"}`);
    else {
      const end = endText(told.outcome);
      out.push(`${told.n}. ${code(told.text)}${end === "" ? "" : ` → **${mdText(end)}**`}`);
      const calls = callTexts(told.setup, told.outcome);
      if (calls.length > 0) out.push(`   ${code(calls.join("; "))}`);
    }
  }
  const found = verdicts(world);
  out.push("", ...(found.length === 0 ? ["Every device's DMA gets what the architecture promises."] : []));
  out.push(...found.map(({ text, why }) => `- **${mdText(text)}**${why === null ? "" : `: ${mdText(why)}`}`));
  out.push("", "```mermaid", drawMermaid(sceneOf(world)).trimEnd(), "```");
  out.push(
    "",
    "<details><summary>Script</summary>",
    "",
    "```",
    session.script(id).trimEnd(),
    "```",
    "",
    "</details>",
  );
  if (options.link != null) out.push("", `[Open in the vSMMU Lab](${options.link})`);
  return `${out.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}
