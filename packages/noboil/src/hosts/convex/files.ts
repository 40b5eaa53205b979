/**
 * File fields on Convex are ids of its storage. A row may name only files that are there, and a table that owns its files takes
 * along those that it names no more.
 */
import { invalid } from '../../factories/shared/arguments.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Field, FieldType } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import type { Ports } from './ports.ts'

interface Named {
  readonly id: string
  readonly path: string
}

/** The files of one transaction's writes. */
export class RowFiles {
  readonly #ports: Ports
  readonly #left: string[] = []

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Throws `VALIDATION_FAILED` for a field that names no file of the deployment. One read for each that is named. */
  async assertThere(layout: Layout, row: Row): Promise<void> {
    if (layout.internal === true) return
    for (const { id, path } of filesOf(layout, row)) {
      if (!(await this.#isThere(id))) {
        throw invalid(path, 'There is no such file in the storage of this deployment.')
      }
    }
  }

  /** Notes what a row of a table that owns its files names no more. `after`: absent for a row that goes. */
  leave(layout: Layout, before: Row, after: Row = {}): void {
    if (layout.ownsFiles !== true) return
    const kept = new Set([...filesOf(layout, after)].map(({ id }) => id))
    for (const { id } of filesOf(layout, before)) if (!kept.has(id)) this.#left.push(id)
  }

  /** How much has been noted, for {@link rewind}. */
  get mark(): number {
    return this.#left.length
  }

  /** The writes since have been undone. */
  rewind(mark: number): void {
    this.#left.length = mark
  }

  /** Removes what was left, at the end of the transaction and with it. */
  async clean(): Promise<void> {
    for (const id of new Set(this.#left.splice(0))) {
      if (await this.#isThere(id)) await this.#ports.storage?.delete(id)
    }
  }

  async #isThere(id: string): Promise<boolean> {
    const { system } = this.#ports.db
    return system.normalizeId('_storage', id) !== null && (await system.get(id)) !== null
  }
}

function* filesOf(layout: Layout, row: Row): Iterable<Named> {
  for (const [name, field] of Object.entries(layout.columns)) yield* filesIn(field, row[name], name)
}

function* filesIn(
  { type }: { readonly type: FieldType },
  value: unknown,
  path: string,
): Iterable<Named> {
  if (value === undefined || value === null) return
  switch (type.kind) {
    case 'file':
      yield { id: value as string, path }
      return
    case 'files':
      for (const [at, id] of (value as readonly string[]).entries())
        yield { id, path: `${path}[${at}]` }
      return
    case 'array':
      if (!Array.isArray(value)) return
      for (const [at, item] of value.entries()) yield* filesIn(type.item, item, `${path}[${at}]`)
      return
    case 'record':
      yield* filesAmong(() => type.value, value, path)
      return
    case 'object':
      yield* filesAmong((name) => type.fields[name], value, path)
      return
    // Of a union nobody knows which of its types a text is of.
    default:
  }
}

function* filesAmong(
  fieldOf: (name: string) => Field | undefined,
  value: unknown,
  path: string,
): Iterable<Named> {
  for (const [name, item] of Object.entries(value as Row)) {
    const field = fieldOf(name)
    if (field !== undefined) yield* filesIn(field, item, `${path}.${name}`)
  }
}
