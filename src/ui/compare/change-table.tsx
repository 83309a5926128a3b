/** What changed between releases: each row opens the comparison that shows it. */
import { type Change, changeGroups, changeScript } from "../../review/changes.ts";
import { Button } from "../widgets/button.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { useCompare } from "./compare-store.ts";

const GROUPS = changeGroups();

const show = (row: Change): void => useCompare.getState().load(changeScript(row), [row.a, row.b], row.id);

export function ChangeTable() {
  const shown = useCompare((compare) => compare.row);
  return (
    <ScrollRegion className="changes" label="What changed between releases">
      {GROUPS.map(({ title, rows }) => (
        <table key={title} className="table">
          <caption>What changed between {title === "Kernel releases" ? "kernel releases" : title}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">What</th>
              <th scope="col">Was</th>
              <th scope="col">Is</th>
              <th scope="col">See it</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} data-shown={row.id === shown || undefined}>
                <td>{row.a.replace(/^\w+=/, "")}</td>
                <td>{row.b.replace(/^\w+=/, "")}</td>
                <th scope="row">{row.aspect}</th>
                <td>{row.was}</td>
                <td>{row.now}</td>
                <td>
                  <Button
                    aria-label={`See it: ${row.aspect}, ${row.a} against ${row.b}`}
                    data-testid={`change-${row.id}`}
                    onClick={() => show(row)}
                  >
                    Compare
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </ScrollRegion>
  );
}
