import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_PREFS, type Prefs, parsePrefs, printPrefs, THEMES, TIMELINE_TABS } from "./prefs-store.ts";

const prefs: fc.Arbitrary<Prefs> = fc.record({
  theme: fc.constantFrom(...THEMES),
  density: fc.constantFrom("comfortable" as const, "compact" as const),
  tab: fc.constantFrom(...TIMELINE_TABS),
  place: fc.constant("controls" as const),
  panels: fc.constant({ body: { controls: 20, graph: 60, inspector: 20 } }),
  folded: fc.array(fc.string(), { maxLength: 3 }),
  welcomed: fc.boolean(),
});

test("preferences are read back as they were written", () => {
  fc.assert(
    fc.property(prefs, (given) => {
      expect(parsePrefs(printPrefs(given))).toEqual(given);
    }),
  );
});

test("what cannot be read falls back part by part, and the rest is kept", () => {
  const text = JSON.stringify({
    version: 1,
    theme: "purple",
    tab: "diff",
    panels: { body: { a: 700 } },
    folded: [1, "x"],
  });
  expect(parsePrefs(text)).toEqual({ ...DEFAULT_PREFS, tab: "diff", folded: ["x"] });
});

test.each([null, "", "{", "[]", "7", '{"version":2}'])("%j gives the defaults", (text) => {
  expect(parsePrefs(text)).toEqual(DEFAULT_PREFS);
});
