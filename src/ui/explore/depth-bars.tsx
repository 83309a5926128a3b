/** States by depth while they are counted: how wide the space is at each, and how far the search has gone on from them. */
import type { CSSProperties } from "react";
import { depthBars } from "./bars.ts";
import { count, short } from "./words.ts";

interface DepthBarsProps {
  readonly histogram: readonly number[];
  readonly frontier: number;
}

export function DepthBars({ histogram, frontier }: DepthBarsProps) {
  const bars = depthBars(histogram, frontier);
  return (
    <ol className="explore-bars" aria-label="States by depth">
      {bars.map(({ depth, states, done, height }) => (
        <li
          key={depth}
          className="explore-bar"
          style={{ "--height": height, "--done": states === 0 ? 0 : done / states } as CSSProperties}
          title={`Depth ${depth}: ${count(states, "state")}, ${done.toLocaleString("en-GB")} gone on from`}
        >
          <span className="explore-bar-count">
            <span className="for-ears">depth {depth}: </span>
            {short(states)}
            <span className="for-ears"> states, {done} gone on from</span>
          </span>
          <span className="explore-bar-body" aria-hidden="true" />
          <span className="explore-bar-depth" aria-hidden="true">
            {depth}
          </span>
        </li>
      ))}
    </ol>
  );
}
