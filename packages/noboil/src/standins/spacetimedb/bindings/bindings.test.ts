import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { createModuleHost } from '../host.ts'
import type * as Module from '../module.fixture.ts'
import { type Client, connectClient, type NotesHost, subscribed } from '../server/client.fixture.ts'

const ROOT = resolve(import.meta.dirname, '../../../../../..')
let module: ModuleBundle
let host: NotesHost
let folder = ''
beforeAll(async () => {
  module = await bundleModule(new URL('../module.fixture.ts', import.meta.url))
  host = await createModuleHost<typeof Module>({ module })
  folder = mkdtempSync(join(tmpdir(), 'noboil-bindings-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(async () => {
  await host.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a client’s author writes against the bindings. */
const USE = `
import { DbConnection, type Note, tables } from './module_bindings.ts'
export async function use(connection: DbConnection): Promise<string[]> {
  await connection.reducers.append({ parent: 'a', text: 'typed', key: undefined })
  // @ts-expect-error a parameter of another type
  const wrong = () => connection.reducers.append({ parent: 1, text: 'typed' })
  const found: Note | null = connection.db.note.id.find(1n)
  const rows: Note[] = [...connection.db.mine.iter()]
  const after: string[] = await connection.procedures.since({ parent: 'a', after: 0n })
  void tables.note.where((row) => row.parent.eq('a'))
  void wrong
  return [found?.text ?? '', ...rows.map(({ text }) => text), ...after]
}
`

test('emitted bindings are typed, also strictly, and the SDK works with them', async () => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    module: 'preserve',
    target: 'es2024',
    types: [],
    lib: ['es2024', 'dom', 'esnext.disposable'],
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  }
  writeFileSync(join(folder, 'module_bindings.ts'), host.emitBindings())
  writeFileSync(join(folder, 'use.ts'), USE)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
  expect(tsc.stdout).toBe('')

  const load = (name: string): Promise<Record<string, never>> =>
    import(/* @vite-ignore */ pathToFileURL(join(folder, name)).href) as never
  const { DbConnection } = (await load('module_bindings.ts')) as unknown as Bindings
  const { use } = (await load('use.ts')) as unknown as Use
  const client = await new Promise<Client>((connected) => {
    DbConnection.builder()
      .withUri('http://in.process')
      .withDatabaseName('notes')
      .withWSFn(host.webSocket())
      .onConnect(connected)
      .build()
  })
  await subscribed(client, 'SELECT * FROM note', 'SELECT * FROM mine')
  expect(await use(client)).toEqual(['typed', 'typed', '1:typed'])
  client.disconnect()
}, 60_000)

interface Bindings {
  readonly DbConnection: { builder(): ReturnType<ReturnType<NotesHost['bindings']>['builder']> }
}
interface Use {
  readonly use: (client: Client) => Promise<string[]>
}

test('bindings at run time know the module’s tables, reducers and procedures by their exports', async () => {
  const { reducers, procedures, tables } = host.bindings()
  expect(Object.keys(reducers)).toContain('tagNote')
  expect(Object.keys(procedures)).toContain('fetchAndStore')
  expect(Object.keys(tables)).toEqual(['note', 'shout', 'tag', 'mine', 'ofA'])
  const client = await connectClient(host)
  await subscribed(client, 'SELECT * FROM tag')
  await client.reducers.tagNote({ noteId: 7n, tagName: 'red' })
  expect([...client.db.tag.iter()]).toEqual([{ noteId: 7n, tagName: 'red' }])
  client.disconnect()
})

test('lifecycle reducers and what schedules call are not offered to clients', () => {
  const { reducers, procedures } = host.bindings()
  for (const name of ['init', 'connected', 'disconnected', 'ring'])
    expect(Object.keys(reducers)).not.toContain(name)
  expect(Object.keys(procedures)).not.toContain('run')
})

test('private tables are not offered to clients', () => {
  expect(Object.keys(host.bindings().tables)).not.toContain('head')
  expect(host.emitBindings()).not.toContain('audit')
})

test('types that contain themselves or another come along, as do results and enums', async () => {
  const made = await createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `
        import { schema, t, table } from 'spacetimedb/server'
        const Point = t.object('Point', { x: t.f64(), y: t.f64() })
        const Shape = t.enum('Shape', { dot: Point, line: t.array(Point), none: t.unit() })
        const db = schema({ drawing: table({ public: true }, { id: t.u32().primaryKey(), shape: Shape, blob: t.byteArray() }) })
        export default db
        export const draw = db.reducer({ id: t.u32(), shape: Shape }, (ctx, row) => {
          ctx.db.drawing.insert({ ...row, blob: new Uint8Array([1, 2]) })
        })
        export const measure = db.procedure({ point: Point }, t.result(t.f64(), t.string()), (_ctx, { point }) => ({ ok: point.x + point.y }))
      `,
    },
  })
  const { builder } = made.bindings()
  const client = await new Promise<Drawing>((connected) => {
    builder()
      .withUri('http://in.process')
      .withDatabaseName('drawings')
      .withWSFn(made.webSocket())
      .onConnect((connection) => connected(connection as unknown as Drawing))
      .build()
  })
  await subscribed(client as unknown as Client, 'SELECT * FROM drawing')
  await client.reducers.draw({ id: 1, shape: { tag: 'line', value: [{ x: 1, y: 2 }] } })
  expect([...client.db.drawing.iter()]).toEqual([
    { id: 1, shape: { tag: 'line', value: [{ x: 1, y: 2 }] }, blob: new Uint8Array([1, 2]) },
  ])
  expect(await client.procedures.measure({ point: { x: 1, y: 2 } })).toEqual({ ok: 3 })
  await made.close()
})

interface Drawing {
  readonly reducers: { draw(args: object): Promise<void> }
  readonly procedures: { measure(args: object): Promise<unknown> }
  readonly db: { readonly drawing: { iter(): Iterable<unknown> } }
}

test('two names that clients could not tell apart are refused by name', async () => {
  const made = await createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `
        import { schema } from 'spacetimedb/server'
        const db = schema({})
        export default db
        export const one = db.reducer({ name: 'do_it' }, () => {})
        export const two = db.reducer({ name: 'doIt' }, () => {})
      `,
    },
  })
  expect(() => made.emitBindings()).toThrow('Two reducers would be called doIt')
  expect(made.emitBindings({ accessors: 'declared' })).toContain("accessorName: 'two'")
  expect(Object.keys(made.bindings().reducers)).toEqual(['one', 'two'])
})
