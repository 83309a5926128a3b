import { deviceFacts } from "../../engine/observe.ts";
import { ATTACHED_KIND, ATTACHED_WORD } from "../state/describe.ts";
import { useSession } from "../state/session-store.ts";
import { StateTag } from "../theme/icons.tsx";
import { Section } from "../widgets/section.tsx";
import { FieldList, hex, yesNo } from "./field-list.tsx";
import { ProbeSection } from "./probe-section.tsx";
import { RawSection } from "./raw-section.tsx";
import { SubjectLink } from "./subject-link.tsx";
import { VerdictSection } from "./verdict-section.tsx";

export function DeviceView({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const spec = world.setup.devices[dev];
  const master = world.kernel.masters[dev];
  if (spec === undefined || master === undefined) return null;
  const facts = deviceFacts(world, dev);
  const { bound } = master;
  const { placement } = facts;
  const object = (id: number | null) =>
    id === null || bound === null ? (
      "none"
    ) : (
      <SubjectLink to={{ kind: "object", file: bound.file, id }}>{id}</SubjectLink>
    );
  return (
    <>
      <VerdictSection dev={dev} />
      <Section id="device-place" title="Where it stands">
        <FieldList
          rows={[
            {
              name: "guest",
              value:
                placement === null ? (
                  "not there"
                ) : (
                  <>
                    <SubjectLink to={{ kind: "vsmmu", v: placement.vsmmu }}>
                      {world.setup.vsmmus[placement.vsmmu]?.name}
                    </SubjectLink>
                    {", "}
                    <SubjectLink to={{ kind: "ste", v: placement.vsmmu, sid: placement.sid }}>
                      STE {hex(placement.sid)}
                    </SubjectLink>
                  </>
                ),
            },
            {
              name: "attached",
              value: (
                <>
                  <StateTag name={ATTACHED_KIND[facts.attached]} text={ATTACHED_WORD[facts.attached]} />{" "}
                  {facts.hwpt === null ? null : <>HWPT {object(facts.hwpt)}</>}
                </>
              ),
            },
            { name: "DEVICE", value: object(bound?.id ?? null) },
            { name: "vDEVICE", value: object(facts.vdevice) },
            {
              name: "vmaster",
              value: facts.vmaster === null ? "none" : `vSID ${hex(facts.vmaster)}`,
              note: "vSID under which the host driver reports this device's events",
            },
            {
              name: "physical STE",
              value: (
                <>
                  <SubjectLink to={{ kind: "pste", dev }}>{facts.pste}</SubjectLink>, VMID {facts.vmid}
                </>
              ),
            },
            { name: "ATS", value: facts.ats ? "on" : "off" },
            {
              name: "host",
              value: (
                <>
                  SID {spec.sids.map((sid) => hex(sid)).join(", ")},{" "}
                  <SubjectLink to={{ kind: "psmmu", p: spec.psmmu }}>
                    {world.setup.psmmus[spec.psmmu]?.name}
                  </SubjectLink>
                  , group {world.setup.groups[spec.group]?.name}
                </>
              ),
            },
            { name: "CANWBS", value: yesNo(spec.canwbs), note: "coherency can be enforced" },
          ]}
        />
      </Section>
      <ProbeSection dev={dev} />
      {bound === null ? null : <RawSection file={bound.file} id={bound.id} />}
    </>
  );
}
