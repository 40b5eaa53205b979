/** A load under way: whoever wants the same value waits for it, unless it began before a change. */
import type { Load } from './load.ts'
import type { Wanted } from './options.ts'
import type { Remembered } from './status.ts'
import { type Horizon, isCurrent, sameSlots } from './versions.ts'

export interface FlightPlan {
  readonly key: string
  readonly wanted: Wanted
  readonly load: Load<unknown>
}

export class Flight implements FlightPlan {
  readonly key: string
  readonly wanted: Wanted
  readonly load: Load<unknown>
  generation: number
  /** When it began, or when its load did. */
  startedAt: number
  /** Nobody waits for it: a stale value has been served. */
  readonly isRefresh: boolean
  /** The load knows of changes up to this one. */
  asOf: number
  /** The app has set the value meanwhile: what is loaded is answered, and not kept. */
  isSuperseded = false
  /** What the first caller waits for; given right after construction. */
  answer!: Promise<Remembered<unknown>>
  /** How many callers joined the first one. */
  joined = 0
  #joint: Promise<Remembered<unknown>> | undefined
  #value: Promise<unknown> | undefined

  constructor(
    { key, wanted, load }: FlightPlan,
    horizon: Horizon,
    startedAt: number,
    isRefresh: boolean = false,
  ) {
    this.key = key
    this.wanted = wanted
    this.load = load
    this.isRefresh = isRefresh
    this.startedAt = startedAt
    this.generation = horizon.generation
    this.asOf = horizon.seen
  }

  /** Its load begins only now, so it knows of everything that is known here. */
  begin(horizon: Horizon, now: number): void {
    this.startedAt = now
    this.generation = horizon.generation
    this.asOf = horizon.seen
  }

  /** Its answer will not be older than a caller who comes now may be given. */
  isFor(wanted: Wanted, horizon: Horizon): boolean {
    return (
      !this.isSuperseded &&
      this.generation === horizon.generation &&
      this.wanted.entity === wanted.entity &&
      sameSlots(this.wanted.slots, wanted.slots) &&
      isCurrent(wanted, this.asOf)
    )
  }

  /** What all further callers wait for: one promise, however many they are. */
  get joint(): Promise<Remembered<unknown>> {
    return (this.#joint ??= this.answer.then((answer) => ({ ...answer, collapsed: true })))
  }

  /** Its value alone. */
  get value(): Promise<unknown> {
    return (this.#value ??= this.answer.then(({ value }) => value))
  }
}
