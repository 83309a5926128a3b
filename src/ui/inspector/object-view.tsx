/** An iommufd object: its fields, who holds its users count, what it refers to, and what would fail on it. */

import { getObj } from "../../engine/kernel/state.ts";
import type { Obj } from "../../engine/kernel/types.ts";
import { type Reference, referencesOf } from "../../engine/objects.ts";
import type { World } from "../../engine/world.ts";
import { useSession } from "../state/session-store.ts";
import { StateTag } from "../theme/icons.tsx";
import { Section } from "../widgets/section.tsx";
import { FieldList, type FieldRow, hex, yesNo } from "./field-list.tsx";
import { describe } from "./raw-lines.ts";
import { RawSection } from "./raw-section.tsx";
import { SubjectLink } from "./subject-link.tsx";
import { WordBits } from "./word-bits.tsx";

function rows(world: World, file: number, object: Obj): readonly FieldRow[] {
  const link = (id: number) =>
    id === 0 ? "none" : <SubjectLink to={{ kind: "object", file, id }}>{id}</SubjectLink>;
  const psmmu = (p: number) => (
    <SubjectLink to={{ kind: "psmmu", p }}>{world.setup.psmmus[p]?.name}</SubjectLink>
  );
  const device = (dev: number) => (
    <SubjectLink to={{ kind: "device", dev }}>{world.setup.devices[dev]?.name}</SubjectLink>
  );
  switch (object.type) {
    case "IOAS":
      return [
        { name: "HWPTs made from it", value: object.hwpts.length === 0 ? "none" : object.hwpts.join(", ") },
      ];
    case "DEVICE":
      return [
        { name: "device", value: device(object.dev) },
        { name: "attached HWPT", value: link(object.hwpt) },
        { name: "vDEVICE", value: link(object.vdev) },
      ];
    case "HWPT_PAGING":
      return [
        { name: "IOAS", value: link(object.ioas) },
        { name: "stage", value: object.stage },
        { name: "nest parent", value: yesNo(object.nestParent), note: "vIOMMUs can be built on it" },
        { name: "auto domain", value: yesNo(object.autoDomain), note: "destroyed with its last attachment" },
        { name: "VMID", value: object.vmid === 0 ? "none" : object.vmid },
        ...(object.stage === 1 ? [{ name: "ASID", value: object.asid }] : []),
        ...object.tags.map((tag) => ({
          name: `VMID on ${world.setup.psmmus[tag.psmmu]?.name}`,
          value: `${tag.vmid}, ${tag.attached} attached`,
        })),
        { name: "allocated for", value: psmmu(object.psmmu) },
        { name: "S2FWB", value: yesNo(object.s2fwb) },
        { name: "dirty tracking", value: yesNo(object.dirty) },
        { name: "enforces coherency", value: yesNo(object.enforceCc) },
        { name: "table", value: hex(object.ttb) },
        { name: "OAS", value: `${object.oas} bits` },
      ];
    case "HWPT_NESTED":
      return [
        {
          name: "means",
          value: <StateTag name={object.kind === "invalid" ? "abort" : object.kind} text={object.kind} />,
        },
        { name: "vIOMMU", value: link(object.viommu) },
        { name: "parent", value: link(object.parent) },
        { name: "ATS", value: yesNo(object.enableAts) },
      ];
    case "VIOMMU":
      return [
        { name: "S2", value: link(object.hwpt) },
        { name: "on", value: psmmu(object.psmmu) },
        { name: "VMID", value: object.vmid },
        {
          name: "vDEVICEs",
          value:
            object.vdevs.length === 0
              ? "none"
              : object.vdevs.map(({ virtId, vdevice }) => (
                  <span key={vdevice}>
                    {hex(virtId)} → {link(vdevice)}{" "}
                  </span>
                )),
        },
      ];
    case "VDEVICE":
      return [
        { name: "vIOMMU", value: link(object.viommu) },
        { name: "DEVICE", value: link(object.device) },
        { name: "device", value: device(object.dev) },
        { name: "virt_id (vSID)", value: hex(object.virtId) },
      ];
    case "VEVENTQ":
      return [
        { name: "vIOMMU", value: link(object.viommu) },
        { name: "depth", value: object.depth },
        { name: "waiting", value: object.numEvents },
        { name: "next sequence", value: object.sequence },
        {
          name: "fd",
          value: object.fdOpen ? "open" : object.pinned ? "closed, still held by io_uring" : "closed",
        },
      ];
  }
}

function ReferenceRow({ reference }: { readonly reference: Reference }) {
  const { object, why, count } = reference;
  return (
    <li className="reference">
      <span className="num reference-count">{count}</span>
      <span>
        {why}
        {object === null ? null : (
          <>
            {": "}
            <SubjectLink to={{ kind: "object", file: object.file, id: object.id }}>
              {describe(object.obj)}
            </SubjectLink>
          </>
        )}
      </span>
    </li>
  );
}

const keyOf = ({ object, why }: Reference): string => `${why} ${object?.file} ${object?.id}`;

export function ObjectView({ file, id }: { readonly file: number; readonly id: number }) {
  const world = useSession((session) => session.world);
  const object = getObj(world.kernel, file, id);
  if (object === null) return null;
  const references = referencesOf(world, file, id);
  return (
    <>
      <Section id="object-fields" title="Fields">
        <FieldList
          rows={[
            ...rows(world, file, object),
            { name: "file", value: world.kernel.files[file]?.name ?? String(file) },
          ]}
        />
      </Section>
      {object.type === "HWPT_NESTED" ? (
        <Section id="vste" title="vSTE, as the kernel keeps it">
          <WordBits words={[object.ste0, object.ste1]} />
        </Section>
      ) : null}
      {object.type === "VEVENTQ" && object.events.length > 0 ? (
        <Section id="vevents" title="Records waiting">
          <ul className="plain-list">
            {object.events.map((event) => (
              <li key={event.seq} className="mono">
                {event.seq} {event.lost ? "LOST_EVENTS" : event.words.map((word) => hex(word)).join(" ")}
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section id="references" title="References" aside={`users ${object.users}`}>
        <p className="reference-title">Who holds it</p>
        <ul className="plain-list" data-testid="users">
          {references.in.map((reference) => (
            <ReferenceRow key={keyOf(reference)} reference={reference} />
          ))}
        </ul>
        {references.out.length === 0 ? null : (
          <>
            <p className="reference-title">Whom it holds</p>
            <ul className="plain-list">
              {references.out.map((reference) => (
                <ReferenceRow key={keyOf(reference)} reference={reference} />
              ))}
            </ul>
          </>
        )}
      </Section>
      <RawSection file={file} id={id} />
    </>
  );
}
