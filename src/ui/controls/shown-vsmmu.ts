/** The vSMMU whose controls are shown: the one chosen here, else the one that belongs to what is selected. */
import { create } from "zustand";
import { useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";

export const useChosenVsmmu = create<{ readonly v: number }>()(() => ({ v: 0 }));

useSelection.subscribe(({ selected }) => {
  if (selected === null) return;
  const { world } = useSession.getState();
  if (selected.kind === "vsmmu" || selected.kind === "accel" || selected.kind === "ste") {
    useChosenVsmmu.setState({ v: selected.v });
  } else if (selected.kind === "device" || selected.kind === "pste" || selected.kind === "accel-device") {
    const device = world.qemu.devices[selected.dev];
    if (device !== undefined && device.phase !== "absent") useChosenVsmmu.setState({ v: device.vsmmu });
  }
});

export function useShownVsmmu(): number {
  const { v } = useChosenVsmmu();
  const count = useSession((session) => session.node.setup.vsmmus.length);
  return v < count ? v : 0;
}
