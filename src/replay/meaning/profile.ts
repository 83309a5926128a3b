/** Which releases a log may come from, by what its lines look like. */
import { A_CR0, CR0_EVENTQEN } from "../../engine/qemu/smmuv3-regs.ts";
import type { Fields } from "../events/template.ts";
import type { Group } from "./grouper.ts";
import { num } from "./log-event.ts";

export interface ProfileGuess {
  readonly kernel: string;
  readonly qemu: string;
  /** Knobs behind the release's name. */
  readonly knobs: string;
  /** Why, for the reader; null when nothing spoke. */
  readonly why: string | null;
}

/** Collects what groups tell about the QEMU that wrote them. */
export class ProfileTrack {
  private pasid = false;
  private plainAttach = false;
  private v4 = false;
  private nested = false;
  private uninstall = false;
  private setWithoutAttach = false;
  /** A realize undid its vIOMMU without having moved the device: nested attaches want a vDEVICE here. */
  private refusedAtSet = false;
  private readonly viommus = new Set<string>();
  /** As the last CR0 write left it; with several vSMMUs a guess. */
  private eventqen = false;
  /** EVENTQEN was set with a vIOMMU there, and no vEVENTQ came of it. */
  private eventqWithout = false;
  private veventqFree: "freed" | "leaked" | null = null;
  private readonly veventqs = new Set<string>();

  see(g: Group): void {
    let viommu = false;
    let attaches = 0;
    let set = false;
    for (const e of g.events) {
      switch (e.name) {
        case "iommufd_cdev_pasid_attach_ioas_hwpt":
          this.pasid = true;
          attaches++;
          break;
        case "iommufd_cdev_attach_ioas_hwpt":
          this.plainAttach = true;
          attaches++;
          break;
        case "iommufd_backend_alloc_viommu":
          viommu = true;
          if (num(e.f, "ret") === 0) this.viommus.add(key(e.f, "viommu_id"));
          break;
        case "iommufd_viommu_alloc_eventq":
          this.veventqs.add(key(e.f, "veventq_id"));
          break;
        case "smmuv3_accel_install_nested_ste":
          this.nested = true;
          break;
        case "smmuv3_accel_uninstall_nested_ste":
          this.uninstall = true;
          break;
        case "smmuv3_accel_set_iommu_device":
        case "smmuv3_accel_unset_iommu_device":
          set = true;
          if (e.f.sid !== undefined) this.v4 = true;
          break;
        case "iommufd_backend_free_id":
          this.viommus.delete(key(e.f, "id"));
          if (this.veventqs.delete(key(e.f, "id")))
            this.veventqFree = num(e.f, "ret") === 0 ? "freed" : "leaked";
          break;
        default:
      }
    }
    const w = g.kind === "write" ? g.events[g.events.length - 1] : undefined;
    const cr0 = w !== undefined && num(w.f, "addr") === A_CR0 ? num(w.f, "val") : null;
    if (g.kind === "reset") this.eventqen = false;
    else if (cr0 !== null) this.eventqen = (cr0 & CR0_EVENTQEN) !== 0;
    // A CR0 write, or the first plug, with EVENTQEN allocates a vEVENTQ where the release knows them.
    const due = cr0 !== null || (g.kind === "plug" && viommu);
    if (due && this.eventqen && this.viommus.size > 0 && this.veventqs.size === 0) this.eventqWithout = true;
    const nested = g.events.filter((e) => num(e.f, "hwpt_type") === 2 && num(e.f, "ret") === 0).length;
    if (g.kind === "plug" && viommu && !set && attaches === 1 && nested === 2) this.refusedAtSet = true;
    if (g.kind === "plug" && viommu && set && attaches === 1) this.setWithoutAttach = true;
  }

  guess(): ProfileGuess {
    const make = (qemu: string, why: string | null, knobs = ""): ProfileGuess => ({
      kernel: this.refusedAtSet ? "6.17" : "7.3",
      qemu,
      knobs,
      why,
    });
    if (this.v4) return make("v4", "set lines carry a StreamID");
    if (this.uninstall) return make("v5", "smmuv3_accel_uninstall_nested_ste is of v5");
    if (this.nested)
      return make(this.setWithoutAttach ? "v5" : "v4", "smmuv3_accel_install_nested_ste is of v4 and v5");
    if (this.pasid) {
      const knob = this.veventqFree === "freed" ? " eventloop=poll" : "";
      return make("11.1", "attach lines name a pasid", knob);
    }
    if (this.plainAttach && this.setWithoutAttach) return make("v5", "set without an attach is of v4 and v5");
    if (this.plainAttach && this.eventqWithout) return make("m0", "EVENTQEN makes no vEVENTQ");
    if (this.plainAttach) return make("m1", "attach lines without pasid");
    return make("11.1", null);
  }
}

const key = (f: Fields, id: string): string => `${num(f, "iommufd")}/${num(f, id)}`;
