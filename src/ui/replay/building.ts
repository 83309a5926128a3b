/** Plays a replayed run in slices of a frame. */
import { turn } from "../../explore/turn.ts";
import { SessionBuilder } from "../../replay/session-builder.ts";
import type { RunData } from "../../replay/transfer.ts";

const SLICE_MS = 12;
/** Steps played between two looks at the clock. */
const AT_ONCE = 4;

/** `go` is asked after each slice: false stops, and what was played so far stands. */
export async function build(
  run: RunData,
  title: string,
  go: (done: number) => boolean,
): Promise<SessionBuilder> {
  const builder = new SessionBuilder(run, title);
  while (!builder.finished) {
    const end = performance.now() + SLICE_MS;
    while (!builder.finished && performance.now() < end) builder.play(AT_ONCE);
    if (!go(builder.done)) break;
    await turn();
  }
  return builder;
}
