/** Reading what a command line names: files, and `-` for standard input. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type CliIo, UsageError } from "./io.ts";

export interface Source {
  /** As the caller wrote it; `standard input` for `-`. */
  readonly name: string;
  readonly text: string;
}

export async function readBytes(io: CliIo, path: string): Promise<Uint8Array> {
  if (path === "-") {
    const parts: Uint8Array[] = [];
    for await (const part of io.stdin)
      parts.push(typeof part === "string" ? new TextEncoder().encode(part) : part);
    const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  }
  try {
    return await readFile(resolve(io.cwd, path));
  } catch (error) {
    throw new UsageError(`${path}: ${fileProblem(error)}`);
  }
}

/** A text; bytes that are no UTF-8 are refused, because nothing could be quoted from them. */
export async function readSource(io: CliIo, path: string): Promise<Source> {
  const bytes = await readBytes(io, path);
  const name = path === "-" ? "standard input" : path;
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw new UsageError(`${name}: not UTF-8 text`);
  }
}

export function fileProblem(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "is a directory";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
