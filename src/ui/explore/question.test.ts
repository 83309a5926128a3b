import { describe, expect, it } from "vitest";
import { buildWorld } from "../../engine/build-world.ts";
import { parse } from "../../script/parse.ts";
import { runAll } from "../../script/runner.ts";
import { EMPTY_SCOPE } from "../../script/scope.ts";
import {
  alphabetText,
  check,
  commandLine,
  DEFAULT_QUESTION,
  formulaExamples,
  limitsOf,
  promiseTexts,
  type Question,
  readQuestion,
  workersFor,
} from "./question.ts";

function setupOf(text = "") {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error("the test's script does not parse");
  return runAll(parsed.value, { trace: false }).world.setup;
}

const setup = setupOf();
const asked = (part: Partial<Question>): Question => ({ ...DEFAULT_QUESTION, ...part });
const checked = (part: Partial<Question>) => check(asked(part), setup, EMPTY_SCOPE);

describe("the question of a search", () => {
  it("writes presets with their additions in one order, whatever the order of ticking", () => {
    expect(alphabetText(asked({ base: "vm+ste", modifiers: ["fault", "dma"] }))).toBe("vm+ste+dma+fault");
    expect(alphabetText(asked({ modifiers: ["dma", "halves", "fault"] }))).toBe("vm+dma+halves+fault");
  });

  it("keeps additions a preset does not go with to itself", () => {
    const question = asked({ base: "raw", modifiers: ["dma", "fault"] });
    expect(alphabetText(question)).toBe("raw+fault");
    expect(check(question, setup, EMPTY_SCOPE).ok).toBe(true);
  });

  it("leaves out own promises that are still empty", () => {
    expect(promiseTexts(asked({ promises: ["no-leak"], own: [" ", "D1 "] }))).toEqual(["no-leak", "D1"]);
  });

  it("reads numbers as people write them, and an empty depth as none", () => {
    expect(limitsOf(asked({ states: "500 000", memory: "1,024", depth: "" }))).toEqual({
      depth: 1_000_000,
      states: 500_000,
      bytes: 2 ** 30,
    });
    expect(limitsOf(asked({ depth: "0" })).depth).toBe(0);
  });

  it.each([
    ["depth", "-1"],
    ["depth", "1.5"],
    ["states", "0"],
    ["states", ""],
    ["memory", "none"],
  ] as const)("refuses %s=%j", (field, value) => {
    const found = checked({ [field]: value });
    expect(found[field]).toMatch(/whole number/i);
    expect(found.ok).toBe(false);
  });

  it("has nothing against the first question, and counts its moves", () => {
    // Per device and vSMMU a plug, per device an unplug, a reset, and six register writes a vSMMU.
    const plugs = setup.devices.length * setup.vsmmus.length + setup.devices.length;
    expect(checked({})).toMatchObject({ ok: true, moves: plugs + 1 + 6 * setup.vsmmus.length });
  });

  it("says where in own lines the error is", () => {
    const found = checked({ base: "own", lines: "plug d0 v0\nplgu d1 v0" });
    expect(found.lines).toMatchObject([{ line: 2, column: 1, suggestion: "plug" }]);
    expect(found.ok).toBe(false);
  });

  it("takes a line of one word for a line, not for a preset", () => {
    expect(checked({ base: "own", lines: "reset" })).toMatchObject({ ok: true, moves: 1 });
    expect(alphabetText(asked({ base: "own", lines: "reset" }))).toBe("reset");
    const found = checked({ base: "own", lines: "resett" });
    expect(found).toMatchObject({ ok: false, moves: null });
    expect(found.lines).toMatchObject([{ line: 1, column: 1, length: 6, suggestion: "reset" }]);
  });

  it("refuses own lines that try nothing", () => {
    expect(checked({ base: "own", lines: "# nothing" })).toMatchObject({ ok: false, moves: null });
    expect(checked({ base: "own", lines: "reset\nexpect d0 attached=s2" }).lines).toMatchObject([
      { line: 2, column: 1, message: expect.stringMatching(/no expectations/) },
    ]);
  });

  it("says where in a formula the error is, and knows nearly right words", () => {
    const found = checked({ own: ["D1", "always d0 dmaa=abort", "no-leek", "D99"] });
    expect(found.own[0]).toBe(null);
    expect(found.own[1]).toMatchObject([{ line: 1, column: 11, suggestion: "dma" }]);
    expect(found.own[2]).toMatchObject([{ line: 1, column: 1, length: 7, suggestion: "no-leak" }]);
    expect(found.own[3]).toMatchObject([
      { column: 1, message: expect.stringMatching(/no divergence "D99"/) },
    ]);
    expect(found.ok).toBe(false);
  });

  it("counts places in the text as it was typed, blank lines and spaces before it included", () => {
    expect(checked({ base: "own", lines: "\n  plgu d0 v0" }).lines).toMatchObject([{ line: 2, column: 3 }]);
    expect(checked({ base: "own", lines: "\n  resett\n" }).lines).toMatchObject([{ line: 2, column: 3 }]);
    expect(checked({ own: ["  always d0 dmaa=abort"] }).own[0]).toMatchObject([{ column: 13 }]);
    expect(checked({ own: ["  no-leek"] }).own[0]).toMatchObject([{ column: 3 }]);
  });

  it("refuses a setup to compare with that nobody knows", () => {
    expect(checked({ against: "fix=D1" }).ok).toBe(true);
    expect(checked({ against: "qemo=v4" })).toMatchObject({ ok: false });
    expect(checked({ against: "qemo=v4" }).against).toMatch(/did you mean "qemu"/);
  });

  it("wants at least one promise", () => {
    expect(checked({ promises: [], own: [" "] })).toMatchObject({ ok: false });
    expect(checked({ promises: [], own: ["sometimes d0 attached=s2"] })).toMatchObject({
      ok: true,
      promises: null,
    });
  });

  it("offers formulas that can be asked of the setup they are offered for", () => {
    const examples = formulaExamples(setup).map(({ text }) => text);
    expect(examples.length).toBeGreaterThan(0);
    expect(checked({ promises: [], own: examples }).ok).toBe(true);
    const nameless = { ...buildWorld(setup).setup, vsmmus: [] };
    expect(formulaExamples(nameless)).toEqual([]);
  });
});

describe("the same search on the command line", () => {
  it("names nothing that is the command's own choice anyway, but the page's smaller limits", () => {
    expect(commandLine(DEFAULT_QUESTION, "session.lab")).toBe(
      "vsmmu-lab explore session.lab --max-states 500000 --max-memory 512",
    );
  });

  it("quotes for a shell", () => {
    const line = commandLine(
      asked({
        base: "own",
        lines: "plug d0 v0 # first; as ever\n\nreset",
        promises: ["no-leak"],
        own: ["always d0 dma=abort when v0 gbpa=abort"],
        depth: "6",
        symmetry: false,
        workers: 2,
        against: "fix=D1",
      }),
      "it's.lab",
    );
    expect(line).toBe(
      String.raw`vsmmu-lab explore 'it'\''s.lab' --alphabet 'plug d0 v0; reset' ` +
        "--invariant 'no-leak, always d0 dma=abort when v0 gbpa=abort' --against fix=D1 --depth 6 " +
        "--max-states 500000 --max-memory 512 --workers 2 --no-symmetry",
    );
  });
});

describe("a question that was kept", () => {
  it("comes back as it was", () => {
    const question = asked({
      origin: "here",
      base: "own",
      lines: "reset",
      modifiers: ["dma"],
      promises: ["no-alias"],
      own: ["D3"],
      depth: "7",
      states: "12",
      memory: "3",
      symmetry: false,
      workers: 4,
      against: "fix=D1",
    });
    expect(readQuestion(JSON.stringify(question))).toEqual(question);
  });

  it("takes as many threads as the machine suggests where none was chosen", () => {
    expect(readQuestion(null, 3).workers).toBe(3);
    expect(readQuestion("{", 3).workers).toBe(3);
    expect(readQuestion('{"workers":2}', 3).workers).toBe(2);
    expect(readQuestion('{"workers":1e9}', 3).workers).toBe(3);
    expect([1, 2, 4, 8, 64].map(workersFor)).toEqual([1, 1, 3, 4, 4]);
  });

  it.each([
    null,
    "",
    "{",
    "7",
    "null",
    "[]",
    '{"base":"rm","promises":7,"own":[1,{}],"depth":{},"lines":null,"modifiers":"x"}',
  ])("falls back to the first question part by part: %j", (text) => {
    expect(readQuestion(text)).toEqual(DEFAULT_QUESTION);
  });
});
