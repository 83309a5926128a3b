/** Plays a script given line by line; what its last command recorded, and the expectations that failed. */
import { parse } from "./parse.ts";
import { runAll } from "./runner.ts";

// biome-ignore lint/suspicious/noExplicitAny: records are read back from the JSON that programs get.
type Record = any;

export function play(lines: readonly string[]): {
  readonly last: Record;
  readonly failed: readonly Record[];
} {
  const p = parse(lines.join("\n"));
  if (!p.ok) throw new Error(JSON.stringify(p.problems));
  const records: Record[] = runAll(p.value).events.map((e) => JSON.parse(JSON.stringify(e.record())));
  return {
    last: records.filter((r) => "text" in r).at(-1),
    failed: records.filter((r) => r.held === false),
  };
}
