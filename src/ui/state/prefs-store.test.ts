import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_PREFS, type Prefs, parsePrefs, printPrefs, THEMES, TIMELINE_TABS } from "./prefs-store.ts";

const prefs: fc.Arbitrary<Prefs> = fc.record({
  theme: fc.constantFrom(...THEMES),
  density: fc.constantFrom("comfortable" as const, "compact" as const),
  tab: fc.constantFrom(...TIMELINE_TABS),
  place: fc.constant("controls" as const),
  sizes: fc.dictionary(fc.constantFrom("controls-pane", "timeline-pane"), fc.nat(2000), {
    noNullPrototype: true,
  }),
  folded: fc.array(fc.string(), { maxLength: 3 }),
  welcomed: fc.boolean(),
  singleKeys: fc.boolean(),
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
    sizes: { a: "wide", b: -1, c: 300 },
    folded: [1, "x"],
  });
  expect(parsePrefs(text)).toEqual({ ...DEFAULT_PREFS, tab: "diff", folded: ["x"], sizes: { c: 300 } });
});

test.each([null, "", "{", "[]", "7", '{"version":2}'])("%j gives the defaults", (text) => {
  expect(parsePrefs(text)).toEqual(DEFAULT_PREFS);
});
