/** What happens when the store itself fails: nothing half-written, nobody told of what is not there. */
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Commit } from '../../changes/change.ts'
import { call, insert, program } from '../../program/program.ts'
import { MemoryReader, MemoryTables, MemoryWriter } from '../memory/store.ts'
import { openWriter } from '../sqlite/connection.ts'
import { openSqliteHost } from '../sqlite/host.ts'
import { SqlTable } from '../sqlite/table.ts'
import { SqliteWriter } from '../sqlite/write-store.ts'
import {
  addPerson,
  allPeople,
  cleanUp,
  closeLater,
  codeOf,
  getPerson,
  hook,
  latch,
  layouts,
  ManualClock,
  people,
  person,
  seededRandom,
  tempDir,
} from '../testing.fixture.ts'
import { layoutsByName } from './layouts.ts'
import { SyncHost } from './sync-host.ts'

afterEach(cleanUp)

const ports = { clock: new ManualClock(), random: seededRandom() }

/** A memory store that fails where the test says. */
class FailingStore extends MemoryWriter {
  override savepoints: 'free' | 'dear' = 'free'
  readonly events: string[] = []
  failCommit = false
  failBegin = false
  failRecover = false
  failRollback = false
  #isOpen = true

  override begin(): void {
    if (this.failBegin) throw new Error('locked')
    this.#isOpen = true
    super.begin()
  }

  override restart(): void {
    this.events.push('restart')
    super.restart()
  }

  override savepoint(depth: number): void {
    this.events.push('savepoint')
    super.savepoint(depth)
  }

  override commit(): void {
    if (this.failCommit) throw new Error('disk full')
    super.commit()
  }

  override rollbackTo(depth: number): void {
    if (this.failRollback) {
      this.#isOpen = false
      throw new Error('I/O error')
    }
    super.rollbackTo(depth)
  }

  override isOpen(): boolean {
    return this.#isOpen
  }

  override recover(): void {
    if (this.failRecover) throw new Error('gone for good')
    super.recover()
  }
}

const openFailing = (): { host: SyncHost; store: FailingStore; commits: Commit[] } => {
  const tables = new MemoryTables(layoutsByName(layouts).values())
  const store = new FailingStore(tables)
  const host: SyncHost = new SyncHost({
    ports,
    capabilities: { name: 'failing', asyncHooks: true, durable: false, processes: 'one' },
    epoch: 'e',
    revision: 0,
    secret: new Uint8Array(32),
    store,
    snapshots: {
      newest: () => ({ store: new MemoryReader(tables, store.committed), revision: host.revision }),
      hold() {},
      release() {},
    },
    close() {},
  })
  const commits: Commit[] = []
  host.onCommit((commit) => commits.push(commit))
  closeLater(host)
  return { host, store, commits }
}

const addTwo = (host: SyncHost): Promise<unknown[]> =>
  Promise.all(['a', 'b'].map((id) => codeOf(host.write(() => addPerson(person(id))))))

test('a commit that fails fails all its calls, also those that had failed by themselves', async () => {
  const { host, store, commits } = openFailing()
  store.failCommit = true
  const codes = await Promise.all([
    codeOf(host.write(() => addPerson(person('a')))),
    codeOf(
      host.write(() =>
        hook(() => {
          throw new Error('mine')
        }),
      ),
    ),
    codeOf(host.write(() => getPerson('a'))),
  ])
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
  expect(commits).toEqual([])
  expect(host.revision).toBe(0)
  store.failCommit = false
  expect(await addTwo(host)).toEqual(['fulfilled', 'fulfilled'])
  expect(commits.map((commit) => commit.revision)).toEqual([1])
})

test('where savepoints are dear, calls do without until one has failed', async () => {
  const { host, store } = openFailing()
  store.savepoints = 'dear'
  const fails = program(function* () {
    yield* insert(people, person('f'))
    throw new Error('mine')
  })
  const write = (id: string): Promise<unknown> =>
    id === '!' ? codeOf(host.write(() => fails())) : host.write(() => addPerson(person(id)))
  await Promise.all(['a', 'b', '!', 'c', '!', 'd'].map(write))
  expect(store.events).toEqual(['restart', 'savepoint', 'savepoint', 'savepoint'])
  expect((await host.read(() => allPeople())).value).toEqual(['a', 'b', 'c', 'd'])
})

test('a transaction that cannot begin refuses what is queued, and later calls go on', async () => {
  const { host, store } = openFailing()
  store.failBegin = true
  expect(await addTwo(host)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  store.failBegin = false
  expect(await addTwo(host)).toEqual(['fulfilled', 'fulfilled'])
})

test('a savepoint that cannot be undone takes the whole group with it', async () => {
  const { host, store, commits } = openFailing()
  store.failRollback = true
  const undone = program(function* () {
    yield* insert(people, person('u'))
    throw new Error('mine')
  })
  const codes = await Promise.all([
    codeOf(host.write(() => addPerson(person('a')))),
    codeOf(host.write(() => undone())),
    codeOf(host.write(() => addPerson(person('b')))),
  ])
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'fulfilled'])
  expect(commits).toHaveLength(1)
  expect((await host.read(() => allPeople())).value).toEqual(['b'])
})

test('a host that cannot recover refuses writes from then on, saying so, and still reads', async () => {
  const { host, store } = openFailing()
  await host.write(() => addPerson(person('a')))
  store.failCommit = true
  store.failRecover = true
  expect(await codeOf(host.write(() => addPerson(person('b'))))).toBe('UNAVAILABLE')
  await expect(host.write(() => addPerson(person('c')))).rejects.toThrow(
    'cannot be written until it is opened again: gone for good',
  )
  expect((await host.read(() => allPeople())).value).toEqual(['a'])
})

test('when the next transaction cannot begin, a waiting call is refused and those before it stay answered', async () => {
  const { host, store } = openFailing()
  const gate = latch()
  const first = host.write(() => addPerson(person('a'))).then(() => (store.failBegin = false))
  const waiting = codeOf(
    host.write(
      program(function* () {
        yield* call(async () => {
          store.failBegin = true
          await gate.promise
        })
        yield* insert(people, person('w'))
      }),
    ),
  )
  await first
  expect(await waiting).toBe('UNAVAILABLE')
  gate.open()
  expect((await host.read(() => allPeople())).value).toEqual(['a'])
  expect(await codeOf(host.write(() => addPerson(person('b'))))).toBe('fulfilled')
})

test('when SQLite ends the transaction by itself, nothing of the group stays and the next group goes on', async () => {
  const file = join(tempDir(), 'a.db')
  const host = closeLater(await openSqliteHost({ file, layouts, ports }))
  const commits: Commit[] = []
  host.onCommit((commit) => commits.push(commit))
  const other = new DatabaseSync(file)
  other.exec(
    `CREATE TRIGGER boom BEFORE INSERT ON person WHEN NEW.name = 'boom' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END`,
  )
  other.close()
  const catches = program(function* () {
    try {
      yield* insert(people, person('boom'))
    } catch {
      yield* insert(people, person('after'))
    }
  })
  const codes = await Promise.all([
    codeOf(host.write(() => addPerson(person('a')))),
    codeOf(host.write(() => catches())),
    codeOf(host.write(() => addPerson(person('b')))),
  ])
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'fulfilled'])
  expect(commits.map((commit) => commit.changes.length)).toEqual([1])
  expect((await host.read(() => allPeople())).value).toEqual(['b'])
})

test('on a full disk a write is refused with UNAVAILABLE and what was stored stays', async () => {
  const file = join(tempDir(), 'a.db')
  await (await openSqliteHost({ file, layouts, ports })).close()
  const db = openWriter(file, { durability: 'commit' })
  const tables = new Map(
    [...layoutsByName(layouts)].map(([name, layout]) => [name, new SqlTable(layout)]),
  )
  const store = new SqliteWriter(db, tables, () => {})
  const host = new SyncHost({
    ports,
    capabilities: { name: 'full', asyncHooks: true, durable: true, processes: 'one' },
    epoch: 'e',
    revision: 0,
    secret: new Uint8Array(32),
    store,
    snapshots: { newest: () => ({ store, revision: host.revision }), hold() {}, release() {} },
    close: () => db.close(),
  })
  closeLater(host)
  await host.write(() => addPerson(person('a')))
  const pages = db.prepare('PRAGMA page_count').get()?.['page_count'] as number
  db.exec(`PRAGMA max_page_count = ${pages}`)
  const big = person('big', { name: 'x'.repeat(100_000) })
  const codes = await Promise.all([
    codeOf(host.write(() => addPerson(big))),
    codeOf(host.write(() => addPerson(big))),
  ])
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  db.exec('PRAGMA max_page_count = 1000000')
  expect(await codeOf(host.write(() => addPerson(big)))).toBe('fulfilled')
  expect((await host.read(() => allPeople())).value).toEqual(['a', 'big'])
})
