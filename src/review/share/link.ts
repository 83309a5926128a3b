/**
 * A share as the fragment of an address. Short scripts stay readable: `lab1:plug+d0+v0;gbpa+v0+abort&end=…`; the rest is
 * packed: `lab1z:….…`. The number is the format; both end in a checksum, so that a link cut short on its way is seen.
 */
import type { Result } from "../sides.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { checksum, crc32 } from "./crc32.ts";
import { pack, unpack } from "./payload-1.ts";
import { isViewPart, NOTE_MAX, type Share } from "./share.ts";

export const LINK_FORMAT = 1;
/** Longer fragments are refused unread: browsers end at about two million characters themselves. */
export const MOST_CHARACTERS = 1_500_000;
/** A readable link up to here is worth its length. */
const READABLE = 320;

const SHARE = /^#?lab(\d{1,6})(z?):/;

/** True if an address's fragment means a share, whatever is in it. */
export const isShareLink = (fragment: string): boolean => SHARE.test(fragment);

const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** Percent signs only where a reader would not guess the character anyway, or a mail program would end the link. */
const spell = (text: string): string =>
  encodeURIComponent(wellFormed(text))
    .replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replace(/%(3D|2C|3A|2F|40)/g, (c) => decodeURIComponent(c));

const unspell = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return null;
  }
};

/** What the checksum of a readable link is made from. */
const spoken = (text: string, at: number | null, view: Share["view"], note: string): string =>
  [text, at ?? "", ...Object.entries(view).map(([k, v]) => `${k}=${v}`), note].join("\n");

function readable(share: Share): string | null {
  const { content, view, note } = share;
  if (content.kind !== "script") return null;
  const text = wellFormed(content.text);
  const said = wellFormed(note);
  const lines = text.split("\n").slice(0, -1);
  // A blank last line would look like no line at all.
  const parts = [lines.map(spell).join(";") + (lines.at(-1) === "" ? ";" : "")];
  if (content.at !== null) parts.push(`at=${content.at}`);
  for (const [key, value] of Object.entries(view)) parts.push(`${key}=${value}`);
  if (said !== "") parts.push(`note=${spell(said)}`);
  parts.push(`end=${checksum(spoken(text, content.at, view, said))}`);
  return `lab${LINK_FORMAT}:${parts.join("&")}`;
}

/** The fragment, without its `#`. The same share gives the same characters. */
export function writeLink(share: Share): string {
  const plain = readable(share);
  if (plain !== null && plain.length <= READABLE) return plain;
  const bytes = pack(share);
  const packed = `lab${LINK_FORMAT}z:${toBase64url(bytes)}.${crc32(bytes).toString(36).padStart(7, "0")}`;
  return plain !== null && plain.length <= packed.length ? plain : packed;
}

const refuse = (...problems: string[]): Result<never> => ({ ok: false, problems });

/** Reads and checks; runs nothing. */
export function readLink(fragment: string): Result<Share> {
  if (fragment.length > MOST_CHARACTERS)
    return refuse(
      `The link has ${fragment.length.toLocaleString("en-GB")} characters, more than any the lab makes.`,
    );
  const text = fragment.trim().replace(/^#/, "");
  const match = SHARE.exec(text);
  if (match === null) return refuse("This is not a link of the lab.");
  const format = Number(match[1]);
  if (format !== LINK_FORMAT)
    return refuse(
      format > LINK_FORMAT
        ? `The link is of format ${format}, made by a newer lab; this one reads format ${LINK_FORMAT}.`
        : `There is no link format ${format}.`,
    );
  const body = text.slice(match[0].length);
  return match[2] === "z" ? readPacked(body) : readReadable(body);
}

const CUT =
  "The link was cut short: its end is missing. Ask for it again, on a line of its own or as a file.";
const CHANGED = "The link was changed on its way: its checksum does not fit. Ask for it again.";

function readPacked(body: string): Result<Share> {
  const dot = body.indexOf(".");
  if (dot < 0 || body.length - dot < 8) return refuse(CUT);
  const bytes = fromBase64url(body.slice(0, dot));
  if (bytes === null || crc32(bytes).toString(36).padStart(7, "0") !== body.slice(dot + 1))
    return refuse(CHANGED);
  return unpack(bytes);
}

function readReadable(body: string): Result<Share> {
  const [lines = "", ...fields] = body.split("&");
  const script = lines === "" ? [] : lines.replace(/;$/, "").split(";").map(unspell);
  let at: number | null = null;
  const view: Record<string, string> = {};
  let note = "";
  let end: string | null = null;
  const problems: string[] = [];
  for (const [i, field] of fields.entries()) {
    const eq = field.indexOf("=");
    const key = eq < 0 ? field : field.slice(0, eq);
    const value = eq < 0 ? "" : unspell(field.slice(eq + 1));
    if (value === null) return refuse(CHANGED);
    if (key === "end" && i === fields.length - 1) end = value;
    else if (key === "at") {
      if (/^\d{1,7}$/.test(value)) at = Number(value);
      else problems.push(`“${value.slice(0, 40)}” is no step.`);
    } else if (key === "note") note = value;
    else if (isViewPart(key, value)) view[key] = value;
    else problems.push(`“${key.slice(0, 40)}” is no part of a link.`);
  }
  if (script.some((l) => l === null)) return refuse(CHANGED);
  const text = script.map((l) => `${l}\n`).join("");
  // Written by hand, a link ends in a bare `&end`.
  if (end === null) return refuse(CUT);
  if (end !== "" && end !== checksum(spoken(text, at, view, note)))
    return refuse(end.length < 7 ? CUT : CHANGED);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { content: { kind: "script", text, at }, view, note: note.slice(0, NOTE_MAX) } };
}
