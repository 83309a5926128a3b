import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Session } from "../script/session.ts";
import { drawAscii } from "./ascii.ts";
import { drawDot } from "./dot.ts";
import { fixtureViews, fixtureWorld, grid } from "./fixtures.test-helper.ts";
import { drawMermaid } from "./mermaid.ts";
import { buildScene, sceneOf } from "./scene.ts";
import { eachItem, type Scene } from "./scene-types.ts";
import { drawSvg } from "./svg.ts";
import { shorten } from "./svg-pen.ts";

function scene(text: string): Scene {
  const opened = Session.open(text);
  if (!opened.ok) throw new Error(opened.problems.map((p) => p.message).join("\n"));
  return sceneOf(opened.value.world());
}
const SECOND = scene("plug d0 v0\nmachine-start\ngbpa v0 abort\nplug d1 v0 hot\n");
const large = (v: number, d: number, parked = 0): Scene => {
  const f = grid(v, d, parked);
  return buildScene(fixtureWorld(f), fixtureViews(f));
};
const DRAWINGS = [
  ["ascii", drawAscii],
  ["svg", drawSvg],
  ["mermaid", drawMermaid],
  ["dot", drawDot],
] as const;

describe.each(DRAWINGS)("%s", (_name, draw) => {
  test("the same scene gives the same bytes, also when the scene came by another way", () => {
    expect(draw(scene("plug d0 v0\nmachine-start\ngbpa v0 abort\nplug d1 v0 hot\n"))).toBe(draw(SECOND));
    expect(draw(large(3, 5, 2))).toBe(draw(large(3, 5, 2)));
  });

  test("ends with one line feed and has no trailing blanks", () => {
    const text = draw(SECOND);
    expect(text.endsWith("\n") && !text.endsWith("\n\n")).toBe(true);
    expect(text.split("\n").filter((line) => /\s$/.test(line))).toEqual([]);
  });

  test("a world without anything plugged can be drawn", () => {
    expect(draw(scene("")).length).toBeGreaterThan(50);
  });
});

describe("ascii", () => {
  test("keeps to 72 columns of 7-bit text, whatever the size", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.nat({ max: 12 }),
        fc.nat({ max: 40 }),
        (v, d, parked) => {
          for (const line of drawAscii(large(v, d, parked)).split("\n")) {
            expect(line.length).toBeLessThanOrEqual(72);
            expect(line).toMatch(/^[\x20-\x7e]*$/);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a star stands where a device is attached, a bar where its lane passes by", () => {
    const lines = drawAscii(SECOND).split("\n");
    const line = (text: string) => lines.find((one) => one.includes(text)) ?? "";
    const abort = line("abort (");
    const bypass = line("bypass (");
    const s2 = line(" S2 (");
    const names = lines.find((one) => one.trimStart().startsWith("d0")) ?? "";
    const at = (name: string) => names.indexOf(name) + 3;
    expect([abort[at("d0")], bypass[at("d0")], s2[at("d0")]]).toEqual(["*", "=", "="]);
    expect([abort[at("d1")], bypass[at("d1")], s2[at("d1")]]).toEqual(["|", "|", "*"]);
  });

  test("names what diverges and what must be, and who is not plugged", () => {
    const text = drawAscii(SECOND);
    expect(text).toContain("!= D1");
    expect(text).toContain("must abort");
    expect(text).toContain("Not plugged: d2");
  });

  test("every device is drawn once, in panels of three", () => {
    const text = drawAscii(large(2, 7));
    for (let d = 0; d < 14; d++) expect(text.match(new RegExp(`\\bd${d}\\b`, "g"))?.length).toBe(1);
  });
});

describe("svg", () => {
  /** Tags opened and closed in order, attributes quoted: enough to know that it is XML. */
  function checkXml(text: string): number {
    const stack: string[] = [];
    let count = 0;
    const rest = text.replaceAll(
      /<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
      (_, close, name, _attributes, own) => {
        count++;
        if (close === "/") expect(stack.pop()).toBe(name);
        else if (own !== "/") stack.push(name);
        return "";
      },
    );
    expect(stack).toEqual([]);
    expect(rest).not.toMatch(/[<>]/);
    expect(rest).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
    return count;
  }

  test("is well-formed, alone, and without script or address of anything else", () => {
    for (const one of [SECOND, large(2, 4), large(4, 8, 3)]) {
      const text = drawSvg(one);
      expect(checkXml(text)).toBeGreaterThan(50);
      expect(text.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
        /https?:|<script|href|@import|url\(/,
      );
    }
  });

  test("says in its description who diverges", () => {
    expect(drawSvg(SECOND)).toMatch(/<desc>d1 attached to S2 HWPT \d+, expected abort, diverges D1<\/desc>/);
  });

  test("every item and attachment has its sentence as a title", () => {
    const text = drawSvg(SECOND);
    eachItem(SECOND, (item) => expect(text).toContain(`<title>${item.says}</title>`));
    for (const one of SECOND.attachments) expect(text).toContain(`<title>${one.says}</title>`);
  });

  test("long text is shortened in the middle and fits", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 0, max: 300 }), (text, room) => {
        const said = shorten(text, room, 7);
        expect(said.length * 7).toBeLessThanOrEqual(Math.max(room, 0));
        if (said !== text && said.length > 4)
          expect(text.startsWith(said.split("…")[0] as string)).toBe(true);
      }),
    );
  });
});

describe.each([
  ["mermaid", drawMermaid],
  ["dot", drawDot],
])("%s", (name, draw) => {
  test("has every item once and every attachment as an edge", () => {
    const text = draw(SECOND);
    let items = 0;
    eachItem(SECOND, () => items++);
    const nodes = text.match(name === "dot" ? /^ {4}n\d+ \[/gm : /^ {4}n\d+\[/gm);
    expect(nodes).toHaveLength(items);
    const edges = text.match(name === "dot" ? /penwidth=3, style=solid/g : /==>/g);
    expect(edges).toHaveLength(SECOND.attachments.length);
  });

  test("quotes what its language would misread", () => {
    const item = SECOND.blocks[0]?.vsmmu;
    if (item === null || item === undefined) throw new Error("no vSMMU");
    const odd: Scene = {
      ...SECOND,
      blocks: [
        {
          ...(SECOND.blocks[0] as NonNullable<(typeof SECOND.blocks)[0]>),
          vsmmu: { ...item, label: 'a"b\\c<d>&#' },
        },
      ],
    };
    const text = draw(odd);
    if (name === "dot") expect(text).toContain('a\\"b\\\\c<d>&#');
    else expect(text).toContain("a&quot;b\\c&lt;d&gt;&amp;&num;");
  });
});
