/** Views as they are for a sender, until a table they read changes. */
import type { Identity } from 'spacetimedb'
import type { TableChange } from '../datastore/table.ts'
import type { Engine } from '../engine.ts'
import type { Relation } from '../relation.ts'

/** Beyond it those that were asked for first are computed again when they are needed. */
const MAX_VIEWS = 10_000

export class ViewCache {
  readonly #engine: Engine
  readonly #views = new Map<string, Relation>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** A public table or view by its name. */
  find(name: string, sender: Identity): Relation | undefined {
    const view = this.#engine.definition.views.find(({ wireName }) => wireName === name)
    if (view === undefined) {
      const table = this.#engine.relation(name, sender)
      return table?.isPublic === true ? table : undefined
    }
    const key = `${view.name} ${view.isAnonymous ? '' : sender.toHexString()}`
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const relation = this.#engine.view(view, sender)
    this.#views.set(key, relation)
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= MAX_VIEWS) break
      this.#views.delete(oldest)
    }
    return relation
  }

  follow(changes: readonly TableChange[]): void {
    for (const [key, view] of this.#views)
      if (changes.some((change) => view.isChangedBy(change))) this.#views.delete(key)
  }

  clear(): void {
    this.#views.clear()
  }
}
