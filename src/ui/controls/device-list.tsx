/** All devices of the script, drawn only where they can be seen: there may be a thousand. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { useSession } from "../state/session-store.ts";
import { Section } from "../widgets/section.tsx";
import { DeviceRow } from "./device-row.tsx";

const ROW = 64;
/** So many are simply listed; more scroll in a box of their own. */
const FEW = 8;

export function DeviceList() {
  const devices = useSession((session) => session.node.setup.devices);
  return (
    <Section id="devices" title="Devices" aside={devices.length > FEW ? String(devices.length) : undefined}>
      {devices.length <= FEW ? (
        <ul className="devices">
          {devices.map(({ name }, dev) => (
            <li key={name}>
              <DeviceRow dev={dev} />
            </li>
          ))}
        </ul>
      ) : (
        <LongList count={devices.length} />
      )}
    </Section>
  );
}

function LongList({ count }: { readonly count: number }) {
  const scroller = useRef<HTMLUListElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 4,
  });
  return (
    <ul ref={scroller} className="devices devices-long">
      <li aria-hidden="true" style={{ height: virtual.getTotalSize() }} />
      {virtual.getVirtualItems().map(({ index, start }) => (
        <li
          key={index}
          className="devices-item"
          aria-setsize={count}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start}px)` }}
        >
          <DeviceRow dev={index} />
        </li>
      ))}
    </ul>
  );
}
