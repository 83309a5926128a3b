/** Distinct classes in which something broke, nearest first. */

import { Empty } from "../widgets/empty.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { ClassTag } from "./class-tag.tsx";
import { lookAt, type Run, useExplore } from "./explore-store.ts";
import "../widgets/table.css";

export function ClassTable({ run }: { readonly run: Run }) {
  const looked = useExplore((explore) => explore.looked);
  const classes = run.report?.classes ?? [];
  if (classes.length === 0)
    return (
      <Empty glyph={run.phase === "over" ? "check" : "search"} title="Nothing broke">
        <p>
          {run.progress?.ending === "complete"
            ? "In no reachable state."
            : "So far, in no state that was looked at."}
        </p>
      </Empty>
    );
  return (
    <ScrollRegion className="explore-classes" label="Classes">
      <table className="table" data-testid="explore-classes">
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" className="num">
              Moves
            </th>
            <th scope="col">What breaks</th>
            <th scope="col">Promises</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ cls, title, depth, promises }) => {
            const promise = promises[0] ?? "";
            const here = looked?.kind === "example" && looked.cls === cls;
            return (
              <tr key={cls} data-here={here || undefined}>
                <th scope="row">
                  <button
                    type="button"
                    className="explore-class-way"
                    aria-label={`${cls}: show the shortest way`}
                    aria-current={here || undefined}
                    onClick={() => lookAt({ kind: "example", promise, cls })}
                  >
                    <ClassTag cls={cls} />
                  </button>
                </th>
                <td className="num">{depth}</td>
                <td className="explore-class-title">{title}</td>
                <td className="explore-class-title explore-quiet">{promises.join(", ")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
