import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { referenceMarkdown, verbHelp, verbOverview } from "./reference.ts";
import { VERBS } from "./verbs.ts";

test("docs/script-reference.md is what `lab help --markdown` prints", () => {
  const file = fileURLToPath(new URL("../../docs/script-reference.md", import.meta.url));
  expect(readFileSync(file, "utf8")).toBe(referenceMarkdown());
});

test("every verb stands in the overview and has help with its example", () => {
  for (const v of VERBS) {
    expect(verbOverview()).toContain(`  ${v.name} `);
    expect(verbHelp(v)).toContain(v.example);
    for (const line of verbHelp(v).split("\n")) expect(line).not.toMatch(/\s$/);
  }
});
