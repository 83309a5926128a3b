import { getObj } from "../../engine/kernel/state.ts";
import type { World } from "../../engine/world.ts";
import type { Subject } from "../state/selection-store.ts";

export interface SubjectTitle {
  readonly name: string;
  readonly kind: string;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Null when the world has no such thing (a link from elsewhere, an object that is gone). */
export function subjectTitle(world: World, subject: Subject): SubjectTitle | null {
  const { devices, vsmmus, psmmus } = world.setup;
  const device = (dev: number, kind: string): SubjectTitle | null => {
    const name = devices[dev]?.name;
    return name === undefined ? null : { name, kind };
  };
  const vsmmu = (v: number, kind: string): SubjectTitle | null => {
    const name = vsmmus[v]?.name;
    return name === undefined ? null : { name, kind };
  };
  switch (subject.kind) {
    case "device":
      return device(subject.dev, "device");
    case "pste":
      return device(subject.dev, "physical STE");
    case "accel-device":
      return device(subject.dev, "SMMUv3AccelDevice");
    case "vsmmu":
      return vsmmu(subject.v, "vSMMU");
    case "accel":
      return vsmmu(subject.v, "SMMUv3AccelState");
    case "ste": {
      const of = vsmmu(subject.v, "");
      return of === null ? null : { name: `STE ${hex(subject.sid)}`, kind: `of ${of.name}` };
    }
    case "psmmu": {
      const name = psmmus[subject.p]?.name;
      return name === undefined ? null : { name, kind: "physical SMMU" };
    }
    case "object": {
      const object = getObj(world.kernel, subject.file, subject.id);
      if (object === null) return null;
      return { name: `${object.type} ${object.id}`, kind: object.name ?? "" };
    }
  }
}
