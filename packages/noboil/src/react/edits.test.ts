import { expect, test } from 'vitest'
import type { Edit } from '../client/entry.ts'
import { appendEdits, kvEdits, removeEdits, singletonEdits } from './edits.ts'

const [kvGet] = kvEdits('site', 'banner', { text: 'new' }, 5)
const [singletonGet] = singletonEdits('profile', { patch: { name: 'Ann' }, unset: [] }, 5)

test('a first write is shown with every field that a row has', () => {
  expect(kvGet?.apply(null, { key: 'banner' })).toEqual({
    _id: 'site.banner',
    _creationTime: 5,
    key: 'banner',
    text: 'new',
    updatedAt: 5,
    isPending: true,
  })
  expect(singletonGet?.apply(null, {})).toEqual({
    _id: 'profile.',
    _creationTime: 5,
    userId: '',
    name: 'Ann',
    updatedAt: 5,
    isPending: true,
  })
})

test('a further write keeps what the server said of the row', () => {
  const stored = { _id: 'site.banner', _creationTime: 1, key: 'banner', text: 'old', updatedAt: 2 }
  expect(kvGet?.apply(stored, { key: 'banner' })).toEqual({
    ...stored,
    text: 'new',
    isPending: true,
  })
  const mine = {
    _id: 'profile.users.a',
    _creationTime: 1,
    userId: 'users.a',
    name: 'A',
    updatedAt: 2,
  }
  expect(singletonGet?.apply(mine, {})).toEqual({ ...mine, name: 'Ann', isPending: true })
})

test('a value is counted at once, whatever it is called', () => {
  const asked = { parent: 'p', field: 'voter' }
  const apply = (edits: readonly Edit[], value: unknown): unknown =>
    edits.find(({ path }) => path === 'vote.counts')?.apply(value, asked)
  for (const voter of ['__proto__', 'constructor', 'toString', '']) {
    const row = { _id: 'v', payload: { voter }, key: 'k', now: 1, author: undefined }
    const once = apply(appendEdits('vote', 'p', row), { other: 1 })
    const twice = apply(appendEdits('vote', 'p', row), once)
    expect(Object.entries(twice as object)).toEqual([
      ['other', 1],
      [voter, 2],
    ])
    const less = apply(removeEdits('vote', 'p', new Set(['v']), [{ _id: 'v', voter }]), once)
    expect(Object.entries(less as object)).toEqual([['other', 1]])
  }
})
