/** Strokes and words of an SVG file, as strings: what the drawings have in common. */
import { ICON_PATHS, type IconName } from "./icons.ts";
import type { Box } from "./layout.ts";
import type { Palette } from "./palettes.ts";

/** Advance of the two faces at their sizes, generously: text that is cut never runs out of its box. */
export const SANS = 7.9;
export const MONO = 6.7;

export const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
export const num = (n: number): string => String(Math.round(n * 100) / 100);

/** Shortened in the middle: both ends of an id or address tell more than its start alone. */
export function shorten(text: string, room: number, advance: number): string {
  const most = Math.floor(room / advance);
  if (text.length <= most) return text;
  if (most < 2) return "";
  const tail = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

export class Pen {
  readonly out: string[] = [];
  readonly colours: Palette;

  constructor(colours: Palette) {
    this.colours = colours;
  }

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
      `<text class="${cls}" x="${num(x)}" y="${num(y)}" fill="${colour ?? (cls === "m" ? this.colours.muted : this.colours.ink)}">${xml(said)}</text>`,
    );
  }
  icon(x: number, y: number, name: IconName, size: number, colour: string): void {
    this.out.push(
      `<path class="i" transform="translate(${num(x)} ${num(y)}) scale(${num(size / 16)})" stroke="${colour}" d="${ICON_PATHS[name]}"/>`,
    );
  }
  /** Icon and word on their wash, from x to the right; its width. */
  tag(x: number, y: number, name: IconName, word: string, solid = false): number {
    const { line, wash } = this.colours.kind[name];
    const w = (word === "" ? 0 : word.length * 6.3 + 4) + 19;
    this.out.push(
      `<rect x="${num(x)}" y="${num(y)}" width="${num(w)}" height="16" rx="4" fill="${solid ? line : wash}"/>`,
    );
    this.icon(x + 4, y + 2.5, name, 11, solid ? this.colours.surface : line);
    if (word !== "")
      this.out.push(
        `<text class="t" x="${num(x + 18)}" y="${num(y + 12)}" textLength="${num(word.length * 6.1)}" lengthAdjust="spacingAndGlyphs" fill="${solid ? this.colours.surface : line}">${xml(word)}</text>`,
      );
    return w;
  }
}

/** The file around a drawing's strokes; `embed` is carried as metadata, for whoever opens the picture again. */
export function svgFile(
  pen: Pen,
  frame: { readonly x: number; readonly y: number; readonly w: number; readonly h: number },
  words: { readonly title: string; readonly desc: string; readonly embed?: string | undefined },
): string {
  const { canvas } = pen.colours;
  const [x, y, w, h] = [frame.x, frame.y, frame.w, frame.h].map(num);
  const metadata =
    words.embed === undefined
      ? ""
      : `<metadata><session xmlns="urn:vsmmu-lab:session">${xml(words.embed)}</session></metadata>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="${x} ${y} ${w} ${h}" width="${w}" height="${h}">
<title>${xml(words.title)}</title>
<desc>${xml(words.desc)}</desc>
${metadata}<style>text{font-family:Inter,system-ui,sans-serif}.l{font-size:12px;font-weight:600}.m{font:11px "JetBrains Mono",ui-monospace,monospace}.t{font-size:11px;font-weight:600}.f{font-size:11px;font-weight:600;letter-spacing:.08em;text-anchor:middle}.i{fill:none;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}</style>
<rect x="${x}" y="${y}" width="100%" height="100%" fill="${canvas}"/>
${pen.out.join("\n")}
</svg>
`;
}
