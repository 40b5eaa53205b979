import { describe, expect, test } from 'vitest'
import { bundleModule } from './bundle.ts'
import { createModuleHost, type ModuleHost } from './host.ts'
import { snakeCase } from './names.ts'

const folder = import.meta.dirname
const publish = (source: string): Promise<ModuleHost> =>
  createModuleHost({
    entry: {
      folder,
      source: `import { schema, t, table, SenderError, Range, CaseConversionPolicy } from 'spacetimedb/server'\n${source}`,
    },
  })
const withTables = (tables: string): Promise<ModuleHost> =>
  publish(`export default schema({ ${tables} })`)

describe('a bundle', () => {
  test('says its size, and holds what it imports', async () => {
    const source = `
      import { z } from 'zod'
      import { schema, t } from 'spacetimedb/server'
      const db = schema({})
      export default db
      export const check = db.procedure({ text: t.string() }, t.bool(), (_ctx, { text }) => z.email().safeParse(text).success)
    `
    const module = await bundleModule({ source, folder })
    expect(module.bytes).toBe(Buffer.byteLength(module.code))
    expect(module.bytes).toBeGreaterThan(200_000)
    const host = await createModuleHost({ module })
    expect(host.procedure('check', { text: 'a@b.ch' })).toBe(true)
    expect(host.procedure('check', { text: 'no' })).toBe(false)
  })

  test.each([
    ['a file that is not there', './nowhere.ts'],
    ['a module that imports Node', { folder, source: `import 'node:fs'\nexport default 1` }],
    [
      'a module that imports what is not installed',
      { folder, source: `import 'nobody-has-this'\nexport default 1` },
    ],
    ['a syntax error', { folder, source: 'export default (' }],
  ])('of %s is refused by name', async (_name, entry) => {
    await expect(bundleModule(entry)).rejects.toThrow(
      /The module .*\.ts cannot be (bundled|published)/,
    )
  })
})

describe('a module runs without', () => {
  test.each([
    'fetch',
    'setTimeout',
    'queueMicrotask',
    'crypto',
    'process',
    'require',
    'Buffer',
    'performance',
    'structuredClone',
    'document',
    'navigator',
  ])('%s', async (name) => {
    await expect(publish(`globalThis.used = ${name}\nexport default schema({})`)).rejects.toThrow(
      `${name} is not defined`,
    )
  })

  test('random numbers other than the context’s', async () => {
    await expect(
      publish('globalThis.used = Math.random()\nexport default schema({})'),
    ).rejects.toThrow('Use ctx.random instead')
  })

  test('Node’s realm: what it makes is its own', async () => {
    const host = await publish(`
      const db = schema({})
      export default db
      export const realm = db.procedure(t.string(), () => [
        new TextEncoder().encode('é') instanceof Uint8Array && new TextEncoder().encode('e') instanceof Uint8Array,
        new TextDecoder().decode(new Uint8Array([195, 169])),
        (() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])) } catch (e) { return e instanceof TypeError } })(),
        globalThis.constructor.constructor('return typeof process')(),
      ].join(' '))
    `)
    expect(host.procedure('realm')).toBe('true é true undefined')
  })

  test('losing a letter: texts of any length and alphabet are bytes and texts again', async () => {
    const host = await publish(`
      const db = schema({})
      export default db
      export const bytes = db.procedure({ text: t.string() }, t.byteArray(), (_ctx, { text }) => new TextEncoder().encode(text))
      export const text = db.procedure({ bytes: t.byteArray() }, t.string(), (_ctx, { bytes }) => new TextDecoder().decode(bytes))
    `)
    for (const length of [0, 1, 199, 200, 201, 1000])
      for (const end of ['', 'é', '😀', '\u{7f}', '\u{80}', '\0']) {
        const text = 'a'.repeat(length) + end
        const bytes = host.procedure('bytes', { text }) as Uint8Array
        expect(Buffer.from(bytes).toString()).toBe(text)
        expect(host.procedure('text', { bytes })).toBe(text)
      }
  })
})

describe('publishing refuses', () => {
  test.each([
    [
      'a recursive type',
      `const Tree = t.object('Tree', { name: t.string(), get kids() { return t.array(Tree) } }); export default schema({ a: table({}, { id: t.u32(), tree: Tree }) })`,
      'recursive',
    ],
    ['a default export that is no schema', 'export default {}', 'schema() of spacetimedb/server'],
    [
      'no default export',
      'export const db = schema({})',
      'its default export must be what schema()',
    ],
    ['no export at all', 'schema({})', 'its default export must be what schema()'],
    [
      'an export that is none of SpacetimeDB’s',
      'export default schema({}); export const helper = () => 1',
      'not a spacetime export',
    ],
    [
      'a schedule without its function',
      `export default schema({ alarm: table({ scheduled: () => gone }, { id: t.u64().primaryKey(), at: t.scheduleAt() }) }); const gone = {}`,
      'not exported',
    ],
    [
      'a view of something other than rows',
      `const db = schema({}); export default db; export const v = db.view({ name: 'v', public: true }, t.array(t.u32()), () => [])`,
      'must return rows',
    ],
  ])('%s', async (_name, source, message) => {
    await expect(publish(source)).rejects.toThrow(message)
  })

  test.each([
    ['a reserved name', 'st_x: table({}, { id: t.u32() })', 'reserved'],
    [
      'tables whose names come to the same',
      'log: table({}, { id: t.u32() }), _log: table({}, { id: t.u32() })',
      'The name log is used more than once',
    ],
    [
      'a name that is no identifier',
      `'a-b': table({ name: 'a-b' }, { id: t.u32() })`,
      'is not an identifier',
    ],
    [
      'two primary keys',
      'a: table({}, { id: t.u32().primaryKey(), other: t.u32().primaryKey() })',
      'more than one primary key',
    ],
    [
      'columns whose names come to the same',
      'a: table({}, { fooBar: t.u32(), foo_bar: t.u32() })',
      'The name foo_bar is used more than once',
    ],
    [
      'a unique constraint without an index',
      `a: table({ constraints: [{ constraint: 'unique', columns: ['x', 'y'] }] }, { x: t.u32(), y: t.u32() })`,
      'has no index over exactly these columns',
    ],
  ])('%s', async (_name, tables, message) => {
    await expect(withTables(tables)).rejects.toThrow(message)
  })

  test('two functions of one name on the wire', async () => {
    await expect(
      publish(`
        const db = schema({})
        export default db
        export const one = db.reducer({ name: 'same' }, () => {})
        export const two = db.reducer({ name: 'same' }, () => {})
      `),
    ).rejects.toThrow('The name same is used more than once')
  })
})

test.each([
  ['_log', 'log'],
  ['byV2', 'by_v_2'],
  ['HTTPRequest', 'http_request'],
  ['myTable', 'my_table'],
  ['a__b', 'a_b'],
  ['sha256Sum', 'sha_256_sum'],
  ['append_vote', 'append_vote'],
])('%s is %s on the wire', (name, expected) => {
  expect(snakeCase(name)).toBe(expected)
})

test('names stay as they are where the module says so, and where one is given', async () => {
  const host = await publish(`
    const db = schema({ fooBar: table({ public: true }, { idNo: t.u32() }), other: table({ name: '_other', public: true }, { id: t.u32() }) }, { CASE_CONVERSION_POLICY: CaseConversionPolicy.None })
    export default db
  `)
  expect(host.sql('SELECT * FROM fooBar WHERE idNo = 1')).toEqual([])
  expect(host.sql('SELECT * FROM _other')).toEqual([])
})

test('submodules have their tables and reducers under their namespace', async () => {
  const host = await createModuleHost({
    entry: new URL('./consumer.module.fixture.ts', import.meta.url),
  })
  host.call('both', { text: 'hi' })
  host.call('notes.add', { text: 'direct' })
  expect(() => host.call('notes.add', { text: '' })).toThrow('empty')
  expect(host.tables('notes.entry').map(({ text }) => text)).toEqual(['hi', 'direct'])
  expect(host.rows('notes.all').map(({ text }) => text)).toEqual(['hi', 'direct'])
  expect(host.rows('own_all')).toHaveLength(1)
  expect(() => host.bindings()).toThrow('Bindings of a module with submodules are not written')
})
