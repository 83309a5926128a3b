/**
 * The picture as plain text for a mail: 7-bit, at most 72 columns. Shared things on the left, a lane a device on the
 * right; a star is where a device is attached, a bar where its lane passes by. Blocks with more devices than fit
 * are drawn in several panels.
 */
import type { Block, Column, Item, Scene, ViommuGroup } from "./scene-types.ts";

const WIDTH = 72;
const FLOOR = 9;
const HEAD = 30;
const SLOT = 14;
/** Room for the text of a bar. */
const BAR = HEAD - FLOOR - 2;
const PER_PANEL = Math.floor((WIDTH - HEAD) / SLOT);
/** Where in a slot its lane runs. */
const LANE = 3;

const plain = (text: string): string =>
  text
    .replaceAll(" · ", ", ")
    .replaceAll("≠", "!=")
    .replaceAll("–", "-")
    .replaceAll("…", "...")
    .replaceAll(/[^\n\x20-\x7e]/g, "?");

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 2))}..`;

/** The longest of the texts that fits, else the shortest, cut. */
const longest = (room: number, ...texts: readonly string[]): string =>
  texts.find((text) => plain(text).length <= room) ?? texts.at(-1) ?? "";

const users = (item: Item): string => (item.users === null ? "" : ` (${item.users})`);
const gone = (item: Item): string => (item.ghost ? " gone" : "");

class Panel {
  private readonly lines: string[] = [];
  private readonly columns: readonly Column[];
  private readonly target: ReadonlyMap<string, string>;
  /** Columns whose lane still runs. */
  private readonly open = new Set<string>();

  constructor(columns: readonly Column[], target: ReadonlyMap<string, string>) {
    this.columns = columns;
    this.target = target;
  }

  /** A line of the head's text and a cell a column. */
  row(floor: string, head: string, cells: readonly string[] = []): void {
    const left = floor.padEnd(FLOOR) + cut(plain(head), HEAD - FLOOR - 1);
    const right = cells.map((cell) => cut(plain(cell), SLOT - 1).padEnd(SLOT)).join("");
    this.lines.push((left.padEnd(HEAD) + right).trimEnd());
  }

  each(floor: string, head: string, cell: (column: Column) => string): void {
    this.row(floor, head, this.columns.map(cell));
  }

  openLanes(): void {
    for (const column of this.columns) if (this.target.has(column.key)) this.open.add(column.key);
  }

  /** Lanes alone, or with the devices' own HWPTs. */
  lanes(head: string, own: ReadonlyMap<string, Item>): void {
    this.each("", head, (column) => {
      const item = own.get(column.key);
      const lands = item !== undefined && this.target.get(column.key) === item.key;
      const running = this.open.has(column.key);
      if (lands) this.open.delete(column.key);
      const mark = lands ? "*" : running ? "|" : " ";
      return `${" ".repeat(LANE)}${mark}${item === undefined ? "" : ` ${item.label}`}`;
    });
  }

  /** A bar under all columns. */
  bar(head: string, key: string): void {
    const left = `${" ".repeat(FLOOR)}${cut(plain(head), BAR)} `.padEnd(HEAD, "=");
    const right = this.columns.map((column) => {
      const lands = this.target.get(column.key) === key;
      const mark = lands ? "*" : this.open.has(column.key) ? "|" : "=";
      if (lands) this.open.delete(column.key);
      return `${"=".repeat(LANE)}${mark}`.padEnd(SLOT, "=");
    });
    this.lines.push((left + right.join("")).slice(0, WIDTH));
  }

  text(): string {
    return this.lines.join("\n");
  }
}

/** A label over two lines where it does not fit into one. */
function state(item: Item | null): string {
  return item === null ? "" : item.word;
}

function viommu(panel: Panel, group: ViommuGroup, columns: readonly Column[]): void {
  const own = new Map<string, Item>();
  for (const { item } of group.chips) {
    const column = columns.find((one) => one.dev === item.dev);
    if (column !== undefined) own.set(column.key, item);
  }
  const { item } = group;
  panel.lanes(`${item.label}${users(item)}${gone(item)}`, own);
  panel.lanes(`  ${item.text}`, new Map());
  for (const queue of group.veventqs) panel.lanes(`  ${queue.label}${gone(queue)}`, new Map());
  for (const one of group.rails)
    panel.bar(
      longest(
        BAR,
        ` ${one.label} ${one.word}${users(one)}${gone(one)}`,
        ` ${one.label} ${one.word}${gone(one)}`,
      ),
      one.key,
    );
}

/** Something that several blocks share lies under this one. */
const shared = (scene: Scene, index: number): boolean =>
  scene.ioases.some((group) => group.from <= index && index <= group.to);

function panelOf(scene: Scene, block: Block, index: number, columns: readonly Column[]): string {
  const targets = new Map(scene.attachments.filter((one) => !one.ghost).map((one) => [one.column, one.to]));
  const panel = new Panel(columns, targets);
  if (columns.length > 0) panel.each("", "", (column) => column.name + (column.ghost ? " gone" : ""));
  if (block.vsmmu === null) panel.row("Guest", "-");
  else {
    const { label, aside, text, word } = block.vsmmu;
    panel.each("Guest", `${label} ${aside}`, (column) => column.ste?.label ?? "");
    panel.each("", `  ${text}`, (column) => `  ${state(column.ste)}`);
    if (word !== "") panel.row("", word);
  }
  if (block.accel !== null) {
    const [first = "", second = ""] = block.accel.text.split("\n");
    panel.each("QEMU", block.accel.label, (column) => column.accel?.aside ?? "");
    panel.each("", `  ${first}`, (column) => column.accel?.text ?? "");
    if (second !== "") panel.row("", `  ${second}`);
  }
  if (columns.length === 0 && block.viommus.length === 0 && block.vsmmu !== null && !shared(scene, index))
    return panel.text();
  panel.each("iommufd", block.vsmmu === null ? block.title.replace("iommufd ", "") : "", (column) =>
    column.device === null ? "" : `${column.device.label}${users(column.device)}`,
  );
  if (columns.some((column) => column.vdevice !== null))
    panel.each("", "", ({ vdevice }) => (vdevice === null ? "" : vdevice.label + gone(vdevice)));
  panel.openLanes();
  if (columns.length > 0) panel.lanes("", new Map());
  for (const group of block.viommus) viommu(panel, group, columns);
  for (const group of scene.ioases) {
    if (group.from > index || index > group.to) continue;
    for (const hwpt of group.hwpts) {
      panel.bar(`${hwpt.label} ${hwpt.word}${users(hwpt)}${gone(hwpt)}`, hwpt.key);
      panel.lanes(`  ${hwpt.text.replace("nest parent · ", "")}`, new Map());
    }
    const { item } = group;
    panel.bar(`${item.label}${users(item)}${gone(item)}`, item.key);
    if (item.text + item.aside !== "")
      panel.row("", `  ${[item.text, item.aside].filter(Boolean).join(" ")}`);
  }
  const bars = scene.psmmus.filter((bar) => bar.from <= index && index <= bar.to);
  if (bars.length === 0) return panel.text();
  panel.each("Hardware", bars[0]?.item.label ?? "", (column) => column.pste?.label ?? "");
  const [features = "", vmids = ""] = wordsOf(bars[0]?.item);
  panel.each("", `  ${features}`, (column) => `  ${state(column.pste)}`);
  panel.each("", `  ${vmids}`, (column) => (column.diverges === "" ? "" : `!= ${column.diverges}`));
  if (columns.some((column) => column.diverges !== ""))
    panel.each("", "", (column) => (column.diverges === "" ? "" : (column.pste?.text ?? "")));
  for (const bar of bars.slice(1)) {
    panel.row("", bar.item.label);
    for (const line of wordsOf(bar.item)) panel.row("", `  ${line}`);
  }
  return panel.text();
}

/** A physical SMMU's features, and apart from them its VMIDs. */
function wordsOf(item: Item | undefined): readonly string[] {
  if (item === undefined) return [];
  const parts = item.text.split(" · ");
  return [parts.slice(0, -1).join(" "), parts.at(-1) ?? ""];
}

function wrap(words: readonly string[], first: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "   ";
    }
    line += ` ${word}`;
  }
  lines.push(line);
  return lines;
}

export function drawAscii(scene: Scene): string {
  const panels: string[] = [];
  scene.blocks.forEach((block, index) => {
    const { columns } = block;
    for (let from = 0; from === 0 || from < columns.length; from += PER_PANEL)
      panels.push(panelOf(scene, block, index, columns.slice(from, from + PER_PANEL)));
  });
  if (scene.parked.length > 0)
    panels.push(
      wrap(
        scene.parked.map(({ item }, i, all) => `${item.label}${i + 1 < all.length ? "," : ""}`),
        "Not plugged:",
      ).join("\n"),
    );
  panels.push("* attached here   | passes by   (n) users   != diverges");
  return `${panels.join("\n\n")}\n`;
}
