/** Raw host verbs as a script writes them: which file and which object a word means, and what a closed file answers. */
import { describe, expect, it } from "vitest";
import { parse } from "./parse.ts";
import { printScript } from "./print.ts";
import { type CommandRecord, commandRecord } from "./record.ts";
import { runAll } from "./runner.ts";

function play(text: string): CommandRecord[] {
  const p = parse(text);
  if (!p.ok) throw new Error(JSON.stringify(p.problems));
  return runAll(p.value).events.flatMap((e) =>
    e.kind === "command" ? [commandRecord(e.line, "", e.world, e.outcome)] : [],
  );
}

const errnos = (text: string): (string | null)[] => play(text).map((r) => r.errno);

describe("the iommufd file of a raw verb", () => {
  it("K-FD-1: closing a closed file, or one that never was, gives EBADF", () => {
    expect(errnos("close-iommufd\nioas-alloc\nclose-iommufd\nclose-iommufd")).toEqual([
      "EBADF",
      null,
      null,
      "EBADF",
    ]);
  });

  it("K-FD-1: an id means an object of the closed file, not of a new one", () => {
    // The bound device keeps the file alive, so that the objects are still there: only their fd is gone.
    expect(
      errnos(
        "ioas-alloc\nbind d0\nhwpt-alloc dev=id:2 pt=id:1\nclose-iommufd\ndestroy id:3\nhw-info dev=id:2\ninvalidate viommu=id:3",
      ),
    ).toEqual([null, null, null, null, "EBADF", "EBADF", "EBADF"]);
  });

  it("K-ID-1: an allocation after the close opens the file anew, with ids of its own", () => {
    const records = play("ioas-alloc as a\nbind d0\nclose-iommufd\nioas-alloc as b");
    expect(records.map((r) => r.ids)).toEqual([{ a: 1 }, {}, {}, { b: 1 }]);
  });
});

describe("flags", () => {
  it("K-VFIO-2: of attach and detach go to the kernel, printed and read back", () => {
    const text = "ioas-alloc\nbind d0\nattach dev=id:2 pt=id:99 flags=0x2\ndetach dev=id:2 flags=0x4\n";
    const p = parse(text);
    expect(p.ok && printScript(p.value)).toBe(text);
    expect(errnos(text)).toEqual([null, null, "EINVAL", "EINVAL"]);
    expect(play(text)[2]?.calls[0]).toMatchObject({ call: "attach", pt: 99, flags: 2, errno: "EINVAL" });
    expect(play(text)[3]?.calls[0]).toMatchObject({ call: "detach", flags: 4, errno: "EINVAL" });
  });
});

describe("names given by as", () => {
  it("may be those of virtual and physical SMMUs, which no object is called by", () => {
    const text =
      "ioas-alloc as i\nbind d0 as dev\nhwpt-alloc dev=dev pt=i flags=nest-parent as s2\nviommu-alloc dev=dev hwpt=s2 as v1\ndestroy v1";
    expect(errnos(text)).toEqual([null, null, null, null, null]);
  });

  it("may not be those of devices, which stand for their DEVICE objects", () => {
    const p = parse("ioas-alloc as d1");
    expect(p.ok ? [] : p.problems.map((x) => [x.line, x.column])).toEqual([[1, 15]]);
  });

  it("that are no names get the nearest one offered", () => {
    const p = parse("ioas-alloc as Foo");
    expect(p.ok ? [] : p.problems.map((x) => x.suggestion)).toEqual(["foo"]);
  });
});
