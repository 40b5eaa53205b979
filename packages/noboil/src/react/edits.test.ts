import { expect, test } from 'vitest'
import { kvEdits, singletonEdits } from './edits.ts'

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
