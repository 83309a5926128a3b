import { describe, expect, it } from "vitest";
import { parse } from "../script/parse.ts";
import { VERB_NAMES } from "../script/verbs.ts";
import { AlphabetError, alphabetLines, alphabetOf, MODIFIERS, PRESETS } from "./alphabet.ts";

const parsed = parse("psmmu p0\ndevice d0 psmmu=p0 sid=0x100\nvsmmu v0 bus=pcie.1\n");
if (!parsed.ok) throw new Error("the test's script does not parse");
const { setup } = parsed.value;

const read = (text: string) => alphabetOf(setup, text);

function wrong(text: string): AlphabetError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof AlphabetError) return error;
    throw error;
  }
  throw new Error(`"${text}" is an alphabet`);
}

describe("an alphabet as it is written", () => {
  it("is a preset if it begins with the name of one, with its modifiers", () => {
    for (const name of Object.keys(PRESETS)) {
      expect(read(name).name).toBe(name);
      expect(read(`${name}+fault`)).toMatchObject({ name: `${name}+fault`, fault: true });
    }
    expect(read(" vm + ste+dma ").name).toBe("vm+ste+dma");
    expect(read("vm+ste").stes).toBe(true);
  });

  it("is a line if it is a word that parses as one, and no other verb hides a preset", () => {
    for (const line of ["reset", "reset;", " reset\n", "machine-start"])
      expect(read(line)).toMatchObject({ name: "written", moves: { length: 1 } });
    for (const name of Object.keys(PRESETS)) expect(VERB_NAMES).not.toContain(name.split("+")[0]);
  });

  it("says what a verb still needs, at its place: a line that has begun", () => {
    for (const verb of ["plug", "dma"])
      expect(wrong(verb).problems[0]).toMatchObject({
        line: 1,
        column: 1,
        message: expect.stringContaining(`"${verb}" needs`),
      });
  });

  it("refuses any other word, names the presets and says what may have been meant", () => {
    const cases: readonly (readonly [string, string | null])[] = [
      ["vn", "vm"],
      ["VM", "vm"],
      ["vm_ste", "vm+ste"],
      ["quit", null],
      ["rset", "reset"],
      ["plgu", "plug"],
      ["halves", null],
      ["raww", "raw"],
    ];
    for (const [text, meant] of cases) {
      const { message, problems } = wrong(text);
      for (const name of [...Object.keys(PRESETS), ...Object.keys(MODIFIERS)])
        expect(message).toContain(name);
      if (meant !== null) expect(message).toContain(`did you mean "${meant}"?`);
      expect(problems).toMatchObject([{ line: 1, column: 1, length: text.length }]);
      if (meant !== null) expect(problems[0]?.suggestion).toBe(meant);
    }
  });

  it("refuses a modifier that a preset has not, and says which was meant", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["vm+falt", "vm+fault"],
      ["vm+stes", "vm+ste"],
      ["vm+ste+halv", "vm+ste+halves"],
      ["vm+dam+fault", "vm+dma+fault"],
    ];
    for (const [text, meant] of cases) {
      expect(wrong(text).problems).toMatchObject([{ line: 1, column: 1, suggestion: meant }]);
      expect(wrong(text).message).toContain("fault, dma, halves");
    }
    expect(wrong("vm+").message).toContain("no modifier");
    expect(wrong("raw+dma").message).toContain("+fault alone");
  });

  it("says that a preset among lines is none, with its place", () => {
    expect(wrong("plug d0 v0\nvm+ste; reset").problems).toMatchObject([
      { line: 2, column: 1, length: 6, message: expect.stringContaining("no line") },
    ]);
  });

  it("refuses expectations and emptiness", () => {
    expect(wrong("reset; expect d0 attached=s2; expect d0 dma=abort").problems).toMatchObject([
      { line: 2, column: 2 },
      { line: 3, column: 2 },
    ]);
    for (const text of ["", " ", "# nothing", ";;"]) expect(wrong(text).message).toContain("empty");
  });

  it("ends a line at a semicolon, but not in a comment or a string", () => {
    expect(alphabetLines('reset; plug d0 v0 # as ever; so\nnote "a; \\"b" ; reset')).toBe(
      'reset\n plug d0 v0 # as ever; so\nnote "a; \\"b" \n reset',
    );
    expect(read("reset # first; the rest\nplug d0 v0").moves).toHaveLength(2);
  });
});
