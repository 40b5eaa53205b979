import {
  act,
  cleanup,
  configure,
  fireEvent,
  render,
  screen,
  waitFor,
  within,
} from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { MovieApp } from './movie-app.tsx'
import type { CachedMovie, MirrorState, MovieBackend } from './port.ts'
import { fakeBackend } from './preview/fake-backend.ts'
import { FakeStore } from './preview/fake-store.ts'
import { switchesFrom } from './preview/switches.ts'

afterEach(() => {
  cleanup()
  history.replaceState(null, '', '/')
})

/** Long enough to be seen waiting, short enough for a test. */
const upstreamMs = 30
// A machine that runs other things is slow.
configure({ asyncUtilTimeout: 8_000 })

function open(path: string, switches = '', change: Partial<MovieBackend> = {}): FakeStore {
  history.replaceState(null, '', path)
  const store = new FakeStore(switchesFrom(switches), upstreamMs)
  render(<MovieApp backend={{ ...fakeBackend(store), ...change }} />)
  return store
}

const panel = (): HTMLElement => {
  const found = document.querySelector<HTMLElement>('.copy')
  if (!found) throw new Error('There is no copy on this page.')
  return found
}

const kept = (store: FakeStore, tmdbId: number): CachedMovie => {
  const row = store.state.kept.get(tmdbId)
  if (!row) throw new Error(`${tmdbId} is not kept.`)
  return row
}

/** Puts another state of a row in its place, as the server would tell of it. */
function tell(store: FakeStore, row: CachedMovie): void {
  store.change({ kept: new Map(store.state.kept).set(row.tmdbId, row) })
}

test('a kept film is shown at once, as what it is: a copy with an age and an end', async () => {
  open('/m/101')
  expect(screen.getByRole('heading', { level: 1, name: 'Metropolis' })).toBeDefined()
  expect(await within(panel()).findByText('From the cache')).toBeDefined()
  expect(panel().textContent).toMatch(/Age\d+ s/)
  expect(panel().textContent).toMatch(/Expiresin \d+ s/)
  expect(panel().textContent).toContain('Not running')
})

test('a film that is not kept is fetched, and says so', async () => {
  const store = open('/m/109')
  expect(screen.getByText('Asking the catalogue')).toBeDefined()
  await screen.findByRole('heading', { name: 'Once Upon a Time in the West' })
  expect(await within(panel()).findByText('From the catalogue')).toBeDefined()
  expect(store.requests).toBe(1)
})

test('a refresh by hand shows that it runs, and then what came of it', async () => {
  const store = open('/m/101')
  const before = kept(store, 101).fetchedAt
  fireEvent.click(screen.getByRole('button', { name: 'Refresh' }))
  expect(await within(panel()).findByText('Running…')).toBeDefined()
  expect(await within(panel()).findByText('Refreshed just now')).toBeDefined()
  expect(kept(store, 101).fetchedAt).toBeGreaterThan(before)
})

test('what somebody else had fetched arrives by itself, under their name', async () => {
  const store = open('/m/101')
  await within(panel()).findByText('From the cache')
  tell(store, { ...kept(store, 101), fetchedAt: Date.now() + 1, voteCount: 77_777 })
  expect(await within(panel()).findByText('Refreshed by someone else')).toBeDefined()
  expect(screen.getByText('77,777')).toBeDefined()
})

test('a refresh that brings nothing leaves the copy, with a note of its age', async () => {
  open('/m/101', 'upstream=error')
  fireEvent.click(screen.getByRole('button', { name: 'Refresh' }))
  const note = await screen.findByRole('alert')
  expect(note.textContent).toMatch(/did not answer.*last good copy, \d+ s old/)
  expect(screen.getByRole('heading', { level: 1, name: 'Metropolis' })).toBeDefined()
  expect(screen.getByRole('button', { name: 'Refresh' }).getAttribute('aria-busy')).toBeNull()
})

test('a stale copy is shown while a newer one is asked for; when none comes, a note says so', async () => {
  open('/m/107', 'upstream=error', { fetchTimeoutMs: 20 })
  expect(await within(panel()).findByText('Running…')).toBeDefined()
  const note = await screen.findByRole('alert')
  expect(note.textContent).toContain('did not answer')
})

test('too much refreshing is told as that, not as a silent catalogue', async () => {
  open('/m/101', 'fail=RATE_LIMITED')
  fireEvent.click(screen.getByRole('button', { name: 'Refresh' }))
  expect((await screen.findByRole('alert')).textContent).toContain('That was a lot of fetching.')
})

test('a first load that fails can be tried again, and then works', async () => {
  const store = open('/m/109', 'upstream=error')
  await screen.findByRole('heading', { name: 'This film did not load' })
  store.mode = 'ok'
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await screen.findByRole('heading', { name: /Once Upon a Time/ })
  expect(store.requests).toBe(2)
})

test('a number that is none, and one that no film has, are told apart from failures', async () => {
  open('/m/abc')
  expect(screen.getByRole('heading', { name: 'There is no page here' })).toBeDefined()
  cleanup()
  open('/m/999')
  await screen.findByRole('heading', { name: 'There is no such film' })
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
})

test('only the last thing that was typed is shown, and films that are kept are marked', async () => {
  const answers: PromiseWithResolvers<void>[] = []
  const store = new FakeStore(switchesFrom(''), upstreamMs)
  const backend = fakeBackend(store)
  const actions = backend.useActions()
  const search: typeof actions.search = async (text, signal) => {
    const gate = Promise.withResolvers<void>()
    answers.push(gate)
    await gate.promise
    return actions.search(text, signal)
  }
  render(<MovieApp backend={{ ...backend, useActions: () => ({ ...actions, search }) }} />)
  const field = screen.getByRole('searchbox')
  fireEvent.change(field, { target: { value: 'playtime' } })
  await waitFor(() => expect(answers).toHaveLength(1))
  fireEvent.change(field, { target: { value: 'metropolis' } })
  await waitFor(() => expect(answers).toHaveLength(2))
  for (const gate of answers.reverse()) gate.resolve()
  const found = await screen.findByRole('link', { name: /Metropolis/ })
  expect(found.textContent).toContain('Kept here')
  expect(screen.queryByRole('link', { name: /Playtime/ })).toBeNull()
})

test('from the field the arrow keys walk along what was found, and back', () => {
  open('/')
  const field = screen.getByRole('searchbox')
  field.focus()
  fireEvent.keyDown(field, { key: 'ArrowDown' })
  expect(document.activeElement?.textContent).toContain('Metropolis')
  fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowDown' })
  expect(document.activeElement?.textContent).toContain('The Third Man')
  fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowUp' })
  fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowUp' })
  expect(document.activeElement).toBe(field)
})

test('a search that fails can be repeated, and the shelf comes back when it is cleared', async () => {
  const store = open('/', 'upstream=error')
  const field = screen.getByRole('searchbox')
  fireEvent.change(field, { target: { value: 'stalker' } })
  await screen.findByRole('alert')
  store.mode = 'ok'
  fireEvent.click(screen.getByRole('button', { name: 'Search again' }))
  await screen.findByRole('link', { name: /Stalker/ })
  fireEvent.keyDown(field, { key: 'Escape' })
  expect(await screen.findByRole('heading', { name: 'Kept here now' })).toBeDefined()
})

test('what is kept is looked after by admins alone', async () => {
  open('/m/101', 'as=guest')
  expect(screen.queryByRole('button', { name: 'Mark as stale' })).toBeNull()
  cleanup()
  open('/admin', 'as=guest')
  expect(screen.getByRole('heading', { name: 'This page is for admins' })).toBeDefined()
  cleanup()
  const store = open('/admin', 'as=admin')
  fireEvent.click(await screen.findByRole('button', { name: 'Mark as stale: Metropolis' }))
  await screen.findByText(/No\. 101 .* marked as stale/)
  fireEvent.click(screen.getByRole('button', { name: 'Remove: Metropolis' }))
  await waitFor(() => expect(store.state.kept.has(101)).toBe(false))
})

test('what was called back is told on the pages that it is about, with whose word it was', async () => {
  const store = open('/m/101', 'as=admin')
  expect(screen.queryByRole('region', { name: 'Called back lately' })).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Mark as stale' }))
  const lately = await screen.findByRole('region', { name: 'Called back lately' })
  expect(lately.textContent).toMatch(/Maren Holt marked the copy of this film as stale\./)
  cleanup()
  history.replaceState(null, '', '/m/102')
  render(<MovieApp backend={fakeBackend(store)} />)
  expect(screen.queryByRole('region', { name: 'Called back lately' })).toBeNull()
  act(() => store.hear())
  const word = await screen.findByRole('region', { name: 'Called back lately' })
  expect(word.textContent).toContain(
    'The deployment at localhost:3001 said that films have changed',
  )
})

test('a copy that another deployment called back says so, also after it is renewed', async () => {
  const store = open('/m/101')
  await within(panel()).findByText('From the cache')
  act(() => store.hear())
  expect(await within(panel()).findByText('Renewed: called back elsewhere')).toBeDefined()
  expect(kept(store, 101).expiresAt).toBeGreaterThan(Date.now())
})

test('admins see the deployments that are told, and how they stand', async () => {
  const states: MirrorState[] = [
    { url: 'http://localhost:3001', state: 'ok', waiting: 0, told: 2 },
    { url: 'https://other.example', state: 'away', waiting: 1, told: 0 },
  ]
  const { useActions, ...rest } = fakeBackend(new FakeStore(switchesFrom('as=admin'), upstreamMs))
  const actions = { ...useActions(), readMirrors: () => Promise.resolve(states) }
  history.replaceState(null, '', '/admin')
  render(<MovieApp backend={{ ...rest, useActions: () => actions }} />)
  const region = await screen.findByRole('region', { name: 'Other deployments' })
  const rows = await within(region).findAllByRole('listitem')
  expect(rows[0]?.textContent).toMatch(/localhost:3001.*In step.*Told 2 times/)
  expect(rows[1]?.textContent).toMatch(/other\.example.*Away.*cannot be reached/)
})

test.each([
  ['hit', false, 'From the cache'],
  ['stale', false, 'From the cache'],
  ['stale', true, 'The catalogue does not answer; from the cache'],
  ['miss', false, 'From the catalogue'],
] as const)('a search that was a %s (failed: %s) says “%s”', async (status, hasFailed, said) => {
  const kept = { status, hasFailed, fetchedAt: Date.now() - 42_000 }
  const useFound = () => ({
    data: { results: [], total: 0, kept },
    error: null,
    retry: () => undefined,
  })
  open('/?q=stalker', '', { useFound })
  await screen.findByRole('heading', { name: said })
  const shown = screen.queryByText(/4[2-9] s old/) !== null
  expect(shown).toBe(status !== 'miss')
})

test('nothing is removed before the dialog is confirmed', async () => {
  const store = open('/admin', 'as=admin')
  fireEvent.click(await screen.findByRole('button', { name: 'Remove all' }))
  expect(store.state.kept.size).toBe(7)
  const dialog = screen.getByRole('dialog', { name: 'Remove every copy?' })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Remove all copies' }))
  await screen.findByText('7 copies removed.')
  expect(store.state.kept.size).toBe(0)
})

test('the switch turns the bundled catalogue, and is not there for a real one', async () => {
  const store = open('/admin', 'as=admin')
  fireEvent.click(await screen.findByRole('radio', { name: 'Fails' }))
  await waitFor(() => expect(store.mode).toBe('error'))
  cleanup()
  open('/admin', 'as=admin&upstream=real')
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'The catalogue' })).toBeNull())
})

test('a page that throws leaves the header, and the way home works', () => {
  // React reports what the boundary caught.
  vi.spyOn(console, 'error').mockReturnValue(undefined)
  open('/', 'crash')
  expect(screen.getByRole('heading', { name: 'This page broke' })).toBeDefined()
  expect(screen.getByRole('link', { name: 'Movie, home' })).toBeDefined()
})
