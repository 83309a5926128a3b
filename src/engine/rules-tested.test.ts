/** Every rule of the model is applied by code and named in the title of a test: no rule without either. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allRules } from "./all-rules.ts";

const here = new URL(".", import.meta.url);
const files = readdirSync(here, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts"));
const text = (f: string): string => readFileSync(new URL(f, here), "utf8");
const isTest = (f: string): boolean => f.endsWith(".test.ts");
const isTable = (f: string): boolean => /(^|\/)rules[^/]*\.ts$/.test(f) || f.endsWith("all-rules.ts");

const ID = /\b[KQAGH]-[A-Z0-9]+(?:-[A-Z0-9]+)*[a-z]?\b/g;
const ids = (s: string): string[] => s.match(ID) ?? [];
/** Titles of tests and of the groups they stand in, those made by `each` too. */
const TITLE = /\b(?:it|test|describe)(?:\.each\([\s\S]*?\))?\(\s*("[^"]*"|`[^`]*`|'[^']*')/g;
/** Rows of a table whose rule stands in the title by `${p.rule}`. */
const ROW = /\brule: "([^"]+)"/g;

function titles(f: string): string[] {
  const source = text(f);
  const out = [...source.matchAll(TITLE)].map((m) => m[1] ?? "");
  if (!out.some((t) => t.includes(".rule}"))) return out;
  return [...out, ...[...source.matchAll(ROW)].map((m) => m[1] ?? "")];
}

const rules = Object.keys(allRules());

describe("every rule", () => {
  it("is named in the title of a test", () => {
    const named = new Set(files.filter(isTest).flatMap(titles).flatMap(ids));
    expect(rules.filter((id) => !named.has(id))).toEqual([]);
  });

  it("is applied by code outside the tables", () => {
    const code = files.filter((f) => !isTest(f) && !isTable(f) && !f.endsWith(".test-helper.ts"));
    const used = new Set(code.flatMap((f) => ids(text(f))));
    expect(rules.filter((id) => !used.has(id))).toEqual([]);
  });

  it("that code or a title names stands in a table", () => {
    const known = new Set(rules);
    const code = files.filter((f) => !isTest(f) && !f.endsWith(".test-helper.ts"));
    const quoted = code.flatMap((f) =>
      [...text(f).matchAll(/"([KQAGH]-[A-Z0-9-]+[a-z]?)"/g)].map((m) => m[1] ?? ""),
    );
    const named = files.filter(isTest).flatMap(titles).flatMap(ids);
    expect([...new Set([...quoted, ...named])].filter((id) => !known.has(id))).toEqual([]);
  });
});
