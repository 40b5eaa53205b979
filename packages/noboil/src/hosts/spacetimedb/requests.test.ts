import { expect, it, vi } from 'vitest'
import { openRig, type Rig } from './app.fixture.ts'
import { answerTo, callOf } from '../../schema/spacetimedb/calls.ts'
import { schemaOfFixture } from './schema.fixture.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

/** Calls an action and answers what it came to. */
function act(rig: Rig, who: string, path: string, key: string): unknown {
  const call = callOf(schemaOfFixture, path)
  if (call.kind !== 'reducer') throw new TypeError(`${path} is no reducer`)
  const request = `${path} ${key} ${rig.host.now()}`
  rig.host.as(who).call(call.name, call.encode({ key }, request))
  rig.host.advance(1)
  return answerTo(rig.host.as(who).rows('my_results'), request)?.value
}

async function world() {
  const rig = await openRig()
  const asked: string[] = []
  rig.host.stubHttp(({ url }) => {
    asked.push(url)
    const tmdbId = Number(url.split('/').at(-1))
    if (tmdbId === 404) return { status: 500, body: 'no' }
    return { status: 200, body: JSON.stringify({ tmdbId, title: `Film ${asked.length}` }) }
  })
  return { rig, asked }
}

it('load fetches what is missing, and asks nobody for what is fresh', async () => {
  const { rig, asked } = await world()
  expect(act(rig, 'ann', 'movie.load', '7')).toMatchObject({ key: '7', title: 'Film 1' })
  expect(act(rig, 'bob', 'movie.load', '7')).toMatchObject({ title: 'Film 1' })
  expect(asked).toEqual(['https://films.test/7'])
  expect(rig.sees('eve', 'movie')).toMatchObject([{ key: '7', tmdbId: 7, title: 'Film 1' }])
})

it('refresh fetches in any case, and a stale row is fetched again', async () => {
  const { rig } = await world()
  act(rig, 'ann', 'movie.load', '7')
  expect(act(rig, 'ann', 'movie.refresh', '7')).toMatchObject({ title: 'Film 2' })
  rig.host.advance(61_000)
  expect(act(rig, 'ann', 'movie.load', '7')).toMatchObject({ title: 'Film 3' })
})

it('a source that fails, and a key that is none, are told by their codes', async () => {
  const { rig, asked } = await world()
  expect(act(rig, 'ann', 'movie.load', '404')).toMatchObject({ failed: { code: 'FETCH_FAILED' } })
  expect(() => act(rig, 'ann', 'movie.load', 'x')).toThrow(/INVALID_KEY/)
  expect(asked).toHaveLength(1)
  expect(rig.sees('eve', 'movie')).toEqual([])
})

it('purge takes public rows along', async () => {
  const { rig } = await world()
  for (const key of ['7', '8']) act(rig, 'ann', 'movie.load', key)
  rig.call('owner', 'movie.purge', { keys: ['7'] })
  expect(rig.sees('eve', 'movie')).toMatchObject([{ key: '8' }])
  rig.call('owner', 'movie.purge')
  rig.host.advance(1)
  expect(rig.sees('eve', 'movie')).toEqual([])
})

it('what comes while another fetches the same waits for it, and is not fetched again', async () => {
  const { rig, asked } = await world()
  const [bob, eve] = [rig.host.as('bob'), rig.host.as('eve')]
  rig.host.stubHttp(({ url }) => {
    asked.push(url)
    if (asked.length === 1) {
      bob.call('load_movie', { key: '7', _request: 'b' })
      eve.call('refresh_movie', { key: '7', _request: 'e' })
      rig.host.advance(0)
      expect(rig.host.tables('_requests')).toHaveLength(2)
    }
    return { status: 200, body: JSON.stringify({ tmdbId: 7, title: `Film ${asked.length}` }) }
  })
  expect(act(rig, 'ann', 'movie.load', '7')).toMatchObject({ title: 'Film 1' })
  rig.host.advance(1_000)
  for (const [who, request] of [
    [bob, 'b'],
    [eve, 'e'],
  ] as const) {
    expect(answerTo(who.rows('my_results'), request)?.value).toMatchObject({ title: 'Film 1' })
  }
  expect(asked).toHaveLength(1)
  expect(rig.host.tables('_requests')).toEqual([])
})

it('gives up on somebody else who never comes to an end', async () => {
  const { rig } = await world()
  const bob = rig.host.as('bob')
  let isFirst = true
  rig.host.stubHttp(() => {
    if (isFirst) {
      isFirst = false
      bob.call('load_movie', { key: '7', _request: 'b' })
      rig.host.advance(31_000)
      const answer = answerTo(bob.rows('my_results'), 'b')?.value
      expect(answer).toMatchObject({ failed: { code: 'UNAVAILABLE' } })
    }
    return { status: 200, body: '{"tmdbId":7,"title":"Film"}' }
  })
  act(rig, 'ann', 'movie.load', '7')
  expect(isFirst).toBe(false)
})

it('a caller has at most 100 requests open, and takes no place of others', async () => {
  const { rig } = await world()
  const load = (who: string, key: number) => rig.host.as(who).call('load_movie', { key: `${key}` })
  for (let key = 1; key <= 100; key++) load('ann', key)
  expect(() => load('ann', 101)).toThrow(/^UNAVAILABLE: You wait for 100 answers/)
  load('bob', 101)
  rig.host.advance(1)
  load('ann', 102)
})

it('only so many requests are open', async () => {
  const { rig } = await world()
  const load = (key: number) => {
    rig.host.as(`somebody ${Math.floor(key / 100)}`).call('load_movie', { key: `${key}` })
  }
  for (let key = 0; key < 1_000; key++) load(key)
  expect(() => load(1_000)).toThrow(/^UNAVAILABLE: Too much is being fetched/)
})
