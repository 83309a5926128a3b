/** Learn: the course, practice, challenges, the glossary, and what the reader makes. Which part, the address says. */
import { lazy, Suspense, useMemo } from "react";
import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { ChallengeView } from "./challenge-view.tsx";
import { Challenges } from "./challenges.tsx";
import { Course } from "./course.tsx";
import { Glossary } from "./glossary.tsx";
import { LearnHead } from "./learn-head.tsx";
import { LessonView } from "./lesson-view.tsx";
import { challenges, lessons } from "./library.ts";
import { LearnNav } from "./nav.tsx";
import { Own } from "./own.tsx";
import { ownChallenge, ownLesson, useOwn } from "./own-store.ts";
import { PracticeView } from "./practice-view.tsx";
import { ProgressMenu } from "./progress-menu.tsx";
import { goToSection, parseRoute, type Route } from "./route.ts";
import { RulesMap } from "./rules-map.tsx";
import "./learn.css";

const EditView = lazy(() => import("./edit-view.tsx"));

function Missing({ what }: { readonly what: string }) {
  return (
    <>
      <LearnHead title="Not here" />
      <Empty glyph="learn" title={`There is no ${what} of this name`}>
        <Button onClick={() => goToSection("course")}>All lessons</Button>
      </Empty>
    </>
  );
}

function Section({ route }: { readonly route: Extract<Route, { readonly target: string | null }> }) {
  switch (route.kind) {
    case "glossary":
      return <Glossary target={route.target} />;
    case "challenges":
      return <Challenges />;
    case "rules":
      return <RulesMap />;
    case "own":
      return <Own />;
    default:
      return <Course />;
  }
}

function Part({ route }: { readonly route: Route }) {
  const files = useOwn((own) => own.files);
  switch (route.kind) {
    case "lesson": {
      const entry = lessons().find(({ id }) => id === route.id) ?? ownLesson(files, route.id);
      return entry === null ? (
        <Missing what="lesson" />
      ) : (
        <LessonView key={entry.id} entry={entry} at={route.step} />
      );
    }
    case "practice":
      return <PracticeView key={route.target} rule={route.target} />;
    case "challenge": {
      const entry = challenges().find(({ id }) => id === route.id) ?? ownChallenge(files, route.id);
      return entry === null ? <Missing what="challenge" /> : <ChallengeView key={entry.id} entry={entry} />;
    }
    case "edit": {
      const file = files.find(({ id }) => id === route.id);
      return file === undefined ? (
        <Missing what="draft" />
      ) : (
        <Suspense fallback={<div className="graph-wait">Opening…</div>}>
          <EditView key={file.id} file={file} />
        </Suspense>
      );
    }
    default:
      return (
        <>
          <LearnHead>
            <span className="learn-space" />
            <ProgressMenu />
          </LearnHead>
          <div className="learn-body">
            <LearnNav at={route.kind} />
            <Section route={route} />
          </div>
        </>
      );
  }
}

export default function LearnPlace() {
  const at = usePage((page) => page.at);
  const route = useMemo(() => parseRoute(at), [at]);
  return (
    <main className="learn" data-testid="learn" aria-label="Learn">
      <Part route={route} />
    </main>
  );
}
