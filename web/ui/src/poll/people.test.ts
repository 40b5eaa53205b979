import { expect, test } from 'vitest'
import { commenterNameOf, isClosed, mayRemoveComment, signatureOf, voterNameOf } from './people.ts'
import type { AppUser, Comment, Poll, Vote } from './port.ts'

const user: AppUser = { _id: 'u1', name: 'Ada', role: 'user', isAnonymous: false }
const poll: Poll = {
  _id: 'p1',
  _creationTime: 0,
  updatedAt: 0,
  userId: 'owner',
  question: 'Where?',
  options: ['Here', 'There'],
  isPublic: true,
}
const comment: Comment = { _id: 'c1', _creationTime: 0, updatedAt: 0, userId: 'u1', text: 'Here.' }
const vote: Vote = {
  _id: 'v1',
  seq: 1,
  userId: 'u1',
  createdAt: 0,
  optionIdx: 0,
  voter: 'Countess',
}

test('the display name signs, then the account name, then "Guest"', () => {
  expect(signatureOf(user, { displayName: 'Countess', updatedAt: 0 })).toBe('Countess')
  expect(signatureOf(user, null)).toBe('Ada')
  expect(signatureOf({ ...user, name: ' ' }, undefined)).toBe('Guest')
})

test('a voter stamped with an id is shown by the name of the author', () => {
  const author = { _id: 'u1', name: 'Ada' }
  expect(voterNameOf(vote)).toBe('Countess')
  expect(voterNameOf({ ...vote, voter: 'u1', author })).toBe('Ada')
  expect(voterNameOf({ ...vote, voter: 'u1', author: null })).toBe('Someone')
})

test('a comment without a signature is shown by its author', () => {
  expect(commenterNameOf({ ...comment, author: { _id: 'u1', name: 'Ada' } })).toBe('Ada')
})

test('a comment can be removed by its author, the owner of the poll, or an admin', () => {
  const as = (_id: string, role = 'user'): boolean =>
    mayRemoveComment({ ...user, _id, role }, comment, poll)
  expect([as('u1'), as('owner'), as('u9', 'admin'), as('u9')]).toEqual([true, true, true, false])
  expect(mayRemoveComment(null, comment, poll)).toBe(false)
})

test('a poll is closed from its closing time on', () => {
  expect(isClosed(poll, 100)).toBe(false)
  expect(isClosed({ ...poll, closesAt: 100 }, 99)).toBe(false)
  expect(isClosed({ ...poll, closesAt: 100 }, 100)).toBe(true)
})
