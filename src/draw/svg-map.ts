/** The far view as an SVG file: every device a coloured cell, every block a tile. For more devices than fit a screen. */
import { cellAt, MAP, mapOf, SHELF } from "./layout-map.ts";
import { LIGHT } from "./palettes.ts";
import type { Item, Scene } from "./scene-types.ts";
import type { SvgOptions } from "./svg.ts";
import { num, Pen, svgFile, xml } from "./svg-pen.ts";

const MARGIN = 16;

export function drawSvgMap(scene: Scene, options: SvgOptions = {}): string {
  const layout = mapOf(scene);
  const colours = options.colours ?? LIGHT;
  const pen = new Pen(colours);
  let diverging = 0;
  for (const block of scene.blocks) {
    const tile = layout.tiles.get(block.key);
    if (tile === undefined) continue;
    pen.rect(tile, colours.surface, colours.line);
    pen.text(tile.x + MAP.pad, tile.y + 20, block.title, "l", tile.w - 2 * MAP.pad);
    if (block.vsmmu !== null)
      pen.text(tile.x + MAP.pad, tile.y + 36, block.vsmmu.text, "m", tile.w - 2 * MAP.pad);
    for (const column of block.columns) {
      if (column.ghost) continue;
      const { x, y } = cellAt(column.slot, layout.perRow);
      const name = column.diverges === "" ? column.kind : "diverges";
      if (column.diverges !== "") diverging++;
      const { line, wash } = colours.kind[name];
      const solid = column.diverges !== "";
      pen.out.push(
        `<g><title>${xml(column.says)}</title><rect x="${num(tile.x + x)}" y="${num(tile.y + y)}" width="${MAP.cell}" height="${MAP.cell}" rx="4" fill="${solid ? line : wash}" stroke="${line}"/>`,
      );
      pen.icon(tile.x + x + 7, tile.y + y + 7, name, 14, solid ? colours.surface : line);
      pen.out.push("</g>");
    }
  }
  const bar = (item: Item): void => {
    const box = layout.bars.get(item.key);
    if (box === undefined || item.ghost) return;
    pen.rect(box, colours.surface, item.kind === null ? colours.line : colours.kind[item.kind].line);
    const users = item.users === null ? "" : ` (${item.users})`;
    const text = [item.word, item.text, item.aside].filter((part) => part !== "").join(" · ");
    pen.text(box.x + 10, box.y + 18, `${item.label}${users}`, "l", 140);
    pen.text(box.x + 160, box.y + 18, text, "m", box.w - 170);
  };
  for (const group of scene.ioases) {
    group.hwpts.forEach(bar);
    bar(group.item);
  }
  for (const psmmu of scene.psmmus) bar(psmmu.item);
  const shelf = layout.tiles.get(SHELF);
  if (shelf !== undefined) {
    pen.rect(shelf, colours.surface, colours.line);
    const n = scene.parked.length;
    pen.text(shelf.x + MAP.pad, shelf.y + 20, `${n} device${n === 1 ? "" : "s"} not plugged`, "l", shelf.w);
  }
  const said = diverging === 0 ? "No device diverges." : `${diverging} devices diverge.`;
  return svgFile(
    pen,
    { x: -MARGIN, y: -MARGIN, w: layout.width + 2 * MARGIN, h: layout.height + 2 * MARGIN },
    { title: options.title || "Every device a cell", desc: said, embed: options.embed },
  );
}
