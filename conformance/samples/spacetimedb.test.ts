/** The samples of SpacetimeDB compile against it, and do on its stand-in what their pages say. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { join } from 'node:path'
import { errorCode } from 'noboil/errors'
import { answerTo } from 'noboil/spacetimedb/schema'
import { bundleModule, createModuleHost, type ModuleHost } from 'noboil/spacetimedb/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { readSamples } from './frames.ts'
import { complaintsOf, writeProject } from './project.ts'
import { spacetimedbFrames, spacetimedbSources } from './spacetimedb.frames.ts'

const folder = writeProject('samples-spacetimedb', spacetimedbSources())

const opened: ModuleHost[] = []
afterEach(async () => {
  for (const host of opened.splice(0)) await host.close()
})

async function open(path: string) {
  const host: ModuleHost = await createModuleHost({
    module: await bundleModule(join(folder, path)),
  })
  opened.push(host)
  let requests = 0
  const caller = (who: string) => (who === 'owner' ? host : host.as(who))
  return {
    host,
    /** What a reducer answers in the view of answers. */
    call(who: string, name: string, args: object = {}): any {
      const _request = `${++requests}`
      caller(who).call(name, { ...args, _request })
      return answerTo(caller(who).rows('my_results'), _request)?.value
    },
    refusal(who: string, name: string, args: object): unknown {
      try {
        caller(who).call(name, args)
      } catch (error) {
        return errorCode(error)
      }
      return 'done'
    },
    names: (kind: string) =>
      Object.keys((host.bindings() as any)[kind] as object).filter((name) => name.includes('_')),
  }
}

const votes = (host: ModuleHost, who = 'ann') =>
  host
    .as(who)
    .rows('my_vote')
    .map(({ seq }) => seq as number)
    .toSorted((a, b) => a - b)

test('every sample of SpacetimeDB is a module, or a client of one', () => {
  const own = [...readSamples()].filter(
    ([name, text]) => /-spacetimedb$|reducers$/.test(name) || text.includes('noboil/spacetimedb'),
  )
  expect(own.map(([name]) => name).filter((name) => !(name in spacetimedbFrames))).toEqual([])
  expect(own.length).toBeGreaterThan(12)
})

test('the samples compile, word for word', () => {
  expect(complaintsOf(folder)).toBe('')
})

describe('the kv page on SpacetimeDB', () => {
  const banner = { key: 'banner', active: true, message: 'hi' }

  test('its wiring: three reducers, and a public table to read from', async () => {
    const { host, call, refusal } = await open('kv/module.ts')
    const row = call('ann', 'set_siteConfig', banner)
    expect(host.as('eve').rows('siteConfig')).toMatchObject([row])
    expect(refusal('ann', 'set_siteConfig', { ...banner, key: 'baner' })).toBe('INVALID_KEY')
    const late = { ...banner, expectedUpdatedAt: row.updatedAt - 1 }
    expect(refusal('ann', 'set_siteConfig', late)).toBe('CONFLICT')
    expect(call('ann', 'rm_siteConfig', { key: 'banner' })).toEqual({ deleted: true })
    expect(host.as('eve').rows('siteConfig')).toEqual([])
    expect(call('ann', 'restore_siteConfig', { key: 'banner' })).toMatchObject(banner)
    expect(host.as('eve').rows('siteConfig')).toMatchObject([banner])
  })

  test('its generated reducers: without a role only the server itself writes', async () => {
    const { host, call, refusal } = await open('kv/made.ts')
    expect(refusal('ann', 'set_siteConfig', banner)).toBe('FORBIDDEN')
    expect(call('owner', 'set_siteConfig', banner)).toMatchObject(banner)
    expect(call('owner', 'rm_siteConfig', { key: 'banner' })).toEqual({ deleted: true })
    expect(host.as('eve').rows('siteConfig')).toEqual([])
  })
})

describe('the log page on SpacetimeDB', () => {
  test.each(['log/module.ts', 'log/made.ts'])('%s: its reducers', async (path) => {
    const { host, call, refusal } = await open(path)
    const { _id: parent } = call('ann', 'create_poll', { title: 'Tea?' })
    const vote = { parent, optionIdx: 0, voter: 'me' }
    const first = { ...vote, idempotency_key: 'a' }
    expect(call('ann', 'append_vote', first)).toEqual({ seq: 1, created: true })
    expect(call('ann', 'append_vote', first)).toEqual({ seq: 1, created: false })
    const items = [1, 2].map((optionIdx) => ({ optionIdx, voter: 'me' }))
    expect(call('ann', 'bulk_append_vote', { parent, items })).toEqual({ count: 2, firstSeq: 2 })
    expect(refusal('eve', 'append_vote', vote)).toBe('NOT_FOUND')
    const [row] = host.as('ann').rows('my_vote')
    const edit = { id: row?._id, optionIdx: 2 }
    expect(call('ann', 'update_vote', edit)).toMatchObject({ optionIdx: 2, voter: 'me' })
    expect(refusal('ann', 'update_vote', { ...edit, expectedUpdatedAt: 1 })).toBe('CONFLICT')
    const ids = host
      .as('ann')
      .rows('my_vote')
      .map(({ _id }) => _id)
    expect(call('ann', 'rm_vote', { id: ids[0] })).toEqual({ deleted: true })
    expect(call('ann', 'bulk_rm_vote', { ids: [ids[1], ids[1]] })).toEqual({ count: 1 })
    expect(votes(host)).toHaveLength(1)
    expect(call('ann', 'purge_vote_by_parent', { parent })).toEqual({ deleted: 1 })
    expect(votes(host)).toEqual([])
  })

  test('its wiring: what was purged is back, and thirty appends a minute', async () => {
    const { host, call, refusal } = await open('log/module.ts')
    const { _id: parent } = call('ann', 'create_poll', { title: 'Tea?' })
    const vote = { parent, optionIdx: 0, voter: 'me' }
    for (let appends = 0; appends < 30; appends++) call('ann', 'append_vote', vote)
    expect(refusal('ann', 'append_vote', vote)).toBe('RATE_LIMITED')
    call('ann', 'purge_vote_by_parent', { parent })
    expect(call('ann', 'restore_vote_by_parent', { parent })).toEqual({ restored: 30 })
    expect(votes(host).slice(-2)).toEqual([29, 30])
    host.advance(60_000)
    expect(refusal('ann', 'append_vote', vote)).toBe('done')
  })
})

describe('the base page on SpacetimeDB', () => {
  test.each(['base/module.ts', 'base/made.ts'])('%s: its reducers', async (path) => {
    const { host, refusal, names } = await open(path)
    expect(names('reducers')).toEqual(
      expect.arrayContaining(['load_movie', 'refresh_movie', 'invalidate_movie', 'purge_movie']),
    )
    expect(refusal('ann', 'load_movie', { key: 'abc' })).toBe('INVALID_KEY')
    expect(refusal('ann', 'invalidate_movie', { key: '11' })).toBe('FORBIDDEN')
    expect(refusal('ann', 'load_movie', { key: '11' })).toBe('done')
    // An async fetcher is a worker's: see what the hook does with one.
    expect(host.as('owner').rows('movie')).toEqual([])
    expect(host.tables('_errands')).toMatchObject([{ path: 'movie.load', args: '{"key":"11"}' }])
  })
})
