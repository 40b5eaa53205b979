import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import { type Id, schema, type User } from '../exports/schema.ts'
import { noboil } from './noboil.ts'
import { refs } from './refs.ts'
import { createTestApp } from './testing/app.ts'

const dir = mkdtempSync(join(tmpdir(), 'noboil-app-'))
afterAll(() => rmSync(dir, { recursive: true }))

const s = schema({
  owned: { poll: object({ question: string(), isPublic: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
})

const ann: User = { _id: 'users.ann' as Id<'users'>, name: 'Ann' }

const makeApp = (file: string) =>
  noboil({
    database: join(dir, file),
    log: { level: 'silent' },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, { pub: 'isPublic' }),
    }),
    functions: ({ query, mutation, internalMutation }) => ({
      polls: {
        questions: query({
          args: object({ most: number() }),
          handler: async (ctx, { most }) => {
            const { page } = await ctx.api.poll.pub.list({
              paginationOpts: { numItems: most, cursor: null },
            })
            return page.map((poll) => poll.question)
          },
        }),
        open: mutation({
          args: object({ question: string() }),
          handler: async (ctx, { question }) => {
            const poll = await ctx.api.poll.create({ payload: { question, isPublic: true } })
            await ctx.api.vote.append({ parent: poll._id, payload: { optionIdx: 0, voter: 'me' } })
            if (question === '') throw new Error('a poll asks something')
            return poll._id
          },
        }),
      },
      secret: internalMutation({ handler: () => 'only the server' }),
    }),
  })

describe('an app', () => {
  test('is typed by its tables and functions', () => {
    type Api = ReturnType<typeof makeApp>['api']
    expectTypeOf<Awaited<ReturnType<Api['polls']['questions']>>>().toEqualTypeOf<string[]>()
    expectTypeOf<Parameters<Api['polls']['open']>[0]>().toEqualTypeOf<{ question: string }>()
    expectTypeOf<Awaited<ReturnType<Api['poll']['create']>>['question']>().toEqualTypeOf<string>()
    const without = () =>
      noboil({ database: 'x', tables: ({ table }) => ({ poll: table(s.poll) }) })
    expectTypeOf<keyof ReturnType<typeof without>['api']>().toEqualTypeOf<'poll'>()
    const tested = () => createTestApp({ tables: ({ table }) => ({ poll: table(s.poll) }) })
    expectTypeOf<keyof Awaited<ReturnType<typeof tested>>['api']>().toEqualTypeOf<'poll'>()
  })

  test('opens at the first call, and keeps what was written for the next one', async () => {
    const app = makeApp('kept.db')
    const id = await app.as(ann).polls.open({ question: 'Tea?' })
    await app.close()
    const again = makeApp('kept.db')
    expect(await again.api.poll.read({ id })).toMatchObject({ question: 'Tea?', userId: ann._id })
    expect(await again.as(null).polls.questions({ most: 5 })).toEqual(['Tea?'])
    await again.close()
  })

  test('undoes a custom mutation as a whole when its handler throws', async () => {
    const app = makeApp('undone.db')
    await expect(app.as(ann).polls.open({ question: '' })).rejects.toThrow('a poll asks something')
    expect(
      await app.api.poll.list({ paginationOpts: { numItems: 5, cursor: null } }),
    ).toMatchObject({
      page: [],
    })
    await app.close()
  })

  test('refuses a second process the file, in a sentence', async () => {
    const app = makeApp('taken.db')
    await app.start()
    await expect(makeApp('taken.db').start()).rejects.toThrow(/taken\.db/)
    await app.close()
  })

  test('is no promise, no text and no JSON, whoever asks its functions for one', () => {
    const app = makeApp('probed.db')
    for (const tree of [app.api, app.as(ann), app.api.poll, app.api.poll.create, refs(s.poll)]) {
      for (const name of ['then', 'toJSON', Symbol.toPrimitive, Symbol.iterator]) {
        expect(Reflect.get(tree, name)).toBeUndefined()
      }
    }
    expect(JSON.stringify([{ api: app.as(ann) }, refs(s.poll).read])).toBe(
      '[{},{"path":"poll.read"}]',
    )
  })

  test('has no function whose name promises or JSON ask for', async () => {
    const named = (name: string) =>
      createTestApp({
        tables: () => ({}),
        functions: ({ query }) => ({ [name]: query({ handler: () => 1 }) }),
      })
    for (const name of ['path', 'then', 'toJSON']) {
      await expect(named(name)).rejects.toThrow("none of 'path', 'then' and 'toJSON'")
    }
  })

  test('listens on a free port of this machine unless told otherwise, and says which', async () => {
    const app = makeApp('listening.db')
    const [one, other] = [await app.listen(), await app.listen({})]
    expect(one.port).not.toBe(other.port)
    expect(one.url).toBe(`http://127.0.0.1:${one.port}`)
    expect((await fetch(`${one.url}/api/health`)).status).toBe(200)
    await app.close()
  })

  test('refuses calls once it is closed', async () => {
    const app = makeApp('closed.db')
    await app.close()
    await expect(app.api.secret()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('refuses what does not fit together before it opens anything', () => {
    const tables = { poll: s.poll } as never
    expect(() => noboil({ database: 'x' } as never)).toThrow('tables must be a function')
    expect(() => noboil({ database: '', tables: () => ({}) })).toThrow('must name a file')
    expect(() => noboil({ database: 'postgres://x', tables: () => ({}) })).toThrow('SQLite')
    expect(() => noboil({ database: 'x', tables: () => tables })).toThrow('table(s.poll')
    expect(() =>
      noboil({ database: 'x', tables: ({ table }) => ({ vote: table(s.vote) }) }),
    ).toThrow("hangs under 'poll', which is not wired")
    expect(() =>
      noboil({ database: 'x', tables: ({ table }) => ({ other: table(s.poll) }) }),
    ).toThrow('under its own name')
    expect(() =>
      noboil({ database: 'x', tables: () => ({}), limits: { maxThings: 1 } as never }),
    ).toThrow("no limit 'maxThings'")
    for (const auth of [{}, Promise.resolve({}), true, { session: async () => null }]) {
      expect(() => noboil({ database: 'x', tables: () => ({}), auth: auth as never })).toThrow(
        'noboil({ auth }) must be what betterAuth({ … })',
      )
    }
    for (const limits of [{ maxBulkItems: 0 }, { hookTimeoutMs: -1 }, { heartbeatMs: 1.5 }]) {
      expect(() => noboil({ database: 'x', tables: () => ({}), limits })).toThrow('above 0')
    }
  })

  test('refuses a misspelt option or hook by its name, also where no types are checked', () => {
    const wired = (name: 'poll' | 'vote', options: object) => () =>
      noboil({
        database: 'x',
        tables: ({ table }) => ({ poll: table(s.poll), [name]: table(s[name], options) }),
      })
    expect(wired('poll', { publc: 'isPublic' })).toThrow(
      "Table 'poll': no owned table has an option 'publc'; there are softDelete,",
    )
    expect(wired('vote', { hooks: { beforeCreate: () => {} } })).toThrow(
      "Table 'vote': no log table has a hook 'beforeCreate'; there are beforeAppend,",
    )
  })

  test('a user that is missing is refused, and never taken for the server or for somebody', () => {
    const app = makeApp('nobody.db')
    expect(() => app.as(undefined as never)).toThrow('null for nobody')
    expect(() => app.as({ name: 'Ann' } as never)).toThrow('a user with an _id')
  })
})
