/** The states: as a graph while they are few, else by depth in numbers. */
import { Empty } from "../widgets/empty.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { depthBars } from "./bars.ts";
import { type Run, useExplore } from "./explore-store.ts";
import { LostPart } from "./lost.tsx";
import { StatesGraph } from "./states-graph.tsx";
import "../widgets/table.css";

export function StatesView({ run }: { readonly run: Run }) {
  const { graph, progress, report, phase } = run;
  const lost = useExplore((explore) => explore.lost.includes("graph"));
  if (graph !== null) return <StatesGraph graph={graph} />;
  if (progress === null) return <Empty glyph="search" title="No state yet" />;
  const nearest = new Map<number, string[]>();
  for (const { cls, depth } of report?.classes ?? [])
    nearest.set(depth, [...(nearest.get(depth) ?? []), cls]);
  return (
    <ScrollRegion className="explore-classes" label="States by depth, in numbers">
      {phase === "over" && lost ? (
        <LostPart run={run}>
          The states themselves could not be kept with the tab; here they are in numbers.
        </LostPart>
      ) : (
        <p className="explore-note">
          {phase === "failed"
            ? "The states themselves went with the search that ended early; here they are in numbers."
            : phase === "running"
              ? "When the search is over and found no more than 300 states, they are drawn as a graph."
              : `${progress.states.toLocaleString("en-GB")} states are too many for a picture; up to 300 are drawn.`}
        </p>
      )}
      <table className="table" data-testid="explore-depths">
        <thead>
          <tr>
            <th scope="col" className="num">
              Depth
            </th>
            <th scope="col" className="num">
              States
            </th>
            <th scope="col" className="num">
              Gone on from
            </th>
            <th scope="col" aria-label="Share of the widest depth" />
            <th scope="col">First shows here</th>
          </tr>
        </thead>
        <tbody>
          {depthBars(progress.histogram, progress.frontier).map(({ depth, states, done, height }) => (
            <tr key={depth}>
              <th scope="row" className="num">
                {depth}
              </th>
              <td className="num">{states.toLocaleString("en-GB")}</td>
              <td className="num">{done.toLocaleString("en-GB")}</td>
              <td className="explore-depth-share">
                <span style={{ width: `${height * 100}%` }} />
              </td>
              <td>{(nearest.get(depth) ?? []).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
