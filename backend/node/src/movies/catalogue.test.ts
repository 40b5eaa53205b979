import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { catalogueSource } from './catalogue.ts'
import type { MovieSource } from './source.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let close: (() => void) | undefined
afterEach(() => close?.())

async function sourceOf(answer: Answer): Promise<MovieSource> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  return catalogueSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))

const { signal } = new AbortController()

const film = {
  id: 9_000_208,
  title: 'Stalker',
  year: 1979,
  directors: ['Andrei Tarkovsky'],
  voteAverage: 8.1,
  genres: ['Science Fiction', 'Drama'],
  overview: 'A guide leads two men to a room.',
  voteCount: 12,
  runtimeMinutes: 162,
  countries: ['Soviet Union'],
}

test('a film becomes a row of the table, with the name of its state', async () => {
  const source = await sourceOf(answering(200, film, { etag: '"a"' }))
  expect(await source.details(film.id, { signal })).toEqual({
    tmdbId: 9_000_208,
    title: 'Stalker',
    overview: 'A guide leads two men to a room.',
    posterPath: null,
    releaseDate: '1979',
    voteAverage: 8.1,
    voteCount: 12,
    runtimeMinutes: 162,
    genres: [
      { id: 878, name: 'Science Fiction' },
      { id: 18, name: 'Drama' },
    ],
    directors: ['Andrei Tarkovsky'],
    countries: ['Soviet Union'],
    etag: '"a"',
  })
})

test('what is kept is asked for by its etag, and a 304 says that it still holds', async () => {
  const source = await sourceOf((request, response) =>
    response.writeHead(request.headers['if-none-match'] === '"a"' ? 304 : 500).end(),
  )
  expect(await source.details(1, { signal, etag: '"a"' })).toBe('unchanged')
})

test('a film that the catalogue does not have is null', async () => {
  const source = await sourceOf(answering(404, { error: 'No.' }))
  expect(await source.details(1, { signal })).toBeNull()
})

test.each([
  ['a refusal', answering(503, { error: 'No.' })],
  ['rubbish', answering(200, '<html>{"title":')],
  ['a film without a title', answering(200, { ...film, title: undefined })],
  ['a genre that is none', answering(200, { ...film, genres: ['Sport'] })],
  ['a 304 that nobody asked for', answering(304, '')],
])('%s is a failure, not a film', async (_name, answer) => {
  const source = await sourceOf(answer)
  await expect(source.details(1, { signal })).rejects.toThrow(Error)
})

test('a search is asked for as it was typed', async () => {
  let asked = ''
  const source = await sourceOf((request, response) => {
    asked = request.url ?? ''
    answering(200, { results: [film], total: 1 })(request, response)
  })
  const { results } = await source.search('tati & co?', signal)
  expect(new URL(asked, 'http://c').searchParams.get('q')).toBe('tati & co?')
  expect(results).toMatchObject([{ tmdbId: film.id, releaseDate: '1979', posterPath: null }])
})

test('a catalogue that hangs is given up when the signal says so', async () => {
  const source = await sourceOf(() => undefined)
  const over = new AbortController()
  const asked = source.details(1, { signal: over.signal })
  over.abort(new Error('enough'))
  await expect(asked).rejects.toThrow('enough')
})

test('the switch is read and turned', async () => {
  let turned = ''
  const source = await sourceOf((request, response) => {
    request.on('data', (part) => (turned += String(part)))
    request.on('end', () =>
      answering(200, { mode: 'error', delayMs: 900, requests: 3 })(request, response),
    )
  })
  expect(await source.upstream?.turn('error')).toEqual({ mode: 'error', delayMs: 900, requests: 3 })
  expect(JSON.parse(turned)).toEqual({ mode: 'error' })
})
