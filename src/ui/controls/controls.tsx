/** Everything that can be done to the machine. Each control appends one script line, and nothing else. */

import { NARROW, useMedia } from "../app/use-media.ts";
import { Console } from "../console/console.tsx";
import { useSession } from "../state/session-store.ts";
import { DeviceList } from "./device-list.tsx";
import { FaultSection } from "./fault-section.tsx";
import { GuestSection } from "./guest-section.tsx";
import { useShownVsmmu } from "./shown-vsmmu.ts";
import { VsmmuSection } from "./vsmmu-section.tsx";
import { Welcome } from "./welcome.tsx";
import "./controls.css";

export function Controls() {
  const v = useShownVsmmu();
  // A narrow frame shows the first hint over all its places.
  const narrow = useMedia(NARROW);
  const vsmmus = useSession((session) => session.node.setup.vsmmus);
  return (
    <div className="pane controls" data-testid="controls" data-hint-side="right">
      <h2 className="for-ears">Controls</h2>
      <div className="controls-scroll">
        {narrow ? null : <Welcome />}
        {vsmmus[v] === undefined ? (
          <p className="controls-none">This script declares no vSMMU.</p>
        ) : (
          <>
            <VsmmuSection v={v} />
            <DeviceList />
            <GuestSection v={v} />
          </>
        )}
        <FaultSection />
      </div>
      <Console />
    </div>
  );
}
