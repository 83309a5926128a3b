/** What can be done to a device, as menu groups. */
import { placementOf } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";
import { play } from "../widgets/act.tsx";
import type { MenuGroup } from "../widgets/menu-items.tsx";
import { lineItem } from "./line-item.tsx";

const hex = (value: number): string => `0x${value.toString(16)}`;

export function plugGroups(name: string, vsmmus: readonly { readonly name: string }[]): MenuGroup[] {
  const into = (hot: string) =>
    vsmmus.map((v) => lineItem(`plug ${name} ${v.name}${hot}`, <>into {v.name}</>));
  return [
    { id: "cold", title: "Cold plug", items: into("") },
    { id: "hot", title: "Hot plug", items: into(" hot") },
  ];
}

export function steGroups(v: string, sid: number): MenuGroup[] {
  const kinds = ["abort", "bypass", "translate", "invalid"] as const;
  const at = hex(sid);
  return [
    {
      id: "store",
      title: `Store the STE of ${at}`,
      items: kinds.map((kind) => lineItem(`ste ${v} ${at} ${kind}`, kind)),
    },
    {
      id: "cfgi",
      title: "Tell the SMMU",
      items: [lineItem(`cfgi ${v} ${at}`, "CFGI_STE, then SYNC")],
    },
    {
      id: "both",
      title: "Both at once",
      items: kinds.map((kind) => ({
        id: `both-${kind}`,
        label: `${kind}, then CFGI_STE`,
        run: () => play(`ste ${v} ${at} ${kind}\ncfgi ${v} ${at}`),
      })),
    },
  ];
}

export function moreGroups(name: string, v: string | null, phase: string): MenuGroup[] {
  const dma: MenuGroup = {
    id: "dma",
    title: "DMA",
    items: [
      lineItem(`dma ${name} write`, "write"),
      lineItem(`dma ${name} iova=0x2000`, "read at 0x2000"),
      lineItem(`dma ${name} ats=request`, "ATS translation request"),
    ],
  };
  const driver: MenuGroup = {
    id: "driver",
    title: "Guest driver",
    items:
      v === null
        ? []
        : ["attach", "identity", "block", "detach", "release", "flr"].map((verb) =>
            lineItem(`guest ${v} ${verb} ${name}`, verb),
          ),
  };
  const halves: MenuGroup = {
    id: "halves",
    title: "Unplug in two halves",
    items: [lineItem(`unset ${name}`, "unset_iommu_device"), lineItem(`finalize ${name}`, "VFIO detach")],
  };
  return phase === "absent" ? [dma] : [dma, driver, halves];
}

/** Everything at once, for a context menu. */
export function deviceGroups(world: World, dev: number): MenuGroup[] {
  const name = world.setup.devices[dev]?.name;
  const vfio = world.qemu.devices[dev];
  if (name === undefined) return [];
  if (vfio === undefined || vfio.phase === "absent") return plugGroups(name, world.setup.vsmmus);
  const v = world.setup.vsmmus[vfio.vsmmu]?.name ?? null;
  const placement = placementOf(world, dev);
  const [dma, ...more] = moreGroups(name, v, vfio.phase);
  return [
    {
      id: "first",
      items: [lineItem(`dma ${name}`, "DMA"), lineItem(`unplug ${name}`, "unplug")],
    },
    ...(dma === undefined ? [] : [dma]),
    ...(v === null || placement === null ? [] : steGroups(v, placement.sid)),
    ...more,
  ];
}
