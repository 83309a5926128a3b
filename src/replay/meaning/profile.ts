/** Which releases a log may come from, by what its lines look like. */
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
  private viommuSwapped = false;
  private veventq = false;
  private setWithoutAttach = false;
  private veventqFree: "freed" | "leaked" | null = null;
  private readonly veventqs = new Set<string>();

  see(g: Group): void {
    let viommu = false;
    let attaches = 0;
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
          if (e.f.data_ptr === undefined) this.viommuSwapped = true;
          break;
        case "iommufd_viommu_alloc_eventq":
          this.veventq = true;
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
          if (e.f.sid !== undefined) this.v4 = true;
          break;
        case "iommufd_backend_free_id":
          if (this.veventqs.delete(key(e.f, "id")))
            this.veventqFree = num(e.f, "ret") === 0 ? "freed" : "leaked";
          break;
        default:
      }
    }
    if (g.kind === "plug" && viommu && attaches < 2) this.setWithoutAttach = true;
  }

  guess(): ProfileGuess {
    const make = (qemu: string, why: string | null, knobs = ""): ProfileGuess => ({
      kernel: "7.3",
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
    if (this.plainAttach && this.veventq) return make("m1", "attach lines without pasid, vEVENTQ");
    if (this.plainAttach && this.viommuSwapped) return make("m1", "attach lines without pasid");
    return make("11.1", null);
  }
}

const key = (f: Fields, id: string): string => `${num(f, "iommufd")}/${num(f, id)}`;
