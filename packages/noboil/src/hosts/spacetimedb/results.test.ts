import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerTo, callOf } from '../../schema/spacetimedb/calls.ts'
import { openRig, type Rig } from './app.fixture.ts'
import { type Films, openFilms } from './fetching.fixture.ts'
import { schemaOfFixture } from './schema.fixture.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

let films: Films | undefined

afterEach(async () => {
  await films?.close()
  films = undefined
})

const consume = (rig: Rig, request: string, who = 'ann'): void => {
  const call = callOf(schemaOfFixture, 'ballots.consume')
  if (call.kind !== 'reducer') throw new TypeError('ballots.consume is no reducer')
  rig.host.as(who).call(call.name, call.encode({}, request))
}

const requests = (rig: Rig, who = 'ann'): readonly unknown[] =>
  rig.sees(who, 'my_results').map(({ request }) => request)

it('a request whose text is too long is refused, and nothing is done', async () => {
  const rig = await openRig()
  const long = 'x'.repeat(101)
  const refusal = /^VALIDATION_FAILED: _request: Must have at most 100 characters/
  expect(() => consume(rig, long)).toThrow(refusal)
  expect(() => rig.host.as('ann').call('load_movie', { key: '7', _request: long })).toThrow(refusal)
  expect(rig.host.tables('_rows__windows')).toEqual([])
  expect(rig.host.tables('_requests')).toEqual([])
  consume(rig, 'x'.repeat(100))
  expect(requests(rig)).toEqual(['x'.repeat(100)])
})

it('workers are not asked what nobody could be answered', async () => {
  films = await openFilms('worker')
  const eve = films.host.as('eve')
  const _request = 'x'.repeat(101)
  expect(() => eve.call('ask', { path: 'a.b', args: '{}', _request })).toThrow(/VALIDATION_FAILED/)
  expect(() => eve.call('load_movie', { key: '7', _request })).toThrow(/VALIDATION_FAILED/)
  expect(films.host.tables('_errands')).toEqual([])
})

describe('of the answers of a caller', () => {
  it('the newest 200 are kept, whatever others are answered', async () => {
    const rig = await openRig()
    consume(rig, 'bob’s', 'bob')
    for (let at = 0; at < 250; at++) consume(rig, `${at}`)
    const newest = Array.from({ length: 200 }, (_, at) => `${at + 50}`)
    expect(requests(rig).toSorted()).toEqual(newest.toSorted())
    expect(requests(rig, 'bob')).toEqual(['bob’s'])
  })

  it('one more reads as many rows among 200 as among a few', async () => {
    const rig = await openRig()
    const read = (request: string): number => {
      consume(rig, request)
      const { tables } = rig.host.costs() as { tables: Record<string, { rowsRead: number }> }
      return ['_results', '_answered'].reduce((sum, name) => sum + (tables[name]?.rowsRead ?? 0), 0)
    }
    for (let at = 0; at < 300; at++) expect(read(`${at}`)).toBeLessThanOrEqual(5)
  })

  it('nothing is left when they have run out, in whichever moment they came', async () => {
    const rig = await openRig()
    for (let at = 0; at < 210; at++) {
      consume(rig, `${at}`)
      rig.host.advance(at % 3 === 0 ? 1_000 : 0)
    }
    rig.host.restart()
    consume(rig, 'last')
    rig.host.advance(59_000)
    expect(requests(rig)).toContain('last')
    rig.host.advance(2_000)
    expect(rig.host.tables('_results')).toEqual([])
    expect(rig.host.tables('_answered')).toEqual([])
  })

  it('the newest are kept that have 4,000,000 characters together', async () => {
    films = await openFilms('worker')
    const { host } = films
    const [eve, worker] = [host.as('eve'), host.as('worker')]
    const ask = (request: string, answer: string): void => {
      eve.call('ask', { path: 'a.b', args: '{}', _request: request })
      const errand = { errand: host.tables('_errands')[0]?.['id'], worker: 'w' }
      worker.procedure('take_errand', errand)
      worker.call('end_errand', { ...errand, answer })
    }
    const long = JSON.stringify('x'.repeat(999_998))
    for (const request of ['1', '2', '3', '4']) ask(request, long)
    expect(eve.rows('my_results')).toHaveLength(4)
    ask('short', '1')
    const kept = eve.rows('my_results').map(({ request }) => request as string)
    expect(kept.toSorted()).toEqual(['2', '3', '4', 'short'])
  })

  it('one that is too long to keep is answered by the refusal of it', async () => {
    const rig = await openRig()
    rig.host.stubHttp(() => ({
      status: 200,
      body: JSON.stringify({ tmdbId: 7, title: '\u0001'.repeat(200_000) }),
    }))
    rig.host.as('ann').call('load_movie', { key: '7', _request: 'long' })
    rig.host.advance(1)
    expect(answerTo(rig.host.as('ann').rows('my_results'), 'long')?.value).toMatchObject({
      failed: { code: 'LIMIT_EXCEEDED', data: { limit: 'answerLength', max: 1_000_000 } },
    })
  })
})
