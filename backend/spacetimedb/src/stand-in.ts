/** This backend on a stand-in, for those who have no SpacetimeDB. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hourMs, oldestMs } from '@noboil/backend-node/seed-data'
import { bundleModule, createModuleHost, type ModuleBundle } from 'noboil/spacetimedb/testing'
import type { Accounts } from './accounts/accounts.ts'
import { clientOf, connected, type Database } from './database.ts'
import { fill } from './fill.ts'

export interface StandInOptions {
  readonly port: number
  readonly accounts: Accounts
  /** Where rows are kept; without it they are gone when it ends. */
  readonly folder: string | undefined
}

const name = 'noboil-demo'

export async function startStandIn({ port, accounts, folder }: StandInOptions): Promise<Database> {
  const module = await bundleModule(new URL('index.ts', import.meta.url))
  const scratch = folder === undefined ? mkdtempSync(join(tmpdir(), 'noboil-stdb-')) : undefined
  const dataFile = join(folder ?? scratch ?? '', 'database.bin')
  if (!existsSync(dataFile)) await fillThePast(module, dataFile)
  const host = await createModuleHost({
    module,
    clock: 'system',
    // A database believes issuers whose keys it finds; this one is told.
    verifyToken: (token) => accounts.verify(token),
    dataFile,
  })
  const { url, close } = await host.listen({ port })
  const kept = folder === undefined ? 'what is written is gone when it ends' : `kept in ${folder}`
  host.call('allow_worker', { identity: host.as('worker').identity.toHexString() })
  return {
    uri: url,
    name,
    about: `a stand-in at ${url}; ${kept}`,
    owner: host.token('owner'),
    worker: host.token('worker'),
    async close() {
      await close()
      await host.close()
      if (scratch !== undefined) rmSync(scratch, { recursive: true })
    },
  }
}

/**
 * Before the real one opens, one whose clock is set back plays what people did, in order. It does so elsewhere: whoever is stopped
 * meanwhile leaves nothing that looks like a database.
 */
async function fillThePast(module: ModuleBundle, dataFile: string): Promise<void> {
  mkdirSync(dirname(dataFile), { recursive: true })
  const filling = mkdtempSync(`${dataFile}.filling-`)
  const unfinished = join(filling, 'database.bin')
  const now = Date.now()
  const host = await createModuleHost({
    module,
    dataFile: unfinished,
    startMs: now - oldestMs - hourMs,
  })
  const { url, close } = await host.listen()
  const [owner, worker] = [host.token('owner'), host.token('worker')]
  const database: Database = { uri: url, name, about: url, owner, worker, close }
  const client = clientOf(database, owner)
  try {
    await connected(client, database)
    await fill(database, client, (hoursAgo) => {
      host.advance(Math.max(0, now - hoursAgo * hourMs - host.now()))
    })
  } finally {
    client.close()
    await close()
    await host.close()
  }
  renameSync(unfinished, dataFile)
  rmSync(filling, { recursive: true })
}
