// Keeps Stryker off the condition of `if (cx.t.on)`: without a tracer every method of it does nothing, so that a guard
// that is always true makes the same program, only slower. What stands behind the guard is mutated as ever.
/** @param {any} node an AST node */
const isTracerOn = (node) =>
  node.type === "MemberExpression" &&
  node.property.name === "on" &&
  (node.object.name === "t" || node.object.property?.name === "t");

/** A plugin of kind "Ignore", as @stryker-mutator/api/plugin would declare it. */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "tracer",
    value: {
      /** @param {any} path a node with its parents */
      shouldIgnore(path) {
        const guard = path.key === "test" && path.parent?.type === "IfStatement" && isTracerOn(path.node);
        return guard ? "the guard of a trace" : undefined;
      },
    },
  },
];
