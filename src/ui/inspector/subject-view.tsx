/** The view of each kind of subject. Loaded when something is first selected. */
import type { ReactNode } from "react";
import type { Subject } from "../state/selection-store.ts";
import { AccelDeviceView, AccelView } from "./accel-view.tsx";
import { DeviceView } from "./device-view.tsx";
import { ExploreSection } from "./explore-section.tsx";
import { ModelledOn } from "./modelled-on.tsx";
import { ObjectView } from "./object-view.tsx";
import { PsmmuView } from "./psmmu-view.tsx";
import { PsteView } from "./pste-view.tsx";
import { SteView } from "./ste-view.tsx";
import { VsmmuView } from "./vsmmu-view.tsx";

const VIEWS: { readonly [K in Subject["kind"]]: (subject: Extract<Subject, { kind: K }>) => ReactNode } = {
  device: ({ dev }) => <DeviceView dev={dev} />,
  vsmmu: ({ v }) => <VsmmuView v={v} />,
  accel: ({ v }) => <AccelView v={v} />,
  "accel-device": ({ dev }) => <AccelDeviceView dev={dev} />,
  object: ({ file, id }) => <ObjectView file={file} id={id} />,
  psmmu: ({ p }) => <PsmmuView p={p} />,
  ste: ({ v, sid }) => <SteView v={v} sid={sid} />,
  pste: ({ dev }) => <PsteView dev={dev} />,
};

export default function SubjectView({ subject }: { readonly subject: Subject }) {
  const draw = VIEWS[subject.kind] as (one: Subject) => ReactNode;
  return (
    <>
      {draw(subject)}
      <ExploreSection />
      <ModelledOn kind={subject.kind} />
    </>
  );
}
