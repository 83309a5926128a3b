/** The states as a graph, a block a depth. Arrow keys walk it, and each state shows the shortest way to itself. */
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { JobGraph, JobNode } from "../../explore/job-data.ts";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { lookAt, useExplore } from "./explore-store.ts";
import { firstEdges, type Layers, layersOf, NODE, type Placed, ROWS } from "./layers.ts";
import { moves } from "./words.ts";

function pathOf(from: Placed, to: Placed): string {
  const r = NODE / 2;
  if (from.depth === to.depth) {
    const bend = from.x + r + 18;
    return `M${from.x + r} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x + r} ${to.y}`;
  }
  const onward = to.depth > from.depth;
  const [x1, x2] = onward ? [from.x + r, to.x - r] : [from.x - r, to.x + r];
  const mid = (x1 + x2) / 2;
  return `M${x1} ${from.y}C${mid} ${from.y} ${mid} ${to.y} ${x2} ${to.y}`;
}

/** The state of the next block that stands at about the same height. */
function beside(layers: Layers, at: Placed, by: 1 | -1): number | null {
  for (let depth = at.depth + by; depth >= 0 && depth < layers.depths.length; depth += by) {
    const column = layers.depths[depth] ?? [];
    if (column.length === 0) continue;
    const far = (state: number): number => {
      const to = layers.nodes.get(state);
      return to === undefined ? Number.POSITIVE_INFINITY : Math.hypot((to.x - at.x) / 4, to.y - at.y);
    };
    return column.reduce((best, state) => (far(state) < far(best) ? state : best));
  }
  return null;
}

function byKey(layers: Layers, at: Placed, key: string): number | null {
  const column = layers.depths[at.depth] ?? [];
  if (key === "ArrowDown") return column[at.at + 1] ?? null;
  if (key === "ArrowUp") return column[at.at - 1] ?? null;
  if (key === "ArrowRight") return column[at.at + ROWS] ?? beside(layers, at, 1);
  if (key === "ArrowLeft") return column[at.at - ROWS] ?? beside(layers, at, -1);
  if (key === "Home") return layers.depths[0]?.[0] ?? null;
  return null;
}

interface EdgesProps {
  readonly graph: JobGraph;
  readonly layers: Layers;
  readonly first: ReadonlyMap<number, number>;
  readonly focus: number | null;
}

/** The ways by which states were first reached; of the state that is looked at, every edge. */
function Edges({ graph, layers, first, focus }: EdgesProps) {
  return graph.edges.map(({ from, to }) => {
    const [a, b] = [layers.nodes.get(from), layers.nodes.get(to)];
    if (a === undefined || b === undefined) return null;
    const lit = focus === from || focus === to;
    if (!lit && first.get(to) !== from) return null;
    return (
      <path
        key={`${from}-${to}`}
        className="explore-edge"
        data-back={b.depth < a.depth || undefined}
        data-lit={lit ? (focus === from ? "out" : "in") : undefined}
        d={pathOf(a, b)}
        markerEnd={lit ? "url(#explore-arrow)" : undefined}
      />
    );
  });
}

const labelOf = ({ state, depth, facts, classes }: JobNode): string =>
  [
    `State ${state}, ${moves(depth)}`,
    ...(classes.length === 0 ? [] : [`breaks ${classes.join(", ")}`]),
    ...facts,
  ].join("; ");

export function StatesGraph({ graph }: { readonly graph: JobGraph }) {
  const looked = useExplore((explore) => explore.looked);
  const layers = useMemo(() => layersOf(graph), [graph]);
  const first = useMemo(() => firstEdges(graph), [graph]);
  const box = useRef<HTMLFieldSetElement>(null);
  const shown = looked?.kind === "state" ? looked.state : null;
  const [focus, setFocus] = useState<number | null>(null);
  const home = shown ?? focus ?? graph.nodes[0]?.state ?? 0;
  const about = graph.nodes.find(({ state }) => state === (focus ?? shown));
  const ways = graph.edges.filter(({ from }) => from === (focus ?? shown));

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = layers.nodes.get(focus ?? home);
    const to = at === undefined ? null : byKey(layers, at, event.key);
    if (to === null) return;
    event.preventDefault();
    box.current?.querySelector<HTMLElement>(`[data-state="${to}"]`)?.focus();
  };

  return (
    <>
      <ScrollRegion className="explore-graph-scroll" label="The states as a graph">
        <fieldset
          ref={box}
          className="explore-graph"
          aria-label={`${graph.nodes.length} states, ${graph.edges.length} edges; arrow keys walk them`}
          style={{ width: layers.width, height: layers.height }}
          data-testid="explore-graph"
          onKeyDown={onKeyDown}
        >
          <svg width={layers.width} height={layers.height} aria-hidden="true" focusable="false">
            <defs>
              <marker
                id="explore-arrow"
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="6"
                markerHeight="6"
                orient="auto"
              >
                <path d="M0 0 8 4 0 8z" className="explore-arrow" />
              </marker>
            </defs>
            <Edges graph={graph} layers={layers} first={first} focus={focus ?? shown} />
          </svg>
          {graph.nodes.map((node) => {
            const at = layers.nodes.get(node.state);
            if (at === undefined) return null;
            return (
              <button
                key={node.state}
                type="button"
                className="explore-node"
                data-state={node.state}
                data-broken={node.classes.length > 0 || undefined}
                data-first={node.depth === 0 || undefined}
                aria-pressed={node.state === shown}
                aria-label={labelOf(node)}
                title={labelOf(node).replaceAll("; ", "\n")}
                tabIndex={node.state === home ? 0 : -1}
                style={{ left: at.x - NODE / 2, top: at.y - NODE / 2 }}
                onFocus={() => setFocus(node.state)}
                onPointerEnter={() => setFocus(node.state)}
                onClick={() => lookAt({ kind: "state", state: node.state })}
              >
                {node.classes.length > 0 ? "≠" : ""}
              </button>
            );
          })}
        </fieldset>
      </ScrollRegion>
      <div className="explore-graph-about">
        {about === undefined ? (
          <p className="explore-quiet">
            One move more with every block to the right; lines are the ways by which each state was first
            reached, ≠ marks a broken promise. Press a state for the shortest way there.
          </p>
        ) : (
          <>
            <p>
              <strong>State {about.state}</strong>, {moves(about.depth)}
              {about.classes.length === 0 ? "" : `, breaks ${about.classes.join(", ")}`}
            </p>
            <p className="explore-quiet">
              {about.facts.join(" · ")}.{" "}
              {ways.length === 0 ? "" : `On from here: ${ways.flatMap((w) => w.moves).join(" · ")}`}
            </p>
          </>
        )}
      </div>
    </>
  );
}
