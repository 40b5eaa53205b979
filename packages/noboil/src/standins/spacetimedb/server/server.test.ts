import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { createModuleHost } from '../host.ts'
import { identityOf } from '../identity.ts'
import type * as Module from '../module.fixture.ts'
import { type Client, connectClient, type NotesHost, subscribed, until } from './client.fixture.ts'

let module: ModuleBundle
let host: NotesHost
beforeAll(async () => {
  module = await bundleModule(new URL('../module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await createModuleHost<typeof Module>({ module })
})
afterEach(() => host.close())

const texts = (client: Client): string[] =>
  Array.from(client.db.note.iter(), ({ text }) => text).sort()

/** Views are in a client's tables, and not in the module's types. */
const view = (client: Client, name: string): string[] => {
  const tables = client.db as unknown as Record<string, Client['db']['note']>
  return Array.from(tables[name]?.iter() ?? [], ({ text }) => text).sort()
}

describe.each(['in the process', 'over a socket'])('the SDK’s client, %s,', (way) => {
  let url: string | undefined
  beforeEach(async () => {
    url = way === 'over a socket' ? (await host.listen()).url : undefined
  })
  const connect = (token?: string): Promise<Client> =>
    connectClient(host, { ...(url ? { url } : {}), ...(token === undefined ? {} : { token }) })

  test('begins with the rows that are there and follows reducers, its own and others’', async () => {
    host.call('append', { parent: 'a', text: 'early' })
    const [one, two] = [await connect(), await connect()]
    await subscribed(one, "SELECT * FROM note WHERE parent = 'a'")
    await subscribed(two, 'SELECT * FROM note')
    const events: string[] = []
    one.db.note.onInsert((context, row) => events.push(`${context.event.tag} ${row.text}`))
    await one.reducers.append({ parent: 'a', text: 'own' })
    await two.reducers.append({ parent: 'b', text: 'elsewhere' })
    await two.reducers.append({ parent: 'a', text: 'theirs' })
    await until(() => texts(one).length === 3)
    expect(texts(one)).toEqual(['early', 'own', 'theirs'])
    expect(texts(two)).toEqual(['early', 'elsewhere', 'own', 'theirs'])
    expect(events).toEqual(['Reducer own', 'Transaction theirs'])
  })

  test('sees one update, not a removal and an insert, when a row changes', async () => {
    const client = await connect()
    await subscribed(client, 'SELECT * FROM note')
    await client.reducers.append({ parent: 'a', text: 'old' })
    const seen: string[] = []
    client.db.note.onUpdate((_context, before, now) => seen.push(`${before.text} ${now.text}`))
    client.db.note.onDelete(() => seen.push('deleted'))
    await client.reducers.edit({ id: 1n, text: 'new' })
    expect(seen).toEqual(['old new'])
    expect(client.db.note.id.find(1n)?.text).toBe('new')
  })

  test('is told what a reducer refuses, and nothing of what goes wrong inside', async () => {
    const client = await connect()
    await expect(client.reducers.append({ parent: 'a', text: '' })).rejects.toMatchObject({
      name: 'SenderError',
      message: 'text must not be empty',
    })
    await expect(client.reducers.append({ parent: 'a', text: 'bug' })).rejects.toMatchObject({
      name: 'InternalError',
      message: 'The instance encountered a fatal error.',
    })
    expect(host.logs.at(-1)?.message).toBe('The reducer append failed: a secret of the module')
  })

  test('gets what a procedure answers, or why it failed', async () => {
    const client = await connect()
    await client.reducers.append({ parent: 'a', text: 'one' })
    expect(await client.procedures.since({ parent: 'a', after: 0n })).toEqual(['1:one'])
    host.stubHttp(() => ({ status: 503 }))
    await expect(client.procedures.fetchAndStore({ url: 'http://upstream/' })).rejects.toBe(
      'The module instance encountered a fatal error: upstream 503',
    )
  })

  test('has the identity of its token, again and again; without one it gets one to keep', async () => {
    const known = await connect(host.token('alice'))
    expect(known.identity?.isEqual(identityOf('alice'))).toBe(true)
    const stranger = await connect()
    const again = await connect(stranger.token)
    expect(again.identity?.isEqual(stranger.identity ?? identityOf('nobody'))).toBe(true)
    expect((await connect()).identity?.isEqual(stranger.identity ?? identityOf(''))).toBe(false)
  })

  test('with an empty token is somebody new', async () => {
    const [one, two] = [await connect(''), await connect('')]
    expect(one.identity).toBeDefined()
    expect(two.identity?.isEqual(one.identity ?? identityOf(''))).toBe(false)
  })

  test('with a token of somebody else’s making does not connect', async () => {
    const [head, , signature] = host.token('alice').split('.')
    const claims = Buffer.from('{"iss":"localhost","sub":"owner"}').toString('base64url')
    await expect(connect(`${head}.${claims}.${signature}`)).rejects.toThrow(/token/)
    await expect(connect('no token at all')).rejects.toThrow(/token/)
    expect(host.tables('audit').map(({ what }) => what)).not.toContain('connected')
  })

  test('brings its claims into the module', async () => {
    const client = await connect(host.token({ iss: 'https://issuer', sub: 'carol', aud: 'app' }))
    await client.reducers.whoami({})
    expect(host.tables('audit').at(-1)?.what).toBe('carol app false 1')
  })

  test('that the module refuses does not connect', async () => {
    const token = host.token({ iss: 'https://issuer', sub: 'banned' })
    await expect(connect(token)).rejects.toThrow(/you are banned|connection ended/)
  })

  test('may read public tables and views, and no private table', async () => {
    const client = await connect()
    for (const sql of ['SELECT * FROM audit', 'SELECT * FROM head', 'SELECT * FROM nothing'])
      await expect(subscribed(client, sql)).rejects.toThrow(/no such table/)
    await subscribed(client, 'SELECT * FROM note', 'SELECT * FROM mine')
  })

  test('sees its own rows in a sender’s view, as they come and go', async () => {
    const [alice, bob] = [await connect(host.token('alice')), await connect(host.token('bob'))]
    await subscribed(alice, 'SELECT * FROM mine')
    await subscribed(bob, 'SELECT * FROM mine', 'SELECT * FROM of_a')
    await alice.reducers.append({ parent: 'a', text: 'hers' })
    await bob.reducers.append({ parent: 'b', text: 'his' })
    await until(() => view(bob, 'ofA').length === 1)
    expect([view(alice, 'mine'), view(bob, 'mine'), view(bob, 'ofA')]).toEqual([
      ['hers'],
      ['his'],
      ['hers'],
    ])
    await alice.reducers.purge({ parent: 'a', below: 9n })
    await until(() => view(bob, 'ofA').length === 0)
    expect(view(alice, 'mine')).toEqual([])
  })

  test('has no rows of a query any more that it unsubscribed from', async () => {
    const client = await connect()
    await client.reducers.append({ parent: 'a', text: 'one' })
    const handle = await subscribed(client, 'SELECT * FROM note')
    expect(texts(client)).toEqual(['one'])
    handle.unsubscribe()
    await until(() => texts(client).length === 0)
    await client.reducers.append({ parent: 'a', text: 'two' })
    expect(texts(client)).toEqual([])
  })

  test('keeps a row that two of its queries have until neither has', async () => {
    const client = await connect()
    await client.reducers.append({ parent: 'a', text: 'one' })
    const handle = await subscribed(client, 'SELECT * FROM note')
    await subscribed(client, "SELECT * FROM note WHERE text = 'one'")
    handle.unsubscribe()
    await client.reducers.append({ parent: 'a', text: 'two' })
    expect(texts(client)).toEqual(['one'])
  })

  test('follows a join as either side changes', async () => {
    const client = await connect()
    await subscribed(
      client,
      "SELECT note.* FROM note JOIN tag ON note.id = tag.note_id WHERE tag.tag_name <> 'hidden'",
    )
    await client.reducers.append({ parent: 'a', text: 'one' })
    expect(texts(client)).toEqual([])
    host.call('tagNote', { noteId: 1n, tagName: 'red' })
    await until(() => texts(client).length === 1)
    await client.reducers.purge({ parent: 'a', below: 9n })
    expect(texts(client)).toEqual([])
  })

  test('hears events once, and finds none of them kept', async () => {
    const client = await connect()
    await subscribed(client, 'SELECT * FROM shout')
    const heard: string[] = []
    client.db.shout.onInsert((_context, { text }) => heard.push(text))
    host.call('cry', { text: 'from elsewhere' })
    await until(() => heard.length === 1)
    expect(heard).toEqual(['from elsewhere'])
    expect(host.tables('shout')).toEqual([])
    expect(client.db.shout.count()).toBe(0n)
  })

  test('is told of what schedules do', async () => {
    const client = await connect()
    await subscribed(client, 'SELECT * FROM shout')
    const heard: string[] = []
    client.db.shout.onInsert(({ event }, { text }) => heard.push(`${event.tag} ${text}`))
    const at = { tag: 'Interval', value: { __time_duration_micros__: 1000n } } as never
    await client.reducers.arm({ at, label: 'bell' })
    host.advance(2)
    await until(() => heard.length === 2)
    expect(heard).toEqual(['Transaction ring bell', 'Transaction ring bell'])
  })

  test('runs the module’s reducers for its beginning and its end', async () => {
    const client = await connect()
    client.disconnect()
    await until(() => host.tables('audit').some(({ what }) => what === 'disconnected'))
    expect(host.tables('audit').map(({ what }) => what)).toEqual([
      'init',
      'connected',
      'disconnected',
    ])
  })

  test('loses its connection when the module restarts, and finds its rows in a new one', async () => {
    const client = await connect(host.token('alice'))
    await client.reducers.append({ parent: 'a', text: 'kept' })
    host.restart()
    await until(() => client.isSocketClosed)
    const again = await connect(client.token)
    await subscribed(again, 'SELECT * FROM mine')
    expect(view(again, 'mine')).toEqual(['kept'])
    await again.reducers.append({ parent: 'a', text: 'more' })
    expect(view(again, 'mine')).toEqual(['kept', 'more'])
  })
})

test('subscriptions with the query builder are the queries of the wire', async () => {
  const client = await connectClient(host)
  const { tables } = host.bindings()
  host.call('append', { parent: 'a', text: 'one' })
  host.call('append', { parent: 'b', text: 'two' })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client
    .subscriptionBuilder()
    .onApplied(() => resolve())
    .onError((context) => reject(context.event ?? new Error('refused')))
    .subscribe(tables.note.where((row) => row.parent.eq('b')))
  await promise
  expect(texts(client)).toEqual(['two'])
})

test('the system’s clock makes schedules due by itself', async () => {
  const live = await createModuleHost<typeof Module>({ module, clock: 'system' })
  const { promise, resolve } = Promise.withResolvers<void>()
  live.stubHttp(() => {
    resolve()
    return { body: 'rung' }
  })
  live.call('send', {
    at: { tag: 'Interval', value: { __time_duration_micros__: 1000n } } as never,
    url: 'http://upstream/',
  })
  await promise
  expect(live.tables('audit').map(({ what }) => what)).toContain('fetched rung')
  await live.close()
})
