import { useSession } from "../state/session-store.ts";
import { Section } from "../widgets/section.tsx";
import { FieldList, hex, yesNo } from "./field-list.tsx";
import { SubjectLink } from "./subject-link.tsx";

export function PsmmuView({ p }: { readonly p: number }) {
  const world = useSession((session) => session.world);
  const spec = world.setup.psmmus[p];
  const driver = world.kernel.smmus[p];
  if (spec === undefined || driver === undefined) return null;
  const devices = world.setup.devices.flatMap((device, dev) =>
    device.psmmu === p ? [{ ...device, dev }] : [],
  );
  const tlb = world.hw.tlb.filter((entry) => entry.psmmu === p);
  return (
    <>
      <Section id="psmmu-driver" title="In use">
        <FieldList
          rows={[
            { name: "VMIDs", value: driver.vmids.length === 0 ? "none" : driver.vmids.join(", ") },
            {
              name: "ASIDs of host domains",
              value: driver.asids.length === 0 ? "none" : driver.asids.join(", "),
            },
          ]}
        />
      </Section>
      <Section id="psmmu-tlb" title="TLB" aside={`${tlb.length} entries`}>
        {tlb.length === 0 ? (
          <p className="inspector-none">Empty: a translated DMA fills it, a TLBI empties it.</p>
        ) : (
          <table className="table table-tight">
            <thead>
              <tr>
                <th scope="col">VMID</th>
                <th scope="col">ASID</th>
                <th scope="col">page</th>
                <th scope="col">→</th>
                <th scope="col">filled by</th>
              </tr>
            </thead>
            <tbody className="mono">
              {tlb.map((entry) => (
                <tr key={`${entry.vmid} ${entry.asid} ${entry.page}`}>
                  <td>{entry.vmid}</td>
                  <td>{entry.asid}</td>
                  <td>{hex(entry.page << 12n)}</td>
                  <td>{hex(entry.out << 12n)}</td>
                  <td>{world.setup.devices[entry.filledBy]?.name}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Section>
      <Section id="psmmu-features" title="Features">
        <FieldList
          rows={[
            { name: "nesting", value: yesNo(spec.nesting) },
            { name: "S2FWB", value: yesNo(spec.s2fwb) },
            { name: "ATS", value: yesNo(spec.ats) },
            { name: "coherent walks", value: yesNo(spec.coherency) },
            { name: "range invalidation", value: yesNo(spec.rangeInv) },
            { name: "OAS", value: `${spec.oas} bits` },
            { name: "VMID", value: `${spec.vmidBits} bits` },
            { name: "ASID", value: `${spec.asidBits} bits` },
            { name: "SSID", value: `${spec.ssidBits} bits` },
            { name: "StreamID", value: `${spec.sidBits} bits` },
          ]}
        />
      </Section>
      <Section id="psmmu-devices" title="Stream table" aside={`${devices.length} devices`}>
        <ul className="plain-list">
          {devices.slice(0, 64).map(({ name, dev, sids }) => (
            <li key={name}>
              <SubjectLink to={{ kind: "pste", dev }}>
                {hex(sids[0] ?? 0)} {name}
              </SubjectLink>
            </li>
          ))}
          {devices.length > 64 ? <li>and {devices.length - 64} more</li> : null}
        </ul>
      </Section>
    </>
  );
}
