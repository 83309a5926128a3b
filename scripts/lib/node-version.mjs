// Evaluated by Node versions far older than the one we need, so the syntax here stays plain and nothing is imported.

export const REQUIRED = [20, 19];

/** The sentence to print when `version` (as in process.versions.node) is too old, or undefined when it will do. */
export function nodeProblem(version) {
  const parts = version.split(".").map(Number);
  const enough = parts[0] > REQUIRED[0] || (parts[0] === REQUIRED[0] && parts[1] >= REQUIRED[1]);
  if (enough) return undefined;
  return `vSMMU Lab needs Node.js ${REQUIRED.join(".")} or newer; this is ${version} (${process.execPath}).`;
}
