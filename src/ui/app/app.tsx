/** The page: wiring only. What a place shows is in that place's own folder. */
import { lazy, Suspense, useEffect } from "react";
import { Header } from "../header/header.tsx";
import { whenIdle } from "../state/idle.ts";
import { useOverlays } from "../state/overlays-store.ts";
import { usePage } from "../state/pages.ts";
import { committed } from "../state/paint.ts";
import { useReview } from "../state/review-store.ts";
import { useRules } from "../state/rules-store.ts";
import { useSession } from "../state/session-store.ts";
import { useTerms } from "../state/terms-store.ts";
import { HintLayer } from "../widgets/hint-layer.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { LiveRegion } from "./live-region.tsx";
import { NarrowFrame } from "./narrow-frame.tsx";
import { Notices } from "./notices.tsx";
import { PagePlace } from "./pages.tsx";
import { NARROW, useMedia } from "./use-media.ts";
import { WideFrame } from "./wide-frame.tsx";
import "./app.css";

const Palette = lazy(() => import("../palette/palette.tsx"));
const Recorder = lazy(() => import("../present/recorder.tsx"));
const CourseRecorder = lazy(() => import("../learn/course-recorder.tsx"));
const ShareDialog = lazy(() => import("../share/share-dialog.tsx"));
const Help = lazy(() => import("../palette/help.tsx"));

/** The rules' texts and the glossary's links follow once the first view is on the screen. */
function TextsLater() {
  useEffect(() => {
    const job = {};
    return whenIdle(job, () => {
      useRules.getState().load();
      useTerms.getState().load();
    });
  }, []);
  return null;
}

/** Renders nothing; tells when a step has reached the screen. */
function PaintWatch() {
  const beat = useSession((session) => session.beat);
  useEffect(() => committed(beat), [beat]);
  return null;
}

function Overlays() {
  const open = useOverlays((overlays) => overlays.open);
  if (open === null) return null;
  return <Suspense fallback={null}>{open === "palette" ? <Palette /> : <Help />}</Suspense>;
}

function ReviewOverlays() {
  const sharing = useReview((review) => review.sharing);
  const recording = useReview((review) => review.recording);
  const course = useReview((review) => review.course);
  const inLab = usePage(({ page }) => page === null);
  return (
    <Suspense fallback={null}>
      {sharing ? <ShareDialog /> : null}
      {recording && inLab ? <Recorder /> : null}
      {course !== null && inLab ? <CourseRecorder id={course} /> : null}
    </Suspense>
  );
}

export function App() {
  const narrow = useMedia(NARROW);
  const page = usePage((pages) => pages.page);
  return (
    <div className="app" data-narrow={narrow || undefined}>
      {/* A place beside the lab has a head of its own. */}
      {page === null ? <Header /> : null}
      <Notices />
      <ErrorBoundary key={page} place={page === null ? "The lab" : "This place"}>
        {page !== null ? <PagePlace page={page} /> : narrow ? <NarrowFrame /> : <WideFrame />}
      </ErrorBoundary>
      <LiveRegion />
      <HintLayer />
      <Overlays />
      <ReviewOverlays />
      <PaintWatch />
      <TextsLater />
    </div>
  );
}
