/** The preview's "server": what is kept, a slow catalogue behind it, and the rules of the base factory between them. */
import type {
  AppError,
  AppUser,
  CachedMovie,
  ErrorCode,
  MirrorState,
  Recall,
  SearchAnswer,
  UpstreamMode,
  UpstreamState,
} from '../port.ts'
import { films } from './films.ts'
import type { Switches } from './switches.ts'

export const ttlMs = 60_000
const callMs = 40
export const fetchTimeoutMs = 4_000

export class FakeError extends Error {
  readonly app: AppError

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.app = { code, message }
  }
}

export interface FakeState {
  readonly user: AppUser | null
  readonly kept: ReadonlyMap<number, CachedMovie>
  /** The newest first. */
  readonly recalls: readonly Recall[]
}

const users: Readonly<Record<Exclude<Switches['as'], 'nobody'>, AppUser>> = {
  guest: { _id: 'u-guest', name: 'Guest', role: 'user', isAnonymous: true },
  admin: { _id: 'u-maren', name: 'Maren Holt', role: 'admin', isAnonymous: false },
}

export class FakeStore {
  readonly switches: Switches
  state: FakeState
  mode: UpstreamMode
  requests = 0
  readonly #upstreamMs: number
  readonly #watchers = new Set<() => void>()
  readonly #fetches = new Map<number, Promise<CachedMovie>>()

  /** `upstreamMs`: how long the catalogue takes. */
  constructor(switches: Switches, upstreamMs = 900) {
    this.switches = switches
    this.#upstreamMs = upstreamMs
    this.mode = switches.upstream === 'real' ? 'ok' : switches.upstream
    const filled = switches.state === 'ready' ? films.slice(0, 7) : []
    this.state = {
      recalls: [],
      user: switches.as === 'nobody' ? null : users[switches.as],
      kept: new Map(
        filled.map((film, at) => {
          const fetchedAt = Date.now() - at * 11_000 - 3_000
          return [film.tmdbId, keptAt(film.tmdbId, fetchedAt)]
        }),
      ),
    }
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  change(part: Partial<FakeState>): void {
    this.state = { ...this.state, ...part }
    for (const watcher of this.#watchers) watcher()
  }

  signIn(as: 'guest' | 'admin'): void {
    this.change({ user: users[as] })
  }

  /** As a call over the network: later, and failing when the switches say so. */
  async call<Result>(act: () => Result | Promise<Result>): Promise<Result> {
    await pause(callMs)
    const { fail } = this.switches
    if (fail) throw new FakeError(fail as ErrorCode, 'The preview was asked to fail.')
    return act()
  }

  load(tmdbId: number): Promise<CachedMovie> {
    return this.call(() => {
      const kept = this.state.kept.get(tmdbId)
      if (!kept) return this.fetch(tmdbId)
      // Stale: answered at once, fetched meanwhile.
      if ((kept.expiresAt ?? 0) <= Date.now()) this.fetch(tmdbId).catch(() => undefined)
      return kept
    })
  }

  refresh(tmdbId: number): Promise<CachedMovie> {
    return this.call(async () => {
      try {
        return await this.fetch(tmdbId)
      } catch (error) {
        const kept = this.state.kept.get(tmdbId)
        if (kept) return kept
        throw error
      }
    })
  }

  /** One fetch per film at a time. */
  fetch(tmdbId: number): Promise<CachedMovie> {
    const running = this.#fetches.get(tmdbId)
    if (running) return running
    const fetching = this.#ask(tmdbId).finally(() => this.#fetches.delete(tmdbId))
    this.#fetches.set(tmdbId, fetching)
    return fetching
  }

  async search(text: string): Promise<SearchAnswer> {
    return this.call(async () => {
      await this.#upstream()
      const wanted = text.toLowerCase()
      const found = films.filter((film) =>
        `${film.title} ${film.directors[0]} ${film.releaseDate}`.toLowerCase().includes(wanted),
      )
      return { results: found, total: found.length }
    })
  }

  invalidate(tmdbId: number): void {
    const kept = this.state.kept.get(tmdbId)
    if (!kept) return
    this.#note('marked', kept)
    this.#keep(markedNow(kept))
  }

  purge(tmdbIds: readonly number[] = [...this.state.kept.keys()]): { deleted: number } {
    const kept = new Map(this.state.kept)
    const [only] = tmdbIds
    this.#note('removed', tmdbIds.length === 1 ? (kept.get(only ?? 0) ?? null) : null)
    const deleted = tmdbIds.filter((each) => kept.delete(each)).length
    this.change({ kept })
    return { deleted }
  }

  /** Another deployment says that films have changed. */
  hear(): void {
    const kept = [...this.state.kept.values()].map(markedNow)
    const recall: Recall = {
      at: Date.now(),
      what: 'marked',
      film: null,
      by: null,
      from: 'localhost:3001',
    }
    this.change({
      kept: new Map(kept.map((row) => [row.tmdbId, row])),
      recalls: [recall, ...this.state.recalls],
    })
  }

  mirrors(): readonly MirrorState[] {
    const told = this.state.recalls.filter(({ by }) => by !== null).length
    return [{ url: 'http://localhost:3001', state: 'ok', waiting: 0, told }]
  }

  upstreamState(): UpstreamState | null {
    if (this.switches.upstream === 'real') return null
    return { mode: this.mode, delayMs: this.#upstreamMs, requests: this.requests }
  }

  async #ask(tmdbId: number): Promise<CachedMovie> {
    await this.#upstream()
    if (!films.some((film) => film.tmdbId === tmdbId))
      throw new FakeError('NOT_FOUND', 'No such film.')
    const before = this.state.kept.get(tmdbId)
    const fetched = keptAt(tmdbId, Date.now())
    const row = {
      ...fetched,
      _creationTime: before?._creationTime ?? fetched._creationTime,
      voteCount: (before?.voteCount ?? fetched.voteCount) + 7,
    }
    this.#keep(row)
    return row
  }

  async #upstream(): Promise<void> {
    this.requests += 1
    const { mode } = this
    await pause(mode === 'hang' ? fetchTimeoutMs : this.#upstreamMs)
    if (mode !== 'ok') throw new FakeError('FETCH_FAILED', 'The catalogue failed.')
  }

  #note(what: Recall['what'], film: CachedMovie | null): void {
    const by = this.state.user?.name ?? null
    this.change({ recalls: [{ at: Date.now(), what, film, by }, ...this.state.recalls] })
  }

  #keep(row: CachedMovie): void {
    this.change({ kept: new Map(this.state.kept).set(row.tmdbId, row) })
  }
}

const markedNow = (row: CachedMovie): CachedMovie => ({
  ...row,
  expiresAt: 0,
  updatedAt: Date.now(),
})

function keptAt(tmdbId: number, fetchedAt: number): CachedMovie {
  const film = films.find((each) => each.tmdbId === tmdbId)
  if (!film) throw new FakeError('NOT_FOUND', 'No such film.')
  return {
    ...film,
    key: String(tmdbId),
    _creationTime: fetchedAt,
    fetchedAt,
    expiresAt: fetchedAt + ttlMs,
    updatedAt: fetchedAt,
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
