import { expect, test } from "vitest";
import { blockLines, fileProblemText, headLines, lineProblemText, proseOf, readMarked } from "./marked.ts";

test("head, opening, sections and blocks, each with its line", () => {
  const m = readMarked(
    "---\na: 1: 2\nb:\n---\nfirst\n## One\n\ntext\n```lab fresh\nplug\n```\nmore\n## Two\n",
  );
  expect([...m.head]).toEqual([
    ["a", { text: "1: 2", line: 2 }],
    ["b", { text: "", line: 3 }],
  ]);
  expect(m.opening).toEqual([{ kind: "prose", lines: ["first"], line: 5 }]);
  expect(m.sections.map((s) => [s.title, s.line, s.parts.length])).toEqual([
    ["One", 6, 3],
    ["Two", 13, 1],
  ]);
  const block = m.sections[0]?.parts[1];
  expect(block).toMatchObject({
    kind: "block",
    block: { kind: "lab", words: ["fresh"], lines: ["plug"], line: 9 },
  });
  expect(m.problems).toEqual([]);
});

test("line ends of any system and a mark at the beginning are no part of the text", () => {
  const unix = readMarked("---\na: 1\n---\n## One\nx\n");
  expect(readMarked("\ufeff---\r\na: 1\r\n---\r\n## One\r\nx\r\n")).toEqual(unix);
  expect(readMarked("---\ra: 1\r---\r## One\rx\r")).toEqual(unix);
});

test.each([
  ["---\na: 1\n", 1, "no closing"],
  ["---\nnonsense\n---\n", 2, '"nonsense" is no "name: value"'],
  ["---\na: 1\na: 2\n---\n", 3, 'a second "a:"'],
  ["## One\n```lab\nplug\n", 2, "has no end"],
])("what is wrong is told with its line: %#", (text, line, message) => {
  const [problem] = readMarked(text).problems;
  expect(problem?.line).toBe(line);
  expect(problem?.message).toContain(message);
});

test("a fence ends at one of its own length: a shorter one inside is text", () => {
  const text = "## One\n````lab\n```\n````\nafter";
  const parts = readMarked(text).sections[0]?.parts ?? [];
  expect(parts[0]).toMatchObject({ block: { lines: ["```"] } });
  expect(proseOf(parts, (b) => b.kind === "lab")).toBe("after");
  expect(proseOf(parts, () => false)).toBe("````lab\n```\n````\nafter");
});

test("what is printed is read again, whatever backquotes are in it", () => {
  const body = "a\n````\nb";
  const text = [
    ...headLines([
      ["format", "x/1"],
      ["about", "two\nlines"],
    ]),
    "",
    "## One",
    ...blockLines("lab", body),
  ].join("\n");
  const m = readMarked(text);
  expect(m.head.get("about")?.text).toBe("two lines");
  expect(m.sections[0]?.parts.at(-1)).toMatchObject({ block: { kind: "lab", lines: body.split("\n") } });
});

test("a problem of the whole file has no line", () => {
  expect(lineProblemText({ line: 0, message: "m" })).toBe("m");
  expect(lineProblemText({ line: 7, message: "m" })).toBe("line 7: m");
  expect(fileProblemText("f.md", { line: 0, message: "m" })).toBe("f.md: m");
  expect(fileProblemText("f.md", { line: 7, message: "m" })).toBe("f.md:7: m");
});
