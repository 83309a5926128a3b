/** Which place of reviewing is open instead of the lab, and what lies over it. */
import { create } from "zustand";

type ReviewPlace = "compare" | "reviews";

interface ReviewState {
  readonly place: ReviewPlace | null;
  readonly sharing: boolean;
  /** The recorder lies over the lab. */
  readonly recording: boolean;
  open(place: ReviewPlace | null): void;
  share(on: boolean): void;
  record(on: boolean): void;
}

export const useReview = create<ReviewState>()((set) => ({
  place: null,
  sharing: false,
  recording: false,
  open: (place) => set({ place, sharing: false }),
  share: (sharing) => set({ sharing }),
  record: (recording) => set(recording ? { recording, place: null } : { recording }),
}));
