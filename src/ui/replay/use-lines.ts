/** Lines of the open log, fetched from its worker a block at a time when they come into view. */
import { useEffect, useState } from "react";
import type { ReplayClient } from "./client.ts";

const BLOCK = 200;
const MOST_BLOCKS = 300;

/** What was fetched of one log. */
class LineCache {
  private readonly blocks = new Map<number, readonly string[] | null>();
  private readonly client: ReplayClient;

  constructor(client: ReplayClient) {
    this.client = client;
  }

  /** Undefined: on its way, or not to be had. */
  line(line: number): string | undefined {
    return this.blocks.get(Math.floor((line - 1) / BLOCK))?.[(line - 1) % BLOCK];
  }

  fetch(block: number, arrived: () => void): void {
    if (this.blocks.has(block)) return;
    this.blocks.set(block, null);
    this.client.lines(block * BLOCK + 1, (block + 1) * BLOCK).then(
      (lines) => {
        this.blocks.set(block, lines);
        for (const oldest of this.blocks.keys()) {
          if (this.blocks.size <= MOST_BLOCKS) break;
          this.blocks.delete(oldest);
        }
        arrived();
      },
      () => this.blocks.delete(block),
    );
  }
}

const caches = new WeakMap<ReplayClient, LineCache>();

function cacheOf(client: ReplayClient): LineCache {
  let cache = caches.get(client);
  if (cache === undefined) {
    cache = new LineCache(client);
    caches.set(client, cache);
  }
  return cache;
}

export function useLines(
  client: ReplayClient,
  wanted: readonly number[],
): (line: number) => string | undefined {
  const [, setArrived] = useState(0);
  const cache = cacheOf(client);
  const blocks = [...new Set(wanted.map((line) => Math.floor((line - 1) / BLOCK)))].join(" ");
  useEffect(() => {
    if (blocks === "") return;
    for (const block of blocks.split(" ")) cache.fetch(Number(block), () => setArrived((n) => n + 1));
  }, [cache, blocks]);
  return (line) => cache.line(line);
}
