import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from './bundle.ts'
import { createModuleHost, type ModuleHost } from './host.ts'
import { identityOf } from './identity.ts'
import type * as Module from './module.fixture.ts'
import { connectClient } from './server/client.fixture.ts'

let module: ModuleBundle
let folder = ''
let dataFile = ''
beforeAll(async () => {
  module = await bundleModule(new URL('./module.fixture.ts', import.meta.url))
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'noboil-module-'))
  dataFile = join(folder, 'notes.data')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (): Promise<ModuleHost<typeof Module>> =>
  createModuleHost<typeof Module>({ module, dataFile })

test('rows, sequences and schedules are there again, and init does not run twice', async () => {
  const one = await open()
  one.call('append', { parent: 'a', text: 'kept' })
  const at = { tag: 'Interval', value: { __time_duration_micros__: 5000n } } as never
  one.call('arm', { at, label: 'later' })
  await one.close()
  const two = await open()
  expect(two.tables('note').map(({ text }) => text)).toEqual(['kept'])
  expect(two.tables('audit').map(({ what }) => what)).toEqual(['init', 'append a/1'])
  two.call('append', { parent: 'a', text: 'more' })
  expect(two.tables('note').map(({ id, seq }) => [id, seq])).toEqual([
    [1n, 1n],
    [4097n, 2n],
  ])
  expect(two.advance(5)).toBe(1)
  await two.close()
})

test('a token of the first run is good in the second', async () => {
  const one = await open()
  const token = one.token('alice')
  await one.close()
  const two = await open()
  const client = await connectClient(two, { token })
  expect(client.identity?.isEqual(identityOf('alice'))).toBe(true)
  await two.close()
})

test('the file is whole at any time, its owner’s alone, and leaves no other beside it', async () => {
  const host = await open()
  for (let at = 0; at < 20; at++) {
    host.call('append', { parent: 'a', text: `${at}` })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await host.close()
  expect(readdirSync(folder)).toEqual(['notes.data'])
  expect(statSync(dataFile).mode & 0o777).toBe(0o600)
  const again = await open()
  expect(again.tables('note')).toHaveLength(20)
  await again.close()
})

test.each([
  ['text', 'not a snapshot'],
  ['nothing', ''],
])('a file that holds %s is refused and left as it is', async (_name, text) => {
  writeFileSync(dataFile, text)
  await expect(open()).rejects.toThrow('is not a snapshot of a SpacetimeDB module')
  expect(statSync(dataFile).size).toBe(text.length)
})

test('a module that has lost a table with rows is refused, and the file is left as it is', async () => {
  const host = await open()
  host.call('append', { parent: 'a', text: 'kept' })
  await host.close()
  const source = `import { schema } from 'spacetimedb/server'\nexport default schema({})`
  const entry = { source, folder: import.meta.dirname }
  await expect(createModuleHost({ entry, dataFile })).rejects.toThrow('declares it no more')
  const again = await open()
  expect(again.tables('note')).toHaveLength(1)
  await again.close()
})

test('a folder that is not there is said by name, at the latest when the host closes', async () => {
  const host = await createModuleHost({ module, dataFile: join(folder, 'nowhere', 'notes.data') })
  await expect(host.close()).rejects.toThrow('ENOENT')
})
