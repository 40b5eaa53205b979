/** What would pass on convex-test alone, and would not on a deployment. */
import { ConvexHttpClient } from 'convex/browser'
import { ConvexReactClient } from 'convex/react'
import { makeFunctionReference } from 'convex/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { api, deploy, until } from './app.fixture.ts'
import type { TestDeployment } from './standin.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let deployment: TestDeployment
let client: ConvexReactClient

beforeEach(() => {
  deployment = deploy()
  client = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
})

afterEach(async () => {
  vi.useRealTimers()
  await client.close()
})

const missing = /Could not find public function for 'note:\w+'/

describe('internal functions are not for clients', () => {
  const query = makeFunctionReference<'query'>('note:secret')
  const mutation = makeFunctionReference<'mutation'>('note:tick')
  const action = makeFunctionReference<'action'>('note:secretAction')

  test('over the socket: queries, those that are followed, mutations and actions', async () => {
    await expect(client.query(query)).rejects.toThrow(missing)
    await expect(client.mutation(mutation, { room: 'a' })).rejects.toThrow(missing)
    await expect(client.action(action)).rejects.toThrow(missing)
    const watch = client.watchQuery(query, {})
    const told = Promise.withResolvers<void>()
    watch.onUpdate(told.resolve)
    await told.promise
    expect(() => watch.localQueryResult()).toThrow(missing)
    expect(await deployment.query(api.note.list, { room: 'a' })).toEqual([])
  })

  test('over HTTP', async () => {
    const { url, close } = await deployment.listen()
    const http = new ConvexHttpClient(url, { logger: false })
    await expect(http.query(query)).rejects.toThrow(missing)
    await expect(http.mutation(mutation, { room: 'a' })).rejects.toThrow(missing)
    await expect(http.action(action)).rejects.toThrow(missing)
    await close()
  })

  test('the test itself stands where the app’s own code stands', async () => {
    expect(await deployment.query(query)).toBe('secret')
    expect(await deployment.action(action)).toBe('secret')
  })

  test('a name that is none, and a function of another kind, are told apart', async () => {
    await expect(client.query(makeFunctionReference<'query'>('note:nothing'))).rejects.toThrow(
      missing,
    )
    await expect(client.query(makeFunctionReference<'query'>('constructor'))).rejects.toThrow(
      /Could not find public function for 'constructor:default'/,
    )
    await expect(client.query(makeFunctionReference<'query'>('note:add'), {})).rejects.toThrow(
      /is mutation, not query/,
    )
  })
})

describe('validators hold before anything is committed', () => {
  test('an answer that is refused leaves no writes behind', async () => {
    await expect(client.mutation(api.note.wrongAnswer, {})).rejects.toThrow(
      /result.count must be a number/,
    )
    expect(await deployment.query(api.note.list, { room: 'a' })).toEqual([])
  })

  test('one that is refused inside a mutation takes its own writes with it, and no others', async () => {
    await client.mutation(api.note.survivesWrongAnswer, {})
    expect(await deployment.query(api.note.list, { room: 'a' })).toEqual(['7kept'])
  })

  test('records in arguments are checked', async () => {
    expect(await client.query(api.note.wrongRecord, { counts: { a: 1 } })).toBeNull()
    const counts = { a: 'many' as never }
    await expect(client.query(api.note.wrongRecord, { counts })).rejects.toThrow(
      /args.counts.a must be a number/,
    )
  })
})

describe('limits hold', () => {
  test('of a document’s size', async () => {
    await deployment.mutation(api.note.big, { bytes: 1_000_000 })
    await expect(deployment.mutation(api.note.big, { bytes: 1_100_000 })).rejects.toThrow(
      /A document of note has \d+ bytes/,
    )
  })

  test('of a transaction’s writes, which are then none', async () => {
    await expect(deployment.mutation(api.note.many, { count: 16_001 })).rejects.toThrow(/16000/)
    const kept = await deployment.run((ctx) => ctx.db.query('other').first())
    expect(kept).toBeNull()
  })

  test('of what a function is given and answers', async () => {
    expect(await client.query(api.note.numbers, { count: 8192 })).toHaveLength(8192)
    await expect(client.query(api.note.numbers, { count: 8193 })).rejects.toThrow(
      /The answer of .*note:numbers has 8193 items; Convex has at most 8192/,
    )
    const wide = Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`f${n}`, n]))
    await expect(client.query(api.note.echo, { given: wide })).rejects.toThrow(
      /The arguments of .*note:echo.given has 1025 fields/,
    )
    const long = 'x'.repeat(9 * 1024 * 1024)
    await expect(client.query(api.note.echo, { given: [long, long] })).rejects.toThrow(
      /The arguments of .* has \d+ bytes; Convex passes 16777216/,
    )
  })

  test('of pages: a function asks for one, and so may each that it calls', async () => {
    await expect(deployment.query(api.note.twoPages)).rejects.toThrow(/Convex paginates once/)
    expect(await deployment.query(api.note.pageEach)).toBeNull()
  })
})

test('nobody is signed in where something scheduled runs', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await deployment.as({ subject: 'ann' }).mutation(api.note.signsLater)
  await deployment.finishScheduled(() => vi.runAllTimers())
  expect(await deployment.query(api.note.list, { room: 'signed' })).toEqual(['1nobody'])
})

test('crons run while it listens', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const { close } = await deployment.listen()
  await vi.advanceTimersByTimeAsync(60_000)
  await deployment.finishScheduled(() => vi.advanceTimersByTime(1))
  await until(async () =>
    expect(await deployment.query(api.note.list, { room: 'cron' })).toHaveLength(1),
  )
  vi.useRealTimers()
  await close()
})

test('a port that is in use is refused in a sentence', async () => {
  const { url, close } = await deployment.listen()
  const port = Number(new URL(url).port)
  await expect(deployment.listen({ port })).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is in use by another process: stop that one, or choose another port.`,
  )
  await close()
})
