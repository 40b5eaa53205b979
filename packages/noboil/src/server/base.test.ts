/** Base tables on the server: over HTTP, on streams, and wired by `cacheCrud`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import { schema } from '../exports/schema.ts'
import { paths } from '../wire/messages.ts'
import { noboil } from './noboil.ts'
import { TestStream } from './server.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'noboil-server-base-'))
afterAll(() => rmSync(dir, { recursive: true }))

const s = schema({
  base: {
    movie: object({ tmdbId: number(), title: string(), isGood: boolean() }),
    weather: object({ city: string(), degrees: number() }),
  },
})

let files = 0
const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

/** An app whose source waits for each answer until it is told. */
function open() {
  const gates: PromiseWithResolvers<string>[] = []
  const asked: PromiseWithResolvers<void>[] = []
  const lines: string[] = []
  const app = noboil({
    database: join(dir, `${++files}.db`),
    log: { level: 'info', write: (line) => lines.push(line) },
    tables: ({ table }) => ({
      movie: table(s.movie, {
        key: 'tmdbId',
        ttl: 60_000,
        fetcher: async (_ctx, key) => {
          const gate = Promise.withResolvers<string>()
          gates.push(gate)
          asked.shift()?.resolve()
          return { tmdbId: Number(key), title: await gate.promise, isGood: true }
        },
      }),
    }),
  })
  opened.push(app)
  const call = async (path: string, args: object) => {
    const request = new Request(`http://localhost${paths.call}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ args }),
    })
    const response = await app.fetch(request)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  /** Resolves when the source is asked. */
  const isAsked = async (): Promise<void> => {
    if (gates.length > 0) return
    const next = Promise.withResolvers<void>()
    asked.push(next)
    await next.promise
  }
  return { app, gates, lines, call, isAsked }
}

describe('over HTTP', () => {
  test('load and refresh are calls like any other', async () => {
    const { gates, call, isAsked } = open()
    const loading = call('movie.load', { key: '7' })
    await isAsked()
    gates[0]?.resolve('first')
    expect(await loading).toMatchObject({ status: 200, body: { value: { title: 'first' } } })
    expect(await call('movie.get', { key: '7' })).toMatchObject({
      body: { value: { title: 'first', key: '7' } },
    })
  })

  test('failures have a status, a code and a sentence, and nothing of the source’s own words', async () => {
    const { gates, lines, call, isAsked } = open()
    const loading = call('movie.load', { key: '7' })
    await isAsked()
    gates[0]?.reject(new Error('connect ECONNREFUSED 10.0.0.7 ?key=s3cret'))
    const failed = await loading
    expect(failed).toMatchObject({ status: 502, body: { error: { code: 'FETCH_FAILED' } } })
    expect(JSON.stringify(failed)).not.toMatch(/ECONNREFUSED|s3cret/)
    expect(lines.join('')).toContain('ECONNREFUSED')
    expect(lines.join('')).not.toContain('s3cret')
    expect(await call('movie.load', { key: 'x' })).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_KEY', data: { key: 'x' } } },
    })
    expect(await call('movie.purge', {})).toMatchObject({ status: 403 })
  })

  test('a caller who goes leaves the fetch to those who wait for it', async () => {
    const { app, gates, isAsked } = open()
    const leaving = new AbortController()
    const request = new Request(`http://localhost${paths.call}movie.load`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ args: { key: '7' } }),
      signal: leaving.signal,
    })
    const left = Promise.resolve(app.fetch(request)).catch(() => undefined)
    await isAsked()
    const staying = app.api.movie.load({ key: '7' })
    leaving.abort()
    await left
    gates[0]?.resolve('still there')
    expect(await staying).toMatchObject({ title: 'still there' })
    expect(gates).toHaveLength(1)
  })
})

describe('on a stream', () => {
  test('a row is followed, and what is going on about it is not told', async () => {
    const { app, gates, isAsked } = open()
    const { port } = await app.listen({ port: 0 })
    const stream = new TestStream(port, paths.stream, {})
    await stream.follow(1, 'movie.get', { key: '7' })
    expect(stream.value(1)).toBeNull()
    const told = (): number =>
      stream.messages.filter(({ type }) => type === 'snapshot' || type === 'steps').length
    expect(told()).toBe(1)
    const loading = app.api.movie.load({ key: '7' })
    await isAsked()
    gates[0]?.resolve('first')
    const row = await loading
    await stream.until(() => stream.value(1) !== null)
    expect(stream.value(1)).toEqual(row)
    expect(told()).toBe(2)
    await app.api.movie.invalidate({ key: '7' })
    await stream.until(() => (stream.value(1) as { expiresAt: number }).expiresAt === 0)
    await app.api.movie.purge({})
    await stream.until(() => stream.value(1) === null)
    expect(told()).toBe(4)
    stream.destroy()
  })
})

describe('cacheCrud', () => {
  const config = {
    table: 'weather',
    schema: s.weather,
    key: 'city',
    ttl: 1_000,
    fetcher: async (_ctx: unknown, city: string) => ({ city, degrees: 7 }),
  } as const

  test('wires a table outside of tables, and answers its functions', async () => {
    const { app, call } = open()
    const weather = app.cacheCrud(config)
    expectTypeOf<Awaited<ReturnType<typeof weather.load>>['degrees']>().toEqualTypeOf<number>()
    expect(await weather.load({ key: 'Oslo' })).toMatchObject({ city: 'Oslo', degrees: 7 })
    expect(await call('weather.get', { key: 'Oslo' })).toMatchObject({
      body: { value: { degrees: 7 } },
    })
  })

  test('is typed by the table', () => {
    const { app } = open()
    const wrong = () => [
      // @ts-expect-error the table's own name
      app.cacheCrud({ ...config, table: 'wether' }),
      // @ts-expect-error a field of the table
      app.cacheCrud({ ...config, key: 'town' }),
      // @ts-expect-error a boolean is no key
      app.cacheCrud({ table: 'movie', schema: s.movie, key: 'isGood' }),
      // @ts-expect-error a whole row
      app.cacheCrud({ ...config, fetcher: async () => ({ city: 'Oslo' }) }),
      // @ts-expect-error no option of a base table
      app.cacheCrud({ ...config, softDelete: true }),
    ]
    expect(wrong).toBeTypeOf('function')
  })

  test('refuses what cannot be, where it stands', async () => {
    const { app } = open()
    const wrong: [object, string][] = [
      [{ table: 'wether' }, 'wether'],
      [{ key: 'town' }, 'city, degrees'],
      [{ ttl: 0 }, 'ttl is 0'],
      [{ ttl: 1.5 }, 'ttl is 1.5'],
      [{ ttlJitter: 2 }, 'ttlJitter is 2'],
      [{ fetchTimeoutMs: 1e9 }, 'at most 3600000'],
      [{ negativeTtlMs: -1 }, 'negativeTtlMs is -1'],
      [{ fetcher: 'https://example.org' }, 'fetcher must be a function'],
      [{ rateLimit: 0 }, 'at least 1'],
    ]
    for (const [given, said] of wrong) {
      expect(() => app.cacheCrud({ ...config, ...given } as never), said).toThrow(said)
    }
    app.cacheCrud(config)
    expect(() => app.cacheCrud(config)).toThrow('wired already')
    await app.start()
    expect(() => app.cacheCrud({ ...config, table: 'movie', schema: s.movie } as never)).toThrow(
      'too late',
    )
  })
})
