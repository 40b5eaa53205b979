import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { program } from '../../program/program.ts'
import type { Host } from '../host.ts'
import {
  addPerson,
  allPeople,
  append,
  cleanUp,
  closeLater,
  layouts,
  person,
  tempDir,
  texts,
} from '../testing.fixture.ts'
import { openWriter } from './connection.ts'
import { openSqliteHost } from './host.ts'

afterEach(cleanUp)

const modeOf = (file: string): number => statSync(file).mode & 0o777

const open = async (file: string): Promise<Host> =>
  closeLater(await openSqliteHost({ file, layouts }))

test('what was acknowledged is there when the file is opened again, with its epoch and revision', async () => {
  const file = join(tempDir(), 'deep', 'er', 'a.db')
  const first = await open(file)
  await first.write(() => append('p', 'one'))
  await first.write(() => append('p', 'two'))
  await first.close()
  const second = await open(file)
  expect([second.epoch, second.revision]).toEqual([first.epoch, 2])
  expect((await second.read(() => texts('p'))).value).toEqual(['one', 'two'])
  expect((await second.write(() => append('p', 'three'))).value).toBe(3)
})

test('a database that is made is for its owner alone, what SQLite keeps beside it too', async () => {
  const dir = tempDir()
  const host = await open(join(dir, 'a.db'))
  await host.write(() => append('p', 'one'))
  for (const name of ['a.db', 'a.db-wal', 'a.db-shm']) expect(modeOf(join(dir, name))).toBe(0o600)
  await host.close()
})

test('who may read a database that is there stays as it was', async () => {
  const file = join(tempDir(), 'a.db')
  await (await open(file)).close()
  chmodSync(file, 0o640)
  await (await open(file)).close()
  expect(modeOf(file)).toBe(0o640)
})

test('closing leaves one file, complete in itself', async () => {
  const dir = tempDir()
  const host = await open(join(dir, 'a.db'))
  await host.write(() => append('p', 'one'))
  await host.close()
  expect(readdirSync(dir).sort()).toEqual(['a.db', 'a.db.closed', 'a.db.lock'])
})

test('a database that is open is refused to a second opener, by any name, until it is closed', async () => {
  const dir = tempDir()
  const file = join(dir, 'a.db')
  const host = await open(file)
  symlinkSync(file, join(dir, 'b.db'))
  await expect(open(file)).rejects.toThrow(/is open already.*Stop the other one first/)
  await expect(open(join(dir, 'b.db'))).rejects.toThrow('is open already')
  await host.write(() => addPerson(person('a')))
  await host.close()
  expect((await (await open(file)).read(() => allPeople())).value).toEqual(['a'])
})

test('an opening that fails lets go of the database', async () => {
  const file = join(tempDir(), 'a.db')
  const broken = {
    ...layouts[0],
    indexes: { by_x: { columns: ['x'] } },
  } as (typeof layouts)[number]
  await expect(openSqliteHost({ file, layouts: [broken] })).rejects.toThrow("names 'x'")
  const foreign = new DatabaseSync(file)
  foreign.exec('CREATE TABLE theirs (x)')
  await expect(open(file)).rejects.toThrow('a database of another program')
  foreign.exec('DROP TABLE theirs')
  foreign.close()
  await open(file)
})

test('a file that is no database is refused with a sentence and left alone', async () => {
  const file = join(tempDir(), 'a.db')
  writeFileSync(file, 'This is text, and it is long enough to be looked at. '.repeat(50))
  await expect(open(file)).rejects.toThrow(
    `'${file}' cannot be opened: the file is not a database.`,
  )
})

test('a place where no file can be is refused with a sentence', async () => {
  const dir = tempDir()
  writeFileSync(join(dir, 'file'), '')
  await expect(open(join(dir, 'file', 'a.db'))).rejects.toThrow(
    /directory .* cannot be made or used/,
  )
  mkdirSync(join(dir, 'a.db'))
  await expect(open(join(dir, 'a.db'))).rejects.toThrow('the file cannot be opened')
})

test('a directory that takes no files is refused with a sentence', async () => {
  await expect(open('/proc/a.db')).rejects.toThrow(`'/proc/a.db.lock' cannot be opened`)
})

test('a name that is no file is refused', async () => {
  await expect(open(':memory:')).rejects.toThrow('use the memory host')
})

test('a database of a newer format is refused with a sentence', async () => {
  const file = join(tempDir(), 'a.db')
  await (await open(file)).close()
  const db = new DatabaseSync(file)
  db.exec(`UPDATE _meta SET value = '2' WHERE name = 'format'`)
  db.close()
  await expect(open(file)).rejects.toThrow('was written in format 2 by another version of noboil')
})

test('tables have typed columns, are are clustered on their key', async () => {
  const file = join(tempDir(), 'a.db')
  const host = await open(file)
  expect(host.capabilities.durable).toBe(true)
  const db = new DatabaseSync(file, { readOnly: true })
  const columns = db.prepare('SELECT name, type FROM pragma_table_info(?)').all('person')
  expect(
    columns.map((column) => `${column['name'] as string} ${column['type'] as string}`),
  ).toEqual([
    '_id TEXT',
    'name TEXT',
    'email TEXT',
    'age INTEGER',
    'score REAL',
    'isAdmin INTEGER',
    'rank INTEGER',
    'tags TEXT',
    'note TEXT',
    'about TEXT',
    '_arrival INTEGER',
  ])
  const tables = db
    .prepare(`SELECT name, wr, strict FROM pragma_table_list WHERE name IN ('person', 'message')`)
    .all()
  expect(tables.map((table) => [table['wr'], table['strict']])).toEqual([
    [1, 1],
    [1, 1],
  ])
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  db.close()
})

test('a call that fails leaves nothing in the search index', async () => {
  const file = join(tempDir(), 'a.db')
  const host = await open(file)
  const fails = program(function* () {
    yield* append('p', 'two')
    throw new Error('mine')
  })
  await Promise.allSettled([
    host.write(() => append('p', 'one')),
    host.write(() => fails()),
    host.write(() => fails()),
  ])
  const db = new DatabaseSync(file, { readOnly: true })
  expect(db.prepare('SELECT count(*) AS rows FROM message__search_docsize').get()).toEqual({
    rows: 1,
  })
  db.close()
})

test('commits are synchronised unless durability is given up', () => {
  for (const [durability, level] of [
    ['commit', 2],
    ['none', 0],
  ] as const) {
    const db = openWriter(join(tempDir(), 'a.db'), { durability })
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: level })
    db.close()
  }
})

test('a lock file that was left behind does not keep anyone out', async () => {
  const file = join(tempDir(), 'a.db')
  writeFileSync(`${file}.lock`, '')
  await open(file)
  expect(existsSync(`${file}.lock`)).toBe(true)
})
