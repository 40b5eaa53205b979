/**
 * Who fetches what of a base table for this client: one call per key and reason, however many components look at it.
 */
import { type Clock, type Random, tell } from '../client/ports.ts'
import { isNoboilError, type NoboilError } from '../errors/error.ts'

export interface LoadState {
  /** Why the latest call failed; null while it runs, when it went well, and when none was needed. */
  readonly error: NoboilError | null
  /** Grows when it is time to try again. */
  readonly round: number
}

interface Entry {
  state: LoadState
  /** What the latest call was for; undefined: nothing is asked for. */
  reason: string | undefined
  /** The row has been fresh since somebody looks: whoever looks elsewhere has seen it turn stale in the same moment. */
  wasFresh: boolean
  holders: number
  /** Tells a call that is no longer of interest from the latest. */
  run: number
  cancelTimer: (() => void) | undefined
  readonly listeners: Set<() => void>
}

const idle: LoadState = { error: null, round: 0 }

/** What all browsers see at once, they do not all ask for at once. */
const spreadMs = 1_000
/** A row that is still missing or stale after this long is asked for again. */
const againMs = 30_000

/** Of a client, whatever host it is of. */
export interface LoadPorts {
  readonly clock: Clock
  readonly random: Random
}

const all = new WeakMap<LoadPorts, Loads>()

export function loadsOf(core: LoadPorts): Loads {
  let loads = all.get(core)
  if (loads === undefined) all.set(core, (loads = new Loads(core)))
  return loads
}

export class Loads {
  readonly #core: LoadPorts
  readonly #entries = new Map<string, Entry>()

  constructor(core: LoadPorts) {
    this.#core = core
  }

  get(name: string | undefined): LoadState {
    return (name === undefined ? undefined : this.#entries.get(name)?.state) ?? idle
  }

  subscribe(name: string | undefined, listener: () => void): () => void {
    if (name === undefined) return () => {}
    const entry = this.#entry(name)
    entry.listeners.add(listener)
    return () => {
      entry.listeners.delete(listener)
      this.#drop(name, entry)
    }
  }

  /** Keeps what is known of a key while somebody looks. */
  hold(name: string): () => void {
    const entry = this.#entry(name)
    entry.holders++
    return () => {
      entry.holders--
      this.#drop(name, entry)
    }
  }

  /** Calls `load` for a reason that it was not called for yet. No reason: the row is as it should be. */
  want(name: string, reason: string | undefined, load: () => Promise<unknown>): void {
    const entry = this.#entry(name)
    if (reason === undefined) {
      entry.wasFresh = true
      this.#reset(entry)
      return
    }
    if (entry.reason === reason) return
    this.#reset(entry)
    entry.reason = reason
    if (!entry.wasFresh) void this.#load(entry, load)
    else {
      const waitMs = this.#core.random.unit() * spreadMs
      entry.cancelTimer = this.#core.clock.after(waitMs, () => void this.#load(entry, load))
    }
  }

  /** The row was fetched by hand: an earlier failure is none any more. */
  forgive(name: string | undefined): void {
    const entry = name === undefined ? undefined : this.#entries.get(name)
    if (entry !== undefined && entry.state.error !== null) {
      this.#show(entry, { ...entry.state, error: null })
    }
  }

  async #load(entry: Entry, load: () => Promise<unknown>): Promise<void> {
    const run = ++entry.run
    let mayChange = true
    try {
      await load()
    } catch (error) {
      if (run !== entry.run) return
      if (!isNoboilError(error)) throw error
      mayChange = error.retry
      this.#show(entry, { ...entry.state, error })
    }
    if (run !== entry.run || !mayChange) return
    entry.cancelTimer = this.#core.clock.after(againMs * (1 + this.#core.random.unit() / 2), () => {
      entry.reason = undefined
      this.#show(entry, { error: entry.state.error, round: entry.state.round + 1 })
    })
  }

  #reset(entry: Entry): void {
    entry.run++
    entry.reason = undefined
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    if (entry.state.error !== null) this.#show(entry, { ...entry.state, error: null })
  }

  #show(entry: Entry, state: LoadState): void {
    entry.state = state
    for (const listener of entry.listeners) tell(listener)
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      entry = {
        state: idle,
        reason: undefined,
        wasFresh: false,
        holders: 0,
        run: 0,
        cancelTimer: undefined,
        listeners: new Set(),
      }
      this.#entries.set(name, entry)
    }
    return entry
  }

  /** Not at once: React lets go of what it takes up again in the same moment. */
  #drop(name: string, entry: Entry): void {
    this.#core.clock.after(0, () => {
      if (entry.holders > 0 || entry.listeners.size > 0) return
      this.#reset(entry)
      if (this.#entries.get(name) === entry) this.#entries.delete(name)
    })
  }
}
