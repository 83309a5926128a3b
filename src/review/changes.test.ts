import { expect, test } from "vitest";
import { parse } from "../script/parse.ts";
import { CHANGES, type Change, changeScript } from "./changes.ts";
import { compare } from "./compare.ts";
import { parseSide } from "./sides.ts";

function shown(row: Change) {
  const script = parse(`${changeScript(row)}expect ${row.showsA}\nexpect ${row.showsB}\n`);
  if (!script.ok) throw new Error(script.problems.map((p) => `${p.line}: ${p.message}`).join("; "));
  const sides = [row.a, row.b].map((s) => {
    const side = parseSide(s);
    if (!side.ok) throw new Error(side.problems.join("; "));
    return side.value;
  });
  const c = compare(script.value, sides);
  if (!c.ok) throw new Error(c.problems.join("; "));
  return c.value;
}

test.each(CHANGES.map((row) => [`${row.a} → ${row.b}: ${row.aspect}`, row] as const))(
  "%s: its script shows it, on either side as the row says",
  (_title, row) => {
    const c = shown(row);
    expect(c.expectations.map((e) => e.held)).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(c.first).not.toBeNull();
    // A reader is told why: a knob or a rule.
    expect(
      (c.first?.knobs.length ?? 0) + (c.first?.rules.filter((r) => r !== null).length ?? 0),
    ).toBeGreaterThan(0);
  },
);

test("ids are names of their own", () => {
  expect(new Set(CHANGES.map((c) => c.id)).size).toBe(CHANGES.length);
});
