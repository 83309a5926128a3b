import { expect, test } from "vitest";
import { parse } from "../../script/parse.ts";
import { Session } from "../../script/session.ts";
import { readLabFile, writeLabFile } from "./lab-file.ts";
import { openShare, shareOf } from "./share.ts";

function branched(): Session {
  const s = Session.open('title "branches"\nplug d0 v0\nmachine-start\ngbpa v0 abort\n');
  if (!s.ok) throw new Error("unreadable");
  s.value.goTo(2);
  s.value.append("gbpa v0 bypass");
  return s.value;
}
const read = (text: string) => {
  const r = readLabFile(text);
  if (!r.ok) throw new Error(r.problems.join());
  return r.value;
};

test("a .lab file runs as a script and brings its branches back", () => {
  const s = branched();
  const file = writeLabFile(s, shareOf(s));
  expect(parse(file).ok).toBe(true);
  expect(file.split("\n").filter((l) => l.length > 76)).toEqual([]);
  const { share, remark } = read(file);
  expect(remark).toBeNull();
  const again = openShare(share);
  expect(again.ok && again.value.data()).toEqual(s.data());
});

test("after an edit the script counts, and the reader is told", () => {
  const s = branched();
  const file = writeLabFile(s, shareOf(s)).replace("gbpa v0 bypass", "reset");
  const { share, remark } = read(file);
  expect(remark).toContain("edited");
  const again = openShare(share);
  expect(again.ok && again.value.script()).toBe('title "branches"\nplug d0 v0\nmachine-start\nreset\n');
});

test("a canonical print of the file keeps its session", () => {
  const s = branched();
  const file = writeLabFile(s, shareOf(s)).replaceAll("#~ ", "# ~ ").replaceAll("\n", "\r\n");
  expect(read(file).remark).toBeNull();
});

test("a damaged session block leaves the script", () => {
  const s = branched();
  const file = writeLabFile(s, shareOf(s)).replace(/#~ lab1z:..../, "#~ lab1z:xxxx");
  const { share, remark } = read(file);
  expect(remark).toContain("could not be read");
  expect(openShare(share).ok).toBe(true);
});

test("any script is a .lab file", () => {
  const { share, remark } = read("plug d0 v0\n# by hand\n");
  expect(remark).toBeNull();
  expect(share.content).toEqual({ kind: "script", text: "plug d0 v0\n# by hand\n", at: null });
});
