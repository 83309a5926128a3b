import { describe, expect, test } from "vitest";
import { Session } from "../../../script/session.ts";
import { diffWorlds } from "./world-diff.ts";

/** What the last line of a script changed. */
function diffOf(script: string) {
  const opened = Session.open(script);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  const session = opened.value;
  const { id, parent } = session.current;
  return diffWorlds(session.world(parent ?? 0), session.world(id));
}

describe("what a step changed", () => {
  test("the same world has no difference", () => {
    const opened = Session.open("plug d0 v0\n");
    if (!opened.ok) throw new Error("does not parse");
    const world = opened.value.world();
    expect(diffWorlds(world, world)).toEqual({ changes: [], cut: false });
  });

  test("an attachment that moves is the DEVICE's HWPT, told with its owner and floor", () => {
    const { changes } = diffOf("plug d0 v0\ngbpa v0 abort\n");
    expect(changes).toContainEqual(
      expect.objectContaining({
        kind: "changed",
        floor: "iommufd",
        owner: "DEVICE 1 d0.device",
        field: "hwpt",
        before: "6",
        after: "5",
        subject: { kind: "object", file: 0, id: 1 },
      }),
    );
    expect(changes).toContainEqual(
      expect.objectContaining({
        floor: "Hardware",
        owner: "d0 in hardware",
        field: "stes.0.0",
        after: "0x1",
      }),
    );
  });

  test("an object that comes is new, one that goes is gone", () => {
    const came = diffOf("plug d0 v0\n").changes.filter(({ kind }) => kind === "added");
    expect(came.map(({ owner }) => owner)).toContain("VIOMMU 4 v0.viommu");
    const gone = diffOf("plug d0 v0\nunplug d0\n").changes.filter(({ kind }) => kind === "removed");
    expect(gone.map(({ owner }) => owner)).toContain("VIOMMU 4 v0.viommu");
  });

  test("guest memory is told by address, word by word", () => {
    const { changes } = diffOf("strtab v0 base=0x40000000\nste v0 0x100 bypass\n");
    expect(changes).toContainEqual(
      expect.objectContaining({ owner: "Guest memory", field: "[0x40004000]", before: "0x0", after: "0x9" }),
    );
  });

  test("indices are told by name", () => {
    const { changes } = diffOf("plug d0 v0\nplug d1 v0\n");
    expect(changes.filter(({ field }) => field === "vsmmu").map(({ after }) => after)).toContain("v0");
  });
});
