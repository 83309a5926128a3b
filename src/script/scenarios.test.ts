import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DIVERGENCE_IDS } from "../engine/divergence-table.ts";
import { QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import { parse } from "./parse.ts";
import { printScript } from "./print.ts";
import { gotOf, runAll } from "./runner.ts";

const folder = fileURLToPath(new URL("../../content/scenarios", import.meta.url));
const files = readdirSync(folder).filter((f) => f.endsWith(".lab"));
const source = (file: string): string => readFileSync(`${folder}/${file}`, "utf8");

describe.each(files)("scenario %s", (file) => {
  const text = source(file);
  const parsed = parse(text);

  test("parses, is canonical, has a title and something to say", () => {
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(printScript(parsed.value)).toBe(text);
    expect(parsed.value.setup.title).not.toBe("");
    expect(parsed.value.items[0]?.kind).toBe("header");
  });

  test("every expectation holds", () => {
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const result = runAll(parsed.value);
    const failed = result.events.flatMap((e) =>
      e.kind === "expect" && !e.held
        ? [`${e.line}: ${e.item.words.join(" ")}; got ${JSON.stringify(gotOf(e.verdicts))}`]
        : [],
    );
    expect(failed).toEqual([]);
    expect(result.held).toBeGreaterThan(0);
  });
});

test("the vectors T1 to T16 are all there", () => {
  const wanted = Array.from({ length: 16 }, (_, i) => `T${String(i + 1).padStart(2, "0")}.lab`);
  expect(files).toEqual(expect.arrayContaining(wanted));
});

test("every divergence has a scenario that shows it, and every repair one that removes it", () => {
  for (const id of DIVERGENCE_IDS) {
    const shown = files.some((f) => new RegExp(`^expect .*\\bdiverges=${id}\\b`, "m").test(source(f)));
    expect(shown, id).toBe(true);
  }
  for (const r of QEMU_REPAIRS)
    for (const name of r.names) {
      const line = new RegExp(`^fix (.*,)?${name}(,|$)`, "m");
      expect(
        files.some((f) => line.test(source(f))),
        name,
      ).toBe(true);
    }
});
