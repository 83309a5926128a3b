import { describe, expect, test } from "vitest";
import { Session } from "../../script/session.ts";
import { describeStep } from "./describe.ts";

/** What the last line of a script is told to have done. */
function told(script: string): readonly string[] {
  const opened = Session.open(script);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  const session = opened.value;
  const { id, parent } = session.current;
  return describeStep(session.world(parent ?? 0), session.world(id));
}

describe("what a step is told to have done", () => {
  // Ids are the lowest free: DEVICE 1, IOAS 2, S2 3, vIOMMU 4, abort 5, bypass 6 (abort is allocated first).
  test("the first device follows GBPA", () => {
    expect(told("plug d0 v0\ngbpa v0 abort\n")).toEqual([
      "d0: bypass HWPT 6 → abort HWPT 5; DMA: abort, as it must",
    ]);
  });

  test("the second device escapes it", () => {
    expect(told("plug d0 v0\ngbpa v0 abort\nplug d1 v0 hot\n")).toEqual([
      "d1: not bound → S2 HWPT 3; DMA: passes, S2 only, must be: abort; diverges D1",
    ]);
  });

  test("and obeys the next write", () => {
    expect(told("plug d0 v0\ngbpa v0 abort\nplug d1 v0 hot\ngbpa v0 abort\n")).toEqual([
      "d1: S2 HWPT 3 → abort HWPT 5; DMA: abort, as it must; no longer diverges (D1)",
    ]);
  });

  test("a step that moves nobody says nothing", () => {
    expect(told("plug d0 v0\nread v0 GBPA\n")).toEqual([]);
  });
});
