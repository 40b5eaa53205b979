/** This backend on a stand-in, for those who have no SpacetimeDB. */
import { join } from 'node:path'
import { createModuleHost } from 'noboil/spacetimedb/testing'
import type { Accounts } from './accounts/accounts.ts'
import type { Database } from './database.ts'

export interface StandInOptions {
  readonly port: number
  readonly accounts: Accounts
  /** Where rows are kept; without it they are gone when it ends. */
  readonly folder: string | undefined
}

export async function startStandIn({ port, accounts, folder }: StandInOptions): Promise<Database> {
  const host = await createModuleHost({
    entry: new URL('index.ts', import.meta.url),
    clock: 'system',
    // A database believes issuers whose keys it finds; this one is told.
    verifyToken: (token) => accounts.verify(token),
    ...(folder === undefined ? {} : { dataFile: join(folder, 'database.bin') }),
  })
  const { url, close } = await host.listen({ port })
  const kept = folder === undefined ? 'what is written is gone when it ends' : `kept in ${folder}`
  host.call('allow_worker', { identity: host.as('worker').identity.toHexString() })
  return {
    uri: url,
    name: 'noboil-demo',
    about: `a stand-in at ${url}; ${kept}`,
    owner: host.token('owner'),
    worker: host.token('worker'),
    async close() {
      await close()
      await host.close()
    },
  }
}
