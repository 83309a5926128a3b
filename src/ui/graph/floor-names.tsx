/** Names of the floors, pinned to the pane's left edge: one always knows on which floor one looks. */
import { useStore } from "@xyflow/react";
import { memo } from "react";
import type { FloorBand } from "../../draw/layout.ts";
import { FLOOR_TITLES, type Floor } from "../../draw/scene-types.ts";

const SHORT: Readonly<Record<Floor, string>> = { guest: "G", qemu: "Q", iommufd: "FD", hardware: "HW" };

export const FloorNames = memo(function FloorNames({ floors }: { readonly floors: readonly FloorBand[] }) {
  const y = useStore((s) => s.transform[1]);
  const zoom = useStore((s) => s.transform[2]);
  const height = useStore((s) => s.height);
  return (
    <div className="floor-names" aria-hidden="true">
      {floors.map((band) => {
        const top = Math.max(0, y + band.y * zoom);
        const bottom = Math.min(height, y + (band.y + band.h) * zoom);
        // Seven pixels a letter, turned: a name that does not fit gives way to its letters.
        const fits = bottom - top >= FLOOR_TITLES[band.floor].length * 8 + 6;
        if (bottom - top < 12) return null;
        return (
          <div key={band.floor} className="floor-name" style={{ top, height: bottom - top }}>
            {fits ? <span>{FLOOR_TITLES[band.floor]}</span> : SHORT[band.floor]}
          </div>
        );
      })}
    </div>
  );
});
