/** QEMU's accel objects as `smmuv3-accel.h` has them. */
import { vsmmuFacts } from "../../engine/observe.ts";
import { useSession } from "../state/session-store.ts";
import { Section } from "../widgets/section.tsx";
import { FieldList, hex, yesNo } from "./field-list.tsx";
import { SubjectLink } from "./subject-link.tsx";
import { VerdictSection } from "./verdict-section.tsx";

export function AccelView({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const smmu = world.qemu.smmus[v];
  if (smmu === undefined) return null;
  const facts = vsmmuFacts(world, v);
  const { accel, slots } = smmu;
  const file = accel.viommu === null ? null : (world.qemu.backends[accel.viommu.backend]?.file ?? null);
  const id = (value: number | null) =>
    value === null || file === null ? (
      "none"
    ) : (
      <SubjectLink to={{ kind: "object", file, id: value }}>{value}</SubjectLink>
    );
  return (
    <>
      <Section id="accel-fields" title="Fields">
        <FieldList
          rows={[
            { name: "viommu", value: id(facts.viommu) },
            {
              name: "s2_hwpt_id",
              value: id(accel.viommu?.s2HwptId ?? null),
              note: "recorded at the first set, never read again",
            },
            { name: "abort_hwpt_id", value: id(facts.abort) },
            { name: "bypass_hwpt_id", value: id(facts.bypass) },
            { name: "veventq", value: id(facts.veventq) },
            { name: "auto_mode", value: yesNo(accel.autoMode) },
            { name: "auto_finalised", value: yesNo(accel.autoFinalised) },
          ]}
        />
      </Section>
      <Section id="accel-list" title="device_list" aside="most recently set first">
        {facts.devices.length === 0 ? (
          <p className="inspector-none">No device is set.</p>
        ) : (
          <ol className="plain-list">
            {facts.devices.map((dev) => (
              <li key={dev}>
                <SubjectLink to={{ kind: "accel-device", dev }}>{world.setup.devices[dev]?.name}</SubjectLink>
              </li>
            ))}
          </ol>
        )}
        {slots.length > facts.devices.length ? (
          <p className="inspector-none">
            {slots.length - facts.devices.length} more slots were used once; their AccelDevice stays for the
            next device.
          </p>
        ) : null}
      </Section>
    </>
  );
}

export function AccelDeviceView({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const vfio = world.qemu.devices[dev];
  const slot = vfio === undefined ? undefined : world.qemu.smmus[vfio.vsmmu]?.slots[vfio.slot];
  if (vfio === undefined) return null;
  const file = vfio.ids.file;
  const id = (value: number) =>
    value === 0 || file < 0 ? (
      "none"
    ) : (
      <SubjectLink to={{ kind: "object", file, id: value }}>{value}</SubjectLink>
    );
  return (
    <>
      <VerdictSection dev={dev} />
      <Section id="accel-device-fields" title="Fields">
        {slot === undefined ? (
          <p className="inspector-none">QEMU has no slot for this device.</p>
        ) : (
          <FieldList
            rows={[
              { name: "bdf", value: hex(slot.bdf) },
              { name: "hiodi", value: slot.hiodi === null ? "NULL" : <>devid {id(slot.hiodi.devid)}</> },
              {
                name: "hiodi.hwpt_id",
                value: slot.hiodi === null ? "–" : id(slot.hiodi.hwptId),
                note: "the S2 that VFIO attached",
              },
              { name: "s1_hwpt", value: slot.s1Hwpt === 0 ? "NULL" : id(slot.s1Hwpt) },
              {
                name: "vdev",
                value:
                  slot.vdev === null ? (
                    "NULL"
                  ) : (
                    <>
                      {id(slot.vdev.id)}, virt_id {hex(slot.vdev.virtId)}
                    </>
                  ),
                note: "virt_id is frozen when the vDEVICE is allocated",
              },
            ]}
          />
        )}
      </Section>
      <Section id="vfio-fields" title="VFIO">
        <FieldList
          rows={[
            { name: "phase", value: vfio.phase },
            { name: "plugged", value: vfio.hot ? "hot" : "cold" },
            { name: "devid", value: id(vfio.devid) },
            { name: "S2 of the autodomain", value: id(vfio.hwptId) },
          ]}
        />
      </Section>
    </>
  );
}
