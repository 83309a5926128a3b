/**
 * The host calls a reader may want to try on an object, as script lines. Whether each would succeed is the engine's
 * business; here is only which ones make a sensible question.
 */

import { getObj } from "../../engine/kernel/state.ts";
import type { Obj } from "../../engine/kernel/types.ts";
import { objectList } from "../../engine/objects.ts";
import type { World } from "../../engine/world.ts";
import { fdOf, scriptName } from "./object-name.ts";

export interface RawLine {
  readonly line: string;
  readonly label: string;
  readonly group: "Release" | "Attach" | "Allocate" | "Ask";
}

/** More targets than these make no menu any more. */
const MOST = 16;

export function rawLines(world: World, file: number, id: number): readonly RawLine[] {
  const object = getObj(world.kernel, file, id);
  if (object === null) return [];
  const fd = fdOf(world, file);
  const me = scriptName(object);
  const others = objectList(world).filter((one) => one.file === file && one.id !== id);
  const of = (...types: Obj["type"][]) => others.filter(({ obj }) => types.includes(obj.type)).slice(0, MOST);
  const lines: RawLine[] = [];
  const add = (group: RawLine["group"], label: string, line: string) => {
    lines.push({ group, label, line: `${line}${fd}` });
  };
  const device = of("DEVICE")[0];
  switch (object.type) {
    case "DEVICE": {
      for (const { obj } of of("HWPT_PAGING", "HWPT_NESTED", "IOAS")) {
        add("Attach", `attach to ${describe(obj)}`, `attach dev=${me} pt=${scriptName(obj)}`);
      }
      add("Release", "detach", `detach dev=${me}`);
      add("Release", "unbind (close its fd)", `unbind ${me}`);
      for (const { obj } of of("VIOMMU")) {
        add(
          "Allocate",
          `vDEVICE on ${describe(obj)}`,
          `vdevice-alloc viommu=${scriptName(obj)} dev=${me} virt-id=0x10`,
        );
      }
      add("Ask", "GET_HW_INFO", `hw-info dev=${me}`);
      break;
    }
    case "HWPT_PAGING":
      if (device !== undefined) {
        add("Allocate", "vIOMMU on it", `viommu-alloc dev=${scriptName(device.obj)} hwpt=${me}`);
      }
      break;
    case "VIOMMU":
      if (device !== undefined) {
        for (const kind of ["abort", "bypass", "translate"]) {
          add(
            "Allocate",
            `nested ${kind} HWPT`,
            `hwpt-alloc dev=${scriptName(device.obj)} pt=${me} vste=${kind}`,
          );
        }
      }
      add("Allocate", "vEVENTQ", `veventq-alloc viommu=${me} depth=16`);
      add("Ask", "invalidate: TLBI_NH_ALL", `invalidate viommu=${me} cmds=tlbi-nh-all`);
      break;
    case "IOAS":
      if (device !== undefined) {
        add(
          "Allocate",
          "nest-parent S2",
          `hwpt-alloc dev=${scriptName(device.obj)} pt=${me} flags=nest-parent`,
        );
      }
      break;
    case "VEVENTQ":
      add("Ask", "read events", `read-events ${me}`);
      add("Release", "close its fd", `close ${me}`);
      break;
    case "HWPT_NESTED":
    case "VDEVICE":
      break;
  }
  if (object.type === "HWPT_PAGING" || object.type === "HWPT_NESTED") {
    for (const { obj } of of("DEVICE")) {
      add("Attach", `attach ${describe(obj)} to it`, `attach dev=${scriptName(obj)} pt=${me}`);
    }
  }
  add("Release", "destroy", `destroy ${me}`);
  return lines;
}

export const describe = (object: Obj): string =>
  object.name === null ? `${object.type} ${object.id}` : `${object.name} (${object.type} ${object.id})`;
