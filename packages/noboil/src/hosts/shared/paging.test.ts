import { expect, test } from 'vitest'
import type { NoboilError } from '../../errors/error.ts'
import type { PageRequest } from '../../program/request.ts'
import { messages, people } from '../testing.fixture.ts'
import { Cursors } from './paging.ts'
import { orderColumns } from '../../program/stretch.ts'

const cursors = new Cursors(new Uint8Array(32).fill(7))

const request = (rest: Partial<PageRequest> = {}): PageRequest => ({
  op: 'page',
  table: people,
  index: 'by_name_age',
  eq: ['Ada'],
  order: 'asc',
  where: [],
  scope: 'people.list {}',
  cursor: null,
  endCursor: null,
  limit: 10,
  ...rest,
})

const open = (
  cursor: string,
  rest: Partial<PageRequest> = {},
  by = cursors,
): readonly unknown[] | string => {
  const asked = request(rest)
  try {
    return by.open(asked, orderColumns(asked.table, asked.index), cursor)
  } catch (error) {
    return (error as NoboilError).code
  }
}

const sealed = cursors.seal(request(), [36, 'person.1'])

test('a cursor opens to the position it was made of', () => {
  expect(open(sealed)).toEqual([36, 'person.1'])
  expect(open(cursors.seal(request(), [null, 'person.1']))).toEqual([null, 'person.1'])
  const byRank = { index: 'by_rank', eq: [] }
  expect(open(cursors.seal(request(byRank), [undefined, 'person.1']), byRank)).toEqual([
    undefined,
    'person.1',
  ])
  expect(open(cursors.seal(request(), []))).toEqual([])
})

test('a cursor of another query is refused', () => {
  for (const other of [
    { scope: 'people.list {"a":1}' },
    { eq: ['Eve'] },
    { order: 'desc' as const },
    { index: 'by_rank', eq: [] },
    { table: messages, index: '', eq: ['p'] },
  ]) {
    expect(open(sealed, other)).toBe('INVALID_CURSOR')
  }
})

test('a cursor of another database is refused', () => {
  expect(open(sealed, {}, new Cursors(new Uint8Array(32)))).toBe('INVALID_CURSOR')
})

test('a forged, cut, lengthened or malformed cursor is refused', () => {
  const bytes = Buffer.from(sealed, 'base64url')
  bytes[20] = (bytes[20] as number) ^ 1
  for (const bad of [
    bytes.toString('base64url'),
    sealed.slice(0, -1),
    sealed.slice(0, 10),
    `${sealed}A`,
    `${sealed}=`,
    ` ${sealed}`,
    sealed.replace(/^./, '*'),
    '',
    'null',
    'ÿ'.repeat(40),
  ]) {
    expect([bad, open(bad)]).toEqual([bad, 'INVALID_CURSOR'])
  }
})

test('a cursor whose values no longer fit the columns is refused', () => {
  for (const position of [
    [36],
    [36, 'person.1', 1],
    ['x', 'person.1'],
    [undefined, 'person.1'],
    [36, null],
  ]) {
    expect(open(cursors.seal(request(), position))).toBe('INVALID_CURSOR')
  }
})
