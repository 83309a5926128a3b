/** Below the picture: what the colours mean, and how near one stands. */
import { useReactFlow } from "@xyflow/react";
import { KIND_WORDS } from "../../draw/icons.ts";
import { StateIcon } from "../theme/icons.tsx";

export type View = "floors" | "map";

const NAMES = ["abort", "bypass", "translate", "s2", "diverges"] as const;

export function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      {NAMES.map((name) => (
        <li key={name} data-kind={name}>
          <StateIcon name={name} size={13} />
          {KIND_WORDS[name]}
        </li>
      ))}
      <li className="legend-users">
        <span className="item-users">n</span>
        users
      </li>
    </ul>
  );
}

export function Tools({
  view,
  onView,
  onFit,
}: {
  readonly view: View;
  readonly onView: ((view: View) => void) | null;
  readonly onFit: () => void;
}) {
  const { zoomIn, zoomOut } = useReactFlow();
  return (
    <div className="graph-tools" role="toolbar" aria-label="View of the graph">
      {onView === null ? null : (
        <span className="tool-pair">
          {(["floors", "map"] as const).map((one) => (
            <button
              key={one}
              type="button"
              className="tool"
              aria-pressed={view === one}
              onClick={() => onView(one)}
            >
              {one === "floors" ? "Floors" : "Map"}
            </button>
          ))}
        </span>
      )}
      <span className="tool-pair">
        <button
          type="button"
          className="tool tool-icon"
          aria-label="Zoom out"
          title="Zoom out (−)"
          onClick={() => void zoomOut()}
        >
          −
        </button>
        <button type="button" className="tool" title="See everything (f)" onClick={onFit}>
          Fit
        </button>
        <button
          type="button"
          className="tool tool-icon"
          aria-label="Zoom in"
          title="Zoom in (+)"
          onClick={() => void zoomIn()}
        >
          +
        </button>
      </span>
    </div>
  );
}
