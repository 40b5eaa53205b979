import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { get, insert, page, patch, program, range, search } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { cleanUp, closeLater, field, optional, tempDir } from '../testing.fixture.ts'
import type { Host } from '../host.ts'
import { openSqliteHost, type SqliteHostOptions } from './host.ts'

afterEach(cleanUp)

type Loose = Layout<Row>

const note: Loose = {
  name: 'note',
  columns: {
    _id: column.id('note'),
    title: column.text,
    stars: column.integer,
    mood: field({ kind: 'literal', values: ['good', 'bad'] }),
    createdAt: column.integer,
  },
  key: ['_id'],
  id: 'stored',
  creationTime: 'createdAt',
  indexes: { by_stars: { columns: ['stars'] } },
}

const withColumns = (columns: Loose['columns'], rest: Partial<Loose> = {}): Loose => ({
  ...note,
  ...rest,
  columns: { ...note.columns, ...columns },
})

const without = (name: string, rest: Partial<Loose> = {}): Loose => {
  const { [name]: _, ...columns } = note.columns
  return { ...note, ...rest, columns }
}

const rows = Array.from({ length: 30 }, (_, at) => ({
  _id: `note.${at}`,
  title: `title ${at}`,
  stars: at % 3,
  mood: 'good',
  createdAt: 100 - at,
}))

interface Setup {
  readonly file: string
  readonly log: string[]
  readonly reopen: (
    layouts: readonly Loose[],
    options?: Partial<SqliteHostOptions>,
  ) => Promise<Host>
}

async function setup(first: readonly Loose[] = [note], fill = true): Promise<Setup> {
  const file = join(tempDir(), 'a.db')
  const log: string[] = []
  let host: Host | undefined
  const reopen: Setup['reopen'] = async (layouts, options) => {
    await host?.close()
    host = undefined
    log.length = 0
    host = closeLater(
      await openSqliteHost({
        file,
        layouts,
        durability: 'none',
        log: (line) => log.push(line),
        ...options,
      }),
    )
    return host
  }
  host = await reopen(first)
  const put = program(function* () {
    for (const row of rows) yield* insert(note, row)
  })
  if (fill) await host.write(() => put())
  return { file, log, reopen }
}

const rowOf = (host: Host, layout: Loose, id: string): Promise<Row | null> =>
  host
    .read(
      program(function* () {
        return yield* get(layout, [id])
      }),
    )
    .then(({ value }) => value)

const refusal = async (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (error: Error) => `${error.name}: ${error.message}`,
  )

describe('migrations that run by themselves', () => {
  test('the same schema has nothing to do', async () => {
    const { reopen, log } = await setup()
    await reopen([{ ...note }])
    expect(log).toEqual([])
  })

  test('a new table', async () => {
    const { reopen, log } = await setup()
    const host = await reopen([note, { ...note, name: 'other' }])
    expect(log).toEqual(['create table other'])
    expect(await rowOf(host, note, 'note.1')).toMatchObject({ title: 'title 1' })
  })

  test('a new field that may be missing, and an index on it', async () => {
    const { reopen, log } = await setup()
    const next = withColumns(
      { tag: column.optionalText },
      { indexes: { ...note.indexes, by_tag: { columns: ['tag'] } } },
    )
    const host = await reopen([next])
    expect(log).toEqual(['add field note.tag: string optional', 'create index note.by_tag'])
    await host.write(
      program(function* () {
        const row = yield* get(next, ['note.1'])
        if (row !== null) yield* patch(next, row, { tag: 'x' })
      }),
    )
    const tagged = await host.read(
      program(function* () {
        return (yield* range(next, 'by_tag', ['x'], { limit: 9 })).map((row) => row['_id'])
      }),
    )
    expect(tagged.value).toEqual(['note.1'])
  })

  test('a new field with a default is filled in row by row', async () => {
    const { reopen, log } = await setup()
    let count = 0
    const next = withColumns({
      rank: field({ kind: 'number', integer: true }, { fallback: () => ++count }),
      tags: field({ kind: 'array', item: field({ kind: 'string' }) }, { fallback: () => ['new'] }),
    })
    const host = await reopen([next])
    expect(log.filter((line) => line.includes('done'))).toEqual([
      'note.rank: filled 30 rows, done',
      'note.tags: filled 30 rows, done',
    ])
    expect(count).toBe(30)
    expect(await rowOf(host, next, 'note.7')).toMatchObject({
      rank: expect.any(Number),
      tags: ['new'],
    })
  })

  test('indexes come and go', async () => {
    const { reopen, log } = await setup()
    await reopen([{ ...note, indexes: { by_title: { columns: ['title'], unique: true } } }])
    expect(log).toEqual(['drop index note.by_stars', 'create index note.by_title'])
    await reopen([{ ...note, indexes: { by_title: { columns: ['title'] } } }])
    expect(log).toEqual(['drop index note.by_title', 'create index note.by_title'])
  })

  test('a field that accepts more than before, and one that may now be missing', async () => {
    const { reopen, log } = await setup()
    const next = withColumns({
      title: { ...column.text, optional: true },
      mood: field({ kind: 'literal', values: ['good', 'bad', 'ugly'] }, optional),
    })
    const host = await reopen([next])
    expect(log).toEqual([])
    await host.write(
      program(function* () {
        yield* insert(next, { _id: 'note.x', stars: 1, createdAt: 1 })
      }),
    )
    expect(await rowOf(host, next, 'note.x')).toMatchObject({ _id: 'note.x', stars: 1 })
  })

  test('a required field with a default fills in what was missing', async () => {
    const old = withColumns({ tag: column.optionalText })
    const { reopen } = await setup([old])
    const next = withColumns({ tag: { ...column.text, fallback: () => 'none' } })
    const host = await reopen([next])
    expect(await rowOf(host, next, 'note.1')).toMatchObject({ tag: 'none' })
  })

  test('a unique index follows its field from optional to required and back', async () => {
    const indexes = { by_tag: { columns: ['tag'], unique: true } }
    const old = withColumns({ tag: column.optionalText }, { indexes })
    const { reopen, log } = await setup([old])
    let count = 0
    const next = withColumns(
      { tag: { ...column.text, fallback: () => `t${++count}` } },
      { indexes },
    )
    const tags = async (host: Host, layout: Loose): Promise<number> =>
      (
        await host.read(
          program(function* () {
            return (yield* range(layout, 'by_tag', [], { limit: 99 })).length
          }),
        )
      ).value
    expect(await tags(await reopen([next]), next)).toBe(30)
    expect(log).toContain('create index note.by_tag')
    expect(await tags(await reopen([old]), old)).toBe(30)
    expect(log).toContain('create index note.by_tag')
  })

  test('anything may become of a table without rows', async () => {
    const { reopen, log } = await setup([note, { ...note, name: 'other' }], false)
    await reopen([without('title', { key: ['stars'], id: 'none' })])
    expect(log).toEqual(['drop table other (0 rows)', 'make table note anew (0 rows)'])
  })

  test('an internal table that no factory needs any more goes with what it kept', async () => {
    const stamps: Loose = { ...note, name: 'note_stamps', internal: true }
    const { reopen, log } = await setup([note, stamps])
    const host = await reopen([note, stamps])
    await host.write(
      program(function* () {
        yield* insert(stamps, { ...rows[0] })
      }),
    )
    await reopen([note])
    expect(log).toEqual(['drop internal table note_stamps (1 rows)'])
  })

  test('search is built over the rows that are there, the newest of them first', async () => {
    const { reopen, log } = await setup()
    const find = async (host: Host, layout: Loose, word: string): Promise<unknown[]> =>
      (
        await host.read(
          program(function* () {
            return (yield* search(layout, [word], { limit: 3 })).map((row) => row['_id'])
          }),
        )
      ).value
    const byTitle = { ...note, search: { fields: ['title'] } }
    let host = await reopen([byTitle])
    expect(log).toEqual(['build search of note', 'note: search built over 30 rows, done'])
    expect(await find(host, byTitle, 'titl')).toEqual(['note.0', 'note.1', 'note.2'])
    await host.write(
      program(function* () {
        yield* insert(byTitle, { ...rows[0], _id: 'note.new', title: 'title good' })
      }),
    )
    const byBoth = { ...note, search: { fields: ['title', 'mood'] } }
    host = await reopen([byBoth])
    expect(log[0]).toBe('build search of note')
    expect(await find(host, byBoth, 'good')).toEqual(['note.new', 'note.0', 'note.1'])
    host = await reopen([note])
    expect(log).toEqual(['drop search of note'])
    await host.write(
      program(function* () {
        yield* insert(note, { ...rows[0], _id: 'note.late' })
      }),
    )
    host = await reopen([byTitle])
    expect(await find(host, byTitle, 'title')).toEqual(['note.late', 'note.new', 'note.0'])
  })

  test('cursors stay good over a migration', async () => {
    const { reopen } = await setup()
    const first = (layout: Loose, cursor: string | null) =>
      program(function* () {
        return yield* page(layout, 'by_stars', [], { scope: 's', cursor, limit: 5 })
      })()
    let host = await reopen([note])
    const { value } = await host.read(() => first(note, null))
    const next = withColumns({ tag: column.optionalText })
    host = await reopen([next])
    expect((await host.read(() => first(next, value.continueCursor))).value.rows).toHaveLength(5)
  })
})

describe('migrations that are refused', () => {
  test('the plan is printed whole, what is destructive is marked, and nothing is changed', async () => {
    const { reopen, file } = await setup([note, { ...note, name: 'other' }])
    const text = await refusal(
      reopen([{ ...note, columns: { ...without('title').columns, tag: column.optionalText } }]),
    )
    expect(text).toBe(
      [
        `DefinitionError: The tables of '${file}' cannot be brought to the schema without losing or breaking what is stored. Nothing has been changed. The plan:`,
        `       ok  drop table other (0 rows)`,
        `  REFUSED  drop field note.title [destructive]`,
        `            declare it again (as optional, if new rows lack it), or pass acceptDataLoss: ['note.title']`,
        `       ok  add field note.tag: string optional`,
      ].join('\n'),
    )
    const db = new DatabaseSync(file)
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name = 'other'`).get()).toBeDefined()
    expect(db.prepare('SELECT count(*) AS rows FROM note').get()).toEqual({ rows: 30 })
    db.close()
  })

  test.each([
    ['a dropped table with rows', [], 'drop table note (30 rows) [destructive]'],
    ['a field of another type', [withColumns({ stars: column.text })], 'from integer to string'],
    [
      'a field with fewer values',
      [withColumns({ mood: field({ kind: 'literal', values: ['good'] }) })],
      'change field note.mood',
    ],
    [
      'a new field that rows lack',
      [withColumns({ tag: column.text })],
      'rows that are there lack it',
    ],
    [
      'another key',
      [{ ...note, key: ['_id', 'stars'] }],
      'change the key of note from (_id) to (_id, stars)',
    ],
    [
      'a field that may now be both null and missing',
      [withColumns({ title: { ...column.text, optional: true, nullable: true } })],
      'change field note.title from string to string optional nullable',
    ],
  ])('%s', async (_, layouts, reason) => {
    const { reopen } = await setup()
    const text = await refusal(reopen(layouts))
    expect(text).toContain('DefinitionError')
    expect(text).toContain('REFUSED')
    expect(text).toContain(reason)
  })

  test('a field that is no longer optional, without a default', async () => {
    const { reopen } = await setup([withColumns({ tag: column.optionalText })])
    expect(await refusal(reopen([withColumns({ tag: column.text })]))).toContain('rows may lack it')
  })

  test('a unique index over values that rows share', async () => {
    const { reopen } = await setup()
    const text = await refusal(
      reopen([{ ...note, indexes: { by_stars: { columns: ['stars'], unique: true } } }]),
    )
    expect(text).toContain(`Unique index 'by_stars' of table 'note' cannot be made`)
    expect(await rowOf(await reopen([note]), note, 'note.1')).not.toBeNull()
  })

  test('tables whose names SQL cannot tell apart', async () => {
    const { reopen } = await setup()
    expect(await refusal(reopen([note, { ...note, name: 'Note' }]))).toContain('have the same name')
    expect(await refusal(reopen([note, { ...note, name: 'note__by_stars' }]))).toContain(
      'have the same name',
    )
  })
})

describe('data loss that is accepted by name', () => {
  test('a dropped table', async () => {
    const { reopen, log } = await setup()
    await reopen([], { acceptDataLoss: ['note'] })
    expect(log).toEqual(['drop table note (30 rows)'])
  })

  test('a dropped field, with the indexes over it', async () => {
    const { reopen, log } = await setup()
    const next = without('stars', { indexes: {} })
    const host = await reopen([next], { acceptDataLoss: ['note.stars'] })
    expect(log).toEqual(['drop field note.stars', 'drop index note.by_stars'])
    expect(await rowOf(host, next, 'note.1')).not.toHaveProperty('stars')
  })

  test('a table that must begin anew', async () => {
    const { reopen, log } = await setup()
    await reopen([{ ...note, key: ['_id', 'stars'], id: 'none' }], { acceptDataLoss: ['note'] })
    expect(log).toEqual(['make table note anew (30 rows)'])
  })
})
