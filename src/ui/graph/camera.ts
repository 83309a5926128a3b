/** Graphs that are looked at together: where one is panned or zoomed by hand, the others follow. */
export interface CameraView {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

type Place = (to: CameraView) => void;

export class Camera {
  private readonly places = new Set<Place>();

  join(place: Place): () => void {
    this.places.add(place);
    return () => this.places.delete(place);
  }

  /** `from` has moved there by itself; null: nobody has, all shall. */
  move(from: Place | null, to: CameraView): void {
    for (const place of this.places) if (place !== from) place(to);
  }
}
