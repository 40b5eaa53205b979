/** The samples of Convex compile against it, and do on its stand-in what their pages say. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { join } from 'node:path'
import * as convex from 'convex/server'
import { errorCode, errorData } from 'noboil/errors'
import { describe, expect, test } from 'vitest'
import { deploy, person, tablesWiring } from './convex.fixture.ts'
import { convexFrames, convexSources } from './convex.frames.ts'
import { readSamples } from './frames.ts'
import { complaintsOf, writeProject } from './project.ts'

const folder = writeProject('samples-convex', convexSources())
const load = async <exports = any>(path: string): Promise<exports> =>
  (await import(join(folder, path))) as exports
const api = convex.anyApi

const wiring = async (table: string) =>
  tablesWiring(table, await load<{ configs: [] }>('support/convex.ts'))

const refusal = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', errorCode)
const banner = { key: 'banner', payload: { active: true, message: 'hi' } }

test('every sample that imports Convex is one of its app', () => {
  const own = [...readSamples()].filter(
    ([name, text]) => name.endsWith('-convex') || text.includes('noboil/convex'),
  )
  expect(own.map(([name]) => name).filter((name) => !(name in convexFrames))).toEqual([])
  expect(own.length).toBeGreaterThan(10)
})

test('the samples compile, word for word', () => {
  expect(complaintsOf(folder)).toBe('')
})

describe('the kv page on Convex', () => {
  async function open(more: Readonly<Record<string, object>> = {}) {
    const { api: app } = await load('kv/lazy.ts')
    const file = await load<object>('kv/convex/siteConfig.ts')
    const files = {
      siteConfig: file,
      'siteConfig/system': app.siteConfig.system as object,
      ...more,
    }
    return deploy({ app, tables: await wiring('siteConfig'), files })
  }

  test('its wiring: the hook stamps, only admins write, everybody reads, ten writes a minute', async () => {
    const deployment = await open()
    const admin = await person(deployment, 'admin')
    const someone = await person(deployment)
    expect(await refusal(someone.mutation(api['siteConfig'].set, banner))).toBe('FORBIDDEN')
    const row = await admin.mutation(api['siteConfig'].set, banner)
    expect(row).toMatchObject({ ...banner.payload, updatedBy: admin.id })
    expect(await deployment.query(api['siteConfig'].get, { key: 'banner' })).toEqual(row)
    expect(await admin.mutation(api['siteConfig'].rm, { key: 'banner' })).toEqual({ deleted: true })
    expect(await deployment.query(api['siteConfig'].get, { key: 'banner' })).toBeNull()
    const restored = await admin.mutation(api['siteConfig'].restore, { key: 'banner' })
    expect(restored).toMatchObject(banner.payload)
    for (let writes = 3; writes < 10; writes++) await admin.mutation(api['siteConfig'].set, banner)
    expect(await refusal(admin.mutation(api['siteConfig'].set, banner))).toBe('RATE_LIMITED')
    const typo = { ...banner, key: 'baner' }
    expect(await refusal(admin.mutation(api['siteConfig'].set, typo))).toBe('INVALID_KEY')
  })

  test('its schema: without a role for clients only the server itself writes', async () => {
    const { s } = await load('kv/s.ts')
    const { noboil } = await load('support/convex.ts')
    const tables = ({ table }: any): object => ({ systemStatus: table(s.systemStatus) })
    const app = noboil({ tables })
    const files = { systemStatus: app.systemStatus, 'systemStatus/system': app.systemStatus.system }
    const deployment = deploy({ app, tables, files })
    const admin = await person(deployment, 'admin')
    const status = { key: 'google_oauth', payload: { kind: 'oauth', valid: true, checkedAt: 1 } }
    expect(await refusal(admin.mutation(api['systemStatus'].set, status))).toBe('FORBIDDEN')
    const system = api['systemStatus']['system'] as unknown as typeof api.any
    expect(await deployment.mutation(system.set, status)).toMatchObject(status.payload)
  })

  test('conflict detection: in one transaction it goes through, and what is out of date does not', async () => {
    const { api: app } = await load('kv/lazy.ts')
    const { sample } = await load('kv/conflict.ts')
    const edit = convex.mutationGeneric({
      args: {},
      handler: async (ctx) => {
        await sample({ db: app.db(ctx) })
        return null
      },
    })
    const deployment = await open({ edit: { edit } })
    const admin = await person(deployment, 'admin')
    const { updatedAt } = await admin.mutation(api['siteConfig'].set, banner)
    await deployment.mutation(api['edit'].edit)
    const row = await deployment.query(api['siteConfig'].get, { key: 'banner' })
    expect(row).toMatchObject({ message: 'updated' })
    const late = { ...banner, expectedUpdatedAt: updatedAt }
    const error = await admin.mutation(api['siteConfig'].set, late).catch(errorData)
    expect(error).toMatchObject({ code: 'CONFLICT', data: { updatedAt: row.updatedAt } })
  })
})

describe('the log page on Convex', () => {
  async function open() {
    const { api: app } = await load('log/lazy.ts')
    const file = await load<{ auth: object }>('log/convex/vote.ts')
    const { create, update } = app.poll
    const files = {
      poll: { create, update },
      vote: file,
      'vote/auth': file.auth,
      'vote/pub': app.vote.pub,
    }
    return deploy({ app, tables: await wiring('vote'), files })
  }

  test('its wiring: the hook stamps, public reads, purge and restore, thirty appends a minute', async () => {
    const deployment = await open()
    const ann = await person(deployment)
    const eve = await person(deployment)
    const poll = await ann.mutation(api['poll'].create, {
      payload: { title: 'Tea?', isPublic: true },
    })
    const parent = poll._id as string
    const ballot = { parent, payload: { optionIdx: 1, voter: 'somebody else' } }
    expect(await ann.mutation(api['vote'].append, ballot)).toEqual({ seq: 1, created: true })
    const after = { parent, seq: 0 }
    const [vote] = await deployment.query(api['vote'].listAfter, after)
    expect(vote).toMatchObject({ seq: 1, optionIdx: 1, voter: ann.id })
    expect(await deployment.query(api['vote']['pub'].listAfter, after)).toEqual([vote])
    // `auth` is of the parent's owner; a file of its own exports it.
    expect(await ann.query(api['vote']['auth'].listAfter, after)).toEqual([vote])
    expect(await eve.query(api['vote']['auth'].listAfter, after)).toEqual([])
    expect(await refusal(eve.mutation(api['vote'].purgeByParent, { parent }))).toBe('FORBIDDEN')
    expect(await ann.mutation(api['vote'].purgeByParent, { parent })).toEqual({ deleted: 1 })
    expect(await deployment.query(api['vote'].listAfter, after)).toEqual([])
    expect(await ann.mutation(api['vote'].restoreByParent, { parent })).toEqual({ restored: 1 })
    for (let appended = 1; appended < 30; appended++) {
      await ann.mutation(api['vote'].append, ballot)
    }
    expect(await refusal(ann.mutation(api['vote'].append, ballot))).toBe('RATE_LIMITED')
  })

  test('the functions that it exports are those of the page; the group is none that Convex knows', async () => {
    const exported = await load<Record<string, { isPublic?: true }>>('log/convex/vote.ts')
    const { auth, ...functions } = exported
    expect(Object.keys(functions).toSorted()).toEqual([
      ...['append', 'appendBulk', 'authIndexed', 'list', 'listAfter', 'purgeByParent'],
      ...['read', 'restoreByParent', 'rm', 'update'],
    ])
    expect(Object.values(functions).filter(({ isPublic }) => isPublic !== true)).toEqual([])
    expect(auth?.isPublic).toBeUndefined()
  })
})

test('the base page on Convex: functions that fetch on a miss and keep what they fetched', async () => {
  const { background } = await load('base/lazy.ts')
  const { s } = await load('base/s.ts')
  const movie = await load<object>('base/convex/movie.ts')
  const deployment = deploy({
    app: { background },
    tables: () => ({}),
    files: { movie },
    base: [s.movie],
  })
  const at = { key: '11' }
  expect(await deployment.query(api['movie'].get, at)).toBeNull()
  const row = await deployment.action(api['movie'].load, at)
  expect(row).toMatchObject({ key: '11', tmdbId: 11, title: 'film 11' })
  expect(row.expiresAt - row.fetchedAt).toBe(86_400_000)
  expect(await deployment.query(api['movie'].get, at)).toEqual(row)
  expect(await deployment.action(api['movie'].refresh, at)).toMatchObject({ title: 'film 11' })
  expect(await deployment.mutation(api['movie'].invalidate, at)).toEqual({ invalidated: true })
  const page = { paginationOpts: { numItems: 10, cursor: null } }
  expect(await deployment.query(api['movie'].all, page)).toMatchObject({ isDone: true })
  expect(await deployment.mutation(api['movie'].purge, { keys: ['11'] })).toEqual({ deleted: 1 })
  expect(await refusal(deployment.action(api['movie'].load, { key: 'x' }))).toBe('INVALID_KEY')
})
