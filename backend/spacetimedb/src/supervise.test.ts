/** The worker as the demo runs it: a process that dies and is there again, in front of a catalogue that is another. */
import { startCatalogue } from '@noboil/backend-node/movies/process'
import { errorCode } from 'noboil/errors'
import type { SpacetimeClient } from 'noboil/spacetimedb/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Accounts } from './accounts/accounts.ts'
import { reducers } from './bindings.ts'
import { clientOf, connected, type Database } from './database.ts'
import { startStandIn } from './stand-in.ts'
import { type Supervised, superviseWorker } from './supervise.ts'

const patience = 60_000

let database: Database
let worker: Supervised
let client: SpacetimeClient
const closing: (() => unknown)[] = []

beforeAll(async () => {
  const accounts = await Accounts.open(undefined)
  database = await startStandIn({ port: 0, accounts, folder: undefined })
  const catalogue = await startCatalogue({ UPSTREAM_PORT: '0', UPSTREAM_DELAY_MS: '0' })
  worker = superviseWorker({
    SPACETIMEDB_URI: database.uri,
    SPACETIMEDB_DATABASE: database.name,
    SPACETIMEDB_TOKEN: database.worker,
    CATALOGUE_URL: catalogue.url,
  })
  client = clientOf(database)
  await connected(client, database)
  closing.push(() => client.close(), worker.stop, catalogue.stop, database.close)
}, patience)

afterAll(async () => {
  for (const close of closing) await close()
}, patience)

interface Found {
  readonly results: readonly { readonly tmdbId: number; readonly title: string }[]
}

test(
  'films are found and fetched by the worker',
  async () => {
    const { results } = await client.ask<Found>('movies.search', { text: 'stalker' })
    expect(results[0]?.title).toBe('Stalker')
    const key = String(results[0]?.tmdbId)
    expect(await client.call(reducers.load_movie, { key })).toMatchObject({ title: 'Stalker' })
    const wrong = client.ask('movies.search', { text: '' }).then(() => 'fine', errorCode)
    expect(await wrong).toBe('VALIDATION_FAILED')
  },
  patience,
)

test(
  'a worker that is killed is started again, and answers what was asked meanwhile',
  async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const first = worker.pid() as number
    process.kill(first, 'SIGKILL')
    const { results } = await client.ask<Found>('movies.search', { text: 'playtime' })
    expect(results[0]?.title).toBe('Playtime')
    expect(worker.pid()).not.toBe(first)
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining('it is started again'))
  },
  patience,
)
