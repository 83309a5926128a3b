// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import type { Question } from "../../learn/question.ts";
import { Session } from "../../script/session.ts";
import { carryFor } from "./carry-choices.ts";

function worldOf(script: string) {
  const opened = Session.open(script);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  return opened.value.world();
}

const question = (dev: string, values: readonly string[]): Question => ({
  ask: { kind: "attachment", dev },
  text: "",
  choices: values.map((value) => ({ value, label: value, why: null })),
  right: 0,
  difficulty: 1,
  act: [],
  rules: [],
  because: "",
});

const NOBODY = (): void => undefined;

describe("what an attachment can be dragged to", () => {
  // Ids are the lowest free: DEVICE 1, IOAS 2, S2 3, vIOMMU 4, abort 5, bypass 6.
  const world = worldOf("plug d0 v0\nmachine-start\n");

  test("is every HWPT of the device's own that some choice means", () => {
    const carry = carryFor(world, question("d0", ["abort", "s2", "none"]), null, null, NOBODY);
    expect(carry?.dev).toBe(0);
    expect(carry?.targets.map(({ kind }) => kind).sort()).toEqual(["abort", "s2"]);
    expect(carry?.chosen).toBeNull();
  });

  test("a box that is taken says its word; a word that is chosen lights its box", () => {
    const said: string[] = [];
    const carry = carryFor(world, question("d0", ["abort", "bypass"]), "bypass", null, (word) =>
      said.push(word),
    );
    const [first, second] = carry?.targets ?? [];
    expect(carry?.chosen).toBe((first?.kind === "bypass" ? first : second)?.key);
    for (const { key } of carry?.targets ?? []) carry?.onDrop(key);
    expect(said.sort()).toEqual(["abort", "bypass"]);
  });

  test("is nothing for another question, a device that is not there, and choices without a box", () => {
    expect(
      carryFor(world, { ...question("d0", ["s2"]), ask: { kind: "errno" } }, null, null, NOBODY),
    ).toBeNull();
    expect(carryFor(world, question("d2", ["s2"]), null, null, NOBODY)).toBeNull();
    expect(carryFor(world, question("d0", ["none", "blocked"]), null, null, NOBODY)).toBeNull();
    expect(carryFor(world, undefined, null, null, NOBODY)).toBeNull();
  });
});
