import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from './bundle.ts'
import { failure, timeAfter } from './calling.fixture.ts'
import { createModuleHost, type ModuleHost, type ModuleHostOptions } from './host.ts'
import { identityOf } from './identity.ts'
import type * as Module from './module.fixture.ts'

let module: ModuleBundle
let host: ModuleHost<typeof Module>
beforeAll(async () => {
  module = await bundleModule(new URL('./module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await open()
})

const open = (options: ModuleHostOptions = {}): Promise<ModuleHost<typeof Module>> =>
  createModuleHost<typeof Module>({ module, ...options })
const audit = (): string[] => host.tables('audit').map(({ what }) => what)
const after = (ms: number) => timeAfter(host, ms)
describe('a reducer', () => {
  test('writes rows with its sender, the clock’s time and generated ids', () => {
    host.as('alice').call('append', { parent: 'a', text: 'one' })
    host.as('bob').call('append', { parent: 'a', text: 'two', key: 'k' })
    const rows = host.tables('note')
    expect(rows.map(({ id, seq, text, key }) => [id, seq, text, key])).toEqual([
      [1n, 1n, 'one', undefined],
      [2n, 2n, 'two', 'k'],
    ])
    expect(rows[0]?.author.isEqual(identityOf('alice'))).toBe(true)
    expect(Number((rows[0]?.at.microsSinceUnixEpoch ?? 0n) / 1000n)).toBe(host.now())
  })

  test('that throws leaves nothing behind, and says who may read why', () => {
    host.call('append', { parent: 'a', text: 'one' })
    const before = [host.tables('note'), host.tables('head'), host.tables('audit')]
    const sender = failure(() => host.call('append', { parent: 'a', text: '' }))
    expect([sender.kind, sender.message]).toEqual(['sender', 'text must not be empty'])
    const fatal = failure(() => host.call('append', { parent: 'a', text: 'bug' }))
    expect([fatal.kind, fatal.message]).toEqual(['fatal', 'a secret of the module'])
    expect([host.tables('note'), host.tables('head'), host.tables('audit')]).toEqual(before)
  })

  test('that throws leaves a gap in generated ids and none in what the module counts itself', () => {
    failure(() => host.call('append', { parent: 'a', text: '' }))
    host.call('append', { parent: 'a', text: 'one' })
    expect(host.tables('note').map(({ seq }) => seq)).toEqual([1n])
    expect(host.tables('audit').map(({ id }) => id)).toEqual([1, 3])
  })

  test('is found by the name of its export and by its name on the wire', () => {
    host.call('tagNote', { noteId: 1n, tagName: 'red' })
    host.as('bob').call('tag_note' as 'tagNote', { noteId: 1n, tagName: 'blue' })
    expect(host.tables('tag').map(({ tagName }) => tagName)).toEqual(['red', 'blue'])
  })

  test.each([
    ['a parameter that is missing', { parent: 'a' }, 'text is missing'],
    ['a parameter it has not', { parent: 'a', text: 'b', other: 1 }, 'no parameter other'],
  ])('refuses %s before the module sees it', (_name, args, message) => {
    const error = failure(() => host.call('append', args as never))
    expect([error.kind, error.message]).toEqual(['refused', expect.stringContaining(message)])
    expect(audit()).toEqual(['init'])
  })

  test('that does not exist, and one that runs by itself, are refused', () => {
    for (const name of ['nothing', 'init', 'connected', 'ring'])
      expect(failure(() => host.as('eve').call(name as 'whoami')).message).toBe(
        `no such reducer: ${name}`,
      )
  })

  test('draws other random numbers in each call though the clock stands still', () => {
    expect(host.procedure('draw')).not.toEqual(host.procedure('draw'))
  })

  test('cannot insert a value that is unique already, but may insert an equal row again', () => {
    host.call('tagNote', { noteId: 1n, tagName: 'red' })
    host.call('tagNote', { noteId: 1n, tagName: 'red' })
    expect(host.tables('tag')).toHaveLength(1)
    const error = failure(() => host.call('tagNote', { noteId: 2n, tagName: 'red' }))
    expect(error.message).toContain('already exists')
    expect(host.tables('tag')).toEqual([{ noteId: 1n, tagName: 'red' }])
  })

  test('deletes by a prefix and a range, and updates by the primary key', () => {
    for (const text of ['1', '2', '3']) host.call('append', { parent: 'a', text })
    host.call('append', { parent: 'b', text: 'other' })
    host.call('edit', { id: 3n, text: 'new' })
    host.call('purge', { parent: 'a', below: 3n })
    expect(host.tables('note').map(({ text }) => text)).toEqual(['other', 'new'])
  })
})

describe('a procedure', () => {
  test('answers, reading an index from a prefix on across many buffers', () => {
    for (let at = 1; at <= 200; at++)
      host.call('append', { parent: at % 2 ? 'a' : 'z', text: 'x'.repeat(1000) + at })
    const found = host.procedure('since', { parent: 'a', after: 50n })
    expect(found).toHaveLength(50)
    expect(found[0]).toMatch(/^51:x+101$/)
    expect(host.procedure('since', { parent: 'nobody', after: 0n })).toEqual([])
  })

  test('reads a row that is larger than any buffer', () => {
    host.call('append', { parent: 'a', text: 'x'.repeat(300_000) })
    expect(host.procedure('since', { parent: 'a', after: 0n })[0]).toHaveLength(300_002)
  })

  test('fetches, keeps what it committed and undoes the transaction that threw', () => {
    const seen: unknown[] = []
    host.stubHttp(({ method, url, headers, body }) => {
      seen.push([method, url, headers['authorization'], new TextDecoder().decode(body)])
      return { status: 201, body: 'hello' }
    })
    expect(host.procedure('fetchAndStore', { url: 'http://upstream/x' })).toBe(201)
    expect(seen).toEqual([['POST', 'http://upstream/x', 'Bearer k', '{"q":1}']])
    expect(audit()).toEqual(['init', 'stored hello'])
  })

  test('sees upstream’s refusal, and an error where there is no network', () => {
    const none = failure(() => host.procedure('fetchAndStore', { url: 'http://upstream/' }))
    expect(none.message).toContain('This host has no network')
    host.stubHttp(() => ({ status: 500 }))
    const refused = failure(() => host.procedure('fetchAndStore', { url: 'http://upstream/' }))
    expect([refused.kind, refused.message]).toEqual(['sender', 'upstream 500'])
    expect(audit()).toEqual(['init'])
  })

  test('may not fetch while it holds a transaction, which is undone', () => {
    host.stubHttp(() => ({ body: 'never' }))
    expect(failure(() => host.procedure('fetchInside')).message).toContain(
      'while holding open a transaction',
    )
    host.call('append', { parent: 'a', text: 'the host goes on' })
  })
})

describe('a view', () => {
  test('shows each caller what the module shows them', () => {
    host.as('alice').call('append', { parent: 'a', text: 'hers' })
    host.as('bob').call('append', { parent: 'b', text: 'his' })
    expect(
      host
        .as('bob')
        .rows('mine')
        .map(({ text }) => text),
    ).toEqual(['his'])
    expect(host.as('carol').rows('mine')).toEqual([])
    expect(
      host
        .as('bob')
        .rows('of_a')
        .map(({ text }) => text),
    ).toEqual(['hers'])
  })

  test('can be queried like a table', () => {
    host.as('alice').call('append', { parent: 'a', text: 'one' })
    host.as('alice').call('append', { parent: 'a', text: 'two' })
    const found = host.as('alice').sql("SELECT * FROM mine WHERE text = 'two'")
    expect(found.map(({ text }) => text)).toEqual(['two'])
  })

  test('cannot write', async () => {
    const made = await createModuleHost({
      entry: {
        folder: import.meta.dirname,
        source: `
          import { schema, t, table } from 'spacetimedb/server'
          const row = table({}, { id: t.u32().primaryKey() })
          const db = schema({ row })
          export default db
          export const bad = db.view({ name: 'bad', public: true }, t.array(row.rowType), (ctx) => {
            ctx.db.row.insert({ id: 1 })
            return []
          })
        `,
      },
    })
    expect(failure(() => made.rows('bad')).message).toContain('within a mutable transaction')
    expect(made.tables('row')).toEqual([])
  })
})

describe('private tables', () => {
  test('are read by the host and by nobody else', () => {
    expect(host.tables('audit')).toHaveLength(1)
    expect(failure(() => host.as('eve').rows('audit')).kind).toBe('refused')
    expect(() => host.as('eve').sql('SELECT * FROM audit')).toThrow('it may be marked private')
  })
})

describe('connections', () => {
  test('run the module’s reducers for their beginning and end', () => {
    const connection = host.connect({ identity: 'alice' })
    connection.call('append', { parent: 'a', text: 'one' })
    connection.disconnect()
    expect(audit()).toEqual(['init', 'connected', 'append a/1', 'disconnected'])
    expect(failure(() => connection.call('whoami')).message).toBe('The connection has ended.')
  })

  test('that the module refuses do not come about', () => {
    const claims = { iss: 'https://issuer', sub: 'banned' }
    expect(failure(() => host.connect({ claims })).message).toBe('you are banned')
    expect(audit()).toEqual(['init'])
  })

  test('carry claims, which decide the identity', () => {
    const claims = { iss: 'https://issuer', sub: 'carol', aud: ['app'] }
    const [one, two] = [host.connect({ claims }), host.connect({ claims })]
    expect(one.identity.isEqual(two.identity)).toBe(true)
    expect(one.identity.toHexString()).toMatch(/^c200/)
    one.call('whoami')
    host.as('dave', { claims }).call('whoami')
    host.as('dave').call('whoami')
    expect(audit().slice(-3)).toEqual(['carol app false 1', 'carol app false 2', 'nobody  true 3'])
  })

  test('end when the host does, and only those that had begun', async () => {
    host.connect()
    host.as('dave', { claims: { iss: 'https://issuer', sub: 'dave' } }).call('whoami')
    await host.close()
    expect(audit()).toEqual(['init', 'connected', 'dave  false 1', 'disconnected'])
  })
})

describe('a restart', () => {
  test('keeps rows and schedules, forgets the module’s variables and ends connections', () => {
    host.call('whoami')
    host.call('arm', { at: after(10), label: 'later' })
    const connection = host.connect()
    host.restart()
    expect(audit()).toEqual(['init', 'nobody  true 1', 'connected', 'disconnected'])
    host.call('whoami')
    expect(audit().at(-1)).toBe('nobody  true 1')
    expect(host.advance(10)).toBe(1)
    expect(failure(() => connection.call('whoami')).kind).toBe('refused')
  })

  test('goes on with generated ids behind the lot that was taken, as SpacetimeDB does', () => {
    host.call('append', { parent: 'a', text: 'one' })
    host.restart()
    host.call('append', { parent: 'a', text: 'two' })
    expect(host.tables('note').map(({ id, seq }) => [id, seq])).toEqual([
      [1n, 1n],
      [4097n, 2n],
    ])
  })

  test('with another module keeps tables that are the same and refuses to lose rows', async () => {
    const source = (columns: string): string => `
      import { schema, t, table } from 'spacetimedb/server'
      const db = schema({ kept: table({}, { ${columns} }), more: table({}, { id: t.u32() }) })
      export default db
      export const add = db.reducer({ id: t.u32() }, (ctx, { id }) => { ctx.db.kept.insert({ id }) })
    `
    const folder = import.meta.dirname
    const made = await createModuleHost({ entry: { folder, source: source('id: t.u32()') } })
    made.call('add', { id: 7 })
    made.restart(await bundleModule({ folder, source: `${source('id: t.u32()')} // newer` }))
    expect(made.tables('kept')).toEqual([{ id: 7 }])
    const wider = await bundleModule({ folder, source: source('id: t.u32(), x: t.string()') })
    expect(() => made.restart(wider)).toThrow('The table kept has 1 rows')
    made.call('add', { id: 8 })
    expect(made.tables('kept')).toEqual([{ id: 7 }, { id: 8 }])
  })
})

describe('costs', () => {
  test('of a call count lookups, scans and rows, apart by table', () => {
    for (const text of ['1', '2', '3']) host.call('append', { parent: 'a', text })
    host.procedure('since', { parent: 'a', after: 1n })
    const cost = { indexLookups: 1, scans: 0, rowsRead: 2, rowsWritten: 0 }
    expect(host.costs()).toEqual({ name: 'since', ...cost, tables: { note: cost } })
    host.rows('mine')
    expect(host.costs()).toMatchObject({ name: 'mine', scans: 1, rowsRead: 3 })
  })

  test('are there for calls that fail as well', () => {
    failure(() => host.call('edit', { id: 99n, text: 'x' }))
    expect(host.costs()).toMatchObject({ name: 'edit', indexLookups: 1, rowsRead: 0 })
  })
})

describe('shuffled scans', () => {
  test('come in another order for another seed and in the same for the same', async () => {
    const order = async (shuffleScans?: number): Promise<string[]> => {
      const made = await open(shuffleScans === undefined ? {} : { shuffleScans })
      for (let at = 0; at < 20; at++) made.call('append', { parent: 'a', text: `${at}` })
      return made
        .as('owner')
        .rows('mine')
        .map(({ text }) => String(text))
    }
    const written = Array.from({ length: 20 }, (_, at) => `${at}`)
    expect(await order()).toEqual(written)
    const [one, same, other] = [await order(1), await order(1), await order(2)]
    expect(one).toEqual(same)
    expect(one).not.toEqual(other)
    expect(one).not.toEqual(written)
    expect(one.toSorted()).toEqual(written.toSorted())
  })

  test('leave index ranges in the order of their key', async () => {
    const made = await open({ shuffleScans: 3 })
    for (let at = 0; at < 50; at++) made.call('append', { parent: 'a', text: `${at}` })
    const found = made.procedure('since', { parent: 'a', after: 40n })
    expect(found.map((text) => Number.parseInt(text, 10))).toEqual([
      41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
    ])
  })
})

test('two hosts of one bundle share nothing', async () => {
  const other = await open()
  host.call('whoami')
  other.call('whoami')
  expect(audit().at(-1)).toBe('nobody  true 1')
  expect(other.tables('audit').at(-1)?.what).toBe('nobody  true 1')
})

test('a host that is closed is forgotten, however many there were of its bundle', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const used = async (): Promise<WeakRef<object>> => {
    const made = await open()
    const fetch = (): object => ({})
    made.stubHttp(fetch)
    made.call('append', { parent: 'a', text: 'one' })
    made.procedure('since', { parent: 'a', after: 0n })
    for (const read of [made.tables('note'), made.rows('mine')]) expect(read).toHaveLength(1)
    made.bindings()
    await made.close()
    return new WeakRef(fetch)
  }
  const known = [await used(), await used(), await used(), await used(), await used()]
  const left = (): number => known.filter((one) => one.deref() !== undefined).length
  // The engine itself may hold on to one of them for a while, as when it compiles in the background.
  for (let turn = 0; turn < 100 && left() > 1; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  expect(left()).toBeLessThan(2)
})

test('a host asks for an entry or a bundle, and for one of them', async () => {
  await expect(createModuleHost({})).rejects.toThrow('either an entry or a bundled module')
  await expect(createModuleHost({ module, entry: 'x.ts' })).rejects.toThrow('either an entry')
})

test('only a virtual clock is moved', async () => {
  const real = await open({ clock: 'system' })
  expect(() => real.advance(1)).toThrow('Only a virtual clock can be moved')
  await real.close()
})
