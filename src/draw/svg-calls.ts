/** A step's call diagram as an SVG file. */
import type { Setup } from "../engine/setup.ts";
import type { TraceNode } from "../engine/tracer.ts";
import { CALL_LANES, callLines } from "./call-lines.ts";
import { LIGHT } from "./palettes.ts";
import type { SvgOptions } from "./svg.ts";
import { num, Pen, svgFile } from "./svg-pen.ts";

const LANE_WIDTH = 172;
const HEAD = 44;
const ROW = 24;
const MARGIN = 16;

/** `text` is what stands over it: the step's command. */
export function drawSvgCalls(
  setup: Setup,
  text: string,
  trace: readonly TraceNode[],
  options: SvgOptions = {},
): string {
  const colours = options.colours ?? LIGHT;
  const pen = new Pen(colours);
  const lines = callLines(setup, trace);
  const width = CALL_LANES.length * LANE_WIDTH + 120;
  const top = HEAD + 24;
  const height = top + Math.max(1, lines.length) * ROW + 8;
  const x = (lane: number): number => lane * LANE_WIDTH + LANE_WIDTH / 2;
  pen.text(0, 14, text, "l", width);
  for (const [lane, { name }] of CALL_LANES.entries()) {
    pen.out.push(
      `<text class="f" fill="${colours.muted}" x="${num(x(lane))}" y="${HEAD}">${name}</text>`,
      `<path d="M${num(x(lane))} ${HEAD + 8}V${height}" stroke="${colours.line}" fill="none"/>`,
    );
  }
  lines.forEach(({ from, to, label, errno, rules }, i) => {
    const y = top + i * ROW + 12;
    const colour = errno === null ? colours.ink : colours.kind.abort.line;
    const said = `${label}${errno === null ? "" : ` = -1 ${errno}`}`;
    const decided = rules.length === 0 ? "" : `  [${rules.join(", ")}]`;
    if (from === to) {
      pen.out.push(`<circle cx="${num(x(to))}" cy="${y}" r="3" fill="${colour}"/>`);
      pen.text(x(to) + 8, y + 4, said + decided, "m", width - x(to) - 8, colour);
      return;
    }
    const way = to > from ? -1 : 1;
    pen.out.push(
      `<path d="M${num(x(from))} ${y + 6}H${num(x(to))}m${6 * way} -3.5L${num(x(to))} ${y + 6}l${6 * way} 3.5" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    );
    const left = Math.min(from, to);
    pen.text(x(left) + 8, y, said + decided, "m", width - x(left) - 8, colour);
  });
  if (lines.length === 0) pen.text(0, top + 14, "Nobody was called.", "m", width);
  const failed = lines.filter((l) => l.errno !== null).length;
  return svgFile(
    pen,
    { x: -MARGIN, y: -MARGIN, w: width + 2 * MARGIN, h: height + 2 * MARGIN },
    {
      title: options.title || text,
      desc: `${lines.length} calls, ${failed} of them failed.`,
      embed: options.embed,
    },
  );
}
