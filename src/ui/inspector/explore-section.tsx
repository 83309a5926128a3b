/** From what is inspected to a search: what can happen from this step on, and how near its state is. */
import { Button } from "../widgets/button.tsx";
import { Section } from "../widgets/section.tsx";

const fromLab = () => import("../explore/from-lab.ts");

export function ExploreSection() {
  return (
    <Section id="explore" title="Every way from here, and to here">
      <div className="control-buttons">
        <Button
          data-testid="explore-from-here"
          onClick={() => void fromLab().then((module) => module.exploreFromHere())}
        >
          Explore from this step
        </Button>
        <Button
          data-testid="shortest-way-here"
          onClick={() => void fromLab().then((module) => module.shortestWayHere())}
        >
          Shortest way here
        </Button>
      </div>
    </Section>
  );
}
