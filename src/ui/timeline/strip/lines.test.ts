import { expect, test } from "vitest";
import { Session } from "../../../script/session.ts";
import { lineEnds } from "./lines.ts";

function session(script: string): Session {
  const opened = Session.open(script);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  return opened.value;
}

test("a script alone is one line, named after its first command", () => {
  const one = session('title "A"\n# about it\nplug d0 v0\nreset\n');
  expect(lineEnds(one)).toEqual([{ end: one.current, title: "A", from: null, first: "plug d0 v0" }]);
});

test("a branch is named after its own first step and says where it leaves", () => {
  const one = session('title "A"\nplug d0 v0\nreset\n');
  one.back();
  one.append("gbpa v0 abort");
  one.append("dma d0");
  const lines = lineEnds(one);
  expect(lines.map(({ first, from }) => [first, from])).toEqual([
    ["plug d0 v0", null],
    ["gbpa v0 abort", 1],
  ]);
  expect(lines[1]?.end.step).toBe(3);
});

test("another header is another start", () => {
  const one = session('title "A"\nplug d0 v0\n');
  one.edit('title "B"\nplug d1 v0\n');
  expect(lineEnds(one).map(({ title }) => title)).toEqual(["A", "B"]);
});

test("a line of 100,000 steps is found without exhausting the stack", { timeout: 60_000 }, () => {
  const one = session("");
  // Reads change nothing and are cheap.
  one.append(Array.from({ length: 100_000 }, (_, at) => `read v0 0x${(at % 1024).toString(16)}`).join("\n"));
  expect(lineEnds(one)).toHaveLength(1);
  expect(lineEnds(one)[0]?.end.step).toBe(100_000);
});
