import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { encodeArguments } from '../abi/calls.ts'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { VirtualClock } from '../clock.ts'
import { Engine } from '../engine.ts'
import { createModuleHost } from '../host.ts'
import { identityOf } from '../identity.ts'
import type * as Module from '../module.fixture.ts'
import { type Client, connectClient, type NotesHost, subscribed, until } from './client.fixture.ts'
import { encodeClientMessage } from './messages.ts'

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
  Array.from(client.db.note.iter(), ({ text }) => text).toSorted()
const stored = (): string[] => host.tables('note').map(({ text }) => text)
const ends = (): number => host.tables('audit').filter(({ what }) => what === 'disconnected').length

async function openSocket(url: string): Promise<WebSocket> {
  const path = '/v1/database/notes/subscribe'
  const socket = new WebSocket(url.replace('http', 'ws') + path, ['v3.bsatn.spacetimedb'])
  await new Promise((resolve) => socket.once('message', resolve))
  return socket
}

function appendCall(parent: string, text: string): Uint8Array {
  const engine = new Engine(module, {
    identity: identityOf('database'),
    owner: identityOf('owner'),
    clock: new VirtualClock(0),
    http: () => ({}),
    shuffle: undefined,
    maxLogLines: 0,
  })
  const fn = engine.find('reducer', 'append')
  if (fn === undefined) throw new Error('There is no append.')
  const args = Uint8Array.from(encodeArguments(fn, { parent, text }))
  return encodeClientMessage({
    tag: 'CallReducer',
    value: { requestId: 1, flags: 0, reducer: 'append', args },
  })
}

describe('a client that is cut off', () => {
  test('before its answer comes has its call done, whole and once, and finds that when it is back', async () => {
    const { url } = await host.listen()
    const socket = await openSocket(url)
    socket.send(appendCall('a', 'sent'), () => socket.terminate())
    await until(() => ends() === 1)
    expect(stored()).toEqual(['sent'])
    expect(host.tables('head')).toEqual([{ parent: 'a', last: 1n }])
    const back = await connectClient(host, { url })
    await subscribed(back, 'SELECT * FROM note')
    expect(texts(back)).toEqual(['sent'])
  })

  test('between two calls of one frame has both done, or none', async () => {
    const { url } = await host.listen()
    const socket = await openSocket(url)
    const frame = Buffer.concat([appendCall('a', 'one'), appendCall('a', 'two')])
    socket.send(frame, () => socket.terminate())
    await until(() => ends() === 1)
    expect(stored()).toEqual(['one', 'two'])
  })

  test('in the middle of a message has nothing of it done', async () => {
    const { url } = await host.listen()
    const socket = await openSocket(url)
    const call = appendCall('a', 'half')
    socket.send(call.subarray(0, 20), { fin: false }, () => socket.terminate())
    await until(() => ends() === 1)
    expect(stored()).toEqual([])
  })

  test('while its procedure has committed a part leaves that part, and the rest is done as well', async () => {
    const { url } = await host.listen()
    const client = await connectClient(host, { url })
    host.stubHttp(() => {
      client.disconnect()
      return { body: 'late' }
    })
    client.procedures.fetchAndStore({ url: 'http://upstream/' }).catch(() => {})
    await until(() => ends() === 1)
    expect(host.tables('audit').map(({ what }) => what)).toContain('stored late')
  })

  test('for not reading what it is sent is the only one, and is soon forgotten', async () => {
    const { url } = await host.listen({ maxUnsentBytes: 1_000_000 })
    const [slow, good] = [await openSocket(url), await connectClient(host, { url })]
    slow.send(
      encodeClientMessage({
        tag: 'Subscribe',
        value: {
          requestId: 1,
          querySetId: { id: 1 },
          queryStrings: ['SELECT * FROM note'],
        },
      }),
    )
    await new Promise((resolve) => slow.once('message', resolve))
    slow.pause()
    await subscribed(good, 'SELECT * FROM note')
    let sent = 0
    while (ends() === 0) {
      host.call('append', { parent: 'a', text: 'x'.repeat(200_000) })
      sent++
      expect(sent).toBeLessThan(500)
      await until(() => texts(good).length === sent)
    }
    expect(host.logs.map(({ message }) => message)).toContain(
      'A client that does not read what it is sent was cut off.',
    )
    slow.terminate()
    await good.reducers.append({ parent: 'a', text: 'still served' })
    expect(texts(good)).toContain('still served')
  })
})

const QUERIES = [
  "SELECT * FROM note WHERE parent = 'a'",
  'SELECT * FROM mine',
  'SELECT note.* FROM note JOIN tag ON note.id = tag.note_id',
]

test('two clients have what the host has after every call, whoever made it and whoever was cut off', async () => {
  const step = fc.record({
    who: fc.constantFrom('alice' as const, 'bob' as const),
    kind: fc.constantFrom('append', 'edit', 'purge', 'tag', 'cut' as const),
    parent: fc.constantFrom('a', 'b'),
    id: fc.bigInt({ min: 1n, max: 6n }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const here = await createModuleHost<typeof Module>({ module })
      const join = async (who: string): Promise<Client> => {
        const client = await connectClient(here, { token: here.token(who) })
        await subscribed(client, ...QUERIES)
        return client
      }
      const clients = { alice: await join('alice'), bob: await join('bob') }
      /** What a client has of the table, and what its queries answer. */
      const isInStep = ([who, client]: [string, Client]): boolean => {
        const asked = QUERIES.filter((sql) => !sql.includes('mine')).flatMap((sql) =>
          here.as(who).sql(sql),
        )
        const expected = new Set(asked.map(({ id }) => id))
        const mine = here.as(who).rows('mine')
        const tables = client.db as unknown as Record<string, Client['db']['note']>
        return (
          same([...client.db.note.iter()], [...expected]) &&
          same(
            [...(tables['mine']?.iter() ?? [])],
            mine.map(({ id }) => id),
          )
        )
      }
      for (const { who, kind, parent, id } of steps) {
        const { reducers } = clients[who]
        const done =
          kind === 'append'
            ? reducers.append({ parent, text: `${id}` })
            : kind === 'edit'
              ? reducers.edit({ id, text: `edited ${parent}` })
              : kind === 'purge'
                ? reducers.purge({ parent, below: id })
                : kind === 'tag'
                  ? reducers.tagNote({ noteId: id, tagName: `${parent}${id}` })
                  : Promise.resolve(clients[who].disconnect())
        await done.catch(() => {})
        if (kind === 'cut') clients[who] = await join(who)
        await until(() => Object.entries(clients).every(isInStep))
      }
      await here.close()
    }),
    { numRuns: 25 },
  )
}, 60_000)

function same(rows: readonly { readonly id: bigint }[], ids: readonly unknown[]): boolean {
  const sorted = (list: readonly unknown[]): string => list.map(String).toSorted().join()
  return sorted(rows.map(({ id }) => id)) === sorted(ids)
}

test('a view that begins to fail ends who subscribes to it, and nobody else', async () => {
  const made = await createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `
        import { schema, t, table } from 'spacetimedb/server'
        const note = table({ public: true }, { id: t.u64().primaryKey().autoInc(), text: t.string() })
        const db = schema({ note })
        export default db
        export const append = db.reducer({ text: t.string() }, (ctx, { text }) => { ctx.db.note.insert({ id: 0n, text }) })
        export const strict = db.anonymousView({ name: 'strict', public: true }, t.array(note.rowType), (ctx) => {
          const rows = [...ctx.db.note.iter()]
          if (rows.some(({ text }) => text === 'bad')) throw new Error('no bad rows')
          return rows
        })
      `,
    },
  })
  const notes = made as unknown as NotesHost
  const [strict, other] = [await connectClient(notes), await connectClient(notes)]
  await subscribed(strict, 'SELECT * FROM strict')
  await subscribed(other, 'SELECT * FROM note')
  made.call('append', { text: 'good' })
  made.call('append', { text: 'bad' })
  made.call('append', { text: 'more' })
  // The SDK leaves when a subscription ends that was applied before.
  await until(() => strict.isSocketClosed)
  await until(() => texts(other).length === 3)
  await expect(subscribed(await connectClient(notes), 'SELECT * FROM strict')).rejects.toThrow(
    'no bad rows',
  )
  await made.close()
})

test('a port that is in use is refused in a sentence', async () => {
  const { port } = await host.listen()
  await expect(host.listen({ port })).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is in use by another process: stop that one, or choose another port.`,
  )
  expect((await fetch(`http://127.0.0.1:${port}/v1/ping`)).status).toBe(200)
})
