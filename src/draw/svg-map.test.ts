import { expect, test } from "vitest";
import { fixtureViews, fixtureWorld, grid } from "./fixtures.test-helper.ts";
import { DARK, LIGHT } from "./palettes.ts";
import { buildScene } from "./scene.ts";
import { drawSvg } from "./svg.ts";
import { drawSvgMap } from "./svg-map.ts";

const fixture = grid(4, 16, 3);
const scene = buildScene(fixtureWorld(fixture), fixtureViews(fixture));

test("the far view has a cell with a sentence for every device", () => {
  const svg = drawSvgMap(scene);
  const columns = scene.blocks.flatMap((b) => b.columns);
  expect(svg.match(/rx="4"/g)?.length).toBe(columns.length);
  for (const column of columns) expect(svg).toContain(`<title>${column.says}</title>`);
  expect(svg).toContain("3 devices not plugged");
});

test.each([drawSvg, drawSvgMap])("a theme brings all its colours and none of the other's", (draw) => {
  const own = (colours: typeof LIGHT): string[] => JSON.stringify(colours).match(/#[0-9a-f]{6}/g) ?? [];
  const light = draw(scene, { colours: LIGHT });
  const dark = draw(scene, { colours: DARK });
  for (const colour of own(DARK)) expect(light).not.toContain(colour);
  for (const colour of own(LIGHT).filter((c) => !own(DARK).includes(c))) expect(dark).not.toContain(colour);
});

test.each([drawSvg, drawSvgMap])(
  "what is embedded and the title are text, whatever they look like",
  (draw) => {
    const svg = draw(scene, { title: "<script>alert(1)</script>", embed: "lab1:a&b" });
    expect(svg).not.toContain("<script");
    expect(svg).toContain("<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>");
    expect(svg).toContain(
      '<metadata><session xmlns="urn:vsmmu-lab:session">lab1:a&amp;b</session></metadata>',
    );
  },
);
