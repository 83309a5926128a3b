import { expect, it } from "vitest";
import { companions } from "./companions.ts";

const files = (...names: string[]) => names.map((name) => ({ name }));

it("knows notes, console and the physical SMMU's log by their names, in any order", () => {
  const found = companions(
    files("a.host-smmu.log.gz", "a.stderr.txt", "a.steps.txt", "a.log.gz", "a.console.txt"),
  );
  expect(found).toEqual({
    log: { name: "a.log.gz" },
    steps: { name: "a.steps.txt" },
    console: { name: "a.console.txt" },
    hostLog: { name: "a.host-smmu.log.gz" },
    unused: [{ name: "a.stderr.txt" }],
  });
});

it("takes a file that comes alone for a log, whatever it is called", () => {
  expect(companions(files("console.txt"))?.log.name).toBe("console.txt");
  expect(companions(files("host-smmu.log"))?.hostLog).toBeNull();
  expect(companions(files("trace"))?.log.name).toBe("trace");
});

it("finds no log among notes alone, and leaves a second log over", () => {
  expect(companions(files("a.steps.txt", "a.console.txt"))).toBeNull();
  expect(companions([])).toBeNull();
  expect(companions(files("a.log", "b.log"))?.unused).toEqual([{ name: "b.log" }]);
});
