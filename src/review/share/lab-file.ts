/**
 * A `.lab` file: the script, as the command line runs it, and behind it in comments the whole session with its branches.
 * The script is what counts: once somebody has edited it, the comments say nothing any more.
 */
import { parse } from "../../script/parse.ts";
import { printScript } from "../../script/print.ts";
import type { Session } from "../../script/session.ts";
import type { Result } from "../sides.ts";
import { readLink, writeLink } from "./link.ts";
import { openShare, type Share, weigh } from "./share.ts";

const SIGN = "#~ ";
const WIDTH = 72;

/** The script from the start to the end of the branch the session stands on. */
export function writeLabFile(session: Session, share: Share): string {
  const script = session.script(session.ahead().at(-1)?.id ?? session.current.id);
  const link = writeLink(share);
  const lines: string[] = [];
  for (let at = 0; at < link.length; at += WIDTH) lines.push(`${SIGN}${link.slice(at, at + WIDTH)}`);
  return `${script}\n# Below: the session with its branches and view. It may be removed.\n${lines.join("\n")}\n`;
}

export interface LabFile {
  readonly share: Share;
  /** What the reader should know, or null. */
  readonly remark: string | null;
}

export function readLabFile(text: string): Result<LabFile> {
  const clean = text.replace(/\r\n?/g, "\n");
  const link = [...clean.matchAll(/^#[ \t]?~[ \t]?(.*)$/gm)].map((m) => m[1]?.trim() ?? "").join("");
  const rest = clean
    .replace(/^#[ \t]?~.*\n?/gm, "")
    .replace(/\n# Below: the session with its branches and view\. It may be removed\.\n?$/, "");
  const alone: Share = { content: { kind: "script", text: rest, at: null }, view: {}, note: "" };
  if (link === "") return { ok: true, value: { share: alone, remark: null } };
  const read = readLink(link);
  if (!read.ok)
    return {
      ok: true,
      value: {
        share: alone,
        remark: `The session behind the script could not be read: ${read.problems.join(" ")}`,
      },
    };
  const { question, refused } = weigh(read.value);
  // What is too heavy to look into without a question is taken at its word.
  if (question === null && refused === null && !holds(read.value, rest))
    return {
      ok: true,
      value: {
        share: alone,
        remark: "The script was edited after it was saved; its branches are left aside.",
      },
    };
  return { ok: true, value: { share: read.value, remark: null } };
}

/** True if the script is the one that leads to some end of the session. */
function holds(share: Share, script: string): boolean {
  const opened = openShare(share);
  const parsed = parse(script);
  if (!opened.ok || !parsed.ok) return false;
  const session = opened.value;
  const wanted = printScript(parsed.value).replace(/\n+$/, "\n");
  for (let id = 0; id < session.size; id++)
    if (session.node(id).children.length === 0 && session.script(id).replace(/\n+$/, "\n") === wanted)
      return true;
  return false;
}
