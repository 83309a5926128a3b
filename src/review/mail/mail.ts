/**
 * A session as a plain text mail: at most 72 columns (a link keeps its length), steps numbered, calls with their errnos,
 * the picture in characters. The same session gives the same bytes.
 */
import { drawAscii } from "../../draw/ascii.ts";
import { sceneOf } from "../../draw/scene.ts";
import type { NodeId, Session } from "../../script/session.ts";
import type { Difference } from "../differences.ts";
import { wrapText } from "../wrap.ts";
import { callTexts, changesBetween, endText, setupText, type Told, tell, verdicts } from "./steps.ts";

export const MAIL_WIDTH = 72;

export interface MailOptions {
  /** Where to stand; the current step if not given. */
  readonly at?: NodeId;
  /** Whole address; left out without one. */
  readonly link?: string | null;
  readonly note?: string;
  /** More devices than this are not drawn: the picture would be longer than the story. */
  readonly drawUpTo?: number;
}

const DRAW_UP_TO = 24;

const changeText = ({ what, values }: Difference): string => `${what}: ${values[0]} -> ${values[1]}`;

/** A step's own lines: what it called and what it changed. */
export function stepLines(told: Told, indent = "    "): string[] {
  switch (told.kind) {
    case "prose":
      return wrapText(told.text, MAIL_WIDTH);
    case "expect":
      return wrapText(`${told.text}: ${told.held ? "held" : "FAILED"}`, MAIL_WIDTH, indent, `${indent}  `);
    case "step": {
      const end = endText(told.outcome);
      const head = `${told.n}.`.padEnd(3);
      const calls = callTexts(told.setup, told.outcome);
      return [
        ...wrapText(`${told.text}${end === "" ? "" : `  => ${end}`}`, MAIL_WIDTH, `${head} `, indent),
        ...told.outcome.messages.flatMap((m) => wrapText(m, MAIL_WIDTH, `${indent}! `, `${indent}  `)),
        ...(calls.length === 0 ? [] : wrapText(calls.join("; "), MAIL_WIDTH, indent)),
        ...told.changes
          .filter((c) => c.aspect === "dma" || (c.aspect === "attachment" && c.what.endsWith(" attached")))
          .map((c) => `${indent}${changeText(c)}`.slice(0, MAIL_WIDTH)),
      ];
    }
  }
}

/** What stands at a step, as a picture and as sentences. */
function standing(session: Session, id: NodeId, drawUpTo: number): string[] {
  const world = session.world(id);
  const found = verdicts(world);
  return [
    ...(world.setup.devices.length > drawUpTo
      ? [`(${world.setup.devices.length} devices: too many for a picture in characters)`]
      : drawAscii(sceneOf(world)).trimEnd().split("\n")),
    "",
    ...(found.length === 0 ? ["Every device's DMA gets what the architecture promises."] : []),
    ...found.flatMap(({ text, why }) => [
      ...wrapText(text, MAIL_WIDTH),
      ...(why === null ? [] : wrapText(why, MAIL_WIDTH, "  ")),
    ]),
  ];
}

export function mailText(session: Session, options: MailOptions = {}): string {
  const id = options.at ?? session.current.id;
  const node = session.node(id);
  const header = session.path(id)[0]?.text ?? "";
  const title = node.setup.title === "" ? "A session of the vSMMU Lab" : node.setup.title;
  const out: string[] = [
    ...wrapText(title, MAIL_WIDTH),
    "",
    ...wrapText(`${setupText(header, node.setup)}.`, MAIL_WIDTH),
    "",
  ];
  const note = options.note ?? "";
  if (note !== "") out.push(...note.split("\n").flatMap((l) => wrapText(l, MAIL_WIDTH)), "");
  let last: Told["kind"] | null = null;
  for (const told of tell(session, id)) {
    if (last !== null && (told.kind !== "expect" || last === "prose")) out.push("");
    out.push(...stepLines(told));
    last = told.kind;
  }
  out.push("", node.step === 0 ? "Before the first step:" : `After step ${node.step}:`, "");
  out.push(...standing(session, id, options.drawUpTo ?? DRAW_UP_TO));
  if (options.link != null) out.push("", "Open it:", options.link);
  return `${out.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

/** One step alone: the command, and everything it changed, field by field. */
export function stepDiffText(session: Session, id: NodeId): string {
  const node = session.node(id);
  const told = tell(session, id).findLast((t) => t.kind === "step");
  if (told?.kind !== "step" || node.parent === null) return "No step was made yet.\n";
  const commandNode = session.path(id).findLast((n) => n.kind === "command");
  const before = session.world(commandNode?.parent ?? 0);
  const changes = changesBetween(before, session.world(commandNode?.id ?? id));
  const end = endText(told.outcome);
  const wide = Math.min(24, Math.max(0, ...changes.map((c) => c.what.length)));
  const lines = changes.flatMap(({ what, values: [was = "", is = ""] }) => {
    const one = `  ${what.padEnd(wide)}  ${was} -> ${is}`;
    return one.length <= MAIL_WIDTH
      ? [one]
      : [
          `  ${what}`,
          ...wrapText(was, MAIL_WIDTH, "    - ", "      "),
          ...wrapText(is, MAIL_WIDTH, "    + ", "      "),
        ];
  });
  const calls = callTexts(told.setup, told.outcome);
  return `${[
    ...wrapText(`${told.text}${end === "" ? "" : `  => ${end}`}`, MAIL_WIDTH, "", "  "),
    ...(calls.length === 0 ? [] : wrapText(calls.join("; "), MAIL_WIDTH, "  ")),
    "",
    ...(lines.length === 0 ? ["  Nothing changed."] : lines),
  ].join("\n")}\n`;
}
