import { describe, expect, it } from "vitest";
import { step } from "../engine/step.ts";
import { alphabetOf } from "./alphabet.ts";
import { FormulaError, parseFormula } from "./formula.ts";
import { freedomOf } from "./freedom.ts";
import { promisesOf } from "./promises.ts";
import { worldWith } from "./setups.test-helper.ts";

const WORLD = worldWith(1, 2);
const plugged = step(WORLD, { kind: "plug", dev: 0, vsmmu: 0 }).world;
const aborting = step(plugged, { kind: "gbpa", vsmmu: 0, abort: true, update: true }).world;

const holds = (text: string, w = aborting): boolean => parseFormula(WORLD.setup, text).holds(w);

function problem(text: string): { column: number; message: string } {
  try {
    parseFormula(WORLD.setup, text);
  } catch (error) {
    if (error instanceof FormulaError) return error.problems[0] as { column: number; message: string };
    throw error;
  }
  throw new Error(`"${text}" parses`);
}

describe("a promise as a formula", () => {
  it("says of a state what expect says of it", () => {
    expect(holds("always d0 attached=abort dma=abort")).toBe(true);
    expect(holds("always d0 attached=abort dma=pass-s2")).toBe(false);
    expect(holds("never d0 attached=bypass")).toBe(true);
    expect(holds("never d0 attached=abort")).toBe(false);
    expect(holds("always count veventq=0")).toBe(true);
    expect(holds("always users d0.s2=2", plugged)).toBe(true);
  });

  it("knows GBPA and SMMUEN of a vSMMU", () => {
    expect(holds("always v0 gbpa=abort")).toBe(true);
    expect(holds("always v0 gbpa=bypass")).toBe(false);
    expect(holds("always v0 gbpa=abort smmuen=on")).toBe(false);
    expect(holds("always v0 smmuen=off gbpa=abort diverges=no")).toBe(true);
  });

  it("binds not closer than and, and closer than or", () => {
    expect(holds("always not d0 attached=s2 and v0 gbpa=abort")).toBe(true);
    expect(holds("always v0 gbpa=abort or d0 attached=s2 and v0 smmuen=on")).toBe(true);
    expect(holds("always d0 attached=s2 and v0 smmuen=on or v0 gbpa=abort")).toBe(true);
    expect(holds("always not v0 gbpa=abort or d0 attached=s2")).toBe(false);
  });

  it("is kept where its condition is not met", () => {
    expect(holds("always d0 attached=s2 when v0 gbpa=bypass")).toBe(true);
    expect(holds("always d0 attached=s2 when v0 gbpa=abort")).toBe(false);
    expect(holds("never d0 attached=abort when v0 smmuen=on")).toBe(true);
    expect(holds("sometimes d0 attached=abort when v0 gbpa=abort")).toBe(true);
    expect(parseFormula(WORLD.setup, "sometimes d0 attached=abort").goal).toBe(true);
  });

  it("refuses what does not parse or names nothing, with its place", () => {
    expect(problem("always d0 dma=abrt").column).toBe(11);
    expect(problem("always d7 dma=abort")).toMatchObject({
      column: 8,
      message: expect.stringContaining("d7"),
    });
    expect(problem("always d0 dma=abort and")).toMatchObject({ message: "a clause is missing" });
    expect(problem("always d0 dma=abort when")).toMatchObject({ message: "a clause is missing" });
    expect(problem("always")).toMatchObject({ message: "a clause is missing" });
    expect(problem("always v0 gbpa=open").message).toContain("gbpa=open");
    expect(problem("always v0 smmuen=1").message).toContain("smmuen=1");
    expect(problem("always users nobody=1").message).toContain("nobody");
    expect(problem("always d0 dma=abort when v0 gbpa=abort when v0 smmuen=on").message).toContain(
      'unexpected "when"',
    );
  });

  it("refuses what is said of a command", () => {
    for (const text of ["always ok", "always errno=EBUSY", "always calls attach", 'always error ~ "x"'])
      expect(() => parseFormula(WORLD.setup, text)).toThrow(FormulaError);
  });
});

describe("what a formula keeps a search from taking for the same", () => {
  const freedom = (text: string) =>
    freedomOf(WORLD, alphabetOf(WORLD.setup, "vm"), promisesOf(WORLD.setup, [text]), true);

  it("keeps a device that it names in its place", () => {
    expect(freedom("no-divergence").symmetries).toHaveLength(2);
    expect(freedom("always d1 dma=abort").symmetries).toHaveLength(1);
    expect(freedom("always v0 diverges=no").symmetries).toHaveLength(2);
  });

  it("keeps numbers where it asks for them", () => {
    expect(freedom("always d0 vdevice=yes").ids).toBe(true);
    for (const text of [
      "always d0 hwpt=3",
      "always count veventq=1",
      "always users d0.s2=3",
      "always p0 vmids=1",
    ])
      expect(freedom(text)).toMatchObject({ ids: false, names: false });
    expect(freedom("always v0 GERROR=0")).toMatchObject({ queues: false });
  });
});
