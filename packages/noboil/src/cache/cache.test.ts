import { describe, expect, test } from 'vitest'
import { rest, testCache, Upstream } from './cache.fixture.ts'

const post = { type: 'post', ttlMs: 1_000 } as const

describe('a remembered value', () => {
  test('is loaded once while it is fresh', async () => {
    const { cache, clock } = testCache()
    let loads = 0
    const ask = (): Promise<number> => cache.remember('a', post, () => ++loads)
    expect(await ask()).toBe(1)
    await clock.pass(999)
    expect(await ask()).toBe(1)
    await clock.pass(1)
    expect(await ask()).toBe(2)
  })

  test('is the same object for everybody, and frozen', async () => {
    const { cache } = testCache()
    const load = (): { tags: string[] } => ({ tags: ['x'] })
    const first = await cache.remember('a', post, load)
    expect(await cache.remember('a', post, load)).toBe(first)
    expect(() => first.tags.push('y')).toThrow(TypeError)
  })

  test('is loaded once for all who ask meanwhile', async () => {
    const { cache } = testCache()
    const upstream = new Upstream<string>()
    const all = Promise.all(
      Array.from({ length: 100 }, () => cache.remember('a', post, upstream.load)),
    )
    await rest()
    await upstream.answer('one')
    expect(new Set(await all)).toEqual(new Set(['one']))
    expect(upstream.calls).toBe(1)
    expect(cache.stats().collapsed).toBe(99)
  })

  test('of which there is none is kept as long as the option says', async () => {
    const { cache, clock } = testCache()
    let loads = 0
    const ask = (negativeTtlMs: number): Promise<null> =>
      cache.remember('a', { ...post, negativeTtlMs }, () => {
        loads++
        return null
      })
    await ask(100)
    await clock.pass(99)
    await ask(100)
    expect(loads).toBe(1)
    await clock.pass(1)
    await ask(0)
    await ask(0)
    expect(loads).toBe(3)
  })

  test('ends earlier by chance, never later', async () => {
    const random = { unit: () => 0.999_999, token: () => 'x' }
    const { cache, clock } = testCache({}, { random })
    const { ttlMs } = await cache.rememberWithStatus('a', { ...post, jitter: 0.5 }, () => 1)
    expect(ttlMs).toBeGreaterThan(499)
    expect(ttlMs).toBeLessThan(502)
    await clock.pass(ttlMs)
    expect(await cache.get('a')).toBeUndefined()
  })

  test('of one type is not the answer for another', async () => {
    const { cache } = testCache()
    await cache.remember('a', post, () => 'post')
    expect(await cache.remember('a', { ...post, type: 'page' }, () => 'page')).toBe('page')
    expect(await cache.remember('a', { ...post, type: 'pages' }, () => 'other')).toBe('page')
  })

  test('can be set, and outdates what is being loaded', async () => {
    const { cache } = testCache()
    const upstream = new Upstream<string>()
    const asked = cache.remember('a', post, upstream.load)
    await rest()
    await cache.set('a', 'set', post)
    await upstream.answer('loaded')
    expect(await asked).toBe('loaded')
    expect(await cache.get('a')).toBe('set')
  })
})

describe('an invalidation', () => {
  test('outdates the entity and all that depends on it, by either name', async () => {
    const { cache } = testCache()
    const keys = ['pictures', 'posts', 'pages', 'feed', 'categories', 'auth']
    for (const type of keys) await cache.set(type, type, { type, ttlMs: 1_000 })
    await cache.invalidate('picture')
    const left = await Promise.all(keys.map((key) => cache.get(key)))
    expect(left).toEqual([undefined, undefined, undefined, undefined, 'categories', 'auth'])
  })

  test('of some ids leaves the others, and outdates lists', async () => {
    const { cache } = testCache()
    const ids = Array.from({ length: 20 }, (_, at) => `p${at}`)
    for (const id of ids) await cache.set(id, id, { ...post, ids: [id] })
    await cache.set('list', 'list', post)
    await cache.invalidate('post', { ids: ['p3'] })
    expect(await cache.get('list')).toBeUndefined()
    expect(
      (await Promise.all(ids.map((id) => cache.get(id)))).filter((left) => left === undefined),
    ).toHaveLength(1)
    await cache.invalidate('picture', { ids: ['7'] })
    expect(await cache.get('p4')).toBeUndefined()
  })

  test('during a load wins: what was loaded before it is not served after it', async () => {
    const { cache } = testCache()
    const upstream = new Upstream<string>()
    const before = cache.remember('a', post, upstream.load)
    await rest()
    await cache.invalidate('post')
    const after = cache.remember('a', post, upstream.load)
    await rest()
    expect(upstream.calls).toBe(2)
    await upstream.answer('old')
    expect(await before).toBe('old')
    expect(await cache.get('a')).toBeUndefined()
    await upstream.answer('new')
    expect(await after).toBe('new')
    expect(await cache.get('a')).toBe('new')
  })

  test('is not undone by an older load that ends last', async () => {
    const { cache } = testCache()
    const slow = new Upstream<string>()
    const before = cache.remember('a', post, slow.load)
    await rest()
    await cache.invalidate('post')
    await cache.remember('a', post, () => 'new')
    await slow.answer('old')
    expect(await before).toBe('old')
    expect(await cache.get('a')).toBe('new')
  })

  test('is told to listeners, with what became stale', async () => {
    const { cache, lines } = testCache()
    const heard: unknown[] = []
    cache.onInvalidate(() => {
      throw new Error('mine')
    })
    const stop = cache.onInvalidate((event) => heard.push(event))
    await cache.invalidate('type', true)
    await cache.invalidate('categories', { ids: [1, 'b'] })
    stop()
    await cache.invalidate('auth')
    expect(heard).toEqual(
      [
        {
          type: 'types',
          types: ['types', 'categories', 'posts', 'pages', 'feed'],
          ids: undefined,
          preventMirror: true,
          origin: 'here',
        },
        {
          type: 'categories',
          types: ['categories', 'posts', 'pages', 'feed'],
          ids: ['1', 'b'],
          preventMirror: false,
          origin: 'here',
        },
      ].map((event) => ({
        ...event,
        types: expect.toSatisfy((types) => sameSet(types, event.types)),
      })),
    )
    expect(cache.stats().listenerErrors).toBe(3)
    expect(lines.some(({ event }) => event === 'listener failed')).toBe(true)
  })
})

describe('a notification', () => {
  test('reaches listeners under the declared name', async () => {
    const { cache } = testCache()
    const heard: unknown[] = []
    cache.onNotify((event) => heard.push(event))
    await cache.notify('post', 7, 'update')
    await cache.notify('posts', null, 'delete')
    expect(heard).toEqual([
      { type: 'posts', id: '7', action: 'update', origin: 'here' },
      { type: 'posts', id: null, action: 'delete', origin: 'here' },
    ])
  })
})

describe('a stale value', () => {
  const stale = { ...post, staleMs: 500, staleIfErrorMs: 10_000, retryMs: 200 }

  test('is served while it is loaded anew, for as long as the option says', async () => {
    const { cache, clock } = testCache()
    const upstream = new Upstream<string>()
    await cache.remember('a', stale, () => 'old')
    await clock.pass(1_400)
    expect(await cache.remember('a', stale, upstream.load)).toBe('old')
    expect(await cache.remember('a', stale, upstream.load)).toBe('old')
    expect(upstream.calls).toBe(1)
    await upstream.answer('new')
    expect(await cache.remember('a', stale, upstream.load)).toBe('new')
    await clock.pass(1_500)
    const late = cache.remember('a', stale, upstream.load)
    await rest()
    await upstream.answer('newer')
    expect(await late).toBe('newer')
  })

  test('is not served after an invalidation', async () => {
    const { cache, clock } = testCache()
    await cache.remember('a', stale, () => 'old')
    await clock.pass(1_100)
    await cache.invalidate('post')
    expect(await cache.remember('a', stale, () => 'new')).toBe('new')
  })

  test('stands in for a failure, and loading rests for a while', async () => {
    const { cache, clock } = testCache()
    let loads = 0
    const fail = (): string => {
      loads++
      throw new Error('down')
    }
    await cache.remember('a', stale, () => 'old')
    await clock.pass(2_000)
    const answer = await cache.rememberWithStatus('a', stale, fail)
    expect(answer).toMatchObject({ value: 'old', status: 'stale', error: new Error('down') })
    expect(await cache.remember('a', stale, fail)).toBe('old')
    expect(loads).toBe(1)
    await clock.pass(200)
    await cache.remember('a', stale, fail)
    expect(loads).toBe(2)
    await clock.pass(10_000)
    await expect(cache.remember('a', stale, fail)).rejects.toThrow('down')
  })
})

describe('a load', () => {
  test('that fails fails for all who wait, and is tried again by the next', async () => {
    const { cache } = testCache()
    const upstream = new Upstream<string>()
    const both = Promise.allSettled([
      cache.remember('a', post, upstream.load),
      cache.remember('a', post, upstream.load),
    ])
    await rest()
    await upstream.fail(new Error('down'))
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await cache.remember('a', post, () => 'up')).toBe('up')
  })

  test('that takes too long is called off, and its answer is dropped', async () => {
    const { cache, clock } = testCache()
    let signal: AbortSignal | undefined
    const late = Promise.withResolvers<string>()
    const asked = cache.remember('a', { ...post, timeoutMs: 50 }, (context) => {
      signal = context.signal
      return late.promise
    })
    const failed = expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' })
    await rest()
    await clock.pass(50)
    await failed
    expect(signal?.aborted).toBe(true)
    late.resolve('late')
    await rest()
    expect(await cache.get('a')).toBeUndefined()
    expect(cache.stats()).toMatchObject({ timeouts: 1, loading: 0 })
    expect(clock.waiting).toBe(0)
  })

  test('is given the value it replaces', async () => {
    const { cache, clock } = testCache()
    await cache.remember('a', post, () => 'old')
    await clock.pass(1_000)
    const answer = await cache.remember('a', post, ({ previous }) => previous?.value ?? 'none')
    expect(answer).toBe('old')
  })
})

function sameSet(given: unknown, wanted: readonly string[]): boolean {
  return Array.isArray(given) && given.toSorted().join() === wanted.toSorted().join()
}
