/**
 * Both apps on the Node host, as one server: accounts in one file, everything else in another.
 */
import { join } from 'node:path'
import { noboil } from 'noboil/node'
import { betterAuth } from 'noboil/node/better-auth'
import { moviesFunctions } from './movies/functions.ts'
import type { MovieSource } from './movies/source.ts'
import { tablesOf } from './tables.ts'

export interface AppOptions {
  /** Where the database and the accounts are kept. */
  readonly dataDir: string
  /** The address people open, for cookies. */
  readonly baseUrl: string
  /** The built web apps: poll at the root, movie under a path of its own. */
  readonly web: { readonly poll: string; readonly movie: string }
  readonly movies: MovieSource
  /** What tells this deployment from another, for people; null where there is one. */
  readonly deployment: string | null
  /** E-mail addresses whose accounts are admins. */
  readonly admins: readonly string[]
}

export type App = ReturnType<typeof createApp>['app']

export function createApp({ dataDir, baseUrl, web, movies, deployment, admins }: AppOptions) {
  const auth = betterAuth({ database: join(dataDir, 'accounts.db'), baseUrl, admins: [...admins] })
  const app = noboil({
    database: join(dataDir, 'poll.db'),
    auth,
    web: { dir: web.poll, apps: { '/movie': web.movie } },
    tables: ({ table }) => tablesOf(table, movies),
    functions: (define) => ({
      ...moviesFunctions(movies)(define),
      site: { about: define.query({ handler: async () => ({ deployment }) }) },
    }),
  })
  return { app, auth }
}
