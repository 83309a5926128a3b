/**
 * Live vIOMMUs and the vSMMUs they belong to. The lines that make one do not say whose it is; a reset's order, or the
 * registers and queues that its commands came through, do later.
 */
import { type LogEvent, num } from "./log-event.ts";

export interface Viommu {
  readonly key: string;
  vsmmu: number;
  /** More than the order of plugs speaks for it. */
  sure: boolean;
}

/** Which field of an event names a vIOMMU, other than `viommu_id`. */
const FIELD: Readonly<Record<string, string>> = {
  iommufd_backend_invalidate_cache: "id",
  iommufd_backend_alloc_hwpt: "pt_id",
  iommufd_backend_free_id: "id",
};

export class Viommus {
  /** vSMMUs that have had one. */
  count = 0;
  private readonly live = new Map<string, Viommu>();

  /** vSMMUs with a vIOMMU. */
  inUse(): Viommu[] {
    return [...this.live.values()];
  }

  /** A new one: taken for the first vSMMU without, or for a new vSMMU if all have one. */
  make(iommufd: number, id: number): Viommu {
    const used = this.inUse().map((v) => v.vsmmu);
    let vsmmu = 0;
    while (used.includes(vsmmu)) vsmmu++;
    this.count = Math.max(this.count, vsmmu + 1);
    const made: Viommu = { key: `${iommufd}/${id}`, vsmmu, sure: false };
    this.live.set(made.key, made);
    return made;
  }

  /** The one a line names, by itself or by an object made of it; null for none. */
  of(e: LogEvent): Viommu | null {
    const id = e.f[FIELD[e.name] ?? "viommu_id"];
    if (typeof id !== "number") return null;
    return this.live.get(`${num(e.f, "iommufd")}/${id}`) ?? null;
  }

  drop(v: Viommu): void {
    this.live.delete(v.key);
  }

  /** `v` is of vSMMU `index`; one that was only taken for that one takes its place. False: another surely is. */
  bind(v: Viommu, index: number): boolean {
    const other = this.inUse().find((x) => x !== v && x.vsmmu === index);
    if (v.vsmmu === index) {
      v.sure = true;
      return true;
    }
    if (v.sure || other?.sure === true) return false;
    if (other !== undefined) other.vsmmu = v.vsmmu;
    v.vsmmu = index;
    v.sure = true;
    this.count = Math.max(this.count, index + 1);
    return true;
  }
}
