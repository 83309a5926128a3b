/**
 * The picture as an SVG file that stands alone: same positions as on the page, either theme, no script, no font
 * file. The same scene gives the same bytes.
 */
import { type Box, type Density, densityOf, layoutOf, linePath, M } from "./layout.ts";
import { LIGHT, type Palette } from "./palettes.ts";
import { eachItem, FLOOR_TITLES, type Item, type Scene } from "./scene-types.ts";
import { MONO, num, Pen, SANS, shorten, svgFile, xml } from "./svg-pen.ts";

const MARGIN = 16;
const GUTTER = 28;
const usersText = (item: Item): string => (item.users === null ? "" : ` (${item.users})`);
const short = (item: Item): string => item.label.slice(item.label.lastIndexOf(" ") + 1);

function drawFrame(pen: Pen, item: Item, box: Box, heads: readonly number[]): void {
  pen.rect(box, pen.colours.frame, pen.colours.line);
  pen.edge(
    box,
    item.role === "vsmmu" && item.kind !== null ? pen.colours.kind[item.kind].line : pen.colours.strong,
  );
  for (const head of heads) {
    const x = box.x + head + 10;
    if (item.role === "ioas") {
      pen.text(x, box.y + box.h - 8, `${item.label}${usersText(item)}`, "l", M.head);
      pen.text(x + 70, box.y + box.h - 8, [item.text, item.aside].filter(Boolean).join(" · "), "m", 200);
      continue;
    }
    pen.text(x, box.y + 17, item.label, "l", M.head - 16);
    if (item.aside !== "" && item.role !== "accel")
      pen.text(box.x + head + M.head - 10 - item.aside.length * MONO, box.y + 17, item.aside, "m", 80);
    const counted = usersText(item);
    `${item.text}${counted}`.split("\n").forEach((line, i) => {
      pen.text(x, box.y + 33 + 15 * i, line, "m", M.head - 16);
    });
    if (item.kind !== null) pen.tag(x - 2, box.y + 39, item.kind, item.word);
  }
}

function drawBar(pen: Pen, item: Item, box: Box, heads: readonly number[]): void {
  const kind = item.kind === null ? null : pen.colours.kind[item.kind];
  pen.rect(
    box,
    item.role === "nested" && kind !== null ? kind.wash : pen.colours.surface,
    kind?.line ?? pen.colours.line,
  );
  pen.edge(box, kind?.line ?? pen.colours.strong);
  const y = box.y + box.h / 2 + 4;
  for (const head of heads) {
    let x = box.x + head + 10;
    if (item.kind !== null) {
      pen.icon(x, y - 11, item.kind, 13, pen.colours.kind[item.kind].line);
      x += 19;
    }
    const name = `${item.label}${usersText(item)}`;
    pen.text(x, y, name, "l", 120);
    x += name.length * SANS + 6;
    if (item.word !== "") {
      pen.text(x, y, item.word, "t", 70, kind?.line);
      x += item.word.length * SANS + 4;
    }
    if (item.role !== "nested")
      pen.text(x, y, [item.text, item.aside].filter(Boolean).join(" · "), "m", box.w - (x - box.x) - 8);
  }
}

function drawCell(pen: Pen, item: Item, box: Box, density: Density): void {
  const kind =
    item.diverges !== ""
      ? pen.colours.kind.diverges
      : item.kind === null
        ? null
        : pen.colours.kind[item.kind];
  pen.rect(
    box,
    pen.colours.surface,
    kind?.line ?? pen.colours.line,
    item.diverges === "" ? "" : ' stroke-width="2"',
  );
  if (density === "roomy" && box.w > 80) {
    pen.text(box.x + 8, box.y + 18, item.label, "l", box.w - 16);
    if (item.kind !== null) {
      const w = item.word.length * 6.3 + 23;
      pen.tag(box.x + box.w - w - 6, box.y + 5, item.kind, item.word);
    }
    let x = box.x + 8;
    if (item.diverges !== "") x += pen.tag(x, box.y + 25, "diverges", item.diverges, true) + 6;
    const counted = item.users === null ? [] : [`users ${item.users}`];
    const place = item.role === "accel-device" && item.aside !== "" ? [item.aside] : [];
    const full = [...place, item.text, ...counted].join(" · ");
    const text = full.length * MONO <= box.x + box.w - x - 6 ? full : [item.text, ...counted].join(" · ");
    pen.text(x, box.y + 36, text, "m", box.x + box.w - x - 6, item.diverges === "" ? undefined : kind?.line);
    return;
  }
  const middle = box.x + box.w / 2;
  const name = short(item);
  pen.text(middle - (name.length * SANS) / 2, box.y + 18, name, "l", box.w);
  if (item.diverges !== "") pen.icon(middle - 7, box.y + 24, "diverges", 14, pen.colours.kind.diverges.line);
  else if (item.kind !== null)
    pen.icon(middle - 7, box.y + 24, item.kind, 14, pen.colours.kind[item.kind].line);
}

function drawChip(pen: Pen, item: Item, box: Box, density: Density): void {
  const kind = item.kind === null ? null : pen.colours.kind[item.kind];
  pen.rect(
    box,
    item.role === "nested" && kind !== null ? kind.wash : pen.colours.surface,
    kind?.line ?? pen.colours.line,
  );
  const y = box.y + box.h / 2 + 4;
  if (item.kind !== null) pen.icon(box.x + 5, y - 10, item.kind, 12, pen.colours.kind[item.kind].line);
  const wide = density === "roomy" || item.role === "parked";
  pen.text(box.x + 21, y, wide ? item.label : short(item), "l", box.w - 22);
  if (item.role === "parked") pen.text(box.x + box.w - 8 - item.aside.length * MONO, y, item.aside, "m", 90);
}

function drawTab(pen: Pen, item: Item, box: Box): void {
  pen.rect(box, pen.colours.surface, pen.colours.line);
  const middle = (text: string, y: number, cls: string) => {
    const said = shorten(text, box.w - 4, cls === "m" ? MONO : SANS);
    pen.text(box.x + box.w / 2 - (said.length * (cls === "m" ? MONO : 6.2)) / 2, y, said, cls, box.w);
  };
  if (box.h < 30) middle(`${item.label} ${item.aside}`.trim(), box.y + box.h / 2 + 4, "m");
  else if (box.w < 50) middle(short(item), box.y + box.h / 2 + 4, "l");
  else {
    middle("vDEVICE", box.y + 14, "m");
    middle(short(item), box.y + 27, "l");
    middle(item.text, box.y + 40, "m");
  }
}

export interface SvgOptions {
  readonly colours?: Palette;
  readonly title?: string;
  /** Carried as metadata. */
  readonly embed?: string | undefined;
}

export function drawSvg(scene: Scene, options: SvgOptions = {}): string {
  const layout = layoutOf(scene);
  const density = densityOf(scene);
  const pen = new Pen(options.colours ?? LIGHT);
  const width = layout.width + GUTTER + 2 * MARGIN;
  const height = layout.height + 2 * MARGIN;
  const left = -MARGIN - GUTTER;
  for (const [i, band] of layout.floors.entries()) {
    if (i % 2 === 1)
      pen.out.push(
        `<rect x="${left}" y="${band.y}" width="${width}" height="${band.h}" fill="${pen.colours.band}"/>`,
      );
    if (i > 0)
      pen.out.push(
        `<path d="M${left} ${band.y}h${width}" stroke="${pen.colours.strong}" stroke-dasharray="4 4"/>`,
      );
    const middle = band.y + band.h / 2;
    pen.out.push(
      `<text class="f" fill="${pen.colours.muted}" transform="translate(${-MARGIN - 4} ${num(middle)}) rotate(-90)">${FLOOR_TITLES[band.floor]}</text>`,
    );
  }
  for (const block of scene.blocks)
    for (const column of block.columns) {
      const box = layout.columns.get(column.key);
      if (box === undefined || column.diverges === "") continue;
      pen.out.push(
        `<rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" fill="${pen.colours.kind.diverges.line}" opacity="0.07"/>`,
      );
    }
  const late: (() => void)[] = [];
  eachItem(scene, (item) => {
    const box = layout.boxes.get(item.key);
    if (box === undefined || item.ghost) return;
    const heads = layout.heads.get(item.key);
    const open = () => pen.out.push(`<g><title>${xml(item.says)}</title>`);
    const close = () => pen.out.push("</g>");
    if (heads === undefined) {
      // Cells stand in front of the lines, bars behind them.
      late.push(() => {
        open();
        if (item.role === "vdevice" || item.role === "veventq") drawTab(pen, item, box);
        else if (item.role === "nested" || item.role === "parked") drawChip(pen, item, box, density);
        else drawCell(pen, item, box, density);
        close();
      });
      return;
    }
    open();
    if (item.role === "paging" || item.role === "nested" || item.role === "psmmu")
      drawBar(pen, item, box, heads);
    else drawFrame(pen, item, box, heads);
    close();
  });
  // An IOAS is drawn after its HWPTs by the order of the scene; bars on frames go on top.
  for (const group of scene.ioases)
    for (const hwpt of group.hwpts) {
      const box = layout.boxes.get(hwpt.key);
      if (box !== undefined && !hwpt.ghost) drawBar(pen, hwpt, box, layout.heads.get(hwpt.key) ?? []);
    }
  for (const one of scene.attachments) {
    const line = layout.lines.get(one.key);
    if (line === undefined || one.ghost) continue;
    const d = linePath(line);
    const colour = pen.colours.kind[one.kind].line;
    pen.out.push(
      `<g><title>${xml(one.says)}</title><path d="${d}" fill="none" stroke="${pen.colours.canvas}" stroke-width="7"/>`,
      `<path d="${d}" fill="none" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>`,
      `<circle cx="${num(line.x1)}" cy="${num(line.y1)}" r="5" fill="${colour}"/></g>`,
    );
  }
  for (const draw of late) draw();
  const diverging = scene.attachments
    .filter((one) => one.diverges !== "" && !one.ghost)
    .map((one) => one.says);
  const said = diverging.length === 0 ? "No device diverges." : diverging.join(". ");
  return svgFile(
    pen,
    { x: left, y: -MARGIN, w: width, h: height },
    { title: options.title || "Guest, QEMU, iommufd and hardware", desc: said, embed: options.embed },
  );
}
