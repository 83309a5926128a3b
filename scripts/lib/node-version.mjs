// Evaluated by Node versions far older than the one we need, so the syntax here stays plain and nothing is imported.

/**
 * The sentence to print when `version` is too old, or undefined when it will do.
 * @param {string} version as in process.versions.node
 */
export function nodeProblem(version) {
  const parts = version.split(".");
  const major = Number(parts[0]);
  const minor = Number(parts[1]);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `vSMMU Lab needs Node.js 20.19 or newer; this is ${version} (${process.execPath}).`;
}
