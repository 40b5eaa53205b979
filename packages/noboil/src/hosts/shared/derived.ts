/**
 * Keeps {@link Derived} rows in step with the configuration they were made with. A hash of it stands beside the data and is written
 * in the transactions that make the rows, with the place they have come to: whoever is killed in between goes on from there.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { isNoboilError } from '../../errors/error.ts'
import type { Derived, Place } from '../../factories/shared/operation.ts'
import { get, insert, patch, type Program, program, range, remove } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import { canonicalJson, fingerprint } from '../../schema/values.ts'
import type { Host } from '../host.ts'
import { Progress } from './progress.ts'

export interface DerivedRow {
  readonly table: string
  readonly name: string
  /** The hash of the configuration that the rows have, or are being given. */
  readonly config: string
  /** How far they are: `''` while those of another configuration go, then a {@link Place} as JSON; absent when all are there. */
  readonly place?: string
}

/** Every host keeps this table beside those of the app. */
export const derivedLayout: Layout<DerivedRow> = {
  name: '_derived',
  columns: {
    table: column.text,
    name: column.text,
    config: column.text,
    place: column.optionalText,
  },
  key: ['table', 'name'],
  id: 'none',
  indexes: {},
  internal: true,
}

/** Rows one transaction looks at. */
const defaultChunkRows = 5_000

export interface KeepOptions {
  /** Takes a line for what is built, and of its progress. */
  readonly log: (line: string) => void
  readonly chunkRows?: number
}

/**
 * Makes what is not as its configuration says, before anybody reads or writes. Throws a {@link DefinitionError} where rows that
 * are there do not allow it.
 */
export async function keepDerived(
  host: Host,
  all: readonly Derived[],
  { log, chunkRows = defaultChunkRows }: KeepOptions,
): Promise<void> {
  const { value: stored } = await host.read(() => allStored())
  const declared = new Set(all.map(nameOf))
  const gone = stored.filter((row) => !declared.has(nameOf(row)))
  if (gone.length > 0) await host.write(() => forget(gone))
  for (const derived of all) {
    const row = stored.find((each) => nameOf(each) === nameOf(derived))
    if (row !== undefined && isWhole(row, derived)) continue
    const progress = new Progress(`${derived.table}: ${derived.name} built over`, log)
    for (;;) {
      const { value } = await host.write(() => buildSome(derived, chunkRows)).catch(refuse(derived))
      progress.add(value.rows)
      if (value.isWhole) break
    }
    progress.end()
  }
}

const nameOf = ({ table, name }: { readonly table: string; readonly name: string }): string =>
  `${table}.${name}`

const hashOf = ({ config }: Derived): string => fingerprint(canonicalJson(config))

const isWhole = (row: DerivedRow, derived: Derived): boolean =>
  row.config === hashOf(derived) && row.place === undefined

const allStored: () => Program<readonly DerivedRow[]> = program(function* () {
  return yield* range(derivedLayout, '', [], { limit: Number.MAX_SAFE_INTEGER })
})

/** What nobody keeps in step any more must be made anew if it is wanted again. */
const forget: (rows: readonly DerivedRow[]) => Program<void> = program(function* (rows) {
  for (const row of rows) yield* remove(derivedLayout, row)
})

/** One step, with the note of how far it came. */
const buildSome: (derived: Derived, limit: number) => Program<{ rows: number; isWhole: boolean }> =
  program(function* (derived, limit) {
    const { table, name } = derived
    const config = hashOf(derived)
    const row = yield* get(derivedLayout, [table, name])
    let place: string | undefined = row?.config === config ? row.place : ''
    let rows = 0
    const isClear = place !== '' || (yield* clearSome(derived, limit)) < limit
    if (isClear) {
      const from = (place === '' ? null : JSON.parse(place as string)) as Place | null
      const built = yield* derived.rebuild(from, limit)
      rows = built.rows
      place = built.next === null ? undefined : JSON.stringify(built.next)
    }
    if (row !== null) yield* patch(derivedLayout, row, { config, place })
    else yield* insert(derivedLayout, { table, name, config, place })
    return { rows, isWhole: place === undefined }
  })

const clearSome: (derived: Derived, limit: number) => Program<number> = program(function* (
  { layout, within },
  limit,
) {
  const old = yield* range(layout, '', within, { limit })
  for (const row of old) yield* remove(layout, row)
  return old.length
})

/** Existing rows may not fit what they are to be counted or found by; the app's own code never runs here. */
const refuse =
  ({ table, name }: Derived) =>
  (error: unknown): never => {
    if (!isNoboilError(error) || error.code === 'UNAVAILABLE') throw error
    const refusal = new DefinitionError(
      `Table '${table}': ${name} cannot be built over the rows that are there: ${error.message} Change those rows while the option is as it was, or raise the limit.`,
    )
    refusal.cause = error
    throw refusal
  }
