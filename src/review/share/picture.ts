/** The session inside a picture: put there when it is saved, found again when it is dropped on the page. */
import type { Result } from "../sides.ts";
import { crc32 } from "./crc32.ts";

/** Keyword of the PNG's text chunk. */
const KEYWORD = "vsmmu-lab";
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 0x7f);
const read32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((b, i) => bytes[i] === b);

interface Chunk {
  readonly type: string;
  readonly from: number;
  readonly to: number;
  readonly data: Uint8Array;
}

function* chunks(bytes: Uint8Array): Generator<Chunk> {
  for (let at: number = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = read32(bytes, at);
    const to = at + 12 + length;
    if (to > bytes.length) return;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, from: at, to, data: bytes.subarray(at + 8, at + 8 + length) };
    at = to;
  }
}

/** The PNG with `link` (ASCII, as links are) in a text chunk before its end. */
export function embedInPng(png: Uint8Array, link: string): Uint8Array {
  const end = isPng(png) ? [...chunks(png)].find((c) => c.type === "IEND") : undefined;
  if (end === undefined) throw new Error("not a PNG");
  const body = new Uint8Array([...ascii(`tEXt${KEYWORD}`), 0, ...ascii(link)]);
  const out = new Uint8Array(png.length + body.length + 8);
  const put32 = (at: number, value: number): void => {
    out.set([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255], at);
  };
  out.set(png.subarray(0, end.from));
  put32(end.from, body.length - 4);
  out.set(body, end.from + 4);
  put32(end.from + 4 + body.length, crc32(body));
  out.set(png.subarray(end.from), end.from + 8 + body.length);
  return out;
}

const NONE: Result<never> = {
  ok: false,
  problems: ["This picture carries no session. Pictures saved by the lab do, unless a program took it out."],
};

export function linkInPng(bytes: Uint8Array): Result<string> {
  if (!isPng(bytes)) return { ok: false, problems: ["This is not a PNG picture."] };
  for (const { type, data } of chunks(bytes)) {
    if (type !== "tEXt") continue;
    const end = data.indexOf(0);
    if (String.fromCharCode(...data.subarray(0, Math.min(end, 79))) !== KEYWORD) continue;
    return { ok: true, value: new TextDecoder("latin1").decode(data.subarray(end + 1)) };
  }
  return NONE;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Found by its name, not by parsing the file: whatever else is in it is nobody's business here. */
export function linkInSvg(text: string): Result<string> {
  const found = /<session\s+xmlns="urn:vsmmu-lab:session"\s*>([^<]*)<\/session>/.exec(text)?.[1];
  if (found === undefined) return NONE;
  return {
    ok: true,
    value: found.trim().replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? ""),
  };
}
