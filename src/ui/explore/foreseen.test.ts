import { describe, expect, it } from "vitest";
import { buildWorld } from "../../engine/build-world.ts";
import { ExploreJob } from "../../explore/job.ts";
import { scriptWith } from "../../explore/setups.test-helper.ts";
import { parse } from "../../script/parse.ts";
import { EMPTY_SCOPE } from "../../script/scope.ts";
import { foreseen, reachText } from "./foreseen.ts";
import { check, DEFAULT_QUESTION, type Question, specOf } from "./question.ts";

function beginning(script: string) {
  const parsed = parse(script);
  if (!parsed.ok) throw new Error("the test's script does not parse");
  return { setup: parsed.value.setup, scope: EMPTY_SCOPE, world: () => buildWorld(parsed.value.setup) };
}

const asked = (part: Partial<Question>): Question => ({ ...DEFAULT_QUESTION, ...part });

function told(script: string, part: Partial<Question>): readonly string[] {
  const from = beginning(script);
  const question = asked(part);
  return foreseen(question, check(question, from.setup, from.scope), from);
}

const MANY = Array.from({ length: 80 }, (_, i) => `write v0 GBPA ${i}`).join("\n");

describe("what a question would run into", () => {
  it("is told in the words of the search that it becomes", () => {
    const cases: readonly (readonly [number, number, Partial<Question>])[] = [
      [1, 1, {}],
      [1, 1, { base: "own", lines: MANY }],
      [1, 1, { base: "own", lines: MANY, depth: "3" }],
      [1, 1, { base: "own", lines: MANY, depth: "2" }],
      [2, 2, { base: "vm+ste" }],
      [1, 6, {}],
      [1, 6, { symmetry: false }],
      [1, 6, { base: "raw", depth: "2" }],
      [1, 6, { promises: [], own: Array.from({ length: 6 }, (_, d) => `never d${d} dma=abort`) }],
      [2, 6, { base: "vm+ste", modifiers: ["fault"] }],
    ];
    const all = cases.map(([vsmmus, devices, part]) => {
      const script = scriptWith(vsmmus, devices);
      const opened = ExploreJob.open(specOf(asked(part), script));
      if (!opened.ok) throw new Error("the search does not open");
      expect(told(script, part)).toEqual(opened.job.head.warnings);
      return opened.job.head.warnings.length;
    });
    expect(all).toEqual([0, 1, 1, 0, 1, 1, 0, 0, 0, 3]);
  });

  it("is not told while the moves or the limits cannot be read", () => {
    const script = scriptWith(1, 1);
    expect(told(script, { base: "own", lines: `${MANY}\nplgu d0` })).toEqual([]);
    expect(told(script, { base: "own", lines: MANY, states: "many" })).toEqual([]);
    expect(told(script, { base: "own", lines: MANY, depth: "-" })).toEqual([]);
  });

  it("says for every question how far the limit of states cannot strike", () => {
    const { setup, scope } = beginning(scriptWith(1, 1));
    const reached = (part: Partial<Question>): string | null =>
      reachText(asked(part), check(asked(part), setup, scope));
    // 9 moves: 1 + 9 + 81 = 91 states within two.
    expect(reached({ states: "91" })).toMatch(/^cannot strike within 2 moves;/);
    expect(reached({ states: "90" })).toMatch(/^cannot strike within 1 move;/);
    expect(reached({ states: "91", depth: "2" })).toBe("the depth ends it before this limit can strike");
    expect(reached({ states: "90", depth: "2" })).toMatch(/^cannot strike within 1 move;/);
    expect(reached({ base: "own", lines: "reset" })).toMatch(/^cannot strike within 499,999 moves;/);
    for (const part of [{ base: "own", lines: "x" }, { states: "x" }, { depth: "x" }] as const)
      expect(reached(part)).toBe(null);
  });

  it("a promise that does not parse yet changes nothing", () => {
    expect(told(scriptWith(1, 6), { own: ["never d0 dmaa=abort"] })).toHaveLength(1);
    expect(told(scriptWith(1, 6), { promises: [], own: ["nev"] })).toHaveLength(1);
  });

  it("the world is not made for it where nothing depends on it", () => {
    const from = beginning(scriptWith(2, 2));
    const question = asked({ base: "vm+ste" });
    const never = (): never => {
      throw new Error("asked for the world");
    };
    const checked = check(question, from.setup, from.scope);
    expect(foreseen(question, checked, { ...from, world: never })).toHaveLength(1);
  });
});
