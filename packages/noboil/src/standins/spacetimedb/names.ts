/** How SpacetimeDB names things on the wire. */

/**
 * The default case policy: words split at `_`, `-`, spaces, changes of case and between letters and digits; empty
 * words are dropped, so `_log` becomes `log` and `byV2` becomes `by_v_2`.
 */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z])([A-Z])|([A-Z0-9])([A-Z][a-z])/g, '$1$3_$2$4')
    .replace(/([A-Za-z])(\d)/g, '$1_$2')
    .replace(/(\d)([A-Za-z])/g, '$1_$2')
    .split(/[_\- ]/)
    .filter((word) => word !== '')
    .join('_')
    .toLowerCase()
}
