/**
 * The poll app on the Node host: accounts in one file, everything else in another.
 */
import { join } from 'node:path'
import { noboil } from 'noboil/node'
import { betterAuth } from 'noboil/node/better-auth'
import { tables } from './tables.ts'

export interface AppOptions {
  /** Where the database and the accounts are kept. */
  readonly dataDir: string
  /** The address people open, for cookies. */
  readonly baseUrl: string
  /** The built web app. */
  readonly webDir: string
  /** E-mail addresses whose accounts are admins. */
  readonly admins: readonly string[]
}

export type App = ReturnType<typeof createApp>['app']

export function createApp({ dataDir, baseUrl, webDir, admins }: AppOptions) {
  const auth = betterAuth({ database: join(dataDir, 'accounts.db'), baseUrl, admins: [...admins] })
  const app = noboil({
    database: join(dataDir, 'poll.db'),
    auth,
    web: { dir: webDir },
    tables,
  })
  return { app, auth }
}
