import { expect, test } from "vitest";
import { completeLine, completeText } from "./completion.ts";
import { parse } from "./parse.ts";
import { EMPTY_SCOPE } from "./scope.ts";

function setup() {
  const p = parse("");
  if (!p.ok) throw new Error("empty text");
  return p.value.setup;
}
const env = { setup: setup(), scope: EMPTY_SCOPE.with("dev1").with("s2") };

/** Labels offered at `|`. */
function labels(line: string, header = false): string[] {
  const cursor = line.indexOf("|");
  return completeLine(line.replace("|", ""), cursor, env, header).options.map((o) => o.label);
}

test("verbs first, header verbs only where they may stand", () => {
  expect(labels("plu|")[0]).toBe("plug");
  expect(labels("|")).not.toContain("kernel");
  expect(labels("ker|", true)).toEqual(["kernel"]);
});

test("words, keys, flags and names in their places", () => {
  expect(labels("plug |").slice(0, 3)).toEqual(["d0", "d1", "d2"]);
  expect(labels("plug d0 |").slice(0, 2)).toEqual(["v0", "v1"]);
  expect(labels("plug d0 v0 |")).toEqual(["bdf=", "iommufd=", "hot"]);
  expect(labels("plug d0 v0 hot |")).toEqual(["bdf=", "iommufd="]);
  expect(labels("gbpa v0 a|")).toEqual(["abort"]);
  expect(labels("gbpa v0 abort update=|")).toEqual(["on", "off"]);
  expect(labels("attach dev=|").slice(0, 2)).toEqual(["dev1", "s2"]);
  expect(labels("hwpt-alloc dev=dev1 pt=s2 flags=nest-parent,p|")).toEqual(["pasid"]);
  expect(labels("ioas-alloc |")).toContain("as");
  expect(labels("ioas-alloc as |")).toEqual([]);
});

test("keys that depend on a word", () => {
  expect(labels("cmd v0 tlbi-nh-asid |")).toEqual(expect.arrayContaining(["asid=", "vmid=", "sync="]));
  expect(labels("cmd v0 tlbi-nh-asid |")).not.toContain("va=");
  expect(labels("guest v0 suspend registers=|")).toEqual(["kept", "lost", "lost-reset"]);
});

test("expectations", () => {
  expect(labels("expect |")).toEqual(expect.arrayContaining(["ok", "errno=", "d0", "v0", "p0"]));
  expect(labels("expect d0 p|")[0]).toBe("pste=");
  expect(labels("expect d0 attached=tr|")).toEqual(["translate"]);
  expect(labels("expect calls |").slice(0, 2)).toEqual(["none", "only"]);
  expect(labels("expect events v0 c-bad-s|")).toEqual(["c-bad-streamid", "c-bad-ste", "c-bad-substreamid"]);
});

test("in a text: names given above, the topology of its header, nothing inside comments", () => {
  const at = (text: string): string[] => {
    const i = text.indexOf("|");
    return completeText(text.replace("|", ""), i).options.map((o) => o.label);
  };
  expect(at("device left\ndevice right\nplug |")).toEqual(["left", "right", "bdf=", "iommufd=", "hot"]);
  expect(at("bind d0 as mine\nplgu broken line\ndetach dev=m|")[0]).toBe("mine");
  expect(at("detach dev=m|\nbind d0 as mine")).not.toContain("mine");
  expect(at("plug d0 # v|")).toEqual([]);
  expect(completeText("plug d0 v0\nunplug d", 19).from).toBe(18);
});
