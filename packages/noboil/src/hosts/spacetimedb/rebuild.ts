/**
 * What follows from rows and from how the module declares them: the entries of indexes, counts, members. SpacetimeDB knows nothing of
 * it, so a module that is published with other options than before makes it anew over the rows there are: before the first call that
 * finds it so, and in its transaction, so that nobody ever meets half of it.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { isNoboilError } from '../../errors/error.ts'
import type { Derived, Place, Rebuilt } from '../../factories/shared/operation.ts'
import { type Program, program, range, remove } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import { canonicalJson } from '../../schema/values.ts'
import { type Db, ownTables, unique } from './ports.ts'
import { Store } from './store.ts'
import type { HostTransaction } from './transaction.ts'

/** How everything that is built is declared, by its name; as text, so that it can be noted and compared. */
export type Declared = Readonly<Record<string, string>>

/** Who it is built for. An app is one module as it was published. */
export interface Built {
  readonly layouts: readonly Layout[]
  readonly derived: readonly Derived[]
  readonly built: Declared
}

export function declaredBy(layouts: readonly Layout[], derived: readonly Derived[]): Declared {
  const declared: Record<string, string> = {}
  for (const layout of layouts) {
    for (const [name, index] of Object.entries(layout.indexes)) {
      declared[indexName(layout, name)] = JSON.stringify([index.columns, index.unique === true])
    }
  }
  for (const each of derived) declared[derivedName(each)] = canonicalJson(each.config)
  return declared
}

/** Under which the declarations stand in `_meta`. */
const note = 'built'

/** Rows of a table that one step of a rebuild looks at. */
const stepRows = 1_000

/** Those that have been found as they are declared; they stay so until they are published again, as another app. */
const whole = new WeakSet<Built>()

/** Notes what a module is published with for the first time, when there are no rows yet. */
export function noteBuilt({ built }: Built, db: Db): void {
  db[ownTables.meta]?.insert({ name: note, value: canonicalJson(built) })
}

/**
 * Builds what is declared otherwise than was noted. `begin` makes a transaction over a store.
 *
 * @throws DefinitionError where rows do not allow it: two have the same unique value, or one has too many values to count.
 */
export function keepBuilt(app: Built, db: Db, begin: (store: Store) => HostTransaction): void {
  if (whole.has(app)) return
  const meta = unique(db, ownTables.meta, 'name')
  const noted = meta.find(note)
  const value = canonicalJson(app.built)
  if (noted?.['value'] === value) return void whole.add(app)
  const before = JSON.parse((noted?.['value'] as string | undefined) ?? '{}') as Declared
  rebuild(app, before, new Store(db, { maxScannedRows: Infinity }), begin)
  // Not whole before this transaction is committed: the next one finds it so.
  if (noted === null) db[ownTables.meta]?.insert({ name: note, value })
  else meta.update({ name: note, value })
}

function rebuild(
  { layouts, derived, built }: Built,
  before: Declared,
  store: Store,
  begin: (store: Store) => HostTransaction,
): void {
  for (const name of Object.keys(before)) {
    if (before[name] !== built[name] && name.startsWith(indexes)) {
      store.dropIndex(name.slice(indexes.length))
    }
  }
  const isOther = (name: string): boolean => built[name] !== before[name]
  for (const layout of layouts) {
    const others = Object.keys(layout.indexes).filter((name) => isOther(indexName(layout, name)))
    if (others.length > 0) {
      refusing(`Table '${layout.name}': its indexes`, () => store.buildIndexes(layout, others))
    }
  }
  for (const each of derived.filter((one) => isOther(derivedName(one)))) {
    refusing(`Table '${each.table}': its ${each.name}`, () =>
      begin(store).execute(() => renewed(each)),
    )
  }
}

const indexes = 'index '

const indexName = (layout: Layout, index: string): string => `${indexes}${layout.name}/${index}`

const derivedName = ({ table, name }: Derived): string => `derived ${table}/${name}`

const renewed: (derived: Derived) => Program<void> = program(function* (derived) {
  for (;;) {
    const old = yield* range(derived.layout, '', derived.within, { limit: stepRows })
    for (const row of old) yield* remove(derived.layout, row)
    if (old.length < stepRows) break
  }
  let from: Place | null = null
  do {
    const built: Rebuilt = yield* derived.rebuild(from, stepRows)
    from = built.next
  } while (from !== null)
})

/** What a caller would be refused for is here what the module's author has to mend. */
function refusing(what: string, build: () => void): void {
  try {
    build()
  } catch (error) {
    if (!isNoboilError(error)) throw error
    const refusal = new DefinitionError(
      `${what} cannot be built over the rows that are there: ${error.message} Publish with the options as they were, change those rows, and publish again.`,
    )
    refusal.cause = error
    throw refusal
  }
}
