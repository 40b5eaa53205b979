/** The samples that can run do what their pages say. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { join } from 'node:path'
import { errorCode, errorData } from 'noboil/errors'
import { type Actor, createTestApp, type TestApp } from 'noboil/node/testing'
import { makeKv, schema, type User } from 'noboil/schema'
import { array, boolean, object, string } from 'zod/v4'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sampleSources } from './frames.ts'
import { writeProject } from './project.ts'

const folder = writeProject('samples-run', sampleSources())

/** A file made of a sample; what it exports is the frame's to know. */
const load = async <exports>(path: string): Promise<exports> =>
  (await import(join(folder, path))) as exports

type Config = Parameters<typeof createTestApp>[0]
type Call = (path: string, args: unknown, actor?: Actor) => Promise<any>

const opened: TestApp<unknown>[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

async function run(config: object): Promise<{ app: TestApp<any>; call: Call }> {
  const app = await createTestApp(config as Config)
  opened.push(app)
  return { app, call: (path, args, actor = 'system') => app.call(path, args, actor) }
}

/** The app that a wiring sample describes. */
async function wired(page: 'kv' | 'log'): Promise<{ app: TestApp<any>; call: Call }> {
  await load(`${page}/lazy.ts`)
  const { configs } = await load<{ configs: object[] }>('support/node.ts')
  const found = configs.find((config) => page in tablesOf(config))
  return run(found as object)
}

/** The kv page wires one table, the log page two. */
const tablesOf = (config: object): object => {
  const { tables } = config as { tables: (build: object) => object }
  return 'vote' in tables({ table: () => ({}) }) ? { log: true } : { kv: true }
}

const person = (role: string | null, permissions: string[] = []): User =>
  ({ _id: `users.${role ?? 'someone'}`, name: 'Somebody', role, permissions }) as never
const admin = person('admin')
const someone = person(null)
const banner = { key: 'banner', payload: { active: true, message: 'hi' } }
const refusal = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', errorCode)

describe('the kv page', () => {
  test('its schema: keys and roles', async () => {
    const { s } = await load<{ s: any }>('kv/schema-convex.ts')
    const { call } = await run({
      tables: ({ table }: any) => ({
        siteConfig: table(s.siteConfig),
        systemStatus: table(s.systemStatus),
      }),
    })
    const status = {
      key: 'google_oauth',
      payload: { kind: 'oauth', valid: true, checkedAt: 1 },
    }
    expect(await call('siteConfig.set', banner, admin)).toMatchObject(banner.payload)
    expect(await refusal(call('siteConfig.set', banner, someone))).toBe('FORBIDDEN')
    expect(await call('siteConfig.get', { key: 'banner' }, 'nobody')).toMatchObject(banner.payload)
    expect(await refusal(call('systemStatus.set', status, admin))).toBe('FORBIDDEN')
    expect(await call('systemStatus.set', status)).toMatchObject(status.payload)
    expect(await refusal(call('siteConfig.get', { key: 'baner' }))).toBe('INVALID_KEY')
  })

  test('its schema on SpacetimeDB: writeRole true is for everybody', async () => {
    const { s } = await load<{ s: any }>('kv/schema-spacetimedb.ts')
    const { call } = await run({
      tables: ({ table }: any) => ({ siteConfig: table(s.siteConfig) }),
    })
    expect(await call('siteConfig.set', banner, 'nobody')).toMatchObject(banner.payload)
  })

  test('its wiring: the hook stamps, ten writes a minute', async () => {
    const { call } = await wired('kv')
    const row = await call('siteConfig.set', banner, admin)
    expect(row).toMatchObject({ ...banner.payload, updatedBy: admin._id })
    for (let writes = 1; writes < 10; writes++) await call('siteConfig.set', banner, admin)
    expect(await refusal(call('siteConfig.set', banner, admin))).toBe('RATE_LIMITED')
  })

  test('its wiring and its schema together: a hook adds no field that is not declared', async () => {
    await load('kv/lazy.ts')
    const { configs } = await load<{ configs: any[] }>('support/node.ts')
    const { tables } = configs.find((config) => 'kv' in tablesOf(config))
    const { siteConfig: options } = tables({ table: (_table: unknown, given: object) => given })
    const { s } = await load<{ s: any }>('kv/schema-convex.ts')
    const { call } = await run({
      tables: ({ table }: any) => ({ siteConfig: table(s.siteConfig, options) }),
    })
    const error = await call('siteConfig.set', banner, admin).catch(errorData)
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(error.message).toContain('updatedBy')
  })

  test('soft-delete and restore', async () => {
    const { app } = await wired('kv')
    const answers: any[] = []
    const recorded = new Proxy(app.api.siteConfig, {
      get: (target, name) => async (args: unknown) => {
        const answer = await target[name as string](args)
        answers.push(answer)
        return answer
      },
    })
    const { sample } = await load<{ sample: (api: object) => Promise<void> }>('kv/soft-delete.ts')
    await sample({ siteConfig: recorded })
    const [set, rm, gone, restored, back] = answers
    expect([set, rm, gone]).toMatchObject([banner.payload, { deleted: true }, null])
    expect(back).toEqual(restored)
    expect(back).toMatchObject(banner.payload)
    expect(back).not.toHaveProperty('deletedAt')
  })

  test('writeRole patterns', async () => {
    const { s } = await load<{ s: any }>('kv/write-role.ts')
    const manager = person('manager', ['manage_status'])
    const { app, call } = await run({
      users: object({ permissions: array(string()) }),
      tables: ({ table }: any) =>
        Object.fromEntries(Object.entries(s).map(([name, each]) => [name, table(each)])),
    })
    for (const user of [admin, someone, manager]) await app.users.set(user)
    const may = async (role: number): Promise<string[]> => {
      const who: Record<string, Actor> = {
        nobody: 'nobody',
        someone,
        admin,
        manager,
        system: 'system',
      }
      const allowed: string[] = []
      for (const [name, actor] of Object.entries(who)) {
        const set = call(`role${role}.set`, { key: 'k', payload: { message: 'm' } }, actor)
        if ((await refusal(set)) === 'done') allowed.push(name)
      }
      return allowed
    }
    expect(await may(1)).toEqual(['nobody', 'someone', 'admin', 'manager', 'system'])
    expect(await may(2)).toEqual(['admin', 'system'])
    expect(await may(3)).toEqual(['system'])
    expect(await may(4)).toEqual(['manager', 'system'])
    expect(await call('role3.get', { key: 'k' }, 'nobody')).toMatchObject({ message: 'm' })
  })

  test('without a writeRole only the server itself writes', async () => {
    const kv = makeKv({ flags: { schema: object({ on: boolean() }) } })
    const { call } = await run({
      tables: ({ table }: any) => ({ flags: table(schema({ kv }).flags) }),
    })
    const flag = { key: 'beta', payload: { on: true } }
    expect(await refusal(call('flags.set', flag, admin))).toBe('FORBIDDEN')
    expect(await call('flags.set', flag)).toMatchObject({ on: true })
    expect(await call('flags.get', { key: 'beta' }, 'nobody')).toMatchObject({ on: true })
  })

  test('typed keys', async () => {
    const { s } = await load<{ s: any }>('kv/typed-keys.ts')
    const { call } = await run({
      tables: ({ table }: any) => ({ siteConfig: table(s.siteConfig) }),
    })
    for (const name of ['get', 'rm', 'restore']) {
      expect(await refusal(call(`siteConfig.${name}`, { key: 'baner' }))).toBe('INVALID_KEY')
    }
    const typo = { key: 'baner', payload: { message: '' } }
    expect(await refusal(call('siteConfig.set', typo))).toBe('INVALID_KEY')
  })
})

describe('conflict detection', () => {
  /** The sample in an action, where each call is a transaction; `between` runs after its read. */
  async function edited(between?: (call: Call) => Promise<unknown>): Promise<unknown> {
    await load('kv/lazy.ts')
    const { configs } = await load<{ configs: any[] }>('support/node.ts')
    const { sample } = await load<{ sample: (ctx: object, api: object) => Promise<void> }>(
      'kv/conflict.ts',
    )
    const config = configs.find((each) => 'kv' in tablesOf(each))
    let api: object = {}
    const { app, call } = await run({
      ...config,
      functions: ({ action }: any) => ({
        edit: action({
          handler: ({ db }: any) => {
            const query = async (fn: unknown, args: unknown): Promise<unknown> => {
              const answer = await db.query(fn, args)
              await between?.(call)
              return answer
            }
            const mutation = (fn: unknown, args: unknown): unknown => db.mutation(fn, args)
            return sample({ db: { query, mutation } }, api)
          },
        }),
      }),
    })
    api = app.api
    await call('siteConfig.set', banner)
    await call('edit', undefined)
    return call('siteConfig.get', { key: 'banner' })
  }

  test('nobody wrote in between: the write goes through', async () => {
    expect(await edited()).toMatchObject({ message: 'updated' })
  })

  test('somebody wrote in between, in the same millisecond too: CONFLICT', async () => {
    const other = { key: 'banner', payload: { active: false, message: 'other' } }
    const error = await edited((call) => call('siteConfig.set', other)).catch(errorData)
    expect(error).toMatchObject({ code: 'CONFLICT', data: { updatedAt: expect.any(Number) } })
  })
})

describe('the log page', () => {
  test('its wiring: the hook stamps, public reads, purge and restore', async () => {
    const { call } = await wired('log')
    const ann = person(null)
    const poll = await call('poll.create', { payload: { title: 'Tea?', isPublic: true } }, ann)
    const parent = poll._id
    const ballot = { parent, payload: { optionIdx: 1, voter: 'somebody else' } }
    expect(await call('vote.append', ballot, ann)).toEqual({ seq: 1, created: true })
    const [vote] = await call('vote.pub.listAfter', { parent, seq: 0 }, 'nobody')
    expect(vote).toMatchObject({ seq: 1, optionIdx: 1, voter: ann._id })
    expect(await call('vote.purgeByParent', { parent }, ann)).toEqual({ deleted: 1 })
    expect(await call('vote.listAfter', { parent, seq: 0 }, ann)).toEqual([])
    expect(await call('vote.restoreByParent', { parent }, ann)).toEqual({ restored: 1 })
    for (let appended = 1; appended < 30; appended++) await call('vote.append', ballot, ann)
    expect(await refusal(call('vote.append', ballot, ann))).toBe('RATE_LIMITED')
  })

  test('the functions that it exports are there', async () => {
    const exported = await load<Record<string, unknown>>('log/convex/vote.ts')
    expect(Object.keys(exported).toSorted()).toEqual([
      ...['append', 'appendBulk', 'auth', 'authIndexed', 'list', 'listAfter', 'purgeByParent'],
      ...['read', 'restoreByParent', 'rm', 'update'],
    ])
    for (const each of Object.values(exported)) expect(each).toBeDefined()
  })

  test.each(['chat-convex', 'chat-spacetimedb'])('%s: a send is safe to retry', async (name) => {
    const { s } = await load<{ s: any }>(`log/${name}.ts`)
    const { sample } = await load<{ sample: (log: object, content: string) => Promise<any> }>(
      `log/${name.replace('chat', 'send')}.ts`,
    )
    const { call } = await run({
      tables: ({ table }: any) => ({ chat: table(s.chat), message: table(s.message) }),
    })
    const chat = await call('chat.create', { payload: { title: 'Tea' } }, someone)
    const append = (given: object): Promise<unknown> =>
      call('message.append', { parent: chat._id, ...given }, someone)
    const sent = await sample({ append }, 'hello')
    expect(sent).toMatchObject({ seq: 1, created: true })

    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    const lostAnswer = async (given: object): Promise<unknown> => {
      await append(given)
      return append(given)
    }
    expect(await sample({ append: lostAnswer }, 'again')).toMatchObject({ seq: 2, created: false })
    if (name === 'chat-convex') expect(said).toHaveBeenCalledWith('Already sent, seq:', 2)
    const rows = await call('message.listAfter', { parent: chat._id, seq: 0 }, someone)
    expect(rows.map(({ content }: any) => content)).toEqual(['hello', 'again'])
  })
})
