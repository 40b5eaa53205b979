import { cleanup, configure, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { PollApp } from './poll-app.tsx'
import type { PollBackend } from './port.ts'
import { fakeBackend } from './preview/fake-backend.ts'
import { FakeStore } from './preview/fake-store.ts'
import { switchesFrom } from './preview/switches.ts'

// A machine that runs other things is slow.
configure({ asyncUtilTimeout: 8_000 })

afterEach(() => {
  cleanup()
  history.replaceState(null, '', '/')
})

function open(path: string, switches = ''): FakeStore {
  history.replaceState(null, '', path)
  const store = new FakeStore(switchesFrom(switches))
  render(<PollApp backend={fakeBackend(store)} />)
  return store
}

function optionButton(name: RegExp): HTMLElement {
  return screen.getByRole('button', { name })
}

test('a visitor who votes is asked who they are, and the vote is then cast by itself', async () => {
  const store = open('/p/poll-1', 'as=nobody')
  fireEvent.click(optionButton(/Vote for Night bus ring/))
  fireEvent.click(screen.getByRole('button', { name: 'Continue as a guest' }))
  await screen.findByText(/Counted: ballot no\./)
  expect(store.counts('poll-1')).toMatchObject({ '2': 275 })
})

test('trying a lost ballot again sends the same idempotency key', async () => {
  history.replaceState(null, '', '/p/poll-1')
  const store = new FakeStore(switchesFrom(''))
  const backend = fakeBackend(store)
  const keys: (string | undefined)[] = []
  const useVotes: PollBackend['useVotes'] = (pollId) => ({
    ...backend.useVotes(pollId),
    append: async ({ idempotencyKey }) => {
      keys.push(idempotencyKey)
      if (keys.length === 1) throw new Error('lost')
      return { seq: 9, created: true }
    },
  })
  const errorOf: PollBackend['errorOf'] = () => ({ code: 'UNAVAILABLE', message: '' })
  render(<PollApp backend={{ ...backend, useVotes, errorOf }} />)
  fireEvent.click(optionButton(/Vote for Harbour tram/))
  fireEvent.click(await screen.findByRole('button', { name: 'Try again' }))
  await screen.findByText(/Counted: ballot no\./)
  expect(keys).toEqual([keys[0], keys[0]])
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
})

test('a vote from another browser moves the tally and is counted as an arrival', async () => {
  const store = open('/p/poll-1')
  store.castOther('poll-1', 0)
  expect(await screen.findByText('1 since you arrived')).toBeDefined()
  expect(optionButton(/Vote for Harbour tram/).textContent).toContain('487')
})

test('a refusal by rate limit shuts the ballot and says for how long', async () => {
  history.replaceState(null, '', '/p/poll-1')
  const store = new FakeStore(switchesFrom('fail=RATE_LIMITED'))
  render(<PollApp backend={{ ...fakeBackend(store), now: () => 5_000 }} />)
  fireEvent.click(optionButton(/Vote for Harbour tram/))
  expect((await screen.findByText(/Next ballot in/)).textContent).toContain('in 42 s')
  expect(optionButton(/Vote for Harbour tram/).getAttribute('aria-disabled')).toBe('true')
  expect(store.counts('poll-1')).toMatchObject({ '0': 486 })
})

test('tools are shown to the owner and to admins, and to nobody else', () => {
  open('/p/poll-2', 'as=member')
  expect(screen.getByRole('heading', { name: 'Your poll' })).toBeDefined()
  cleanup()
  open('/p/poll-1', 'as=admin')
  expect(screen.getByRole('heading', { name: 'Admin' })).toBeDefined()
  expect(screen.queryByRole('button', { name: 'Close poll' })).toBeNull()
  cleanup()
  open('/p/poll-1', 'as=guest')
  expect(screen.queryByRole('button', { name: 'Empty the box' })).toBeNull()
})

test('nothing is removed before the dialog is confirmed', async () => {
  const store = open('/p/poll-2')
  fireEvent.click(screen.getByRole('button', { name: 'Remove poll' }))
  expect(store.state.polls.some((poll) => poll._id === 'poll-2')).toBe(true)
  const dialog = screen.getByRole('dialog', { name: 'Remove this poll?' })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Remove poll' }))
  await screen.findByText('The poll is removed.')
  expect(store.state.polls.some((poll) => poll._id === 'poll-2')).toBe(false)
})

test('a banner saved by somebody else is offered beside what one was typing', async () => {
  const store = open('/admin', 'as=admin&banner')
  const message = screen.getByLabelText('Message')
  fireEvent.change(message, { target: { value: 'Mine' } })
  store.change({ banner: { active: true, message: 'Theirs', updatedAt: Date.now() } })
  const notice = await screen.findByRole('alert')
  expect(notice.textContent).toContain('Theirs')
  fireEvent.click(screen.getByRole('button', { name: 'Save banner' }))
  fireEvent.click(await screen.findByRole('button', { name: 'Keep mine' }))
  fireEvent.click(screen.getByRole('button', { name: 'Save banner' }))
  await screen.findByText('The banner is saved.')
  expect(store.state.banner?.message).toBe('Mine')
})

test('a page that throws leaves the header, and the way home works', async () => {
  // React reports what the boundary caught.
  vi.spyOn(console, 'error').mockReturnValue(undefined)
  open('/', 'crash')
  expect(screen.getByRole('heading', { name: 'This page broke' })).toBeDefined()
  expect(screen.getByRole('link', { name: 'New poll' })).toBeDefined()
})
