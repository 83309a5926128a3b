/** What can be done to a vSMMU, as menu groups. */
import type { World } from "../../engine/world.ts";
import type { MenuGroup } from "../widgets/menu-items.tsx";
import { lineItem } from "./line-item.tsx";

export function vsmmuGroups(world: World, v: number): MenuGroup[] {
  const name = world.setup.vsmmus[v]?.name;
  if (name === undefined) return [];
  return [
    {
      id: "registers",
      title: "Registers",
      items: [
        lineItem(`gbpa ${name} abort`, "GBPA.ABORT = 1"),
        lineItem(`gbpa ${name} bypass`, "GBPA.ABORT = 0"),
        lineItem(`cr0 ${name} +smmuen`, "SMMUEN = 1"),
        lineItem(`cr0 ${name} -smmuen`, "SMMUEN = 0"),
        lineItem(`cr0 ${name} +eventqen`, "EVENTQEN = 1"),
        lineItem(`cr0 ${name} -eventqen`, "EVENTQEN = 0"),
      ],
    },
    {
      id: "commands",
      title: "Commands",
      items: [
        lineItem(`cfgi ${name} all`, "CFGI_ALL, then SYNC"),
        lineItem(`cmd ${name} tlbi-nh-all`, "TLBI_NH_ALL, then SYNC"),
      ],
    },
    {
      id: "driver",
      title: "Guest driver",
      items: ["probe", "shutdown", "kexec", "crash-kexec", "recover"].map((verb) =>
        lineItem(`guest ${name} ${verb}`, verb),
      ),
    },
    { id: "machine", title: "Machine", items: [lineItem("reset", "reset the VM")] },
  ];
}
