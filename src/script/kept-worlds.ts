/** What a session keeps of the worlds and outcomes it has seen; everything else is played again when needed. */
import type { World } from "../engine/world.ts";

/** A world is kept every so many commands of a path. */
const INTERVAL = 64;
/** Worlds kept besides, those used last. */
const RECENT_WORLDS = 256;
/** Outcomes with their call trees kept, those used last. */
export const RECENT_OUTCOMES = 64;

/** Keeps the `limit` entries that were used last. */
export class Recent<V> {
  private readonly entries = new Map<number, V>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(id: number): V | undefined {
    const value = this.entries.get(id);
    if (value !== undefined) this.set(id, value);
    return value;
  }

  get size(): number {
    return this.entries.size;
  }

  set(id: number, value: V): void {
    this.entries.delete(id);
    this.entries.set(id, value);
    if (this.entries.size > this.limit) {
      const oldest = this.entries.keys().next().value;
      if (oldest !== undefined) this.entries.delete(oldest);
    }
  }
}

/** Worlds by timeline node: one every `INTERVAL` steps for good, and those used last. */
export class KeptWorlds {
  private readonly kept = new Map<number, World>();
  private readonly recent = new Recent<World>(RECENT_WORLDS);

  get(id: number): World | undefined {
    return this.kept.get(id) ?? this.recent.get(id);
  }

  keep(id: number, step: number, world: World): void {
    if (step % INTERVAL === 0) this.kept.set(id, world);
    else this.recent.set(id, world);
  }

  get size(): number {
    return this.kept.size + this.recent.size;
  }
}
