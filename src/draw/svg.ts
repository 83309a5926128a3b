/**
 * The picture as an SVG file that stands alone: same positions as on the page, light colours, no script, no font
 * file. The same scene gives the same bytes.
 */
import { ICON_PATHS, type IconName } from "./icons.ts";
import { type Box, type Density, densityOf, layoutOf, linePath, M } from "./layout.ts";
import { eachItem, FLOOR_TITLES, type Item, type Kind, type Scene } from "./scene-types.ts";

const C = {
  canvas: "#f6f7f9",
  surface: "#ffffff",
  ink: "#1b2330",
  muted: "#566174",
  line: "#d7dce5",
  strong: "#b4bdcb",
} as const;

const KIND: Readonly<Record<Kind | "diverges", { readonly line: string; readonly wash: string }>> = {
  abort: { line: "#b23a0a", wash: "#fbeee8" },
  bypass: { line: "#8a5700", wash: "#f8f0e0" },
  translate: { line: "#0b62a6", wash: "#e6f0f9" },
  s2: { line: "#0a7757", wash: "#e5f4ee" },
  off: { line: "#5f6b7c", wash: "#eef1f5" },
  diverges: { line: "#a61e6d", wash: "#fbe9f3" },
};

const MARGIN = 16;
const GUTTER = 28;
/** Advance of the two faces at their sizes, generously: text that is cut never runs out of its box. */
const SANS = 7.9;
const MONO = 6.7;

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const num = (n: number): string => String(Math.round(n * 100) / 100);

/** Shortened in the middle: both ends of an id or address tell more than its start alone. */
export function shorten(text: string, room: number, advance: number): string {
  const most = Math.floor(room / advance);
  if (text.length <= most) return text;
  if (most < 2) return "";
  const tail = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

class Pen {
  readonly out: string[] = [];
  rect(box: Box, fill: string, stroke: string, extra = ""): void {
    this.out.push(
      `<rect x="${num(box.x + 0.5)}" y="${num(box.y + 0.5)}" width="${num(box.w - 1)}" height="${num(box.h - 1)}" rx="6" fill="${fill}" stroke="${stroke}"${extra}/>`,
    );
  }
  /** Left border of a bar. */
  edge(box: Box, colour: string): void {
    this.out.push(
      `<path d="M${num(box.x + 1.5)} ${num(box.y + 4)}V${num(box.y + box.h - 4)}" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>`,
    );
  }
  text(x: number, y: number, text: string, cls: string, room: number, colour?: string): void {
    const advance = cls === "m" ? MONO : SANS;
    const said = shorten(text, room, advance);
    if (said === "") return;
    this.out.push(
      `<text class="${cls}" x="${num(x)}" y="${num(y)}" fill="${colour ?? (cls === "m" ? C.muted : C.ink)}">${xml(said)}</text>`,
    );
  }
  icon(x: number, y: number, name: IconName, size: number, colour: string): void {
    this.out.push(
      `<path class="i" transform="translate(${num(x)} ${num(y)}) scale(${num(size / 16)})" stroke="${colour}" d="${ICON_PATHS[name]}"/>`,
    );
  }
  /** Icon and word on their wash, from x to the right; its width. */
  tag(x: number, y: number, name: IconName, word: string, solid = false): number {
    const { line, wash } = KIND[name];
    const w = (word === "" ? 0 : word.length * 6.3 + 4) + 19;
    this.out.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(w)}" height="16" rx="4" fill="${solid ? line : wash}"/>`,
    );
    this.icon(x + 4, y + 2.5, name, 11, solid ? C.surface : line);
    if (word !== "")
      this.out.push(
        `<text class="t" x="${num(x + 18)}" y="${num(y + 12)}" fill="${solid ? C.surface : line}">${xml(word)}</text>`,
      );
    return w;
  }
}

const usersText = (item: Item): string => (item.users === null ? "" : ` (${item.users})`);
const short = (item: Item): string => item.label.slice(item.label.lastIndexOf(" ") + 1);

function drawFrame(pen: Pen, item: Item, box: Box, heads: readonly number[]): void {
  pen.rect(box, "#fbfcfd", C.line);
  pen.edge(box, item.role === "vsmmu" && item.kind !== null ? KIND[item.kind].line : C.strong);
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
  const kind = item.kind === null ? null : KIND[item.kind];
  pen.rect(box, item.role === "nested" && kind !== null ? kind.wash : C.surface, kind?.line ?? C.line);
  pen.edge(box, kind?.line ?? C.strong);
  const y = box.y + box.h / 2 + 4;
  for (const head of heads) {
    let x = box.x + head + 10;
    if (item.kind !== null) {
      pen.icon(x, y - 11, item.kind, 13, KIND[item.kind].line);
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
  const kind = item.diverges !== "" ? KIND.diverges : item.kind === null ? null : KIND[item.kind];
  pen.rect(box, C.surface, kind?.line ?? C.line, item.diverges === "" ? "" : ' stroke-width="2"');
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
  if (item.diverges !== "") pen.icon(middle - 7, box.y + 24, "diverges", 14, KIND.diverges.line);
  else if (item.kind !== null) pen.icon(middle - 7, box.y + 24, item.kind, 14, KIND[item.kind].line);
}

function drawChip(pen: Pen, item: Item, box: Box, density: Density): void {
  const kind = item.kind === null ? null : KIND[item.kind];
  pen.rect(box, item.role === "nested" && kind !== null ? kind.wash : C.surface, kind?.line ?? C.line);
  const y = box.y + box.h / 2 + 4;
  if (item.kind !== null) pen.icon(box.x + 5, y - 10, item.kind, 12, KIND[item.kind].line);
  const wide = density === "roomy" || item.role === "parked";
  pen.text(box.x + 21, y, wide ? item.label : short(item), "l", box.w - 22);
  if (item.role === "parked") pen.text(box.x + box.w - 8 - item.aside.length * MONO, y, item.aside, "m", 90);
}

function drawTab(pen: Pen, item: Item, box: Box): void {
  pen.rect(box, C.surface, C.line);
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

export function drawSvg(scene: Scene): string {
  const layout = layoutOf(scene);
  const density = densityOf(scene);
  const pen = new Pen();
  const width = layout.width + GUTTER + 2 * MARGIN;
  const height = layout.height + 2 * MARGIN;
  const left = -MARGIN - GUTTER;
  for (const [i, band] of layout.floors.entries()) {
    if (i % 2 === 1)
      pen.out.push(`<rect x="${left}" y="${band.y}" width="${width}" height="${band.h}" fill="#eff1f4"/>`);
    if (i > 0)
      pen.out.push(`<path d="M${left} ${band.y}h${width}" stroke="${C.strong}" stroke-dasharray="4 4"/>`);
    const middle = band.y + band.h / 2;
    pen.out.push(
      `<text class="f" fill="${C.muted}" transform="translate(${-MARGIN - 4} ${num(middle)}) rotate(-90)">${FLOOR_TITLES[band.floor]}</text>`,
    );
  }
  for (const block of scene.blocks)
    for (const column of block.columns) {
      const box = layout.columns.get(column.key);
      if (box === undefined || column.diverges === "") continue;
      pen.out.push(
        `<rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" fill="${KIND.diverges.line}" opacity="0.07"/>`,
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
    const colour = KIND[one.kind].line;
    pen.out.push(
      `<g><title>${xml(one.says)}</title><path d="${d}" fill="none" stroke="${C.canvas}" stroke-width="7"/>`,
      `<path d="${d}" fill="none" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>`,
      `<circle cx="${num(line.x1)}" cy="${num(line.y1)}" r="5" fill="${colour}"/></g>`,
    );
  }
  for (const draw of late) draw();
  const diverging = scene.attachments
    .filter((one) => one.diverges !== "" && !one.ghost)
    .map((one) => one.says);
  const said = diverging.length === 0 ? "No device diverges." : diverging.join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="${left} ${-MARGIN} ${num(width)} ${num(height)}" width="${num(width)}" height="${num(height)}">
<title>Guest, QEMU, iommufd and hardware</title>
<desc>${xml(said)}</desc>
<style>text{font-family:Inter,Helvetica,Arial,sans-serif}.l{font-size:11.5px;font-weight:600}.m{font:11px "JetBrains Mono",ui-monospace,monospace}.t{font-size:11px;font-weight:600}.f{font-size:11px;font-weight:600;letter-spacing:.08em;text-anchor:middle}.i{fill:none;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}</style>
<rect x="${left}" y="${-MARGIN}" width="100%" height="100%" fill="${C.canvas}"/>
${pen.out.join("\n")}
</svg>
`;
}
