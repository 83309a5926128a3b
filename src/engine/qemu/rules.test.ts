/** Every rule stands in code and in the title of a test. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { QEMU_RULES } from "./rules.ts";

const here = new URL(".", import.meta.url);
const files = readdirSync(here).filter((f) => f.endsWith(".ts"));
const text = (f: string): string => readFileSync(new URL(f, here), "utf8");
const ids = (s: string): string[] => s.match(/Q-[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*/g) ?? [];

describe("rules", () => {
  it("every id that the code applies is in the table, and the other way round", () => {
    const code = files.filter((f) => !f.includes(".test") && !f.startsWith("rules"));
    const used = new Set(
      code.flatMap((f) => text(f).match(/"Q-[A-Z0-9-]+"/g) ?? []).map((s) => s.slice(1, -1)),
    );
    expect([...used].sort()).toEqual(Object.keys(QEMU_RULES).sort());
  });

  it("every rule has a test that names it in its title", () => {
    const titles = files
      .filter((f) => f.endsWith(".test.ts"))
      .flatMap((f) => text(f).match(/\bit\(\s*(?:"[^"]*"|`[^`]*`)/g) ?? []);
    const tested = new Set([...titles.flatMap(ids), ...ids(text("unwinding.test.ts"))]);
    expect(Object.keys(QEMU_RULES).filter((id) => !tested.has(id))).toEqual([]);
  });

  it("every rule is a sentence with a source", () => {
    for (const [id, r] of Object.entries(QEMU_RULES)) {
      expect(r.text, id).toMatch(/\.$/);
      expect(r.source.length, id).toBeGreaterThan(5);
    }
  });
});
