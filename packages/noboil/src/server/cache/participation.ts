/**
 * Which tables take part in the cache: those whose name the dependency graph knows, and those that the app names. A commit of theirs
 * makes their entity stale and is told to browsers; any other table pays nothing.
 */
import type { AppCache } from '../../cache/cache.ts'
import type { ChangeAction } from '../../cache/events.ts'
import type { Change } from '../../changes/change.ts'
import { DefinitionError } from '../../errors/assert.ts'
import { purges } from '../../factories/base/rows.ts'
import { heads } from '../../factories/log/rows.ts'
import type { BuiltTable } from '../../factories/shared/operation.ts'
import type { Row } from '../../schema/values.ts'

/** Tables by the entity that their changes are changes of; false: none, whatever the graph knows. */
export type Invalidates = Readonly<Record<string, string | false | undefined>>

/** What a commit means for one entity. */
export interface EntityNews {
  readonly entity: string
  /** Undefined: any. */
  readonly ids: readonly string[] | undefined
  /** For browsers: ids only of rows that everybody may see. */
  readonly notices: readonly Notice[]
}

export interface Notice {
  readonly id: string | null
  readonly action: ChangeAction
}

interface Part {
  readonly entity: string
  readonly table: BuiltTable
}

/** Beyond so many in one commit it is the entity as a whole. */
const maxIds = 100

export class Participation {
  readonly #parts = new Map<string, Part>()

  /** Throws {@link DefinitionError} for a table that is not there, and for an entity that the cache does not know. */
  constructor(tables: readonly BuiltTable[], cache: AppCache, invalidates: Invalidates = {}) {
    const byName = new Map(tables.map((table) => [table.name, table]))
    for (const name of Object.keys(invalidates)) {
      if (byName.has(name)) continue
      throw new DefinitionError(`invalidates.${name} names a table that is not wired.`)
    }
    for (const table of tables) {
      const asked = invalidates[table.name]
      const entity = asked === false ? undefined : entityOf(cache, asked ?? table.name)
      if (entity !== undefined) this.#parts.set(table.name, { entity, table })
      else if (typeof asked === 'string') {
        throw new DefinitionError(
          `invalidates.${table.name} is '${asked}', which the cache's dependencies do not name.`,
        )
      }
    }
  }

  get isEmpty(): boolean {
    return this.#parts.size === 0
  }

  get entities(): readonly string[] {
    return [...new Set([...this.#parts.values()].map(({ entity }) => entity))]
  }

  /** The entities that these changes touch; undefined: none. */
  entitiesOf(changes: readonly Change[]): ReadonlySet<string> | undefined {
    let entities: Set<string> | undefined
    for (const change of changes) {
      const part = this.#partOf(change)
      if (part !== undefined) (entities ??= new Set()).add(part.entity)
    }
    return entities
  }

  newsOf(changes: readonly Change[]): readonly EntityNews[] {
    const news = new Map<string, NewsOfOne>()
    for (const change of changes) {
      const part = this.#partOf(change)
      if (part === undefined) continue
      const one = news.get(part.entity) ?? new NewsOfOne(part.entity)
      news.set(part.entity, one)
      one.add(part.table, change)
    }
    return [...news.values()]
  }

  #partOf({ table, before, after, fields }: Change): Part | undefined {
    // A purge and a restore are one write of bookkeeping, whatever it hides. Appends move a head too, and tell of themselves.
    const isPurge =
      table.name === purges.name ||
      (table.name === heads.name &&
        fields?.some((field) => field === 'purgedThrough' || field === 'epoch') === true)
    return this.#parts.get(isPurge ? ((after ?? before)?.['table'] as string) : table.name)
  }
}

class NewsOfOne implements EntityNews {
  readonly entity: string
  readonly #ids = new Set<string>()
  readonly #notices = new Map<string | null, Notice>()
  #isAny = false

  constructor(entity: string) {
    this.entity = entity
  }

  get ids(): readonly string[] | undefined {
    return this.#isAny || this.#ids.size > maxIds ? undefined : [...this.#ids]
  }

  get notices(): readonly Notice[] {
    if (this.#notices.size <= maxIds) return [...this.#notices.values()]
    return [{ id: null, action: 'update' }]
  }

  add(table: BuiltTable, { table: layout, before, after }: Change): void {
    const row = (after ?? before) as Row
    const id = layout.name === table.name ? idOf(table, row) : undefined
    if (id === undefined) this.#isAny = true
    else this.#ids.add(id)
    const isShown = id !== undefined && [before, after].some((side) => side && sees(table, side))
    const shown = isShown ? id : null
    // Of several changes of one row the last one stands.
    this.#notices.set(shown, {
      id: shown,
      action: shown === null ? 'update' : actionOf(before, after),
    })
  }
}

/** What the app calls a row by: its key where it has one of the app's own. */
function idOf(table: BuiltTable, row: Row): string | undefined {
  const id = table.factory === 'kv' || table.factory === 'base' ? row['key'] : row['_id']
  return typeof id === 'string' && id.length <= maxIdLength ? id : undefined
}

const maxIdLength = 128

const sees = (table: BuiltTable, row: Row): boolean => table.everybodySees?.(row) === true

function actionOf(before: Row | null, after: Row | null): ChangeAction {
  const was = before !== null && before['deletedAt'] === undefined
  const is = after !== null && after['deletedAt'] === undefined
  if (was === is) return 'update'
  return is ? 'create' : 'delete'
}

const entityOf = (cache: AppCache, name: string): string | undefined =>
  cache.knows(name) ? cache.typesOf(name)[0] : undefined
