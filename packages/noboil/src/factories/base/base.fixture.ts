/**
 * A base table over a source that does what its test says, as a whole app with a clock that stands still.
 */
import { number, object, string } from 'zod/v4'
import { insert, patch, range } from '../../program/program.ts'
import { schema } from '../../schema/define.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { createTestApp, type TestApp } from '../../server/testing/app.ts'
import { wire } from '../tables.ts'
import { baseLayout, fetches, outcomes } from './rows.ts'
import type { BaseOptions, Fetched, FetchContext } from './types.ts'

export const s = schema({
  base: {
    movie: {
      schema: object({
        tmdbId: number().int().positive(),
        title: string().max(100),
        tagline: string().optional(),
      }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
  },
})

export type Film = { tmdbId: number; title: string; tagline?: string | undefined }
export type FilmRow = Row & Film & { fetchedAt: number; expiresAt?: number; updatedAt: number }
export type Ask = FetchContext<FilmRow>
type Answer = (key: string, ctx: Ask) => Fetched<Film> | Promise<Fetched<Film>>

/** Somebody's API. */
export class Source {
  readonly asked: string[] = []
  version = 1
  /** What it says now. */
  answer: Answer = (key) => this.film(key)

  film(key: string): Film {
    return { tmdbId: Number(key), title: `film ${key}, version ${this.version}` }
  }

  fail(message = 'the source is down'): void {
    this.answer = () => {
      throw new Error(message)
    }
  }

  recover(): void {
    this.answer = (key) => this.film(key)
  }

  /** Keeps everybody waiting; what it said as it was asked is what they get. */
  hold(): { readonly release: () => void; readonly signals: AbortSignal[] } {
    const gate = Promise.withResolvers<void>()
    const signals: AbortSignal[] = []
    this.answer = async (key, { signal }) => {
      signals.push(signal)
      const film = this.film(key)
      await gate.promise
      return film
    }
    return {
      signals,
      release: () => {
        this.recover()
        gate.resolve()
      },
    }
  }
}

export interface Movies {
  readonly source: Source
  readonly app: TestApp<object>
  load(key?: string): Promise<FilmRow>
  refresh(key?: string, who?: string): Promise<FilmRow>
  get(key?: string): Promise<FilmRow | null>
  invalidate(key?: string): Promise<boolean>
  purge(keys?: readonly string[]): Promise<number>
  call<result = unknown>(path: string, args: object, who?: string): Promise<result>
  readonly now: number
  pass(ms: number): Promise<void>
  /** Everything that needs no time happens. */
  settle(): Promise<void>
  /** Leaves a fetch that nobody is at any more, as a process does that is killed. */
  abandon(key: string, leaseMs: number): Promise<void>
  /** Puts a row into the store. */
  keep(row: FilmRow): Promise<void>
  /** Takes every fetch under way for abandoned. */
  endLeases(): Promise<void>
  /** Lines of the log. */
  readonly lines: readonly string[]
  /** What is kept beside the rows: fetches under way, and how others ended. */
  bookkeeping(): Promise<readonly Row[]>
  stored(): Promise<readonly Row[]>
}

export interface MovieOptions extends Partial<Omit<BaseOptions<Film, FilmRow>, 'fetcher'>> {
  /** Default: one that asks the source. */
  readonly fetcher?: BaseOptions<Film, FilmRow>['fetcher'] | 'none'
}

export async function movies(
  { fetcher: given, ...options }: MovieOptions = {},
  more: { readonly limits?: object; readonly host?: 'memory' | { readonly sqlite: string } } = {},
  source: Source = new Source(),
): Promise<Movies> {
  const fetcher = (ctx: Ask, key: string) => {
    source.asked.push(key)
    return source.answer(key, ctx)
  }
  const lines: string[] = []
  const app = await createTestApp({
    tables: () => ({
      movie: wire(s.movie, {
        key: 'tmdbId',
        ...(given === 'none' ? {} : { fetcher: given ?? fetcher }),
        ...options,
      }),
    }),
    log: { level: 'info', write: (line) => lines.push(line) },
    ...more,
  })
  await app.users.set({ _id: 'users.admin', name: 'admin', role: 'admin' } as never)
  const call = (path: string, args: object, who = 'nobody') =>
    app.call(path, args, who === 'admin' ? 'users.admin' : who)
  const all = async (layout: Layout): Promise<readonly Row[]> => {
    const { value } = await app.host.read(function* () {
      return yield* range(layout as Layout<Row>, '', [], { limit: 10_000 })
    })
    return value
  }
  return {
    source,
    app,
    load: (key = '1') => call('movie.load', { key }) as never,
    refresh: (key = '1', who = 'ann') => call('movie.refresh', { key }, who) as never,
    get: (key = '1') => call('movie.get', { key }) as never,
    invalidate: async (key = '1') =>
      ((await call('movie.invalidate', { key }, 'admin')) as { invalidated: boolean }).invalidated,
    purge: async (keys) =>
      ((await call('movie.purge', keys ? { keys } : {}, 'admin')) as { deleted: number }).deleted,
    call: call as never,
    get now() {
      return app.clock.now()
    },
    pass: (ms) => app.clock.advance(ms),
    async settle() {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
    async abandon(key, leaseMs) {
      const leaseUntil = app.clock.now() + leaseMs
      await app.host.write(function* () {
        yield* insert(fetches, { table: 'movie', key, leaseUntil, generation: 0 })
      })
    },
    async keep({ _id: _, ...row }) {
      await app.host.write(function* () {
        yield* insert(baseLayout(s.movie), { ...row, generation: 0 })
      })
    },
    async endLeases() {
      await app.host.write(function* () {
        for (const row of yield* range(fetches, '', [], { limit: 100 })) {
          yield* patch(fetches, row, { leaseUntil: app.clock.now() })
        }
      })
    },
    lines,
    async bookkeeping() {
      return [...(await all(fetches)), ...(await all(outcomes))]
    },
    stored: () => all(baseLayout(s.movie)),
  }
}
