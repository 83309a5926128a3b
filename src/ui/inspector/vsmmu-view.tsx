import { vsmmuFacts } from "../../engine/observe.ts";
import { useSession } from "../state/session-store.ts";
import { Section } from "../widgets/section.tsx";
import { FieldList } from "./field-list.tsx";
import { QueueSection } from "./queue-section.tsx";
import { RegisterFile } from "./register-file.tsx";
import { StreamTableSection } from "./stream-table-section.tsx";
import { SubjectLink } from "./subject-link.tsx";
import { Divergence } from "./verdict-section.tsx";

export function VsmmuView({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const spec = world.setup.vsmmus[v];
  if (spec === undefined) return null;
  const facts = vsmmuFacts(world, v);
  return (
    <>
      {facts.divergences.length === 0 ? null : (
        <Section id="vsmmu-diverges" title="Diverges">
          {facts.divergences.map((fact) => (
            <Divergence key={`${fact.id} ${fact.text}`} fact={fact} />
          ))}
        </Section>
      )}
      <Section id="vsmmu-place" title="Where it stands">
        <FieldList
          rows={[
            { name: "root bus", value: spec.bus },
            {
              name: "devices",
              value:
                facts.devices.length === 0
                  ? "none"
                  : facts.devices.slice(0, 32).map((dev) => (
                      <span key={dev}>
                        <SubjectLink to={{ kind: "device", dev }}>
                          {world.setup.devices[dev]?.name}
                        </SubjectLink>{" "}
                      </span>
                    )),
            },
            { name: "in QEMU", value: <SubjectLink to={{ kind: "accel", v }}>SMMUv3AccelState</SubjectLink> },
            {
              name: "command queue",
              value:
                facts.cmdqError === null
                  ? "runs"
                  : `stopped: CERROR_${facts.cmdqError.toUpperCase().replaceAll("-", "_")}`,
            },
          ]}
        />
      </Section>
      <RegisterFile v={v} />
      <StreamTableSection v={v} />
      <QueueSection v={v} />
    </>
  );
}
