import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAppCache } from '../server/cache-defaults.ts'
import { redisDriver } from '../server/cache-redis.ts'
import { dependencies, listLogger, rest, testCache, Upstream } from './cache.fixture.ts'
import { jsonCodec } from './redis/codec.ts'
import { cacheStatus } from './status.ts'
import { assertJson, freeze, measure } from './values.ts'

const good = { type: 'post', ttlMs: 1_000 } as const

describe('a call that makes no sense', () => {
  test.each([
    [
      'an unknown entity',
      'k',
      { ...good, type: 'pots' },
      'VALIDATION_FAILED',
      /Did you mean 'posts'/,
    ],
    ['no entity', 'k', { ttlMs: 1 }, 'VALIDATION_FAILED', /There is no entity/],
    ['an empty key', '', good, 'VALIDATION_FAILED', /key/],
    ['a key that is no text', 7, good, 'VALIDATION_FAILED', /key/],
    ['a key that is too long', 'x'.repeat(513), good, 'LIMIT_EXCEEDED', /513 characters/],
    ['no ttl', 'k', { type: 'post' }, 'VALIDATION_FAILED', /ttlMs/],
    [
      'a ttl that is no number',
      'k',
      { ...good, ttlMs: '1s' },
      'VALIDATION_FAILED',
      /ttlMs is a string/,
    ],
    ['a ttl of 0', 'k', { ...good, ttlMs: 0 }, 'VALIDATION_FAILED', /ttlMs is 0/],
    [
      'a ttl that is none',
      'k',
      { ...good, ttlMs: Number.NaN },
      'VALIDATION_FAILED',
      /ttlMs is NaN/,
    ],
    ['a negative staleMs', 'k', { ...good, staleMs: -1 }, 'VALIDATION_FAILED', /staleMs/],
    ['a jitter above 1', 'k', { ...good, jitter: 2 }, 'VALIDATION_FAILED', /jitter/],
    ['no ids', 'k', { ...good, ids: [] }, 'VALIDATION_FAILED', /ids/],
    ['an id that is none', 'k', { ...good, ids: [Number.NaN] }, 'VALIDATION_FAILED', /id NaN/],
    [
      'too many ids',
      'k',
      { ...good, ids: Array.from({ length: 101 }, String) },
      'LIMIT_EXCEEDED',
      /101 ids/,
    ],
    ['no options', 'k', undefined, 'VALIDATION_FAILED', /options/],
  ])('with %s is refused, and changes nothing', async (_what, key, options, code, message) => {
    const { cache } = testCache()
    const upstream = new Upstream()
    const call = cache.remember(key as string, options as never, upstream.load)
    await expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(upstream.calls).toBe(0)
    expect(cache.stats()).toMatchObject({ memory: { entries: 0 }, loading: 0 })
  })

  test('to invalidate or notify is refused at once', () => {
    const { cache } = testCache()
    expect(() => cache.invalidate('pots')).toThrow(/Did you mean 'posts'/)
    expect(() => cache.invalidate('post', { ids: [] })).toThrow(/ids/)
    expect(() => cache.notify('pots', null, 'update')).toThrow(/Did you mean/)
    expect(() => cache.notify('post', null, 'burn' as never)).toThrow(/create, update or delete/)
  })

  test('to a closed cache is refused', async () => {
    const { cache } = testCache()
    await cache.close()
    await expect(cache.remember('k', good, () => 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(() => cache.invalidate('post')).toThrow(/closed/)
  })
})

describe('a cache that makes no sense is not made', () => {
  const log = listLogger([])
  test.each([
    ['an unknown limit', { limits: { maxEntrys: 5 } }, /no limit 'maxEntrys'/],
    ['a limit of -1', { limits: { maxEntries: -1 } }, /maxEntries is -1/],
    ['a default that cannot hold', { defaults: { staleMs: -5 } }, /defaults: staleMs/],
    ['an address of something else', { redis: 'http://h' }, /The address of Redis/],
    ['an address that is none', { redis: 'redis//:x' }, /The address of Redis/],
    ['a database that is none', { redis: 'redis://h/first' }, /number of a database/],
    ['a lease of a millisecond', { redis: { url: 'redis://h', leaseMs: 1 } }, /leaseMs is 1/],
    ['a prefix with a brace', { redis: { url: 'redis://h', prefix: '{a}' } }, /prefix/],
  ])('with %s', (_what, options, message) => {
    expect(() => createAppCache({ dependencies, log, ...(options as object) })).toThrow(message)
  })

  test('and the refusal does not repeat a password', () => {
    expect(() => redisDriver('redis:/user:hunter2@host')).toThrow(/^(?!.*hunter2).*address/)
  })
})

describe('memory', () => {
  test('is bounded by entries and by bytes, whatever is remembered', async () => {
    const keys = fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.nat(4_000)))
    await fc.assert(
      fc.asyncProperty(keys, async (all) => {
        const limits = { maxEntries: 5, maxBytes: 8_000, maxEntryBytes: 3_000 }
        const { cache } = testCache({ limits })
        for (const [key, length] of all) {
          const value = await cache.remember(key, good, () => 'x'.repeat(length))
          expect(value.length).toBeLessThanOrEqual(4_000)
          const { entries, bytes } = cache.stats().memory
          expect(entries).toBeLessThanOrEqual(5)
          expect(bytes).toBeLessThanOrEqual(8_000)
          expect(bytes).toBeGreaterThanOrEqual(entries)
        }
      }),
    )
  })

  test('takes no more loads than the limit says', async () => {
    const { cache } = testCache({ limits: { maxLoads: 2 } })
    const upstream = new Upstream<number>()
    const calls = ['a', 'b'].map((key) => cache.remember(key, good, upstream.load))
    await rest()
    await expect(cache.remember('c', good, upstream.load)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await upstream.answer(1)
    await upstream.answer(2)
    expect(await Promise.all(calls)).toEqual([1, 2])
  })

  test('measures what a value holds, and stops when it is too much', () => {
    expect(measure('x'.repeat(1_000), 2_000)).toBeGreaterThan(1_000)
    expect(measure({ a: ['x'.repeat(1_000)] }, 100)).toBeUndefined()
    expect(measure(new Map([['k', new Uint8Array(500)]]), 10_000)).toBeGreaterThan(500)
    const ring: { self?: unknown } = {}
    ring.self = ring
    expect(measure(ring, 1_000)).toBeLessThan(100)
    expect(freeze(ring)).toBe(ring)
  })
})

describe('a value for Redis', () => {
  test.each([
    ['a date', { at: [new Date(0)] }, /at\[0\] is a Date/],
    ['a number that is none', { n: Number.POSITIVE_INFINITY }, /n is a number/],
    ['a function', { f: () => 1 }, /f is a function/],
    ['a hole', [1, undefined], /\[1\] is undefined/],
    ['a big integer', 7n, /it is a bigint/],
  ])('may not be %s', (_what, value, message) => {
    expect(() => assertJson(value)).toThrow(message)
  })

  test('that holds itself is refused', () => {
    const ring: { self?: unknown } = {}
    ring.self = ring
    expect(() => assertJson(ring)).toThrow(/deeper/)
  })

  test('comes back as it was, if it is let through', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonCodec.encode(value)
        expect(jsonCodec.encode(jsonCodec.decode(text))).toBe(text)
        expect(jsonCodec.decode(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('what is told about the cache', () => {
  test('is one Cache-Status per answer', async () => {
    const { cache, clock } = testCache()
    const options = { ...good, staleMs: 5_000, staleIfErrorMs: 60_000 }
    const ask = async (load: () => number = () => 1): Promise<string> =>
      cacheStatus(await cache.rememberWithStatus('k', options, load), 'my-app')
    expect(await ask()).toBe('my-app; fwd=miss; ttl=1; stored; detail=load')
    expect(await ask()).toBe('my-app; hit; ttl=1; detail=memory')
    await clock.pass(2_000)
    expect(await ask()).toBe('my-app; hit; ttl=-1; detail=memory')
    await rest()
    await clock.pass(10_000)
    const failing = (): number => {
      throw new Error('down')
    }
    expect(await ask(failing)).toBe('my-app; fwd=stale; ttl=-9; detail=memory')
    expect(
      cacheStatus(
        { status: 'hit', tier: 'memory', ageMs: 0, ttlMs: 1, stored: true, collapsed: true },
        'a "b"\n',
      ),
    ).toBe('"a b"; hit; ttl=0; collapsed; detail=memory')
  })

  test('is Prometheus text that says what the stats say', async () => {
    const { cache } = testCache()
    await cache.remember('k', good, () => 1)
    await cache.remember('k', good, () => 1)
    const lines = cache.metrics().split('\n')
    expect(lines).toContain('noboil_cache_hits_total{entity="posts",tier="memory"} 1')
    expect(lines).toContain('noboil_cache_misses_total{entity="posts"} 1')
    expect(lines).toContain('noboil_cache_load_seconds_bucket{le="+Inf"} 1')
    expect(lines).toContain('noboil_cache_redis_up 1')
    expect(cache.stats().totals).toMatchObject({ memoryHits: 1, misses: 1 })
    for (const line of lines)
      expect(line).toMatch(/^$|^# (HELP|TYPE) \w+ .+|^\w+(\{[^}]*\})? [\d.e+-]+$/)
  })

  test('holds no value, and of a failure no more than its name', async () => {
    const { cache, lines } = testCache()
    await cache.remember('k', good, () => ({ secret: 'hunter2' }))
    const failing = cache.remember('other', good, () => {
      throw new TypeError('token=hunter2')
    })
    await expect(failing).rejects.toThrow('token')
    await cache.invalidate('post')
    expect(lines.map(({ event }) => event)).toEqual(['load failed', 'invalidated'])
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })
})
