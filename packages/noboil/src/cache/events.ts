/** Who is told of changes: the stream that tells browsers, and the mirrors. */

export type ChangeAction = 'create' | 'update' | 'delete'

/**
 * Where a change was made known: by a call in this process, by a message of another process, or found by asking after messages were
 * lost (then its ids and its `preventMirror` are unknown, and it has been mirrored by who made it).
 */
export type Origin = 'here' | 'elsewhere' | 'healed'

/** Values were made stale. */
export interface Invalidation {
  /** The entity that changed, as it was declared. */
  readonly type: string
  /** Everything that became stale: the entity and what depends on it. */
  readonly types: readonly string[]
  /** Which of the entity's ids changed; undefined: any. What depends on it became stale as a whole. */
  readonly ids: readonly string[] | undefined
  /** Other deployments are not to be told: the change came from one. */
  readonly preventMirror: boolean
  readonly origin: Origin
}

/** Browsers of this deployment are to be told. Every process is, so each tells its own. */
export interface Notification {
  /** The entity, as it was declared. */
  readonly type: string
  /** null: any. */
  readonly id: string | null
  readonly action: ChangeAction
  readonly origin: Origin
}

export type Unsubscribe = () => void

/** Listeners of one kind of event. One that throws keeps nobody else from the news. */
export class Listeners<event> {
  readonly #listeners = new Set<(event: event) => void>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  add(listener: (event: event) => void): Unsubscribe {
    const own = (event: event): void => listener(event)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  emit(event: event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
