/**
 * Where everything stands. Positions follow from ownership alone, in one pass over the scene: blocks from left to
 * right, in each block a head with the labels of its bars and then a slot for each device, four floors from top
 * to bottom. Text never decides a size. A column keeps its place as long as its device is there, because the
 * scene keeps its slot; only a block that must grow pushes its right-hand neighbours.
 *
 * In a slot the DEVICE and its own translate HWPT stand on the left and leave lanes on the right: the attachment
 * of a device goes straight down to its own HWPT, or swings to the lane of abort, bypass or S2.
 */
import type { Attachment, Block, Floor, IoasGroup, Kind, Scene, ViommuGroup } from "./scene-types.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** From the DEVICE (x0, y0), swinging until `knee`, then straight down in lane x1 to y1. */
export interface Line {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly knee: number;
  readonly y1: number;
}

export interface FloorBand {
  readonly floor: Floor;
  readonly y: number;
  readonly h: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly floors: readonly FloorBand[];
  /** By item key. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** By column key: the device's whole height. */
  readonly columns: ReadonlyMap<string, Box>;
  /** By attachment key. */
  readonly lines: ReadonlyMap<string, Line>;
  /** By item key: x offsets in a long bar where its label stands, at heads of blocks it lies under. */
  readonly heads: ReadonlyMap<string, readonly number[]>;
  /** By item key: x offsets in a bar where its id alone stands again, for who looks at the middle of a long block. */
  readonly ticks: ReadonlyMap<string, readonly number[]>;
}

/** Measures that do not depend on how many devices there are, in px. */
export const M = {
  head: 160,
  /** A long bar says its name again after this much at the earliest. */
  headEvery: 480,
  blockGap: 16,
  pad: 10,
  inset: 8,
  edge: 6,
  frame: 60,
  cell: 44,
  /** Room in which attachments swing. */
  swing: 28,
  chip: 26,
  headRow: 36,
  rail: 22,
  rowGap: 4,
  paging: 26,
  ioasRow: 22,
  bar: 26,
  pste: 48,
  parked: 28,
  parkedWidth: 152,
  eventq: 66,
} as const;

/** A slot: on the left DEVICE and its own HWPT, on the right the vDEVICE and, below it, the lanes. */
export interface SlotMeasures {
  readonly slot: number;
  readonly left: number;
  readonly leftWidth: number;
  readonly right: number;
  readonly rightWidth: number;
  readonly lane: Readonly<Record<Kind, number>>;
}

const slotMeasures = (slot: number, leftWidth: number, right: number, lanes: [number, number, number]) => {
  const pivot = M.inset + leftWidth / 2;
  return {
    slot,
    left: M.inset,
    leftWidth,
    right,
    rightWidth: slot - M.inset - right + 2,
    lane: { translate: pivot, off: pivot, abort: lanes[0], bypass: lanes[1], s2: lanes[2] },
  } satisfies SlotMeasures;
};

export type Density = "roomy" | "medium" | "dense";

const SLOTS: Readonly<Record<Density, SlotMeasures>> = {
  roomy: slotMeasures(176, 102, 114, [124, 141, 159]),
  // Room for an id and an icon; the words are in the tooltips and the inspector.
  medium: slotMeasures(120, 64, 78, [84, 95, 107]),
  dense: slotMeasures(76, 34, 46, [50, 58, 67]),
};

/** By the number of devices declared, so that no step changes it. */
export const densityOf = (scene: Scene): Density =>
  scene.declared <= 4 ? "roomy" : scene.declared <= 8 ? "medium" : "dense";
export const slotsFor = (scene: Scene): SlotMeasures => SLOTS[densityOf(scene)];

const bodyWidth = (block: Block, S: SlotMeasures): number => M.head + block.capacity * S.slot;

const railRows = (group: ViommuGroup): number => Math.max(group.rails.length, group.railRows);

const groupHeight = (group: ViommuGroup): number => frameHeight(railRows(group));

const frameHeight = (rails: number): number => 2 * M.edge + M.headRow + rails * (M.rowGap + M.rail);

const ioasHeight = (group: IoasGroup): number => ioasFrame(Math.max(1, group.hwpts.length));
const ioasFrame = (hwpts: number): number => M.edge + hwpts * (M.paging + M.rowGap) + M.ioasRow;

/** Devices in a row of the shelf: from the number declared, so that a plug does not re-wrap the shelf. */
export const shelfColumns = (declared: number): number =>
  declared <= 4 ? 4 : Math.min(32, Math.max(4, Math.ceil(Math.sqrt(declared * 2))));

class Placer {
  readonly boxes = new Map<string, Box>();
  readonly columns = new Map<string, Box>();
  readonly lines = new Map<string, Line>();
  readonly heads = new Map<string, readonly number[]>();
  readonly ticks = new Map<string, readonly number[]>();
  private readonly before: Layout | null;

  constructor(before: Layout | null) {
    this.before = before;
  }

  box(key: string, x: number, y: number, w: number, h: number): void {
    this.boxes.set(key, same(this.before?.boxes.get(key), x, y, w, h));
  }
  column(key: string, x: number, y: number, w: number, h: number): void {
    this.columns.set(key, same(this.before?.columns.get(key), x, y, w, h));
  }
  line(key: string, line: Line): void {
    const old = this.before?.lines.get(key);
    const kept =
      old !== undefined &&
      old.x0 === line.x0 &&
      old.y0 === line.y0 &&
      old.x1 === line.x1 &&
      old.knee === line.knee &&
      old.y1 === line.y1;
    this.lines.set(key, kept ? old : line);
  }
  head(key: string, offsets: readonly number[]): void {
    this.keep(this.heads, this.before?.heads.get(key), key, offsets);
  }
  /** Ids that stand again; most bars are too short for any. */
  tick(key: string, offsets: readonly number[]): void {
    if (offsets.length > 0) this.keep(this.ticks, this.before?.ticks.get(key), key, offsets);
  }
  private keep(
    into: Map<string, readonly number[]>,
    old: readonly number[] | undefined,
    key: string,
    offsets: readonly number[],
  ): void {
    const kept = old !== undefined && old.length === offsets.length && old.every((x, i) => x === offsets[i]);
    into.set(key, kept ? old : offsets);
  }
}

function same(old: Box | undefined, x: number, y: number, w: number, h: number): Box {
  return old !== undefined && old.x === x && old.y === y && old.w === w && old.h === h ? old : { x, y, w, h };
}

/** Stacks bars that each span some blocks: every bar as high as what lies over it allows. */
class Skyline {
  private readonly tops: number[];
  private readonly gap: number;

  constructor(blocks: number, start: number, gap: number) {
    this.gap = gap;
    this.tops = new Array<number>(blocks).fill(start);
  }
  place(from: number, to: number, height: number): number {
    let top = 0;
    for (let i = from; i <= to; i++) top = Math.max(top, this.tops[i] ?? 0);
    for (let i = from; i <= to; i++) this.tops[i] = top + height + this.gap;
    return top;
  }
  /** Where the lowest bar ends. */
  bottom(least: number): number {
    let most = least;
    for (const top of this.tops) most = Math.max(most, top - this.gap);
    return most;
  }
}

/** `before`: the last layout; boxes that did not move are its very objects. */
export function layoutOf(scene: Scene, before: Layout | null = null): Layout {
  const out = new Placer(before);
  const { blocks } = scene;
  const S = slotsFor(scene);
  const lefts: number[] = [];
  let x = 0;
  for (const block of blocks) {
    lefts.push(x);
    x += bodyWidth(block, S) + M.blockGap;
  }
  const shelfWidth =
    scene.parked.length === 0 ? 0 : shelfColumns(scene.declared) * (M.parkedWidth + M.inset) - M.inset;
  const width = Math.max(x - M.blockGap, shelfWidth, M.head);
  const leftOf = (i: number): number => lefts[i] ?? 0;
  const span = (from: number, to: number): { x: number; w: number; heads: number[]; ticks: number[] } => {
    const first = leftOf(from);
    const last = blocks[to];
    const heads: number[] = [];
    const ticks: number[] = [];
    for (let i = from; i <= to; i++) {
      const at = leftOf(i) - first;
      const before = heads.at(-1);
      if (before === undefined || at - before >= M.headEvery) heads.push(at);
      ticks.push(...ticksOf(blocks[i], S).map((x) => at + x));
    }
    const w = last === undefined ? width : leftOf(to) + bodyWidth(last, S) - first;
    return { x: first, w, heads, ticks };
  };

  const guest = { y: 0, h: M.pad + M.frame + M.pad };
  const qemu = { y: guest.h, h: M.pad + M.frame + M.pad };
  const host = qemu.y + qemu.h;
  const deviceY = host + M.pad;
  const viommuY = deviceY + M.cell + M.swing;

  // vIOMMU frames: each block stacks its own.
  let viommuBottom = viommuY + frameHeight(2);
  blocks.forEach((block, i) => {
    let y = viommuY;
    for (const group of block.viommus) {
      const height = groupHeight(group);
      placeViommu(out, S, block, group, { x: leftOf(i), y, height });
      y += height + M.inset;
    }
    viommuBottom = Math.max(viommuBottom, y - M.inset);
  });

  // IOASes with their paging HWPTs.
  const ioasY = viommuBottom + M.pad;
  const skyline = new Skyline(blocks.length, ioasY, M.inset);
  for (const group of scene.ioases) {
    const { x: left, w, heads, ticks } = span(group.from, group.to);
    const height = ioasHeight(group);
    const top = skyline.place(group.from, group.to, height);
    out.box(group.item.key, left, top, w, height);
    out.head(group.item.key, heads);
    group.hwpts.forEach((hwpt, row) => {
      const y = top + M.edge + row * (M.paging + M.rowGap);
      out.box(hwpt.key, left + M.inset, y, w - 2 * M.inset, M.paging);
      out.head(hwpt.key, heads);
      out.tick(hwpt.key, ticks);
    });
  }
  const hostBottom = skyline.bottom(ioasY + ioasFrame(1)) + M.pad;

  // Hardware.
  const hw = hostBottom;
  const psteY = hw + M.pad;
  const pskyline = new Skyline(blocks.length, psteY + M.pste + M.inset, M.inset);
  for (const bar of scene.psmmus) {
    const { x: left, w, heads, ticks } = span(bar.from, bar.to);
    out.box(bar.item.key, left, pskyline.place(bar.from, bar.to, M.bar), w, M.bar);
    out.head(bar.item.key, heads);
    out.tick(bar.item.key, ticks);
  }
  let bottom = pskyline.bottom(psteY + M.pste + M.inset + M.bar);
  const perRow = shelfColumns(scene.declared);
  const shelfY = bottom + M.pad;
  for (const { item, slot } of scene.parked) {
    const y = shelfY + Math.floor(slot / perRow) * (M.parked + M.inset);
    out.box(item.key, (slot % perRow) * (M.parkedWidth + M.inset), y, M.parkedWidth, M.parked);
    bottom = Math.max(bottom, y + M.parked);
  }
  const height = bottom + M.pad;

  // Columns, once the floors are known.
  blocks.forEach((block, i) => {
    const left = leftOf(i);
    if (block.vsmmu !== null) {
      out.box(block.vsmmu.key, left, guest.y + M.pad, bodyWidth(block, S), M.frame);
      out.head(block.vsmmu.key, HEAD);
    }
    if (block.accel !== null) {
      out.box(block.accel.key, left, qemu.y + M.pad, bodyWidth(block, S), M.frame);
      out.head(block.accel.key, HEAD);
    }
    for (const column of block.columns) {
      const at = left + M.head + column.slot * S.slot;
      out.column(column.key, at, 0, S.slot, height);
      const wide = S.right + S.rightWidth - S.left;
      if (column.ste !== null) out.box(column.ste.key, at + S.left, guest.y + M.pad + M.inset, wide, M.cell);
      if (column.accel !== null)
        out.box(column.accel.key, at + S.left, qemu.y + M.pad + M.inset, wide, M.cell);
      if (column.device !== null) out.box(column.device.key, at + S.left, deviceY, S.leftWidth, M.cell);
      if (column.vdevice !== null) out.box(column.vdevice.key, at + S.right, deviceY, S.rightWidth, M.cell);
      if (column.pste !== null) out.box(column.pste.key, at + S.left, psteY, wide, M.pste);
    }
  });

  for (const attachment of scene.attachments) placeLine(out, S, attachment);

  return {
    width,
    height,
    floors: keepFloors(before, [
      { floor: "guest", ...guest },
      { floor: "qemu", ...qemu },
      { floor: "iommufd", y: host, h: hostBottom - host },
      { floor: "hardware", y: hw, h: height - hw },
    ]),
    boxes: out.boxes,
    columns: out.columns,
    lines: out.lines,
    heads: out.heads,
    ticks: out.ticks,
  };
}

const HEAD: readonly number[] = [0];

/** Slots from one repeated id to the next; shorter blocks need none. */
const TICK = 8;

/** Offsets from the block's left edge; there the left part of a slot is free of lanes. */
function ticksOf(block: Block | undefined, S: SlotMeasures): number[] {
  const ticks: number[] = [];
  for (let slot = TICK; slot < (block?.capacity ?? 0); slot += TICK) ticks.push(M.head + slot * S.slot);
  return ticks;
}

function placeViommu(
  out: Placer,
  S: SlotMeasures,
  block: Block,
  group: ViommuGroup,
  at: { readonly x: number; readonly y: number; readonly height: number },
): void {
  const width = bodyWidth(block, S);
  out.box(group.item.key, at.x, at.y, width, at.height);
  out.head(group.item.key, HEAD);
  group.veventqs.forEach((queue, n) => {
    // Below the label at the head's end; further ones (no driver makes any today) lower still.
    const y = at.y + M.edge + 17 + n * (M.rail - 4);
    out.box(queue.key, at.x + M.head - M.inset - M.eventq, y, M.eventq, M.rail - 4);
  });
  let y = at.y + M.edge + M.headRow + M.rowGap;
  for (const rail of group.rails) {
    out.box(rail.key, at.x + M.inset, y, width - 2 * M.inset, M.rail);
    out.head(rail.key, HEAD);
    out.tick(rail.key, ticksOf(block, S));
    y += M.rail + M.rowGap;
  }
  const chipY = at.y + M.edge + (M.headRow - M.chip) / 2;
  for (const { item, slot } of group.chips)
    out.box(item.key, at.x + M.head + slot * S.slot + S.left, chipY, S.leftWidth, M.chip);
}

function placeLine(out: Placer, S: SlotMeasures, attachment: Attachment): void {
  const from = out.boxes.get(attachment.from);
  const to = out.boxes.get(attachment.to);
  const column = out.columns.get(attachment.column);
  if (from === undefined || to === undefined || column === undefined) return;
  const x0 = from.x + from.w / 2;
  const y0 = from.y + from.h;
  let x1 = column.x + S.lane[attachment.kind];
  // A target that does not lie under this column: land on its nearest end.
  if (x1 < to.x + 12) x1 = to.x + Math.min(12, to.w / 2);
  else if (x1 > to.x + to.w - 12) x1 = to.x + to.w - Math.min(12, to.w / 2);
  out.line(attachment.key, { x0, y0, x1, knee: y0 + M.swing - 4, y1: to.y });
}

function keepFloors(before: Layout | null, floors: readonly FloorBand[]): readonly FloorBand[] {
  const old = before?.floors;
  if (old === undefined) return floors;
  const next = floors.map((band, i) => {
    const was = old[i];
    return was !== undefined && was.y === band.y && was.h === band.h ? was : band;
  });
  return next.every((band, i) => band === old[i]) ? old : next;
}

/** The path of an attachment; always the same commands, so that it can swing from one shape to the next. */
export function linePath({ x0, y0, x1, knee, y1 }: Line): string {
  const mid = (y0 + knee) / 2;
  return `M${x0} ${y0}C${x0} ${mid + 6} ${x1} ${mid - 6} ${x1} ${knee}L${x1} ${y1}`;
}

/** How much of an item is worth drawing at a zoom: everything, the name alone, or a coloured cell. */
export type Detail = "full" | "name" | "cell";
export function detailAt(zoom: number): Detail {
  return zoom >= 0.62 ? "full" : zoom >= 0.3 ? "name" : "cell";
}
