/**
 * What the server's cache says has changed, for whoever asked. What changed while nobody was told (before the server knew what is
 * asked for, while there was no connection) comes with its answer, as far back as it remembers; beyond that anything may have.
 */
import type { NoboilError } from '../errors/error.ts'
import type { AppUpdate, WatchAnswer } from '../wire/messages.ts'
import { type Clock, tell } from './ports.ts'

export interface UpdateListener {
  /** An entity that was asked for, or something that it depends on, has changed. */
  changed(update: AppUpdate): void
  /** Nobody was told for so long that anything may have changed. */
  missed(): void
  /** The server does not know an entity, or has no cache: nothing will be told. */
  refused?(error: NoboilError): void
}

interface Watch {
  readonly entities: readonly string[]
  readonly listener: UpdateListener
  /** Since when it is not told; undefined: it is. */
  untoldSince: number | undefined
}

export class Updates {
  readonly #watches = new Set<Watch>()
  readonly #clock: Clock
  readonly #changed: () => void

  /** `changed`: another set of entities is asked for. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  get isEmpty(): boolean {
    return this.#watches.size === 0
  }

  /** Everything that is asked for, in order. */
  get entities(): readonly string[] {
    return [...new Set([...this.#watches].flatMap(({ entities }) => entities))].toSorted()
  }

  watch(entities: readonly string[], listener: UpdateListener): () => void {
    const watch = { entities, listener, untoldSince: this.#clock.now() }
    this.#watches.add(watch)
    this.#changed()
    return () => {
      if (this.#watches.delete(watch)) this.#changed()
    }
  }

  lost(): void {
    for (const watch of this.#watches) watch.untoldSince ??= this.#clock.now()
  }

  /** The server tells of these entities from now on, and what it has told of them a moment ago. */
  told(entities: readonly string[], { recent, sinceMs }: WatchAnswer): void {
    const asked = new Set(entities)
    const now = this.#clock.now()
    for (const watch of [...this.#watches]) {
      const { untoldSince, listener } = watch
      if (untoldSince === undefined || !watch.entities.every((entity) => asked.has(entity)))
        continue
      watch.untoldSince = undefined
      if (now - untoldSince > sinceMs) tell(() => listener.missed())
      else
        for (const update of recent) if (isOf(watch, update)) tell(() => listener.changed(update))
    }
  }

  take(update: AppUpdate): void {
    for (const watch of [...this.#watches]) {
      if (isOf(watch, update)) tell(() => watch.listener.changed(update))
    }
  }

  refused(error: NoboilError): void {
    for (const { listener } of [...this.#watches]) tell(() => listener.refused?.(error))
  }
}

const isOf = ({ entities }: Watch, { entity, names, stale }: AppUpdate): boolean =>
  entities.some((name) => name === entity || names.includes(name) || stale.includes(name))
