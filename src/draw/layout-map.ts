/**
 * The far view: every device one coloured cell, every block a tile, so that a thousand devices are read like a
 * heat map. What all blocks share lies below as bars. Made from the same scene as the floors, in linear time.
 */
import type { Box } from "./layout.ts";
import type { Block, Scene } from "./scene-types.ts";

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  /** By block key; `shelf` for the devices nobody holds. */
  readonly tiles: ReadonlyMap<string, Box>;
  /** Cells in a row of a tile. */
  readonly perRow: number;
  /** By item key: IOASes, paging HWPTs and physical SMMUs. */
  readonly bars: ReadonlyMap<string, Box>;
}

export const MAP = { cell: 28, gap: 4, pad: 12, head: 52, tileGap: 16, bar: 28, barGap: 6 } as const;
export const SHELF = "shelf";

/** Devices from which the far view is the one to begin with: their floors would be wider than any screen. */
export const MAP_FROM = 40;

const slotsOf = (block: Block): number => {
  let most = block.capacity;
  for (const column of block.columns) most = Math.max(most, column.slot + 1);
  return most;
};

/** Place of a cell in its tile. */
export function cellAt(slot: number, perRow: number): { readonly x: number; readonly y: number } {
  const step = MAP.cell + MAP.gap;
  return {
    x: MAP.pad + (slot % perRow) * step,
    y: MAP.head + Math.floor(slot / perRow) * step,
  };
}

export function mapOf(scene: Scene, before: MapLayout | null = null): MapLayout {
  let most = 1;
  for (const block of scene.blocks) most = Math.max(most, slotsOf(block));
  let parked = 0;
  for (const { slot } of scene.parked) parked = Math.max(parked, slot + 1);
  // Square-ish tiles, at least wide enough for their title.
  const perRow = Math.max(6, Math.ceil(Math.sqrt(most)));
  const step = MAP.cell + MAP.gap;
  const tileWidth = perRow * step - MAP.gap + 2 * MAP.pad;
  const tileHeight = MAP.head + Math.ceil(most / perRow) * step - MAP.gap + MAP.pad;

  const across = Math.max(1, Math.min(scene.blocks.length, Math.ceil(Math.sqrt(scene.blocks.length * 1.6))));
  const down = Math.ceil(scene.blocks.length / across);
  const width = across * (tileWidth + MAP.tileGap) - MAP.tileGap;
  const tiles = new Map<string, Box>();
  const place = (
    into: Map<string, Box>,
    old: ReadonlyMap<string, Box> | undefined,
    key: string,
    box: Box,
  ) => {
    const was = old?.get(key);
    const kept =
      was !== undefined && was.x === box.x && was.y === box.y && was.w === box.w && was.h === box.h;
    into.set(key, kept ? was : box);
  };
  scene.blocks.forEach((block, i) => {
    place(tiles, before?.tiles, block.key, {
      x: (i % across) * (tileWidth + MAP.tileGap),
      y: Math.floor(i / across) * (tileHeight + MAP.tileGap),
      w: tileWidth,
      h: tileHeight,
    });
  });

  let y = down * (tileHeight + MAP.tileGap);
  const bars = new Map<string, Box>();
  const bar = (key: string) => {
    place(bars, before?.bars, key, { x: 0, y, w: width, h: MAP.bar });
    y += MAP.bar + MAP.barGap;
  };
  for (const group of scene.ioases) {
    for (const hwpt of group.hwpts) bar(hwpt.key);
    bar(group.item.key);
  }
  for (const psmmu of scene.psmmus) bar(psmmu.item.key);
  if (parked > 0) {
    y += MAP.tileGap - MAP.barGap;
    const inRow = Math.floor((width - 2 * MAP.pad + MAP.gap) / step);
    const h = MAP.head + Math.ceil(parked / inRow) * step - MAP.gap + MAP.pad;
    place(tiles, before?.tiles, SHELF, { x: 0, y, w: width, h });
    y += h + MAP.barGap;
  }
  return { width, height: y - MAP.barGap, tiles, perRow, bars };
}

/** Cells in a row of the shelf's tile. */
export const shelfPerRow = (layout: MapLayout): number =>
  Math.floor((layout.width - 2 * MAP.pad + MAP.gap) / (MAP.cell + MAP.gap));
