import { expect, test } from "vitest";
import { parse } from "./parse.ts";
import { runAll } from "./runner.ts";
import { findVerb, VERBS } from "./verbs.ts";

test("every verb's example runs behind what it needs, and none is rejected or fails", () => {
  for (const v of VERBS) {
    const parsed = parse([...(v.before ?? []), v.example].join("\n"));
    if (!parsed.ok) throw new Error(`${v.name}: ${JSON.stringify(parsed.problems)}`);
    const result = runAll(parsed.value);
    for (const e of result.events) {
      if (e.kind === "expect") expect(e.held, v.example).toBe(true);
      else {
        const { ok, rejected, errno, messages } = e.outcome;
        expect({ verb: v.name, line: e.item.words.join(" "), ok, rejected, errno, messages }).toMatchObject({
          ok: true,
          rejected: false,
          errno: null,
        });
      }
    }
  }
});

test("names are unique, summaries are one line without a full stop, helps are there", () => {
  expect(new Set(VERBS.map((v) => v.name)).size).toBe(VERBS.length);
  for (const v of VERBS) {
    expect(v.summary, v.name).not.toMatch(/\.$|\n/);
    expect(v.details.length, v.name).toBeGreaterThan(20);
    for (const a of v.args) expect(a.help, v.name).not.toBe("");
    expect(findVerb(v.name)).toBe(v);
  }
  expect(findVerb("plgu")).toBeNull();
});
