import { makeFunctionReference } from 'convex/server'
import { convexToJson } from 'convex/values'
import { describe, expect, test, vi } from 'vitest'
import { errorCode, errorData } from '../../errors/match.ts'
import type { HookContext } from '../../schema/context.ts'
import type { FunctionReference } from '../../schema/reference.ts'
import { s, tables } from './app.fixture.ts'
import { convexContext } from './contexts.ts'
import { deploy, type Registered } from './deploy.fixture.ts'

interface Made {
  readonly _id: string
  readonly title?: string
}

const code = async (call: Promise<unknown>): Promise<string | undefined> =>
  call.then(
    (answer) => {
      throw new Error(`It succeeded with ${JSON.stringify(answer)}.`)
    },
    (error: unknown) => errorCode(error),
  )

describe('a function', () => {
  test('is public where its table serves clients, and internal everywhere else', () => {
    const { modules } = deploy(tables)
    const open = new Map<string, boolean>()
    for (const [module, file] of modules) {
      for (const [name, fn] of Object.entries(file) as [string, Registered][]) {
        expect([name, fn.isPublic === true]).not.toEqual([name, fn.isInternal === true])
        open.set(`${module}:${name}`, fn.isPublic === true)
      }
    }
    const closed = [...open].filter(([, isPublic]) => !isPublic).map(([path]) => path)
    expect(closed.filter((path) => !path.split(':')[0]?.split('/').includes('system'))).toEqual([
      'status:list',
      'status:set',
      'status:rm',
      'status:restore',
      'users:remove',
      'noboil:program',
      'noboil:look',
      'noboil:flow',
      'noboil:fetching',
      'noboil:sweep',
    ])
    const system = [...open].filter(([path]) => path.includes('/system'))
    expect(system.length).toBeGreaterThan(60)
    expect(system.filter(([, isPublic]) => isPublic)).toEqual([])
    expect(open.get('status:get')).toBe(true)
    expect(open.get('vote/auth:list')).toBe(true)
    expect(open.get('vote/pub:list')).toBe(true)
  })

  test('has validators of its arguments and of its answer', () => {
    const { modules } = deploy(tables)
    for (const [module, file] of modules) {
      if (module === 'noboil') continue
      for (const [name, fn] of Object.entries(file) as [string, Registered][]) {
        const args = JSON.parse(fn.exportArgs()) as { type: string }
        expect([module, name, args.type]).toEqual([module, name, 'object'])
        expect([module, name, fn.exportReturns()]).not.toEqual([module, name, 'null'])
      }
    }
  })

  test('refuses with error data that Convex can carry, and hides a defect', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const app = deploy(({ table }) => ({
      poll: table(s.poll, {
        hooks: {
          beforeCreate: () => {
            throw new Error('secret of the app')
          },
        },
      }),
    }))
    const ann = await app.person('ann')
    const wrong = await app
      .call('poll:create', { payload: { title: 7 } }, ann)
      .catch((error: unknown) => error)
    expect(errorData(wrong)).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'payload.title' }] },
    })
    const defect = await app
      .call('poll:create', { payload: { title: 'Tea' } }, ann)
      .catch((error: unknown) => error)
    expect(errorCode(defect)).toBe('INTERNAL')
    expect(JSON.stringify(convexToJson((defect as { data: never }).data))).not.toContain('secret')
    expect(logged).toHaveBeenCalledOnce()
  })

  test('runs inside its middleware, the first outermost', async () => {
    const order: string[] = []
    const app = deploy(tables, {
      middleware: [
        async ({ path, kind }, next) => {
          order.push(`${kind} ${path}`)
          return next()
        },
        async (_call, next) => {
          const answer = await next()
          order.push('answered')
          return answer
        },
      ],
    })
    await app.call('banner:get', { key: 'banner' })
    expect(order).toEqual(['query banner.get', 'answered'])
  })

  test('of the group `system` is the server itself', async () => {
    const app = deploy(tables)
    expect(await app.call('status/system:set', { key: 'db', payload: { ok: true } })).toMatchObject(
      { ok: true },
    )
    expect(await app.call('status:get', { key: 'db' })).toMatchObject({ key: 'db', ok: true })
  })
})

describe('a page', () => {
  test('goes on without gaps while rows come, and refuses cursors of other lists', async () => {
    const app = deploy(tables)
    const ann = await app.person('ann')
    const { _id: parent } = (await app.call(
      'poll:create',
      { payload: { title: 'Tea' } },
      ann,
    )) as Made
    const append = (option: string) => app.call('vote:append', { parent, payload: { option } }, ann)
    for (const option of ['a', 'b', 'c']) await append(option)
    const list = (cursor: string | null, endCursor?: string) => {
      const paginationOpts = { numItems: 2, cursor, ...(endCursor && { endCursor }) }
      return app.call('vote:list', { parent, paginationOpts }, ann) as Promise<{
        page: { option: string }[]
        continueCursor: string
        isDone: boolean
      }>
    }
    const first = await list(null)
    expect(first.page.map(({ option }) => option)).toEqual(['c', 'b'])
    await append('d')
    const pinned = await list(null, first.continueCursor)
    expect(pinned.page.map(({ option }) => option)).toEqual(['d', 'c', 'b'])
    const second = await list(first.continueCursor)
    expect(second.page.map(({ option }) => option)).toEqual(['a'])
    const other = app.call(
      'event:list',
      { parent, paginationOpts: { numItems: 2, cursor: first.continueCursor } },
      ann,
    )
    const refused = (await other.catch((error: unknown) => error)) as { data: object }
    // What `usePaginatedQuery` looks for before it begins again.
    expect(refused.data).toMatchObject({ code: 'INVALID_CURSOR', paginationError: 'InvalidCursor' })
  })

  test('of what is shared lies in the order in which the rows were made', async () => {
    const app = deploy(tables)
    const [ann, bob] = [await app.person('ann'), await app.person('bob')]
    const create = async (title: string, memberIds: string[] = []) =>
      (await app.call('poll:create', { payload: { title, memberIds } }, ann)) as Made
    const first = await create('first tea')
    await create('second tea', [bob])
    await app.call('poll:update', { id: first._id, patch: { memberIds: [bob] } }, ann)
    const { page } = (await app.call(
      'poll:list',
      { paginationOpts: { numItems: 9, cursor: null } },
      bob,
    )) as { page: Made[] }
    expect(page.map(({ title }) => title)).toEqual(['second tea', 'first tea'])
    const found = (await app.call('poll:search', { query: 'tea' }, bob)) as Made[]
    expect(found.map(({ title }) => title)).toEqual(['second tea', 'first tea'])
  })
})

describe('a search', () => {
  test('finds rows in which every word begins a word, and no others', async () => {
    const app = deploy(tables)
    const ann = await app.person('ann')
    for (const title of ['green teapot', 'green coffee', 'black tea', 'tea, green']) {
      await app.call('poll:create', { payload: { title } }, ann)
    }
    const found = (await app.call('poll:search', { query: 'TEA gre' }, ann)) as Made[]
    expect(found.map(({ title }) => title)).toEqual(['tea, green', 'green teapot'])
  })
})

describe('a unique field', () => {
  test('refuses a second row by its fields, also in a patch, and lets a row keep its own', async () => {
    const app = deploy(tables)
    const ann = await app.person('ann')
    const create = (slug?: string) =>
      app.call('poll:create', { payload: { title: 'x', ...(slug && { slug }) } }, ann)
    const first = (await create('a')) as Made
    const second = (await create('b')) as Made
    await create()
    await create()
    expect(await code(create('a'))).toBe('DUPLICATE')
    const patch = (id: string, slug: string) =>
      app.call('poll:update', { id, patch: { slug } }, ann)
    expect(await code(patch(second._id, 'a'))).toBe('DUPLICATE')
    await patch(first._id, 'a')
    await patch(first._id, 'c')
    await patch(second._id, 'a')
  })
})

test('a record takes only keys that Convex can store, and says which it does not', async () => {
  const app = deploy(tables)
  const ann = await app.person('ann')
  const create = (labels: object) =>
    app.call('poll:create', { payload: { title: 'x', labels } }, ann)
  const refused = await create({ _own: 1 }).catch((error: unknown) => error)
  expect(errorData(refused)).toMatchObject({ code: 'VALIDATION_FAILED' })
  expect(errorData(refused)?.message).toContain("labels._own: The key '_own'")
  expect(await create({ own: 1 })).toMatchObject({ labels: { own: 1 } })
})

test('a value that Convex cannot name is not counted, and breaks nobody’s tally', async () => {
  const app = deploy(tables)
  const ann = await app.person('ann')
  const { _id: parent } = (await app.call('poll:create', { payload: { title: 'x' } }, ann)) as Made
  const append = (option: string) => app.call('vote:append', { parent, payload: { option } }, ann)
  const tally = () => app.call('vote:counts', { parent, field: 'option' }, ann)
  await append('tea')
  for (const option of ['\u2603', '$x', '_x', 'a\nb', '__proto__', 'x'.repeat(1_025)]) {
    const refused = await append(option).catch((error: unknown) => error)
    expect(errorCode(refused)).toBe('VALIDATION_FAILED')
    expect((refused as Error).message).toContain('option: The value')
  }
  // As an erased row holds it.
  await append('')
  expect(await tally()).toEqual({ tea: 1 })
  const groups = await app.call('vote:authIndexed', { parent, indexBy: 'option' }, ann)
  expect(Object.keys(groups as object)).toEqual(['tea'])
})

test('a group that Convex cannot name is refused with a code', async () => {
  const app = deploy(tables)
  const ann = await app.person('ann')
  const { _id: parent } = (await app.call('poll:create', { payload: { title: 'x' } }, ann)) as Made
  await app.call('event:append', { parent, payload: { body: '\u2603' } }, ann)
  expect(await code(app.call('event:authIndexed', { parent, indexBy: 'body' }, ann))).toBe(
    'UNSUPPORTED',
  )
})

describe('a hook', () => {
  const set: FunctionReference<'mutation', { key: string; payload: { ok: boolean } }, unknown> = {
    path: 'status.set',
    kind: 'mutation',
  }
  const tablesWith = (beforeCreate: (ctx: HookContext) => Promise<void>) => {
    return ({ table }: Parameters<typeof tables>[0]) => ({
      poll: table(s.poll, {
        hooks: {
          beforeCreate: async (ctx, { payload }) => {
            await beforeCreate(ctx)
            return payload
          },
        },
      }),
      tag: table(s.tag, { unique: ['name'] }),
      status: table(s.status, {
        hooks: {
          afterRm: () => {
            throw new Error('after it has gone')
          },
        },
      }),
    })
  }
  const create = { payload: { title: 'Tea' } }

  test('that catches a failed call goes on as if that call had not been', async () => {
    const createTags = { path: 'tag.createBulk', kind: 'mutation' } as const
    const app = deploy(
      tablesWith(async (ctx) => {
        await ctx.db.mutation(set, { key: 'kept', payload: { ok: true } })
        await ctx.db.mutation(set, { key: 'kept', payload: { ok: false } })
        const twice = ctx.db.mutation(createTags, { items: [{ name: 'a' }, { name: 'a' }] })
        expect(await code(twice)).toBe('DUPLICATE')
        await ctx.db.mutation(createTags, { items: [{ name: 'a' }] })
      }),
    )
    const ann = await app.person('ann')
    await app.call('poll:create', create, ann)
    const tags = await app.test.run((ctx) => ctx.db.query('tag').collect())
    expect(tags.map(({ name }) => name as string)).toEqual(['a'])
    expect(await app.call('status:get', { key: 'kept' })).toMatchObject({ ok: false })
  })

  test('that writes to Convex’s own db is not told of what was there before', async () => {
    const get: FunctionReference<'query', { key: string }, Made> = {
      path: 'status.get',
      kind: 'query',
    }
    const seen: unknown[] = []
    const app = deploy(
      tablesWith(async (ctx) => {
        await ctx.db.mutation(set, { key: 'own', payload: { ok: true } })
        const own = ctx.db as unknown as { patch(id: string, set: object): Promise<void> }
        const before = await ctx.db.query(get, { key: 'own' })
        await own.patch(before._id, { ok: false })
        seen.push(await ctx.db.query(get, { key: 'own' }))
      }),
    )
    await app.call('poll:create', create, await app.person('ann'))
    expect(seen).toEqual([expect.objectContaining({ ok: false })])
  })

  test('that writes past noboil, through Convex’s own context, is seen by what goes on', async () => {
    const append = makeFunctionReference<'mutation'>('event/system:append')
    const app = deploy(({ table }) => ({
      poll: table(s.poll),
      event: table(s.event, {
        hooks: {
          beforeAppend: async (ctx, { parent, payload }) => {
            if (ctx.internal) return payload
            const before = { parent, payload: { body: `before ${payload.body}` } }
            await convexContext(ctx).runMutation(append, before)
            return payload
          },
        },
      }),
    }))
    const ann = await app.person('ann')
    const { _id: parent } = (await app.call('poll:create', create, ann)) as Made
    const first = { parent, payload: { body: 'tea' }, expectedSeq: 0 }
    await app.call('event:append', first, ann)
    const rows = await app.call('event:listAfter', { parent, seq: 0 }, ann)
    expect((rows as { seq: number; body: string }[]).map(({ seq, body }) => [seq, body])).toEqual([
      [1, 'before tea'],
      [2, 'tea'],
    ])
  })

  test('that catches what Convex cannot undo fails with its call', async () => {
    const rm = { path: 'status.rm', kind: 'mutation' } as const
    const app = deploy(
      tablesWith((ctx) => ctx.db.mutation(rm, { key: 'kept' }).catch(() => {}) as never),
    )
    const ann = await app.person('ann')
    await app.call('status/system:set', { key: 'kept', payload: { ok: true } })
    const refused = await app.call('poll:create', create, ann).catch((error: unknown) => error)
    expect(errorData(refused)).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("a row of 'status'") as string,
    })
    expect(await app.call('status:get', { key: 'kept' })).toMatchObject({ ok: true })
    expect(await app.test.run((ctx) => ctx.db.query('poll').collect())).toEqual([])
  })

  test('has the caller’s row, Convex’s own db, and its context', async () => {
    const seen: unknown[] = []
    const app = deploy(
      tablesWith(async (ctx) => {
        const { scheduler } = convexContext(ctx)
        const own = ctx.db as unknown as { query(table: string): { collect(): Promise<object[]> } }
        seen.push(ctx.user.name, typeof scheduler.runAfter, await own.query('users').collect())
        seen.push((await ctx.db.get(ctx.userId))?.name, await ctx.db.get('nothing' as never))
      }),
    )
    const ann = await app.person('ann')
    await app.call('poll:create', create, ann)
    expect(seen).toEqual([
      'ann',
      'function',
      [expect.objectContaining({ name: 'ann' })],
      'ann',
      null,
    ])
  })

  test('has nothing after the commit, and is told what to do instead', async () => {
    const app = deploy(tablesWith(async (ctx) => ctx.afterCommit(() => {})))
    const ann = await app.person('ann')
    const refused = await app.call('poll:create', create, ann).catch((error: unknown) => error)
    expect(errorData(refused)).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('scheduler') as string,
    })
  })
})
