/**
 * When two calls are the same question.
 */

/** JSON with sorted keys and without absent fields: equal arguments have equal text. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
  return `{${fields.join(',')}}`
}

/** Arguments as the wire has them: an object, also where a function takes none. */
export const plainArgs = (args: unknown): object =>
  typeof args === 'object' && args !== null ? args : {}
