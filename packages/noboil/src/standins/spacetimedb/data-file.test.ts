import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
  expect(readdirSync(folder)).toEqual(['notes.data', 'notes.data.lock'])
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

test('a folder that is not there is made, and one that cannot be is refused', async () => {
  const host = await createModuleHost({ module, dataFile: join(folder, 'new', 'notes.data') })
  await host.close()
  expect(existsSync(join(folder, 'new', 'notes.data'))).toBe(true)
  const within = join(folder, 'new', 'notes.data', 'notes.data')
  await expect(createModuleHost({ module, dataFile: within })).rejects.toThrow('cannot be locked')
})

test('a file that cannot be written is said when the host closes, and before in its log', async () => {
  const host = await open()
  rmSync(folder, { recursive: true })
  host.call('append', { parent: 'a', text: 'lost' })
  await expect(host.close()).rejects.toThrow('ENOENT')
})

test('a second host is refused while the first one has it, and a host that failed to start lets go', async () => {
  const host = await open()
  await expect(open()).rejects.toThrow('is open already, in another process or in this one')
  host.call('append', { parent: 'a', text: 'kept' })
  await host.close()
  const entry = {
    source: `import { schema } from 'spacetimedb/server'\nexport default schema({})`,
    folder: import.meta.dirname,
  }
  await expect(createModuleHost({ entry, dataFile })).rejects.toThrow('declares it no more')
  const again = await open()
  expect(again.tables('note')).toHaveLength(1)
  await again.close()
})

describe('a process that is killed while it writes', () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  test('leaves a whole file, with no gap in what it holds', async () => {
    let [kept, timesHit] = [0, 0]
    for (let round = 0; round < 3 || timesHit === 0; round++) {
      expect(round).toBeLessThan(20)
      const writer = join(import.meta.dirname, 'data-file.process.fixture.ts')
      child = spawn(process.execPath, ['--conditions=noboil-source', writer, dataFile], {
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      const before = writtenAt(dataFile)
      await until(() => writtenAt(dataFile) !== before)
      await expect(open()).rejects.toThrow('is open already, in another process')
      await until(() => existsSync(`${dataFile}.tmp`))
      child.kill('SIGKILL')
      await ended
      if (existsSync(`${dataFile}.tmp`)) timesHit++
      const host = await open()
      const seqs = host.tables('note').map(({ seq }) => Number(seq))
      expect(seqs).toEqual(seqs.map((_, at) => at + 1))
      expect(host.tables('head')).toEqual([{ parent: 'a', last: BigInt(seqs.length) }])
      expect(seqs.length).toBeGreaterThanOrEqual(kept)
      kept = seqs.length
      await host.close()
    }
    expect(kept).toBeGreaterThan(0)
  }, 60_000)
})

function writtenAt(path: string): bigint {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n
}

async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 2_000_000) throw new Error('It never came about.')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
