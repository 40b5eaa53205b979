import { request as httpRequest } from 'node:http'
import { number, object } from 'zod/v4'
import type { FunctionReference } from '../schema/reference.ts'
import { afterEach, expect, test } from 'vitest'
import { errorCode } from '../errors/match.ts'
import { referencesAt } from './refs.ts'
import { definers } from './definers.ts'
import { banner, type RigOptions, ServerRig } from './server.fixture.ts'
import type { HandlerContext } from './contexts.ts'
import type { FunctionTree } from './types.ts'

const rigs: ServerRig[] = []

const open = async (options?: RigOptions): Promise<ServerRig> => {
  const rig = await (await ServerRig.open(options)).listen()
  rigs.push(rig)
  return rig
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

const page = { numItems: 10, cursor: null }
const refs = referencesAt('') as {
  readonly site: { readonly get: FunctionReference<'query', object, unknown> }
}

interface Tree {
  readonly [name: string]: Tree & ((args: object) => Promise<Tree>)
}

type Context = Omit<HandlerContext, 'api' | 'system'> & {
  readonly api: Tree
  readonly system: Tree
  readonly signal: AbortSignal
}

const tree = (functions: object): FunctionTree => functions as FunctionTree
const mutation = (handler: (ctx: Context, args: never) => unknown, args?: object): unknown =>
  definers.mutation({ handler, ...(args ? { args } : {}) } as never)
const query = (handler: (ctx: Context, args: never) => unknown): unknown =>
  definers.query({ handler } as never)
const action = (handler: (ctx: Context) => unknown): unknown =>
  definers.action({ handler } as never)

const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work
  } catch (error) {
    return errorCode(error)
  }
  return 'no failure'
}

test('a vote reaches another reader as a row of its list', async () => {
  const rig = await open()
  const poll = await rig.poll()
  const stream = rig.stream()
  await stream.follow(1, 'vote.pub.list', { parent: poll, paginationOpts: page })
  await stream.follow(2, 'vote.pub.counts', { parent: poll, field: 'option' })
  await rig.value('vote.append', { parent: poll, payload: { option: 1 } }, 'bob')
  await stream.until(() => (stream.value(1) as { page: object[] }).page.length === 1)
  await stream.until(() => JSON.stringify(stream.value(2)) === '{"1":1}')
  expect(stream.value(1)).toEqual(
    await rig.value('vote.pub.list', { parent: poll, paginationOpts: page }),
  )
})

test('a handler of a mutation is one transaction: all of it or nothing', async () => {
  const functions = tree({
    twice: mutation(
      async (ctx, { fail }: { fail: number }) => {
        const payload = { question: 'a', options: ['a', 'b'], open: true }
        await ctx.api['poll']?.['create']?.({ payload })
        if (fail === 1) throw new Error('undo')
        await ctx.api['poll']?.['create']?.({ payload })
      },
      object({ fail: number() }),
    ),
  })
  const rig = await open({ functions })
  const count = async (): Promise<number> =>
    (await rig.value<{ page: object[] }>('poll.list', { paginationOpts: page }, 'ann')).page.length
  await rig.call('twice', { fail: 1 }, 'ann')
  expect(await count()).toBe(0)
  const before = rig.server.host.revision
  await rig.call('twice', { fail: 0 }, 'ann')
  expect([await count(), rig.server.host.revision]).toEqual([2, before + 1])
})

test('ctx.api is the caller, ctx.system and ctx.db the server itself', async () => {
  const functions = tree({
    set: mutation(async (ctx) =>
      ctx.api['site']?.['set']?.({ key: 'banner', payload: { text: 'a' } }),
    ),
    force: mutation(async (ctx) =>
      ctx.system['site']?.['set']?.({ key: 'banner', payload: { text: 'b' } }),
    ),
    read: query(async (ctx) => ctx.db.query(refs.site.get, { key: 'banner' })),
  })
  const rig = await open({ functions })
  expect(await rig.code('set', {}, 'ann')).toBe('FORBIDDEN')
  expect(await rig.value('force', {}, 'ann')).toMatchObject({ text: 'b' })
  expect(await rig.value('read', {}, 'ann')).toMatchObject({ text: 'b' })
})

test('ctx.db.get finds the table from the id, and nothing that is removed or unknown', async () => {
  const functions = tree({
    get: mutation(
      async (ctx, { ids }: { ids: string[] }) => {
        const rows = []
        for (const id of ids) rows.push(await ctx.db.get(id as never))
        return rows
      },
      { shape: { ids: true }, safeParse: (data: unknown) => ({ success: true, data }) },
    ),
  })
  const rig = await open({ functions })
  const poll = await rig.poll()
  await rig.value('vote.append', { parent: poll, payload: { option: 1 } }, 'ann')
  const { value: banner } = await rig.server.call('site.set', {
    key: 'banner',
    payload: { text: 'a' },
  })
  const gone = await rig.poll()
  await rig.value('poll.rm', { id: gone }, 'ann')
  const votes = await rig.value<{ page: { _id: string }[] }>(
    'vote.list',
    { parent: poll, paginationOpts: page },
    'ann',
  )
  const ids = [
    poll,
    votes.page[0]?._id,
    (banner as { _id: string })._id,
    'users.ann',
    gone,
    'poll.x',
    'nothing',
    '',
  ]
  const rows = await rig.value<({ _id: string } | null)[]>('get', { ids }, 'ann')
  expect(rows.map((row) => row?._id ?? null)).toEqual([...ids.slice(0, 4), null, null, null, null])
  expect(rows[1]).not.toHaveProperty('fingerprint')
})

test('a query cannot write, whatever it calls', async () => {
  const functions = tree({
    sneaky: query(async (ctx) =>
      ctx.system['site']?.['set']?.({ key: 'banner', payload: { text: 'a' } }),
    ),
  })
  const rig = await open({ functions })
  expect(await rig.code('sneaky', {}, 'ann')).toBe('UNSUPPORTED')
  expect((await rig.server.call('site.get', { key: 'banner' })).value).toBeNull()
})

test('an api call from inside a transaction is refused at once, from a hook and from a handler', async () => {
  const functions = tree({
    loop: mutation(async () => rig.server.call('site.get', { key: 'banner' })),
    later: mutation(async (ctx) => {
      ctx.afterCommit(async () => done(await rig.server.call('site.get', { key: 'banner' })))
    }),
  })
  let done!: (value: unknown) => void
  const after = new Promise((resolve) => (done = resolve))
  const rig = await open({
    functions,
    beforeVote: (server) => server.server.call('site.get', { key: 'banner' }),
  })
  const { body } = await rig.call('loop', {}, 'ann')
  expect(body).toMatchObject({ error: { code: 'UNSUPPORTED' } })
  expect(JSON.stringify(body)).toContain('would wait for itself')
  const poll = await rig.poll()
  expect(await rig.code('vote.append', { parent: poll, payload: { option: 1 } }, 'ann')).toBe(
    'UNSUPPORTED',
  )
  // After the commit there is no transaction to wait for.
  await rig.value('later', {}, 'ann')
  expect(await after).toMatchObject({ value: null })
})

test('a request that is answered without a socket is refused inside a transaction as well', async () => {
  const call = (): Request =>
    new Request('http://localhost/api/call/site.get', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost' },
      body: JSON.stringify({ args: banner }),
    })
  const functions = tree({
    loop: mutation(async () => (await rig.server.fetch(call())).json()),
  })
  const rig = await open({ functions })
  expect(await rig.value('loop', {}, 'ann')).toMatchObject({ error: { code: 'UNSUPPORTED' } })
})

test('an action is no transaction: what it has written stays when it fails', async () => {
  const functions = tree({
    act: action(async (ctx) => {
      await ctx.system['site']?.['set']?.({ key: 'banner', payload: { text: 'kept' } })
      throw new Error('too late')
    }),
  })
  const rig = await open({ functions })
  expect(await rig.code('act', {}, 'ann')).toBe('INTERNAL')
  expect((await rig.server.call('site.get', { key: 'banner' })).value).toMatchObject({
    text: 'kept',
  })
})

test('an action that takes too long is TIMEOUT, and its signal says so', async () => {
  let ended = false
  const functions = tree({
    slow: action(
      (ctx) =>
        new Promise<void>((resolve) =>
          ctx.signal.addEventListener('abort', () => resolve(void (ended = true))),
        ),
    ),
  })
  const rig = await open({ functions, limits: { actionTimeoutMs: 20 } })
  expect(await rig.code('slow', {}, 'ann')).toBe('TIMEOUT')
  expect(ended).toBe(true)
})

test('a custom query is live, and each user has an answer of their own', async () => {
  const functions = tree({
    mine: query(async (ctx) => {
      const polls = await ctx.api['poll']?.['list']?.({ paginationOpts: page })
      return { user: ctx.userId, polls: (polls as never as { page: object[] }).page.length }
    }),
  })
  const rig = await open({ functions })
  const ann = rig.stream('ann')
  const bob = rig.stream('bob')
  await ann.follow(1, 'mine', {})
  await bob.follow(1, 'mine', {})
  await rig.poll('ann')
  await ann.until(() => (ann.value(1) as { polls: number }).polls === 1)
  expect(bob.value(1)).toEqual({ user: 'users.bob', polls: 0 })
})

test('a role that is gained or lost holds for the next call', async () => {
  const rig = await open()
  const set = { key: 'banner', payload: { text: 'a' } }
  expect(await rig.code('site.set', set, 'ann')).toBe('FORBIDDEN')
  await rig.auth.change({ _id: 'users.ann', name: 'ann', role: 'admin' })
  expect((await rig.call('site.set', set, 'ann')).status).toBe(200)
  await rig.auth.change({ _id: 'users.ann', name: 'ann', role: null })
  expect(await rig.code('site.set', set, 'ann')).toBe('FORBIDDEN')
})

test('as a user the api is what clients see, as the server itself it is everything', async () => {
  const functions = tree({
    hidden: definers.internalQuery({ handler: async () => 'seen' }),
  })
  const rig = await open({ functions })
  const api = rig.server.api() as Tree
  const ann = rig.server.api({ _id: 'users.ann', name: 'ann' } as never) as Tree
  expect(await (api['hidden'] as (args: object) => Promise<unknown>)({})).toBe('seen')
  expect(await codeOf((ann['hidden'] as (args: object) => Promise<unknown>)({}))).toBe('NOT_FOUND')
})

test('two functions of one name, and names that cannot be called, are refused at the start', async () => {
  const handler = async (): Promise<void> => {}
  await expect(
    ServerRig.open({ functions: tree({ poll: { create: query(handler) } }) }),
  ).rejects.toThrow("There are two functions called 'poll.create'")
  await expect(ServerRig.open({ functions: tree({ 'a-b': query(handler) }) })).rejects.toThrow(
    "'a-b'",
  )
  await expect(ServerRig.open({ functions: tree({ path: query(handler) }) })).rejects.toThrow(
    "'path'",
  )
})

test('a port that is taken is a sentence that names it', async () => {
  const rig = await open()
  await expect(rig.server.listen({ port: rig.port })).rejects.toThrow(
    `Port ${rig.port} of 127.0.0.1 is in use by another process: stop that one, or choose another port.`,
  )
})

test('limits that are wrong or contradict each other are refused at the start', async () => {
  const refused = (limits: object): Promise<unknown> => ServerRig.open({ limits })
  await expect(refused({ maxConnections: 0 })).rejects.toThrow('maxConnections is 0')
  await expect(refused({ heartbeatMs: 40_000 })).rejects.toThrow('at most half of proxyTimeoutMs')
  await expect(refused({ maxBodyBytes: 10 })).rejects.toThrow('at least maxPayloadBytes')
  await expect(refused({ maxConnectionsPerCaller: 1e6 })).rejects.toThrow('at most maxConnections')
  await expect(refused({ maxCats: 1 })).rejects.toThrow("no limit 'maxCats'")
})

test('a server that closes finishes running calls, says goodbye to streams and takes no more', async () => {
  let release!: () => void
  const held = new Promise<void>((resolve) => (release = resolve))
  let begun!: () => void
  const started = new Promise<void>((resolve) => (begun = resolve))
  const rig = await open({
    beforeVote: async () => {
      begun()
      await held
    },
  })
  const poll = await rig.poll()
  const stream = rig.stream('ann')
  await stream.hello()
  const running = rig.call('vote.append', { parent: poll, payload: { option: 1 } }, 'ann')
  await started
  const closed = rig.server.close()
  await stream.gone()
  expect(stream.messages.at(-1)).toMatchObject({ type: 'bye', reason: 'shutdown' })
  expect((stream.messages.at(-1) as { retryMs: number }).retryMs).toBeGreaterThanOrEqual(500)
  release()
  expect((await running).body).toMatchObject({ value: { seq: 1, created: true } })
  await closed
  expect(await codeOf(rig.server.call('site.get', { key: 'banner' }))).toBe('UNAVAILABLE')
  await expect(fetch(`http://127.0.0.1:${rig.port}/api/health`)).rejects.toThrow('fetch failed')
})

test('an action is told that the server closes, and may come to its end', async () => {
  let begun!: () => void
  const started = new Promise<void>((resolve) => (begun = resolve))
  const functions = tree({
    work: action(async (ctx) => {
      begun()
      await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve()))
      await ctx.system['site']?.['set']?.({ key: 'banner', payload: { text: 'tidy' } })
      return 'done'
    }),
  })
  const rig = await open({ functions })
  const running = rig.call('work', {}, 'ann')
  await started
  await rig.server.close()
  expect((await running).body).toMatchObject({ value: 'done' })
})

test('a call that never ends does not keep a server from closing', async () => {
  const functions = tree({ never: action(() => new Promise(() => {})) })
  const rig = await open({ functions, limits: { shutdownTimeoutMs: 50 } })
  const running = rig.call('never', {}, 'ann')
  await new Promise((resolve) => setImmediate(resolve))
  await rig.server.close()
  expect((await running).body).toMatchObject({ error: { code: 'UNAVAILABLE' } })
})

test('what anybody may do without signing in is counted by address', async () => {
  const rig = await open({ trustProxy: 1 })
  const functions = rig.server
  expect(functions.limits.maxConnectionsPerCaller).toBeGreaterThan(0)
  const callers: string[] = []
  const spy = rig.server.callers.callPublic.bind(rig.server.callers)
  rig.server.callers.callPublic = (path, args, call, options) => {
    callers.push(call.caller)
    return spy(path, args, call, options)
  }
  const ask = (headers: Record<string, string>): Promise<unknown> =>
    new Promise((resolve) => {
      const body = JSON.stringify({ args: { key: 'banner' } })
      const sent = httpRequest(
        {
          port: rig.port,
          path: '/api/call/site.get',
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => response.resume().on('end', resolve),
      )
      sent.end(body)
    })
  await ask({ 'x-forwarded-for': 'forged, 203.0.113.7' })
  await ask({ 'x-forwarded-for': '2001:db8:1:2:3::9' })
  await ask({ authorization: 'Bearer ann' })
  expect(callers).toEqual(['address 203.0.113.7', 'address 2001:db8:1:2::/64', 'users.ann'])
})
