/** The command line as tests run it: in a folder of its own, its output kept. Folders go when the file's tests are done. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { main } from "./main.ts";

const folders: string[] = [];

afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

/** An empty folder. */
export function folder(): string {
  const at = mkdtempSync(join(tmpdir(), "lab-"));
  folders.push(at);
  return at;
}

export async function labIn(cwd: string, argv: readonly string[], stdin = "") {
  let stdout = "";
  let stderr = "";
  const status = await main(argv, {
    stdin: (async function* () {
      yield new TextEncoder().encode(stdin);
    })(),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    cwd,
  });
  return { status, stdout, stderr };
}
