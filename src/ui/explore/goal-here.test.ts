import { describe, expect, it } from "vitest";
import { Session } from "../../script/session.ts";
import { alphabetFor, goalOf } from "./goal-here.ts";
import { originOf } from "./origin.ts";
import { check, DEFAULT_QUESTION } from "./question.ts";

function opened(text: string): Session {
  const session = Session.open(text);
  if (!session.ok) throw new Error("the test's script does not parse");
  return session.value;
}

describe("the moves that could lead to a state", () => {
  it.each([
    ["plug d0 v0\ngbpa v0 abort", { base: "vm", modifiers: [] }],
    ["plug d0 v0\nste v0 0x100 abort\ncfgi v0 0x100", { base: "vm+ste", modifiers: [] }],
    ["realize d0 v0\nset d0\ndma d0", { base: "vm", modifiers: ["dma", "halves"] }],
    ["inject attach errno=EBUSY\nplug d0 v0", { base: "vm", modifiers: ["fault"] }],
    ["ioas-alloc as a\nbind d0 as dev0", { base: "raw", modifiers: [] }],
  ] as const)("%j", (script, found) => {
    expect(alphabetFor(opened(script).path())).toEqual(found);
  });
});

describe("the present state as a formula", () => {
  it("names every device and every accelerated vSMMU, and can be asked", () => {
    const session = opened("plug d0 v0\nreset\ngbpa v0 abort\nplug d1 v0");
    const goal = goalOf(session.world());
    const { setup } = session;
    for (const { name } of [...setup.devices, ...setup.vsmmus.filter(({ accel }) => accel)])
      expect(goal).toContain(`${name} `);
    expect(goal).toContain("d1 attached=s2 dma=pass-s2 diverges=D1");
    const { scope } = session.current;
    expect(check({ ...DEFAULT_QUESTION, promises: [], own: [goal] }, setup, scope).ok).toBe(true);
  });
});

describe("where a search begins", () => {
  const session = opened('title "Here"\nplug d0 v0\n# a note\ngbpa v0 abort\nexpect d0 attached=abort');

  it("the step that is shown, with everything up to it", () => {
    const { id } = session.current;
    expect(originOf(session, "here", id)).toMatchObject({
      words: "step 2, gbpa v0 abort",
      script: session.script(id),
    });
    const note = session.path().find(({ kind }) => kind === "note");
    expect(originOf(session, "here", note?.id ?? 0)).toMatchObject({ words: "step 1, plug d0 v0" });
  });

  it("the start, with the header alone", () => {
    const origin = originOf(session, "start", session.current.id);
    expect(origin).toMatchObject({ words: "the start", node: 0 });
    expect(origin.script).toContain('title "Here"');
    expect(origin.script).not.toContain("plug");
  });

  it("says what the setup is", () => {
    const fixed = opened("fix D1\nplug d0 v0");
    expect(originOf(fixed, "start", 0).setupWords).toMatch(
      /^kernel .*, QEMU .*; \d+ vSMMUs?, \d+ devices?; repaired: /,
    );
  });
});
