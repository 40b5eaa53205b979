import { expect, test } from 'vitest'
import type { Commit } from '../../changes/change.ts'
import { get, increment, insert, type Program } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import { openMemoryHost } from '../memory/host.ts'

const notes: Layout<{ readonly key: string }> = {
  name: 'note',
  columns: { key: column.text },
  key: ['key'],
  id: 'key',
  indexes: {},
}
const marks: Layout<{ readonly name: string; readonly count: number }> = {
  name: '_marks',
  columns: { name: column.text, count: column.integer },
  key: ['name'],
  id: 'none',
  indexes: {},
  internal: true,
}

function* add(key: string): Program<void> {
  yield* insert(notes, { key })
}

function* mark(): Program<void> {
  yield* increment(marks, ['notes'], { count: 1 })
}

function* marked(): Program<number> {
  return (yield* get(marks, ['notes']))?.count ?? 0
}

const open = (complete: () => Program<void>) => {
  const host = openMemoryHost({
    layouts: [notes, marks],
    beforeCommit: (changes) =>
      changes.some(({ table }) => table.name === 'note') ? complete : undefined,
  })
  const commits: Commit[] = []
  host.onCommit((commit) => commits.push(commit))
  return { host, commits }
}

test('what completes a commit is written once for the whole group, and told with it', async () => {
  const { host, commits } = open(mark)
  await Promise.all(['a', 'b', 'c'].map((key) => host.write(() => add(key))))
  expect((await host.read(marked)).value).toBe(1)
  expect(commits.map(({ changes }) => changes.map(({ table }) => table.name))).toEqual([
    ['note', 'note', 'note', '_marks'],
  ])
})

test('a commit that cannot be completed fails whole', async () => {
  const { host } = open(function* () {
    yield* mark()
    throw new Error('no room')
  })
  await expect(host.write(() => add('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect((await host.read(marked)).value).toBe(0)
})

test('a group that changes nothing of interest is committed as it is', async () => {
  const { host, commits } = open(mark)
  await host.write(mark)
  expect(commits.map(({ changes }) => changes.length)).toEqual([1])
})
