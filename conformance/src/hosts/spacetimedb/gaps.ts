/** What SpacetimeDB does otherwise, case by case. */

const clock = 'the clock of a SpacetimeDB database never goes back'
const waits = 'its hooks and predicates wait, and reducers do not'

/** Operations of a log whose rows nobody can append, because its hooks wait. */
const later = [
  'auth.list',
  'auth.listAfter',
  'auth.read',
  'authIndexed',
  'list',
  'listAfter',
  'purgeByParent',
  'read',
  'restoreByParent',
  'rm',
  'rmBulk',
  'update',
]
const refuses = 'refuses arguments that are missing, unknown or of the wrong type, whoever calls'

export const gaps: Readonly<Record<string, string>> = {
  'event.append: keeps counting when the clock goes back': clock,
  'ballots.consume: lets time that goes back free nothing': clock,
  'banner.set: asks a predicate that reads the database and waits': waits,
  'laterEntry.append: waits for hooks that read the database and wait': waits,
  'laterEntry.append: is refused by a hook that waited': waits,
  ...Object.fromEntries(
    later.map((operation) => [`laterEntry.${operation}: ${refuses}`, waits] as const),
  ),
}
