/** Each change is one of another entity, so that none waits for one before it. */
export const BROWSERS = 1_000
export const ENTITIES = 100
export const CHANGES = 300

export const entityOf = (change: number): string =>
  `entity${String.fromCharCode(97 + Math.floor((change % ENTITIES) / 10), 97 + (change % 10))}`

export const dependencies: Record<string, readonly string[]> = Object.fromEntries(
  Array.from({ length: ENTITIES }, (_, at) => [entityOf(at), []]),
)
