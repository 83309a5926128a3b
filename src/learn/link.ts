/** A lesson or challenge in an address, behind its `#`: `course1z:` and the packed file, with a checksum at the end. */
import { deflateSync, Inflate } from "fflate";
import { fromBase64url, toBase64url } from "../review/share/base64url.ts";
import { crc32 } from "../review/share/crc32.ts";
import { MOST_CHARACTERS } from "../review/share/link.ts";
import { MOST_BYTES } from "./reading.ts";

export const COURSE_FORMAT = 1;
const COURSE = /^#?course(\d{1,6})z:/;

export const isCourseLink = (fragment: string): boolean => COURSE.test(fragment);

const sum = (bytes: Uint8Array): string => crc32(bytes).toString(36).padStart(7, "0");

/** The fragment, without its `#`. The same text gives the same characters. */
export function writeCourseLink(text: string): string {
  const bytes = deflateSync(new TextEncoder().encode(text), { level: 9 });
  return `course${COURSE_FORMAT}z:${toBase64url(bytes)}.${sum(bytes)}`;
}

export type CourseLink =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

const no = (problem: string): CourseLink => ({ ok: false, problem });

/** Reads and runs nothing: what the text is worth, its own reader tells. */
export function readCourseLink(fragment: string): CourseLink {
  if (fragment.length > MOST_CHARACTERS) return no("The link is longer than any the lab makes.");
  const text = fragment.trim().replace(/^#/, "");
  const match = COURSE.exec(text);
  if (match === null) return no("This is no link of a lesson or challenge.");
  if (Number(match[1]) !== COURSE_FORMAT)
    return no(`The link is of format ${Number(match[1])}; this lab reads format ${COURSE_FORMAT}.`);
  const body = text.slice(match[0].length);
  const dot = body.indexOf(".");
  if (dot < 0 || body.length - dot < 8) return no("The link was cut short: its end is missing.");
  const bytes = fromBase64url(body.slice(0, dot));
  if (bytes === null || sum(bytes) !== body.slice(dot + 1))
    return no("The link was changed on its way: its checksum does not fit.");
  const unpacked = inflated(bytes);
  if (unpacked === null) return no("The link does not unpack to a text of at most 1 MB.");
  return { ok: true, text: unpacked };
}

/** Null for what does not unpack, is no UTF-8, or grows beyond what a file may have. */
function inflated(bytes: Uint8Array): string | null {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const inflate = new Inflate((part, final) => {
    size += part.length;
    if (size > MOST_BYTES) throw new RangeError("too large");
    parts.push(part.slice());
    ended = final;
  });
  try {
    // In pieces: a small link may unpack to a very large text.
    for (let at = 0; at < bytes.length; at += 1024)
      inflate.push(bytes.subarray(at, at + 1024), at + 1024 >= bytes.length);
    if (!ended) return null;
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(whole);
  } catch {
    return null;
  }
}
