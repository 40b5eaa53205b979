/**
 * `app-update`: tells the streams that have asked for an entity that it changed. Many changes in a short time are one message: the
 * first goes out at once, what follows is gathered.
 */
import type { ChangeAction } from '../../cache/events.ts'
import { formsOf } from '../../cache/names.ts'
import type { Clock } from '../../hosts/host.ts'
import type { AppUpdate, WatchAnswer } from '../../wire/messages.ts'

export interface UpdatesParts {
  readonly clock: Clock
  /** The least time between two messages of one entity. */
  readonly intervalMs: number
  /** The declared name of an entity, then of everything that it makes stale. */
  typesOf(type: string): readonly string[]
  /** Hands a message to whoever has asked for one of these entities. */
  tell(entities: readonly string[], update: AppUpdate): void
}

interface Gathering {
  /** Undefined: any. */
  ids: Map<string, ChangeAction> | undefined
  action: ChangeAction
}

/** How far back it is remembered what was told. Clients that were away for longer start afresh. */
const rememberMs = 60_000
/** Ids that are worth telling apart. */
const maxIds = 20

export class Updates {
  readonly #parts: UpdatesParts
  readonly #gathering = new Map<string, Gathering>()
  /** Entities that have been told of a moment ago. */
  readonly #resting = new Map<string, () => void>()
  /** The last message of each entity, without ids: whoever begins to watch has missed it. */
  readonly #recent = new Map<string, { readonly update: AppUpdate; readonly at: number }>()
  readonly #startedAt: number
  #told = 0
  #isClosed = false

  constructor(parts: UpdatesParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.now()
  }

  /** Messages so far. */
  get told(): number {
    return this.#told
  }

  /** An entity changed; `id` null: any. */
  add(type: string, id: string | null, action: ChangeAction): void {
    if (this.#isClosed) return
    const gathered = this.#gathering.get(type)
    if (gathered === undefined) {
      this.#gathering.set(type, { ids: id === null ? undefined : new Map([[id, action]]), action })
    } else gather(gathered, id, action)
    if (!this.#resting.has(type)) this.#flush(type)
  }

  /** What was told of these entities, or of what they depend on, a moment ago. */
  recent(entities: readonly string[]): WatchAnswer {
    const now = this.#parts.clock.now()
    const recent: AppUpdate[] = []
    for (const [entity, { update, at }] of this.#recent) {
      if (now - at > rememberMs) this.#recent.delete(entity)
      else if (this.#parts.typesOf(entity).some((type) => entities.includes(type))) {
        recent.push(update)
      }
    }
    return { recent, sinceMs: Math.min(now - this.#startedAt, rememberMs) }
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#resting.values()) stop()
    this.#resting.clear()
    this.#gathering.clear()
  }

  #flush(type: string): void {
    const { clock, intervalMs } = this.#parts
    const gathered = this.#gathering.get(type)
    this.#gathering.delete(type)
    if (gathered === undefined) return
    const { ids, action } = gathered
    if (ids === undefined) this.#tell(type, null, action)
    else for (const [id, own] of ids) this.#tell(type, id, own)
    this.#resting.set(
      type,
      clock.setTimer(intervalMs, () => {
        this.#resting.delete(type)
        this.#flush(type)
      }),
    )
  }

  #tell(type: string, id: string | null, action: ChangeAction): void {
    const [entity = type, ...stale] = this.#parts.typesOf(type)
    this.#told++
    const update: AppUpdate = {
      type: 'app-update',
      entity,
      names: formsOf(entity),
      id,
      action,
      stale: stale.filter((name) => name !== entity).flatMap(formsOf),
    }
    this.#recent.set(entity, {
      update: { ...update, id: null, action: 'update' },
      at: this.#parts.clock.now(),
    })
    this.#parts.tell([entity, ...stale], update)
  }
}

function gather(gathered: Gathering, id: string | null, action: ChangeAction): void {
  const { ids } = gathered
  ids?.set(id ?? '', action)
  if (id !== null && (ids?.size ?? 0) <= maxIds) return
  gathered.ids = undefined
  gathered.action = 'update'
}
