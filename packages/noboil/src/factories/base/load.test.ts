import { describe, expect, it } from 'vitest'
import { number, object, string } from 'zod/v4'
import { makeBase } from '../../schema/define.ts'
import type { Row } from '../../schema/values.ts'
import { Rig } from '../testing.fixture.ts'
import { buildBase } from './build.ts'
import type { BaseOptions, Fetched, FetchContext } from './types.ts'

type Answer = (key: string, ctx: FetchContext<Row>) => Fetched<Row> | Promise<Fetched<Row>>

/** A table over a source that answers as the test says and counts how often it was asked. */
class Movies {
  readonly asked: string[] = []
  answer: Answer = (key) => ({ tmdbId: Number(key), title: `film ${this.asked.length}` })
  readonly rig: Rig

  constructor(options: Partial<BaseOptions<Row, Row>> = {}) {
    const { movie } = makeBase({
      movie: {
        schema: object({ tmdbId: number().int(), title: string() }),
        writeRole: (ctx) => ctx.user?.role === 'admin',
      },
    })
    const fetcher = (ctx: FetchContext<Row>, key: string) => {
      this.asked.push(key)
      return this.answer(key, ctx)
    }
    this.rig = new Rig((settings) => [
      buildBase(movie, { key: 'tmdbId', fetcher, ...options } as BaseOptions, settings),
    ])
  }

  load(key = '1'): Promise<Row> {
    return this.rig.nobody('movie.load', { key })
  }

  refresh(key = '1', who = 'ann'): Promise<Row> {
    return this.rig.as(who)('movie.refresh', { key })
  }

  get(key = '1'): Promise<Row | null> {
    return this.rig.nobody('movie.get', { key })
  }
}

describe('load', () => {
  it('fetches what is missing once, and answers it from then on', async () => {
    const movies = new Movies({ ttl: 1_000 })
    const at = movies.rig.time
    expect(await movies.get()).toBeNull()
    const row = {
      _id: 'movie.1',
      _creationTime: at,
      key: '1',
      tmdbId: 1,
      title: 'film 1',
      fetchedAt: at,
      expiresAt: at + 1_000,
      updatedAt: at,
    }
    expect(await movies.load()).toEqual(row)
    expect(await movies.load()).toEqual(row)
    expect(await movies.get()).toEqual(row)
    expect(movies.asked).toEqual(['1'])
    expect(await movies.rig.stored('_baseFetches')).toEqual([])
  })

  it('fetches again when the row is stale, and not a millisecond before', async () => {
    const movies = new Movies({ ttl: 1_000 })
    const first = await movies.load()
    movies.rig.wait(999)
    expect(await movies.load()).toEqual(first)
    movies.rig.wait(1)
    expect(await movies.load()).toMatchObject({
      title: 'film 2',
      _creationTime: first['_creationTime'],
    })
  })
})
